package httpadapter

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// WriteError writes the answer to an error on a host's own route as the app family does: its status,
// application/problem+json (RFC 9457), and Retry-After where trying again may help. What is no *[tollkeeper.Error] is a
// 500 that says nothing of its cause; a host logs that itself.
func WriteError(w http.ResponseWriter, r *http.Request, err error) { family.WriteError(w, r, err) }

// ClientOf tells the core who sent a request: the peer, or behind the trusted proxies whom X-Forwarded-For names. A
// host hands it to the methods of [tollkeeper.Authenticator] that it calls itself.
func ClientOf(r *http.Request, proxies ...netip.Prefix) tollkeeper.Client {
	return family.ClientOf(r, proxies...)
}

// SetSession carries a session that the host's own route began in the cookie, until the browser ends, or as long as the
// token where remember says so. It reports false, and sets none, for a page of another origin, which must not sign a
// browser in, and for a result without a token, which waits for a second factor. Call it before the answer is written.
func SetSession(w http.ResponseWriter, r *http.Request, s tollkeeper.SignInResult, remember bool) bool {
	if s.Token == "" || ownPages.Check(r) != nil {
		return false
	}
	http.SetCookie(w, family.SessionCookie(s, remember))
	return true
}

var ownPages = http.NewCrossOriginProtection()

// ClearSession takes the session cookie away; the session itself ends by [tollkeeper.Authenticator.SignOut]. Call it
// before the answer is written.
func ClearSession(w http.ResponseWriter) { http.SetCookie(w, family.NoSession()) }

// SignInPage sends a browser that is not signed in to the page at path, as "/sign-in", which gets the address that was
// asked for in the parameter next: a path of this service and nothing else, and only for what was asked for by GET or
// HEAD. Whatever signing in cannot mend, and whoever does not ask for a page, gets [WriteError].
func SignInPage(path string) Failure {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if family.StatusOf(err) != http.StatusUnauthorized || !wantsPage(r) {
			WriteError(w, r, err)
			return
		}
		to := url.URL{Path: path}
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			to.RawQuery = url.Values{"next": {r.URL.RequestURI()}}.Encode()
		}
		w.Header()["Cache-Control"] = []string{"no-store"}
		http.Redirect(w, r, to.String(), http.StatusSeeOther)
	}
}

func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// SafeNext returns the path of the parameter next, or fallback where it leads anywhere but to this service: a page that
// signs people in redirects there afterwards.
func SafeNext(r *http.Request, fallback string) string {
	next := r.URL.Query().Get("next")
	u, err := url.Parse(next)
	switch {
	case err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "":
		return fallback
	case !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n"):
		return fallback
	case strings.HasPrefix(u.Path, "//") || strings.ContainsAny(u.Path, "\\\x00"):
		return fallback
	}
	return next
}
