package httpadapter

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// WriteError writes the answer to an error on a host's own route as the app family does: its status,
// application/problem+json (RFC 9457), and Retry-After where trying again may help; but in English, whatever the
// request prefers. Everything else is a 500 that says nothing of its cause, also an Error with a code of the host's
// own; a host logs that itself.
func WriteError(w http.ResponseWriter, r *http.Request, err error) { family.WriteError(w, r, err) }

// ClientOf tells the core who sent a request: the peer, or behind the trusted proxies whom X-Forwarded-For names. A
// host hands it to the methods of [tollkeeper.Authenticator] that it calls itself. Its language is the header
// Accept-Language.
func ClientOf(r *http.Request, proxies ...netip.Prefix) tollkeeper.Client {
	return family.ClientOf(r, proxies...)
}

// SetSession carries a session that the host's own route began in the cookie, until the browser ends, or as long as the
// token where remember says so. It reports false, and sets none, for a request of another origin's page, which must not
// sign a browser in, and for a result without a token, which waits for a second factor. A GET passes: a route that
// signs in by a link proves by something in the link that the browser began it. Call it before the answer is written.
//
// [RequireAuth] takes such a session as it is. The routes of a family take it where the request for it named the
// family's Audience, as [tollkeeper.AudienceApp].
func SetSession(w http.ResponseWriter, r *http.Request, s tollkeeper.SignInResult, remember bool) bool {
	if s.Token == "" {
		return false
	}
	c := ownPages.Session(r, s, remember)
	if c != nil {
		http.SetCookie(w, c)
	}
	return c != nil
}

var ownPages family.Cookies // those of the service's own origin

// ClearSession takes the session cookie away; the session itself ends by [tollkeeper.Authenticator.SignOut]. Call it
// before the answer is written.
func ClearSession(w http.ResponseWriter) { http.SetCookie(w, family.NoSession()) }

// SignInPage sends a browser that is not signed in, or has to prove again who it is ([RequireRecent]), to page, a path
// as "/sign-in". That gets the address that was asked for in the parameter next, where [SafeNext] would take it, and
// only for what was asked for by GET or HEAD. Whatever signing in cannot mend gets [WriteError], and so does whoever
// does not ask for a page.
func SignInPage(page string) Failure {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		mends := family.StatusOf(err) == http.StatusUnauthorized || errors.Is(err, tollkeeper.ErrNotRecent)
		if !mends || !wantsPage(r) {
			WriteError(w, r, err)
			return
		}
		to := url.URL{Path: page}
		if next := asked(r); (r.Method == http.MethodGet || r.Method == http.MethodHead) && canon.LeadsHere(next) {
			to.RawQuery = url.Values{"next": {next}}.Encode()
		}
		w.Header()["Cache-Control"] = []string{"no-store"}
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
	}
}

func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// asked returns the address as the browser knows it, whatever a router stripped of the path.
func asked(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// SafeNext returns the path, perhaps with a query, in the parameter next of the address, or fallback where it leads
// anywhere but to this service, is there twice, or has more than 2,000 bytes: a page that signs people in redirects
// there afterwards. A path with an empty or dot segment is none, because routers disagree about it.
func SafeNext(r *http.Request, fallback string) string {
	next := r.URL.Query()["next"]
	if len(next) != 1 || !canon.LeadsHere(next[0]) {
		return fallback
	}
	return next[0]
}
