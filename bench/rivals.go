package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Cell is our time divided by a rival's.
type Cell struct {
	Row, Rival string
	Value      Value
}

// Share is a [Cell] that was measured.
type Share struct {
	Row, Rival string
	Ratio      float64
}

// Shares returns the topic's part of the table of all rivals and of the picture.
func (b *Bench) Shares(r Results) []Share {
	var all []Share
	for _, c := range b.Cells {
		all = append(all, Share{c.Row, c.Rival, c.Value(r)})
	}
	return all
}

// rows groups shares by their row, in the order in which rows came.
func rows(all []Share) [][]Share {
	var grouped [][]Share
	for _, s := range all {
		at := slices.IndexFunc(grouped, func(g []Share) bool { return g[0].Row == s.Row })
		if at < 0 {
			at = len(grouped)
			grouped = append(grouped, nil)
		}
		grouped[at] = append(grouped[at], s)
	}
	return grouped
}

// Matrix writes the table of all rivals: the rows that compare with each of them.
func Matrix(all []Share) string {
	var w strings.Builder
	var columns []string
	for _, row := range rows(all) {
		var names, values []string
		for _, s := range row {
			names, values = append(names, s.Rival), append(values, figures(s.Ratio))
		}
		if columns == nil {
			columns = names
			fmt.Fprintf(&w, "| our time ÷ theirs | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)))
		}
		if slices.Equal(columns, names) {
			fmt.Fprintf(&w, "| %s | %s |\n", row[0].Row, strings.Join(values, " | "))
		}
	}
	return w.String()
}
