package httpadapter_test

import (
	"os"
	"strings"
	"testing"
)

// spoken is a cell as a row of a table says it.
var spoken = strings.NewReplacer("*ours*: ", "", "`", "")

// TestRoutesPage: docs/ROUTES.md names each route once, in its family's table, in the table's order, with its proof and
// what it does.
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
		got = append(got, strings.Join([]string{family, cells[1], cells[2], cells[3], spoken.Replace(cells[5])}, " | "))
	}
	for _, r := range rows() {
		if r.Proof == "" {
			r.Proof = "anyone"
		}
		if r.About == "" {
			t.Errorf("%s %s says nothing", r.Method, r.Path)
		}
		want = append(want, strings.Join([]string{r.Family, r.Method, r.Path, r.Proof, r.About}, " | "))
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
