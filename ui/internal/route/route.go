// Package route puts routes on a router that somebody else has made, all of them or none.
package route

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// Route is one pattern of a router: a method, and a path that is compared exactly.
type Route struct {
	Method, Path string
	Handler      http.Handler
	Host         string // without a port; empty: every one
}

// Mount puts the routes on mux. One that a [http.ServeMux] has already, with the method or for all, is an error that
// names it, and then none is on it. What another router refuses by a panic is an error, too, and the router may hold
// some of them. Errors begin with the name of the package that asks.
func Mount(mux httpadapter.Mux, name string, routes []Route) error {
	for _, r := range routes {
		if pattern := taken(mux, r); pattern != "" {
			return fmt.Errorf("%s: the mux has %q already", name, pattern)
		}
	}
	for _, r := range routes {
		if err := r.register(mux, name); err != nil {
			return err
		}
	}
	return nil
}

// taken returns the pattern of an [http.ServeMux] that is for this very path, with the method or for all. Empty: none,
// or another router, which cannot be asked.
func taken(mux httpadapter.Mux, r Route) string {
	asked, ok := mux.(interface {
		Handler(*http.Request) (http.Handler, string)
	})
	if !ok {
		return ""
	}
	_, pattern := asked.Handler(&http.Request{Method: r.Method, URL: &url.URL{Path: r.Path}, Host: cmp.Or(r.Host, "localhost")})
	if strings.TrimPrefix(pattern, r.Method+" ") != r.Host+r.Path {
		return ""
	}
	return pattern
}

// register adds the route, or returns what the mux has against it.
func (r Route) register(mux httpadapter.Mux, name string) (err error) {
	pattern := r.Method + " " + r.Host + r.Path
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: the mux refused %q: %v", name, pattern, p)
		}
	}()
	mux.Handle(pattern, r.Handler)
	return nil
}
