package main

import (
	"go/types"
	"path/filepath"
	"slices"
	"testing"
)

func TestQueryChanges(t *testing.T) {
	tests := []struct {
		query string
		want  []string
	}{
		{"SELECT a FROM t WHERE a = ?1", []string{"SELECT a FROM t WHERE a <> ?1"}},
		{"UPDATE t SET a = ?1, b = b + 1 WHERE c < ?2 AND d IS NULL", []string{
			"UPDATE t SET a = ?1, b = b - 1 WHERE c < ?2 AND d IS NULL",
			"UPDATE t SET a = ?1, b = b + 1 WHERE c <= ?2 AND d IS NULL",
			"UPDATE t SET a = ?1, b = b + 1 WHERE c < ?2 ",
			"UPDATE t SET a = ?1, b = b + 1 WHERE  d IS NULL",
			"UPDATE t SET a = ?1, b = b + 1 WHERE c < ?2 AND d IS NOT NULL",
		}},
		{"UPDATE t SET a = CASE WHEN b = 1 THEN 2 ELSE 3 END", []string{"UPDATE t SET a = CASE WHEN b <> 1 THEN 2 ELSE 3 END"}},
		{" AND x = ", []string{" AND x <> "}},
		{" AND lower(x) > 1 ORDER BY y DESC", []string{
			"  ORDER BY y DESC", " AND lower(x) >= 1 ORDER BY y DESC", " AND lower(x) > 1 ORDER BY y ASC",
		}},
		{"x BETWEEN 1 AND 2", nil},
		{"SELECT 'a = b' -- c = d", nil},
		{"WHERE (a OR b) AND c", []string{"WHERE (a ) AND c", "WHERE ( b) AND c", "WHERE (a OR b) ", "WHERE  c"}},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range queryChanges(tt.query) {
			got = append(got, c.text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q becomes\n%q, want\n%q", tt.query, got, tt.want)
		}
	}
}

// What a constant holds is changed by making a variable of it; what is not changed stays a constant.
func TestConstantsOfSQLBecomeVariables(t *testing.T) {
	dir := module(t, map[string]string{"table.go": `package tiny

const (
	columns = "a, b"
	query   = "SELECT " + columns + " FROM t WHERE a = ?"
	size    = 2
)

const wrapped = query + ";"

var buffer [size]byte

func Cost(name string) int { return len(wrapped) + len(buffer) - len(query) - len(buffer) + len(name) }
`})
	groups, err := readTargets(filepath.Join(dir, "targets.txt"), dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := mutateAll(t.Context(), dir, groups)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(p.mutants, func(m *mutant) bool { return m.file == "table.go" && m.fn == "query" })
	if at < 0 {
		t.Fatalf("no change of the query: %v", p.mutants)
	}
	if m := p.mutants[at]; !m.atInit || len(m.users) != 1 {
		t.Errorf("%v has users %v, want Cost, which alone reads it", m, m.users)
	}
	u, err := loadOne(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	text := map[string][]byte{}
	for _, name := range u.GoFiles {
		text[filepath.Join(dir, name)] = p.changed[filepath.Join(u.Dir, name)]
	}
	text[switchFile] = switchSource("tiny")
	_, pkg, _, mistakes := u.check(text)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	for name, constant := range map[string]bool{"columns": true, "query": false, "size": true, "wrapped": false} {
		if _, is := pkg.Scope().Lookup(name).(*types.Const); is != constant {
			t.Errorf("%s is a constant: %v, want %v", name, is, constant)
		}
	}
}
