package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Markdown writes the tables of a topic: what was measured, then what had to be reached.
func (b *Bench) Markdown(r Results) string {
	if b.table != nil {
		return b.table(r)
	}
	var w strings.Builder
	if b.Sizes != nil {
		b.grid(&w, r)
		return w.String()
	}
	b.targets(&w, r)
	w.WriteString("\n")
	b.cases(&w, r)
	return w.String()
}

func (b *Bench) targets(w *strings.Builder, r Results) {
	w.WriteString("| target | must | aim | result | |\n|---|---|---|---|---|\n")
	for _, t := range b.Targets {
		v := t.Value(r)
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", t.What, t.bound(t.Must, t.exact()), t.bound(t.Aim, false), with(t.Unit, v), t.verdict(v))
	}
}

func (t Target) bound(v float64, always bool) string {
	if v == 0 && !always {
		return ""
	}
	sign := "≤ "
	if t.Least {
		sign = "≥ "
	}
	return sign + with(t.Unit, v)
}

func (t Target) verdict(v float64) string {
	switch {
	case math.IsNaN(v):
		return "not measured"
	case t.Must == 0 && t.Aim == 0 && !t.exact():
		return ""
	case !t.Met(v, t.Must):
		return "**missed**"
	case t.Aim != 0 && t.Met(v, t.Aim):
		return "aim reached"
	case t.Aim != 0 && t.Must == 0:
		return "aim missed"
	}
	return "reached"
}

func with(unit string, v float64) string {
	if unit == "×" {
		return figures(v) + "×"
	}
	return strings.TrimSpace(strings.TrimSuffix(figures(v), ".00") + " " + unit)
}

// figures writes three significant figures, and no fewer digits than a whole number has.
func figures(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case a >= 100:
		return thousands(int(math.Round(v)))
	case a < 0.005:
		return "0"
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func (b *Bench) cases(w *strings.Builder, r Results) {
	w.WriteString("| measured | per second | one takes | processor | median | 99th percentile | allocations |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, c := range b.Cases {
		name := c.Name
		for _, note := range []string{"MB", "shed", "WAL"} {
			if v := r.Median(c.Name, noted(note)); v > 0 {
				name += fmt.Sprintf(" (%s %s)", note, figures(v))
			}
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", name, figures(r.Median(c.Name, rate)), c.one(r), duration(r.Median(c.Name, cpu)),
			duration(r.Median(c.Name, func(s Sample) float64 { return float64(s.P50) })), duration(r.Median(c.Name, p99)), c.allocated(r))
	}
}

// one is the time of a single operation; with several callers the percentiles say it.
func (c Case) one(r Results) string {
	if c.Callers > 1 || c.Pass != nil {
		return ""
	}
	return duration(r.Median(c.Name, perOp))
}

// allocated is empty where other programs or callers allocate, too.
func (c Case) allocated(r Results) string {
	if c.Callers > 1 || c.Pass != nil {
		return ""
	}
	return figures(math.Round(r.Median(c.Name, allocs)*10) / 10)
}

func duration(ns float64) string {
	switch {
	case ns == 0 || math.IsNaN(ns):
		return ""
	case ns < 1e3:
		return figures(ns) + " ns"
	case ns < 1e6:
		return figures(ns/1e3) + " µs"
	case ns < 1e9:
		return figures(ns/1e6) + " ms"
	}
	return figures(ns/float64(time.Second)) + " s"
}

// grid is a table with a row for each verb and a column for each size.
func (b *Bench) grid(w *strings.Builder, r Results) {
	fmt.Fprintf(w, "| verb | %s | ratio | |\n|---|%s---:|---|\n", strings.Join(b.Sizes, " rows | ")+" rows", strings.Repeat("---:|", len(b.Sizes)))
	for _, c := range b.Cases {
		verb, size, _ := strings.Cut(c.Name, "/")
		if size != b.Sizes[0] {
			continue
		}
		fmt.Fprintf(w, "| %s |", verb)
		for _, size := range b.Sizes {
			fmt.Fprintf(w, " %s |", duration(r.Median(verb+"/"+size, perOp)))
		}
		fmt.Fprintf(w, " %s |\n", b.grown(verb, r))
	}
}

func (b *Bench) grown(verb string, r Results) string {
	for _, t := range b.Targets {
		if t.What == verb {
			v := t.Value(r)
			return with(t.Unit, v) + " | " + t.verdict(v)
		}
	}
	return "| reads an index of all: the core asks once an hour"
}
