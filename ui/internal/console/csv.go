package console

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"strconv"

	"github.com/google/uuid"
)

const (
	filePage = 100     // rows that are read at once
	mostRows = 100_000 // of a file
)

// file writes a table page by page, as rows returns them. What goes wrong before the first page is written is an error;
// afterwards the connection is cut, so that nobody takes a part for the whole.
func (v *visit) file(name string, header []string, rows func(after string) ([][]string, string, error)) error {
	page, next, err := rows("")
	if err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	w := csv.NewWriter(v.W)
	w.UseCRLF = true // RFC 4180
	_ = w.Write(header)
	for n := 0; ; {
		for _, row := range page {
			for i := range row {
				row[i] = harmless(row[i])
			}
			_ = w.Write(row)
		}
		w.Flush()
		if w.Error() != nil {
			return nil // whoever asked has left
		}
		if n += len(page); next == "" {
			return nil
		}
		if n >= mostRows {
			_ = w.Write([]string{"There are more rows than " + strconv.Itoa(mostRows) + ": narrow the filter"})
			w.Flush()
			return nil
		}
		if page, next, err = rows(next); err != nil {
			v.Log.Error("ui: file not finished", "path", v.Path, "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

// begun is what a spreadsheet takes for the beginning of a formula. Those of many countries part cells at semicolons,
// whatever stands about them.
var begun = regexp.MustCompile(`(^|;[\s"']*)([=+\-@\t\r\n＝＋－＠])`)

// harmless is a cell that no spreadsheet takes for a formula, or for several cells with one among them. A whole number
// is none.
func harmless(cell string) string {
	if _, err := strconv.ParseInt(cell, 10, 64); err == nil {
		return cell
	}
	return begun.ReplaceAllString(cell, "$1'$2")
}

// idText is an id, or nothing for none.
func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
