package family

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
)

// Options are what all families of a service share. Every zero is the documented default. They are copied: changing
// them afterwards has no effect.
type Options struct {
	// TrustedProxies are the networks whose X-Forwarded-For is believed. Empty: none, the peer is the client, and the
	// first request that such a header says otherwise of is a warning in the log, once in each family.
	TrustedProxies []netip.Prefix

	// Origins are further texts of the header Origin whose pages are served, compared exactly, as
	// "https://app.example", "capacitor://localhost" or "chrome-extension://…". Their pages may read every answer, and
	// the session cookie counts for none of them. Empty: only the service's own pages, and those that a family serves.
	Origins []string

	// UnsafeNullOrigin serves pages with the origin "null": sandboxed frames, files, and whoever wants to look like
	// one. Every page can make itself one of these, so that any page can spend the attempts of whoever looks at it.
	UnsafeNullOrigin bool

	// Accept lets a family take tokens of other families besides its own. Nil: none. What such a token may do is
	// still decided by its account.
	Accept map[tollkeeper.Audience][]tollkeeper.Audience

	// Cookie carries the session in a cookie besides, for pages of the service's own origin. Zero: off, but in families
	// that are made for it (R67).
	Cookie Cookie

	// OpenAPI serves the document of each family at <its first prefix>/openapi.json.
	OpenAPI bool

	// Logger gets the causes that no answer shows, and at the level of debug which family a refused token is of. Nil:
	// that of the Authenticator.
	Logger *slog.Logger
}

// Refused is the error of an option that cannot be.
func Refused(option, why string) error {
	return tollkeeper.ErrInvalidInput.WithField(option).WithMessage(fmt.Sprintf("httpadapter: %s %s", option, why))
}

// HomeOf returns the home of a family whose tokens are held to one scope. It refuses a scope whose id it cannot know,
// and [tollkeeper.Tenants]: they are the accounts of the organization family. option names it in the error.
func HomeOf(option string, s tollkeeper.Scope) (*tollkeeper.Scope, error) {
	if _, known := s.ID(); !known || s == tollkeeper.Tenants {
		return nil, Refused(option, "must be the app's own users, or a parent by its id: Tenants are the accounts of the organization family")
	}
	return &s, nil
}

// mounted is a family bound to an Authenticator. It is immutable and serves concurrently.
type mounted struct {
	family    Family
	auth      *tollkeeper.Authenticator
	audiences []tollkeeper.Audience
	trusted   []netip.Prefix
	log       *slog.Logger
	replies   replies
	origins   *origins
	cookies   *Cookies         // nil: off
	paths     map[string]*path // by exact path
	patterns  []*path          // with a parameter

	strayed sync.Once         // the warning about requests that come by a path of no prefix
	unread  clientaddr.Unread // the warning about proxies that nobody is told to trust
}

// endpoint is a route with the tables that reply for it.
type endpoint struct {
	Route
	replies replies // of the route
	family  replies // of the family, in the route's shape
}

// New binds a family to an Authenticator. The handler serves the family's prefixes and everything below them, at
// Request.URL.Path as it came; http.StripPrefix moves a family elsewhere. It refuses what could only fail at a request:
// a table that lacks a code, a path that stands twice, an option that cannot be.
func New(auth *tollkeeper.Authenticator, api API, o Options) (http.Handler, error) {
	if api == nil {
		return nil, Refused("api", "is nil")
	}
	f, err := api.Family()
	if err != nil {
		return nil, err
	}
	m, err := bind(f, auth, o)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(m.serveHTTP), nil
}

func bind(f Family, auth *tollkeeper.Authenticator, o Options) (*mounted, error) {
	if auth == nil {
		return nil, tollkeeper.ErrInvalidInput.WithField("auth").WithMessage("httpadapter: an Authenticator is required")
	}
	if o.OpenAPI {
		document, err := f.documentRoute()
		if err != nil {
			return nil, err
		}
		f.Routes = append(slices.Clone(f.Routes), document)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	m := &mounted{family: f, auth: auth, trusted: slices.Clone(o.TrustedProxies), log: o.Logger, paths: map[string]*path{}}
	if m.log == nil {
		m.log = auth.Logger()
	}
	if f.Warning != "" {
		m.log.Warn("httpadapter: " + f.Warning)
	}
	if f.Credential.read == nil {
		m.family.Credential = Bearer
	}
	m.audiences = slices.Concat([]tollkeeper.Audience{f.Audience}, o.Accept[f.Audience])
	m.replies = newReplies(f.Replies, f.Shape)
	var err error
	if m.origins, err = newOrigins(auth.BaseURL(), o); err != nil {
		return nil, err
	}
	if m.cookies, err = NewCookies(auth, o.Cookie); err != nil { // also where they are off: who is trusted counts as an own page
		return nil, err
	}
	if f.Transport == NeverCookies || f.Transport != InCookie && !o.Cookie.On {
		m.cookies = nil
	}
	for _, r := range f.Routes {
		if err := m.add(r); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// serveHTTP serves exactly the family's methods of exactly its paths, and HEAD wherever GET is (R63, R64). A panic
// below it is a 500 in the family's shape. A [Call] embeds m, and must not have it as a method.
func (m *mounted) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{mounted: m, w: w, Request: r}
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

// checkMounted warns once where a router leads requests here that are below no prefix: it has to strip what it hangs
// the family below, or every request is a 404.
func (c *Call) checkMounted() {
	if !c.family.below(c.Request.URL.Path) {
		c.strayed.Do(func() {
			c.log.Warn("httpadapter: a request came by a path below no prefix of its family; strip what it is mounted below",
				"family", c.family.Name, "prefixes", c.family.Prefixes)
		})
	}
}

func (c *Call) serve() error {
	c.unread.Look(c.Request, c.trusted, c.log, "Options.TrustedProxies")
	c.page = c.origins.of(c.Request)
	var p *path
	if c.Request.URL.RawPath == "" { // an escaped spelling of a path is another path
		p = c.find(c.Request.URL.Path)
	}
	if p != nil && c.preflight(p) {
		return nil
	}
	c.allowListed()
	if p == nil {
		c.checkMounted()
		return ErrNoRoute
	}
	method := c.Request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	c.endpoint = p.methods[method]
	if c.endpoint == nil {
		c.w.Header()["Allow"] = p.allow
		return ErrMethod
	}
	if c.endpoint.instead.html != nil && prefersPage(c.Request.Header["Accept"]) {
		return c.answer(Answer{Page: c.endpoint.instead})
	}
	if c.endpoint.acts && c.Request.Method == http.MethodHead {
		return c.answer(Answer{Body: None{}})
	}
	if err := c.checkPage(); err != nil {
		return err
	}
	if len(c.Request.Header["Authorization"]) > 1 {
		return ErrTwoCredentials
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
