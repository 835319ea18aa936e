package ui

import (
	"bytes"
	"cmp"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/clientaddr"
	"github.com/tollkeeper/tollkeeper/ui/internal/route"
)

// Options say whose pages these are. The zero Options are those of the app's own users, who land at "/". They are
// copied: changing them afterwards has no effect.
type Options struct {
	// Scope is where the users live: zero, the app's own, or [tollkeeper.Under] a parent.
	Scope tollkeeper.Scope

	// Home is where people land who came without asking for a page, a path of the same origin as "/dashboard". Zero:
	// "/", below the path of [tollkeeper.Config.BaseURL].
	Home string

	// Prefix stands before the paths of all pages that no mail leads to, as "/account". Zero: nothing does. The others
	// are at the paths of [tollkeeper.Links].
	Prefix string

	// TrustedProxies are the networks whose X-Forwarded-For is believed. Empty: none, the peer is the client.
	TrustedProxies []netip.Prefix

	// Cookie names further origins of these pages. On is not looked at: pages carry sessions in the cookie.
	Cookie httpadapter.Cookie

	// Logger gets the causes that no page shows. Nil: that of the Authenticator.
	Logger *slog.Logger
}

// site is what all pages share. It serves concurrently, and only the warning in it is ever changed.
type site struct {
	auth                *tollkeeper.Authenticator
	options             Options
	base                string // path of Config.BaseURL, which browsers know and routers do not
	links               tollkeeper.Links
	cookies             *family.Cookies
	words               catalogue
	template            *template.Template
	style               []byte
	script              []byte // of the pages that ask for a passkey, which no other script can
	styleURL, scriptURL string
	log                 *slog.Logger
	unread              clientaddr.Unread // the warning about proxies that nobody is told to trust
}

// Mount puts the pages on mux, a [http.ServeMux], chi's router, or one whose patterns mean the same:
//
//	err := httpadapter.Mount(mux, auth, httpadapter.Options{})
//	err = ui.Mount(mux, auth, ui.Options{})
//
// Each page has a pattern of its own, with its method. One that a ServeMux has already, with the method or for all, is
// an error that names it; then no page is served. What another router refuses by a panic is an error, too, and the
// router may hold some of the pages. So are Options that cannot be. A family that has routes at the paths of
// [tollkeeper.Links], as the organization family has, needs Links that lead elsewhere.
func Mount(mux httpadapter.Mux, auth *tollkeeper.Authenticator, o Options) error {
	s, err := newSite(auth, o)
	if err != nil {
		return err
	}
	return route.Mount(mux, "ui", s.routes())
}

func (s *site) routes() []route.Route {
	list := []route.Route{
		{Method: http.MethodGet, Path: strings.TrimPrefix(s.styleURL, s.base), Handler: asset("text/css; charset=utf-8", s.style)},
		{Method: http.MethodGet, Path: strings.TrimPrefix(s.scriptURL, s.base), Handler: asset("text/javascript; charset=utf-8", s.script)},
	}
	for _, p := range s.pages() {
		h := s.handler(p)
		methods := []string{http.MethodGet, http.MethodHead} // not every router takes GET for both
		if p.take != nil {
			methods = append(methods, http.MethodPost)
		}
		for _, method := range methods {
			list = append(list, route.Route{Method: method, Path: p.path, Handler: h})
		}
	}
	return list
}

// SignInPage is for what [httpadapter.RequireAuth] does not let in: a browser is sent to sign in, or to the page that
// says what its limited session waits for, and comes back from there. Everybody else gets [httpadapter.WriteError].
func SignInPage(auth *tollkeeper.Authenticator, o Options) httpadapter.Failure {
	base := pathOf(auth.BaseURL()) + o.Prefix
	signIn, limited := httpadapter.SignInPage(base+signInPath), httpadapter.SignInPage(base+limitedPath)
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, tollkeeper.ErrLimitedSession) && strings.Contains(r.Header.Get("Accept"), "text/html") {
			limited(w, r, tollkeeper.ErrNotRecent.WithCause(err)) // that page can mend it
			return
		}
		signIn(w, r, err)
	}
}

func newSite(auth *tollkeeper.Authenticator, o Options) (*site, error) {
	if _, err := family.HomeOf("ui.Options.Scope", o.Scope); err != nil {
		return nil, err
	}
	if strings.ContainsAny(o.Prefix, "{}?#%\\ ") || o.Prefix != "" && (!leadsHere(o.Prefix) || strings.HasSuffix(o.Prefix, "/")) {
		return nil, refused("Prefix", "must be a plain path without a slash at its end")
	}
	base := pathOf(auth.BaseURL())
	if o.Home = cmp.Or(o.Home, base+"/"); !leadsHere(o.Home) {
		return nil, refused("Home", "must be a path of this service")
	}
	cookies, err := family.NewCookies(auth, o.Cookie)
	if err != nil {
		return nil, err
	}
	o.TrustedProxies = slices.Clone(o.TrustedProxies)
	s := &site{auth: auth, options: o, base: base, links: auth.Links(), cookies: cookies, log: o.Logger}
	if s.log == nil {
		s.log = auth.Logger()
	}
	if s.words, err = readCatalogue(); err != nil {
		return nil, err
	}
	return s, s.readFiles()
}

func refused(option, why string) error {
	return tollkeeper.ErrInvalidInput.WithField("ui.Options." + option).WithMessage("ui: Options." + option + " " + why)
}

// leadsHere reports whether a page may send a browser there, by the one rule of [httpadapter.SafeNext].
func leadsHere(path string) bool {
	asked := &http.Request{URL: &url.URL{RawQuery: url.Values{"next": {path}}.Encode()}}
	return httpadapter.SafeNext(asked, "") != ""
}

func pathOf(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.EscapedPath(), "/")
}

// asset serves a file whose name changes with it.
func asset(kind string, file []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r, "", noTime, bytes.NewReader(file))
	}
}
