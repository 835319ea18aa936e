package httpadapter

import "github.com/google/uuid"

// Row is a route as tests see it.
type Row struct{ Family, Method, Path string }

// Rows lists every route of every family.
func Rows() []Row {
	var rows []Row
	for _, build := range documented {
		f, err := build(Options{V1Scope: uuid.Max})
		if err != nil {
			panic(err)
		}
		for _, r := range f.routes {
			rows = append(rows, Row{f.name, r.method, r.path})
		}
	}
	return rows
}
