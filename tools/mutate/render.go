package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// span is where the changes of a site, or one of them, stand in a rendered file.
type span struct {
	from, to int
	mutants  []*mutant
}

// insertion is text that a rendered file has more than the file.
type insertion struct {
	at    int
	text  string
	close bool
	size  int // of what it is about: the larger opens first and closes last
	order int
	site  *site
}

// render writes the file with all changes behind their switches, but those that are dropped.
func render(text []byte, file *token.File, sites []*site, entries []entry, plain []insertion) ([]byte, []span) {
	list := slices.Clone(plain)
	for _, e := range entries {
		list = append(list, insertion{at: file.Offset(e.body.Lbrace) + 1, text: fmt.Sprintf(" mutantSeen(%d); ", e.id), size: 1 << 30})
	}
	for i, s := range sites {
		if len(s.choices) == 0 {
			continue
		}
		from, to := file.Offset(s.node.Pos()), file.Offset(s.node.End())
		head, tail := s.around()
		list = append(list, insertion{at: from, text: head, size: to - from, order: i, site: s}, insertion{at: to, text: tail, close: true, size: to - from, order: i, site: s})
	}
	slices.SortStableFunc(list, func(a, b insertion) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		if a.close != b.close { // what ends here ends before the next begins
			if a.close {
				return -1
			}
			return 1
		}
		if a.close {
			return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(b.order, a.order))
		}
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.order, b.order))
	})
	var out bytes.Buffer
	var spans []span
	began := map[*site]int{}
	done := 0
	for _, in := range list {
		out.Write(text[done:in.at])
		done = in.at
		if in.site != nil && !in.close {
			began[in.site] = out.Len()
			spans = append(spans, in.site.spans(out.Len())...)
		}
		out.WriteString(in.text)
		if in.site != nil && in.close {
			spans = append(spans, span{began[in.site], out.Len(), in.site.mutants()})
		}
	}
	out.Write(text[done:])
	return out.Bytes(), spans
}

func (s *site) mutants() (list []*mutant) {
	for _, c := range s.choices {
		list = append(list, c.m)
	}
	return list
}

// around is what stands before and after the site.
func (s *site) around() (head, tail string) {
	parts := s.parts()
	if s.typ == "" {
		tail = " }"
	} else {
		tail = " }()"
	}
	for _, p := range parts {
		head += p
	}
	return head, tail
}

// parts are the pieces of the head, those of the choices from the second on.
func (s *site) parts() []string {
	if s.typ == "" {
		list := []string{""}
		for _, c := range s.choices {
			list = append(list, fmt.Sprintf("if mutantOn(%d) { %s } else ", c.m.id, c.text))
		}
		return append(list, "{ ")
	}
	list := []string{"func() " + s.typ + " { "}
	for _, c := range s.choices {
		list = append(list, fmt.Sprintf("if mutantOn(%d) { return %s }; ", c.m.id, c.text))
	}
	return append(list, "return ")
}

// spans are those of the choices, when the head begins at from.
func (s *site) spans(from int) (list []span) {
	for i, p := range s.parts() {
		if i > 0 && i <= len(s.choices) {
			list = append(list, span{from, from + len(p), []*mutant{s.choices[i-1].m}})
		}
		from += len(p)
	}
	return list
}

// blamed are the mutants of the smallest span around a place.
func blamed(spans []span, at int) []*mutant {
	var best *span
	for i := range spans {
		if s := &spans[i]; s.from <= at && at < s.to && (best == nil || s.to-s.from < best.to-best.from) {
			best = s
		}
	}
	if best == nil {
		return nil
	}
	return best.mutants
}

// variables makes variables of the constants of a declaration: text that is chosen when the program starts is none.
func variables(file *token.File, d *ast.GenDecl, chosen func(*ast.ValueSpec) bool) (list []insertion, blanks [][2]int) {
	if !slices.ContainsFunc(d.Specs, func(s ast.Spec) bool { return chosen(s.(*ast.ValueSpec)) }) {
		return nil, nil
	}
	blanks = append(blanks, [2]int{file.Offset(d.TokPos), file.Offset(d.TokPos) + len("const")})
	if d.Lparen.IsValid() {
		blanks = append(blanks, [2]int{file.Offset(d.Lparen), file.Offset(d.Lparen) + 1}, [2]int{file.Offset(d.Rparen), file.Offset(d.Rparen) + 1})
	}
	for _, s := range d.Specs {
		word := "const "
		if chosen(s.(*ast.ValueSpec)) {
			word = "var "
		}
		list = append(list, insertion{at: file.Offset(s.Pos()), text: word, size: 1 << 30})
	}
	return list, blanks
}
