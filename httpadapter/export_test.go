package httpadapter

import (
	"slices"
	"strings"
)

// Row is a route as tests see it.
type Row struct{ Family, Method, Path, Proof string }

// Target is a path that the row serves.
func (r Row) Target() string {
	return strings.Replace(r.Path, idSegment, "018f4e1c-a000-7000-8000-00000000abcd", 1)
}

// Rows lists every route of every family.
func Rows() []Row {
	var rows []Row
	for _, build := range documented {
		f, err := build(Options{})
		if err != nil {
			panic(err)
		}
		for _, r := range f.routes {
			rows = append(rows, Row{f.name, r.method, r.path, r.requires.name})
		}
	}
	return rows
}

// Reply is what a family may answer to an error, as tests see it.
type Reply struct {
	Family  string
	Status  int
	Code    string // empty: the family has none
	Message string // empty: the error's own
}

// Replies lists every reply of every family and of every route.
func Replies() []Reply {
	var all []Reply
	for _, build := range documented {
		f, err := build(Options{})
		if err != nil {
			panic(err)
		}
		replies := f.replies
		for _, r := range f.routes {
			replies = slices.Concat(replies, r.replies)
		}
		for _, r := range replies {
			all = append(all, Reply{f.name, r.status, r.code, r.message})
		}
	}
	return all
}
