package bench

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// ScalePart fills one store with accounts, and measures what they, their sessions and the log take, and how long it
// takes until what is over is gone.
type ScalePart struct {
	Name    string
	Needs   Needs
	measure func(ctx context.Context, s Setup, rows int) (tables map[string]string, err error)
}

// ScaleParts lists all of them in the order of docs/SCALE.md.
func ScaleParts() []ScalePart {
	return []ScalePart{
		{Name: "memory", measure: scaleMemory},
		{Name: "sqlite", measure: scaleSQLite},
		{Name: "postgres", Needs: Needs{Postgres: true}, measure: scalePostgres},
		{Name: "redis", Needs: Needs{Redis: true}, measure: scaleRedis},
	}
}

// Measure returns the tables of the part, by the names of their markers. It takes minutes for a million rows.
func (p ScalePart) Measure(ctx context.Context, s Setup, rows int) (tables map[string]string, err error) {
	if p.Needs.Postgres && s.Postgres == "" || p.Needs.Redis && s.Redis == "" {
		return nil, fmt.Errorf("%w for %s: set TOLLKEEPER_TEST_POSTGRES and TOLLKEEPER_TEST_REDIS, or use scripts/services run", ErrNoServer, p.Name)
	}
	if tables, err = p.measure(ctx, s, rows); err != nil {
		return nil, fmt.Errorf("bench: scale of %s: %w", p.Name, err)
	}
	return tables, nil
}

// sheet is a table of Markdown that grows by rows.
type sheet struct{ strings.Builder }

func newSheet(columns ...string) *sheet {
	t := new(sheet)
	t.row(columns...)
	t.WriteString("|---|" + strings.Repeat("---:|", len(columns)-1) + "\n")
	return t
}

func (t *sheet) row(cells ...string) {
	t.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// pace is the row of something that was done so many times.
func (t *sheet) pace(what string, n int, took time.Duration) {
	t.row(what, thousands(n), duration(float64(took)), figures(float64(n)/took.Seconds()))
}

func newPaces() *sheet {
	return newSheet("made through the verbs, 64 callers", "rows", "took", "per second")
}

// size writes bytes in the unit that fits.
func size(bytes float64) string {
	for _, unit := range []string{"B", "KB", "MB", "GB"} {
		if bytes < 1000 {
			return strings.TrimSuffix(figures(bytes), ".00") + " " + unit
		}
		bytes /= 1000
	}
	return figures(bytes) + " TB"
}

// each is the size of one of so many.
func each(bytes int64, rows int) string { return size(float64(bytes) / float64(rows)) }
