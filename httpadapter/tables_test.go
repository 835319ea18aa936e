package httpadapter_test

import (
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// tables are the families with their zero options.
func tables() (all []family.Family) {
	for _, api := range (&options{}).families() {
		f, err := api.Family()
		if err != nil {
			panic(err)
		}
		all = append(all, f)
	}
	return all
}

// row is a route as tests see it.
type row struct {
	Family, Method, Path, Proof, About string
	Body                               bool // it reads one
}

// Target is a path that the row serves.
func (r row) Target() string {
	path := strings.Replace(r.Path, "{id}", "018f4e1c-a000-7000-8000-00000000abcd", 1)
	if strings.Contains(path, "/providers/") {
		return strings.Replace(path, "{name}", "test", 1) // as authtest calls its issuer
	}
	return strings.Replace(path, "{name}", "google", 1)
}

// rows lists every route of every family.
func rows() (all []row) {
	for _, f := range tables() {
		for _, r := range f.Routes {
			all = append(all, row{f.Name, r.Method, r.Path, r.Requires(), r.About, r.ReadsBody()})
		}
	}
	return all
}

// reply is what a family may answer to an error, as tests see it.
type reply struct {
	family.Reply
	Family string
}

// replies lists every reply of every family and of every route.
func replies() (all []reply) {
	for _, f := range tables() {
		list := f.Replies
		for _, r := range f.Routes {
			list = slices.Concat(list, r.Replies())
		}
		for _, r := range list {
			all = append(all, reply{r, f.Name})
		}
	}
	return all
}
