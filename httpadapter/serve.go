package httpadapter

import (
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// mounted is a family bound to an Authenticator. It is immutable and serves concurrently.
type mounted struct {
	family    family
	auth      *tollkeeper.Authenticator
	audiences []tollkeeper.Audience
	trusted   []netip.Prefix
	log       *slog.Logger
	replies   table
	cookies   *cookies         // nil: off
	paths     map[string]*path // by exact path
	below     map[string]*path // by what stands before the parameter
}

// idSegment is the one parameter that a path may end in.
const idSegment = "{id}"

// path is what one exact URL path answers.
type path struct {
	methods map[string]*endpoint
	allow   []string // the Allow header
}

// endpoint is a route with its own replies encoded.
type endpoint struct {
	route
	replies table // the route's own, in its shape
	family  table // the family's, in the route's shape
}

// bind checks the family and makes its tables.
func bind(f family, auth *tollkeeper.Authenticator, o Options) (*mounted, error) {
	if auth == nil {
		return nil, &tollkeeper.Error{Code: tollkeeper.ErrInvalidInput.Code, Field: "auth", Message: "httpadapter: an Authenticator is required"}
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	jar, err := o.Cookie.cookies()
	if err != nil {
		return nil, err
	}
	m := &mounted{
		family: f, auth: auth, audiences: o.accepted(f.audience), trusted: slices.Clone(o.TrustedProxies), log: o.logger(),
		replies: newTable(f.replies, f.shape), cookies: jar, paths: map[string]*path{}, below: map[string]*path{},
	}
	for _, r := range f.routes {
		m.add(r)
	}
	return m, nil
}

func (m *mounted) add(r route) {
	e := &endpoint{route: r, replies: newTable(r.replies, m.family.shape), family: m.replies}
	if r.shape != nil {
		e.replies, e.family = newTable(r.replies, r.shape), newTable(m.family.replies, r.shape)
	}
	where, key := m.paths, r.path
	if before, ok := strings.CutSuffix(r.path, idSegment); ok {
		where, key = m.below, before
	}
	p := where[key]
	if p == nil {
		p = &path{methods: map[string]*endpoint{}}
		where[key] = p
	}
	p.methods[r.method] = e
	names := make([]string, 0, len(p.methods))
	for name := range p.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	p.allow = []string{strings.Join(names, ", ")}
}

// find returns what serves a URL path, with the id that the path ends in. An id in another spelling than its own is no
// path (R64).
func (m *mounted) find(urlPath string) (*path, uuid.UUID) {
	if p, ok := m.paths[urlPath]; ok {
		return p, uuid.Nil
	}
	i := strings.LastIndexByte(urlPath, '/') + 1
	p, ok := m.below[urlPath[:i]]
	if !ok {
		return nil, uuid.Nil
	}
	id, err := uuid.Parse(urlPath[i:])
	if err != nil || id.String() != urlPath[i:] {
		return nil, uuid.Nil
	}
	return p, id
}

// ServeHTTP returns exactly the documented methods of exactly the documented paths (R63, R64). A panic below it is a
// 500 in the family's shape.
func (m *mounted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{mounted: m, w: w, r: r}
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p) // net/http's own word for dropping the connection
			}
			c.crashed(p, debug.Stack())
		}
	}()
	if err := c.serve(); err != nil {
		c.fail(err)
	}
}

func (c *call) serve() error {
	p, id := c.find(c.r.URL.Path)
	if p == nil || c.r.URL.RawPath != "" { // an escaped spelling of a path is another path
		return errNoRoute
	}
	if c.family.origins != nil && c.preflight(p) {
		return nil
	}
	c.target = id
	c.endpoint = p.methods[c.r.Method]
	if c.endpoint == nil {
		c.w.Header()["Allow"] = p.allow
		return errMethod
	}
	if len(c.r.Header["Authorization"]) > 1 {
		return errTwoCredentials
	}
	if err := c.prove(); err != nil {
		return err
	}
	a, err := c.endpoint.serve(c)
	if err != nil {
		return err
	}
	return c.answer(a)
}
