package httpadapter_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
)

// watchful is a store that counts what a request costs somebody: attempts, and look-ups of accounts, secrets and
// sessions.
type watchful struct {
	store.Store
	takes, finds, sessions atomic.Int32
}

func (s *watchful) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	s.takes.Add(1)
	return s.Store.Take(ctx, b, now)
}

func (s *watchful) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s.finds.Add(1)
	return s.Store.FindAccount(ctx, l)
}

func (s *watchful) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	s.finds.Add(1)
	return s.Store.Secret(ctx, p, d)
}

func (s *watchful) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	s.sessions.Add(1)
	return s.Store.Session(ctx, id, now)
}

// since returns what was counted since the last time.
func (s *watchful) since() (takes, finds, sessions int32) {
	return s.takes.Swap(0), s.finds.Swap(0), s.sessions.Swap(0)
}

// settle waits until every mail is out, whose making looks accounts up, and forgets what was counted.
func (w *world) settle(kept *watchful) {
	w.t.Helper()
	w.Mails("nobody@house.example")
	kept.since()
}

func watching(into **watchful) set {
	return func(_ *tollkeeper.Config, _ *options, s *store.Store) {
		*into = &watchful{Store: *s}
		*s = *into
	}
}

// anyPage are the routes that a page of any origin may call with a mailed secret, a challenge or a refresh token.
var anyPage = []string{
	"GET /auth/confirm-email", "POST /auth/confirm-email", "POST /auth/confirm-email/not-me", "POST /auth/account/email/confirm",
	"POST /auth/update-password", "POST /auth/mfa/verify", "POST /auth/passkeys/challenge/begin", "POST /auth/token/refresh",
}

// changing are the rows that may change something.
func changing() (all []row) {
	for _, r := range rows() {
		if r.Method != http.MethodGet || slices.Contains(anyPage, r.Method+" "+r.Path) {
			all = append(all, r)
		}
	}
	return all
}

// issuersPost takes the form that an issuer's page posts. Its fields prove, with a cookie, that this browser began it.
const issuersPost = "POST /api/auth/providers/{name}/callback"

// pagesOfOthers is how browsers announce a page that is none of the service's (docs/WIRE.md section 0).
var pagesOfOthers = map[string]headers{
	"another site":                 {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"},
	"another site, an old browser": {"Origin: https://evil.example"},
	"another site, unseen":         {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"},
	"another site without Origin":  {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"},
	"a form of another site":       {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1"},
	"a neighbour":                  {"Origin: https://app.auth.example", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"},
	"a neighbour without Origin":   {"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"},
	"another port":                 {"Origin: https://auth.example:8443"},
	"an http page of the host":     {"Origin: http://example.com", "Sec-Fetch-Site: cross-site"},
	"null":                         {"Origin: null"},
	"null, told":                   {"Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"},
	"two origins":                  {"Origin: https://auth.example", "Origin: https://evil.example"},
	"two origins alike":            {"Origin: https://auth.example", "Origin: https://auth.example"},
	"a site of no known name":      {"Sec-Fetch-Site: friendly"},
	"two sites":                    {"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"},
	"an app":                       {"Origin: capacitor://localhost"},
	"an extension":                 {"Origin: chrome-extension://abcdefghijklmnop", "Sec-Fetch-Site: cross-site"},
}

// TestPagesOfOthersAreRefusedUncounted is SECURITY.md N05: on every route that changes something a page of another
// origin is refused before anything is counted or looked up, with the owner's cookie and without.
func TestPagesOfOthersAreRefusedUncounted(t *testing.T) {
	var kept *watchful
	w := newWorld(t, watching(&kept), withCookie, withRefresh, withGoogle)
	tokens, body := w.tokens(), w.everything()
	w.settle(kept)
	for _, r := range changing() {
		if slices.Contains(anyPage, r.Method+" "+r.Path) {
			continue
		}
		for name, page := range pagesOfOthers {
			for _, credential := range []string{"X: none", cookieOf(tokens[r.Family])} {
				for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded"} {
					a := w.do(r.Method+" "+r.Target(), body, append(headers{credential, "Content-Type: " + kind}, page...)...)
					takes, finds, sessions := kept.since()
					if r.Method+" "+r.Path == issuersPost { // served, and without the cookie of a way worth nothing
						if a.status != 303 && a.status != 400 || takes+finds+sessions != 0 || a.header["Set-Cookie"] != nil {
							t.Errorf("%s, %s: %d %v after %d attempts, %d look-ups, %d sessions", issuersPost, name, a.status, a.header, takes, finds, sessions)
						}
						continue
					}
					if a.status != 403 || takes+finds+sessions != 0 {
						t.Errorf("%s %s, %s, %.8s, %s: %d %s after %d attempts, %d look-ups, %d sessions",
							r.Method, r.Path, name, credential, kind, a.status, a.body, takes, finds, sessions)
					}
					if a.header["Access-Control-Allow-Origin"] != nil || a.header["Set-Cookie"] != nil || a.header.Get("Vary") != "Origin" {
						t.Errorf("%s %s, %s: %v", r.Method, r.Path, name, a.header)
					}
				}
			}
		}
	}
}

// TestBodiesOfBrowsersSayThatTheyAreJSON on every route that reads one, or they are bad before anything is counted:
// also from a page of the service, so that no rule about origins stands alone.
func TestBodiesOfBrowsersSayThatTheyAreJSON(t *testing.T) {
	var kept *watchful
	w := newWorld(t, watching(&kept), withRefresh, withGoogle)
	tokens, body := w.tokens(), w.everything()
	w.settle(kept)
	for _, r := range changing() {
		if r.Method == http.MethodGet || !r.Body || r.Method+" "+r.Path == issuersPost {
			continue
		}
		for _, kind := range []string{"", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/ping", "application/jsonp"} {
			q := w.request(r.Method, r.Target(), body, headers{"Sec-Fetch-Site: same-origin", bearerOf(tokens[r.Family])})
			q.Header.Set("Content-Type", kind)
			if kind == "" {
				q.Header.Del("Content-Type")
			}
			a := w.serve(q)
			if takes, finds, _ := kept.since(); a.status != 400 || takes+finds != 0 {
				t.Errorf("%s %s, %q: %d %s after %d attempts, %d look-ups", r.Method, r.Path, kind, a.status, a.body, takes, finds)
			}
		}
	}
}

// TestRoutesOfAnyPage are served to a page that can read the answer, and to nothing that is sent unseen. A link that is
// followed asks for a page (TestPages).
func TestRoutesOfAnyPage(t *testing.T) {
	var kept *watchful
	w := newWorld(t, watching(&kept), withCookie, withRefresh)
	cookie := cookieOf(w.parent("pia").token)
	w.settle(kept)
	bodies := map[string]string{
		"POST /auth/mfa/verify":               object("challenge", "x", "code", "000000"),
		"POST /auth/passkeys/challenge/begin": object("challenge", "x"),
		"POST /auth/token/refresh":            object("refreshToken", "x"),
	}
	for _, route := range anyPage {
		body := bodies[route]
		target := route
		switch {
		case route == "GET /auth/confirm-email":
			target += "?token=AAAAAAAAAAAA"
		case body == "":
			body = object("token", "AAAAAAAAAAAA", "password", another)
		}
		for mode, served := range map[string]bool{"cors": true, "no-cors": false, "navigate": false, "websocket": false, "same-origin": false, "": false} {
			for _, origin := range []string{"Origin: https://evil.example", "Origin: null", "X: none"} {
				kept.since()
				a := w.do(target, body, cookie, origin, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: "+mode)
				takes, finds, _ := kept.since()
				switch readable := a.header.Get("Access-Control-Allow-Origin") == "*"; {
				case served && (a.status == 403 || readable != (origin[0] == 'O')):
					t.Errorf("%s, %s, %s: %d %s %v", route, mode, origin, a.status, a.body, a.header)
				case !served && (a.status != 403 || a.field("error.code") != "CROSS_ORIGIN_REQUEST" || readable || takes+finds != 0):
					t.Errorf("%s, %s, %s: %d %s after %d attempts, %d look-ups", route, mode, origin, a.status, a.body, takes, finds)
				}
			}
		}
	}
}

// TestKeysOfPagesAreLookedUpAtARate: which organization's rule decides is a look-up, and the only thing that a page
// spends; it is none of what signing in, codes and mails count.
func TestKeysOfPagesAreLookedUpAtARate(t *testing.T) {
	var kept *watchful
	w := newWorld(t, watching(&kept), func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		c.Limits.Lookups = []tollkeeper.Limit{tollkeeper.Rate(3, time.Minute)}
	})
	parent := w.parent("pia")
	w.organize(parent, `{"organizationName":"Pia's","organizationUrl":"https://pia.example"}`)
	w.settle(kept)
	body := object("email", "cem@child.example", "password", "wrong", "parentPublicKey", parent.key)
	for i := range 6 {
		a := w.do("POST /auth/signin", body, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", sameNetwork)
		takes, finds, _ := kept.since()
		if i < 3 && (a.field("error.code") != "ORGANIZATION_NOT_AUTHORIZED" || takes != 1 || finds != 1) {
			t.Errorf("%d: %d %s after %d attempts, %d look-ups", i, a.status, a.body, takes, finds)
		}
		if i >= 3 && (a.status != 429 || takes != 1 || finds != 0) {
			t.Errorf("%d: %d %s after %d attempts, %d look-ups", i, a.status, a.body, takes, finds)
		}
	}
	if a := w.do("POST /auth/signin", object("email", parent.email, "password", password), sameNetwork); a.status != 200 {
		t.Errorf("the owner: %d %s", a.status, a.body)
	}
	w.settle(kept)
	for _, key := range []string{"", "APK_", "APK_" + parent.key, "x"} { // what has no form of a key is not looked up
		a := w.do("POST /auth/signin", object("email", parent.email, "password", "wrong", "parentPublicKey", key), "Origin: https://evil.example")
		if takes, finds, _ := kept.since(); a.status != 403 || takes+finds != 0 {
			t.Errorf("%q: %d %s after %d attempts, %d look-ups", key, a.status, a.body, takes, finds)
		}
	}
}

// TestListedOrigins: their pages are asked about first, read every answer, and never use or get the cookie.
func TestListedOrigins(t *testing.T) {
	const app = "capacitor://localhost"
	listed := func(_ *tollkeeper.Config, o *options, _ *store.Store) {
		o.Origins, o.UnsafeNullOrigin = []string{app, "https://app.example"}, true
	}
	w := newWorld(t, withCookie, listed)
	parent := w.parent("pia")
	cookie := cookieOf(parent.token)
	for _, origin := range []string{app, "https://app.example", "null"} {
		for _, site := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "X: none"} {
			page := headers{"Origin: " + origin, site}
			asked := w.do("OPTIONS /authentiq/v1/user/password", "", append(page, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: authorization,content-type")...)
			if asked.status != 204 || asked.header.Get("Access-Control-Allow-Methods") != "PUT" || asked.header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type, X-Public-Key" {
				t.Errorf("%s: %d %v", origin, asked.status, asked.header)
			}
			in := w.do("POST /authentiq/v1/user/login", object("email", "admin@house.example", "password", password), page...)
			out := w.do("POST /auth/signout", "", append(page, cookie)...)
			read := w.do("GET /auth/user-profile", "", append(page, cookie)...)
			own := w.do("GET /auth/user-profile", "", append(page, bearerOf(parent.token))...)
			if in.status != 200 || out.status != 401 || read.status != 401 || own.status != 200 {
				t.Errorf("%s, %s: in %d, by the cookie %d and %d, by its token %d", origin, site, in.status, out.status, read.status, own.status)
			}
			lost, wrong := w.do("GET /auth/nothing", "", page...), w.do("PUT /auth/signin", "", page...)
			escaped := w.do("GET /auth/user%2Dprofile", "", page...)
			if lost.status != 404 || wrong.status != 405 || escaped.status != 404 {
				t.Errorf("%s: no path %d and %d, no method %d", origin, lost.status, escaped.status, wrong.status)
			}
			for _, a := range []answer{asked, in, out, read, own, lost, wrong, escaped} {
				if a.header.Get("Access-Control-Allow-Origin") != origin || a.header["Access-Control-Allow-Credentials"] != nil || a.header["Set-Cookie"] != nil ||
					!strings.HasPrefix(a.header.Get("Vary"), "Origin") {
					t.Errorf("%s: %d %v", origin, a.status, a.header)
				}
			}
		}
	}
	for _, origin := range []string{"capacitor://localhost:1", "capacitor://localhost/", "CAPACITOR://localhost", "https://app.example.", "https://APP.example"} {
		if a := w.do("POST /api/user/signin", object("email", "a@b.example", "password", "x"), "Origin: "+origin); a.status != 403 || a.header["Access-Control-Allow-Origin"] != nil {
			t.Errorf("%s: %d %v", origin, a.status, a.header)
		}
	}
	if a := newWorld(t, withCookie).do("POST /api/user/signin", object("email", "a@b.example", "password", "x"), "Origin: null"); a.status != 403 {
		t.Errorf("null without the option: %d", a.status)
	}
	if _, err := httpadapter.Handler(w.Auth, (&options{}).V1, httpadapter.Options{Origins: []string{"null"}}); err == nil {
		t.Error("null is listed without its unsafe option")
	}
}

// TestServedPagesOfOthersSpendAPart: whoever makes organizations of their own has pages that are served. What such a
// page sends in its visitor's name leaves enough of what the network may do in all scopes.
func TestServedPagesOfOthersSpendAPart(t *testing.T) {
	w := newWorld(t)
	const evil, network = "Origin: https://evil.example", "Peer: 198.51.100.7:443"
	owner := w.parent("pia")
	child := w.child("cem", owner)
	var keys []string
	for i := range 4 {
		stranger := w.parent("eve" + itoa(i))
		w.organize(stranger, `{"organizationName":"Evil","organizationUrl":"https://evil.example"}`)
		keys = append(keys, stranger.key)
	}
	for _, email := range []string{child.email, owner.email} {
		for _, key := range keys {
			for range 10 {
				w.do("POST /auth/signin", object("email", email, "password", "wrong", "parentPublicKey", key), evil, network)
			}
		}
	}
	for i := range 40 {
		w.do("POST /auth/signin", object("email", itoa(i)+"@x.example", "password", "wrong", "parentPublicKey", keys[0]), evil, network)
		w.do("GET /auth/confirm-email?token=AAAAAAAAAAAA", "", evil, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", network)
	}
	for range 320 {
		w.do("GET /auth/organization-details", "", "X-Public-Key: "+keys[1], evil, network)
	}
	w.must("POST /auth/signin", object("email", child.email, "password", password, "parentPublicKey", owner.key), network)
	w.must("POST /auth/signin", object("email", owner.email, "password", password), ownPage, network)
	w.organize(owner, `{"organizationName":"Pia's","organizationUrl":"https://pia.example"}`)
	w.must("POST /auth/request-new-confirmation", "", bearerOf(child.token))
	w.must("GET /auth/confirm-email?token="+w.mailed(child.email, tollkeeper.MailVerify, 1, linkToken), "", network)
	w.must("GET /auth/organization-details", "", "X-Public-Key: "+owner.key, "Origin: https://pia.example", network)
}
