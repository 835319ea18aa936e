package main

import (
	"cmp"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// query notes the changes of a piece of SQL.
func (f *finder) query(lit *ast.BasicLit) {
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return
	}
	for _, c := range queryChanges(text) {
		f.add(lit, types.Typ[types.String], c.was, c.now, strconv.Quote(c.text))
	}
}

var statement = regexp.MustCompile("(?m)^[\"`](SELECT|INSERT|UPDATE|DELETE|WITH) ")

// hasSQL is whether one of the files has a statement.
func hasSQL(files map[string]*ast.File) bool {
	found := false
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				found = found || statement.MatchString(lit.Value)
			}
			return !found
		})
	}
	return found
}

// queryChange is a change of a piece of SQL: what it replaces, and the whole piece afterwards.
type queryChange struct{ was, now, text string }

// word is a token of SQL with its place.
type word struct {
	text       string // in capitals
	start, end int
	depth      int // of parentheses
}

var sqlToken = regexp.MustCompile(`--[^\n]*|'(?:[^']|'')*'|[?@$:][A-Za-z0-9_]+(?:::[a-z]+(?:\[\])?)?|[A-Za-z0-9_.]+(?:::[a-z]+(?:\[\])?)?|<<|<=|>=|<>|\|\||::|[<>=+\-*/(),]`)

func words(text string) (list []word) {
	depth := 0
	for _, at := range sqlToken.FindAllStringIndex(text, -1) {
		w := word{text: strings.ToUpper(text[at[0]:at[1]]), start: at[0], end: at[1], depth: depth}
		switch {
		case strings.HasPrefix(w.text, "--"):
			continue
		case w.text == "(":
			depth++
		case w.text == ")":
			depth--
			w.depth--
		}
		list = append(list, w)
	}
	return list
}

// others are what stands in the place of a word.
var others = map[string]string{
	"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "=", "+": "-", "-": "+", "GREATEST": "least", "LEAST": "greatest", "DESC": "ASC",
	"EXISTS": "NOT EXISTS",
}

// Words that end a term, and those that a first one follows.
var (
	enders = strings.Fields("AND OR THEN ELSE END WHEN ORDER GROUP LIMIT RETURNING ON UNION FOR AS SET JOIN LEFT CROSS WHERE FROM , )")
	before = strings.Fields("WHERE ON WHEN ( OR")
)

// queryChanges lists the changes of a piece of SQL: an operator becomes another one, and a term of AND or OR is left
// out. A piece may begin and end in the middle of a statement; a term that it does not hold whole stays.
func queryChanges(text string) (list []queryChange) {
	ws := words(text)
	replace := func(first, last int, now string) {
		from, to := ws[first].start, ws[last].end
		list = append(list, queryChange{around(text, from, to), cmp.Or(now, "nothing"), text[:from] + now + text[to:]})
	}
	skip := assignments(ws)
	for i, w := range ws {
		if w.text == "AND" && !between(ws, i) || w.text == "OR" {
			skipTerm := func(first, last int) {
				for j := first; j <= last; j++ {
					if ws[j].depth == w.depth && (ws[j].text == "=" || ws[j].text == "<>") {
						skip[j] = true // a test that notices the term to be left out notices its opposite, too
					}
				}
			}
			if last, ok := termAfter(ws, i); ok {
				skipTerm(i, last)
			}
			if first, ok := termBefore(ws, i); ok {
				skipTerm(first, i)
			}
		}
	}
	for i, w := range ws {
		now, known := others[w.text]
		switch {
		case known && skip[i], known && (w.text == "+" || w.text == "-") && (i == 0 || i == len(ws)-1):
		case known:
			replace(i, i, now)
		case w.text == "IS" && i+2 < len(ws) && ws[i+1].text == "NOT" && ws[i+2].text == "NULL":
			replace(i, i+1, "IS")
		case w.text == "IS" && i+1 < len(ws) && ws[i+1].text == "NULL":
			replace(i, i, "IS NOT")
		case w.text == "AND" && !between(ws, i), w.text == "OR":
			if last, ok := termAfter(ws, i); ok {
				replace(i, last, "")
			}
			if first, ok := termBefore(ws, i); ok {
				replace(first, i, "")
			}
		}
	}
	return list
}

// around shows what is replaced, an operator with a bit of what stands beside it.
func around(text string, from, to int) string {
	if to-from > 10 {
		return text[from:to]
	}
	left, right := strings.Fields(text[:from]), strings.Fields(text[to:])
	left, right = left[max(0, len(left)-3):], right[:min(3, len(right))]
	return strings.Join(left, " ") + " [" + text[from:to] + "] " + strings.Join(right, " ")
}

// assignments tells which = are no comparisons: those of SET that stand in no CASE.
func assignments(ws []word) map[int]bool {
	found := map[int]bool{}
	set, cases := -1, 0
	for i, w := range ws {
		switch {
		case w.text == "SET":
			set, cases = w.depth, 0
		case set == w.depth && slices.Contains([]string{"WHERE", "FROM", "RETURNING"}, w.text), w.depth < set:
			set = -1
		case w.text == "CASE":
			cases++
		case w.text == "END":
			cases--
		case w.text == "=" && set == w.depth && cases == 0:
			found[i] = true
		}
	}
	return found
}

// between is whether the AND at i belongs to a BETWEEN.
func between(ws []word, i int) bool {
	for j := i - 1; j >= 0 && ws[j].text != "AND" && ws[j].depth >= ws[i].depth; j-- {
		if ws[j].text == "BETWEEN" {
			return true
		}
	}
	return false
}

// termAfter returns the last word of the term that the word at i joins.
func termAfter(ws []word, i int) (int, bool) {
	last := i
	for j := i + 1; j < len(ws); j++ {
		if w := ws[j]; w.depth < ws[i].depth || w.depth == ws[i].depth && slices.Contains(enders, w.text) && (w.text != ")" || !opened(ws, i, j)) {
			break
		}
		if ws[j].text == "CASE" {
			return 0, false
		}
		last = j
	}
	return last, last > i && whole(ws[last]) && ws[i+1].text != "BETWEEN"
}

// opened is whether the parenthesis that closes at j was opened after i.
func opened(ws []word, i, j int) bool {
	for k := j - 1; k > i; k-- {
		if ws[k].text == "(" && ws[k].depth == ws[j].depth {
			return true
		}
	}
	return false
}

// termBefore returns the first word of the term before the word at i, when no other term stands before it.
func termBefore(ws []word, i int) (int, bool) {
	for j := i - 1; j >= 0; j-- {
		w := ws[j]
		switch {
		case w.depth < ws[i].depth, w.depth == ws[i].depth && slices.Contains(before, w.text) && w.text != "(":
			if w.depth < ws[i].depth && w.text != "(" || w.text == "OR" && ws[i].text == "OR" {
				return 0, false
			}
			return j + 1, j+1 < i && whole(ws[i-1])
		case w.depth == ws[i].depth && (w.text == "AND" || w.text == "CASE" || w.text == "END" || w.text == "THEN"):
			return 0, false
		}
	}
	return 0, false
}

// whole is whether a term may end with this word.
func whole(w word) bool {
	return w.text == ")" || !slices.Contains([]string{"NOT", "IN", "IS", "ANY", "LIKE", "DISTINCT"}, w.text) && regexp.MustCompile(`^['?@$:A-Z0-9]`).MatchString(w.text)
}
