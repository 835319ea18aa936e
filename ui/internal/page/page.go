// Package page is what all pages of package ui stand on: a table of pages, one request for one of them, what it shows
// as values, and the templates, texts and looks that make a document of that. It knows no page by name.
package page

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// Page is a row of a table of pages.
type Page struct {
	Path   string                        // as the mux knows it: without the path of [tollkeeper.Config.BaseURL]
	Mailed bool                          // a mail leads here, with a token in the address
	Posted bool                          // its form is of a page of another origin, and proves otherwise whose browser it is
	Again  string                        // where to ask for another mail; empty: nowhere
	Show   func(*Visit) (Screen, string) // what is seen, or where to go instead
	Take   func(*Visit) (string, error)  // does what the form asks, and says where to go then; nil: there is no form
	File   func(*Visit) error            // in the place of Show: writes what is no document, as a CSV
}

// Mount puts the pages and the files that they need on mux. One of a pattern that a [http.ServeMux] has already, with
// the method or for all, is an error that names it; then no page is served. What another router refuses by a panic is
// an error, too, and the router may hold some of the pages.
func (s *Site) Mount(mux httpadapter.Mux, pages []*Page) error {
	routes := s.assets.routes(s.Base)
	for _, p := range pages {
		h := s.handler(p)
		methods := []string{http.MethodGet, http.MethodHead} // not every router takes GET for both
		if p.Take != nil {
			methods = append(methods, http.MethodPost)
		}
		for _, method := range methods {
			routes = append(routes, route{method: method, path: p.Path, Handler: h})
		}
	}
	for i := range routes {
		routes[i].host = s.host
	}
	for _, r := range routes {
		if pattern := taken(mux, r); pattern != "" {
			return fmt.Errorf("ui: the mux has %q already", pattern)
		}
	}
	for _, r := range routes {
		if err := r.register(mux); err != nil {
			return err
		}
	}
	return nil
}

// route is one pattern of a mux.
type route struct {
	method, path string
	http.Handler
	host string // without a port; empty: every one
}

// taken returns the pattern of an [http.ServeMux] that is for this very path, with the method or for all. Empty: none,
// or another router, which cannot be asked.
func taken(mux httpadapter.Mux, r route) string {
	asked, ok := mux.(interface {
		Handler(*http.Request) (http.Handler, string)
	})
	if !ok {
		return ""
	}
	_, pattern := asked.Handler(&http.Request{Method: r.method, URL: &url.URL{Path: r.path}, Host: cmp.Or(r.host, "localhost")})
	if strings.TrimPrefix(pattern, r.method+" ") != r.host+r.path {
		return ""
	}
	return pattern
}

// register adds the route, or returns what the mux has against it.
func (r route) register(mux httpadapter.Mux) (err error) {
	pattern := r.method + " " + r.host + r.path
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ui: the mux refused %q: %v", pattern, p)
		}
	}()
	mux.Handle(pattern, r.Handler)
	return nil
}

// handler serves a page to everybody, and knows who is signed in, or who the guard says they are.
func (s *Site) handler(p *Page) http.Handler {
	known := s.known(p)
	serve := known(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.visit(p, w, r).serve() }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v := s.visit(p, w, r); !v.read() {
			return // a page of somebody else, or no form: nobody is asked who that is
		}
		serve.ServeHTTP(w, r)
	})
}

func (s *Site) known(p *Page) func(http.Handler) http.Handler {
	if s.Guard != nil {
		return s.guarded(p)
	}
	return httpadapter.OptionalAuth(s.Auth,
		httpadapter.AllowLimited(), httpadapter.InScope(s.Scope), httpadapter.AcceptCookie(s.Cookie),
		httpadapter.OnFailure(func(w http.ResponseWriter, r *http.Request, err error) { s.visit(p, w, r).give(err) }),
	)
}

// guarded lets in whom the host's own guard names.
func (s *Site) guarded(p *Page) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			operator, err := s.Guard(r)
			if err != nil {
				s.visit(p, w, r).give(err)
				return
			}
			next.ServeHTTP(w, r.WithContext(withOperator(r.Context(), operator)))
		})
	}
}

// leads reports whether a page may send a browser there: to a path of this origin, or to a listed one.
func (s *Site) leads(to string) bool {
	if Here(to) {
		return true
	}
	u, err := url.Parse(to)
	return err == nil && u.User == nil && u.Host != "" && !strings.ContainsAny(to, "\\\r\n\t") && slices.Contains(s.NextOrigins, u.Scheme+"://"+u.Host)
}

// Here reports whether that is a path of this origin, by the one rule of [httpadapter.SafeNext].
func Here(path string) bool {
	asked := &http.Request{URL: &url.URL{RawQuery: url.Values{"next": {path}}.Encode()}}
	return httpadapter.SafeNext(asked, "") != ""
}
