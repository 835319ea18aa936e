package httpadapter_test

import (
	"os"
	"strings"
	"testing"
)

// TestRoutesPage: docs/ROUTES.md names each route once, in its family's table, in the table's order, with its proof.
func TestRoutesPage(t *testing.T) {
	text, err := os.ReadFile("../docs/ROUTES.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	family := ""
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			family, _, _ = strings.Cut(strings.ToLower(title), " ")
		}
		cells := strings.Split(line, "|")
		if len(cells) < 6 || strings.TrimSpace(cells[1]) == "method" || strings.HasPrefix(cells[1], "-") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		got = append(got, strings.Join([]string{family, cells[1], cells[2], cells[3]}, " | "))
		if cells[5] == "" {
			t.Errorf("%s %s says nothing", cells[1], cells[2])
		}
	}
	for _, r := range rows() {
		if r.Proof == "" {
			r.Proof = "anyone"
		}
		want = append(want, strings.Join([]string{r.Family, r.Method, r.Path, r.Proof}, " | "))
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("the page lacks %s", want[i])
		case i >= len(want):
			t.Fatalf("the page has %s, which is no route", got[i])
		case got[i] != want[i]:
			t.Fatalf("the page has %s where the table has %s", got[i], want[i])
		}
	}
}
