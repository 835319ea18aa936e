package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// peer is a library, ours too, or what services write by hand, set up as its documentation says. It keeps one user.
type peer struct {
	name    string
	login   http.Handler                          // signs in
	ask     func(password string) *http.Request   // what login takes, with a body or without
	bare    func(r *http.Request) func(int) error // the call that checks who sent r; what can be made ready before is
	guarded http.Handler                          // the same as middleware, above a handler that looks at who is there
	forget  func()                                // ends all sessions; nil where none are kept
}

const (
	ours     = "tollkeeper"
	byHands  = "golang-jwt by hand"
	bosses   = "authboss"
	guardian = "go-guardian"
	pkgz     = "go-pkgz/auth"
	scsName  = "scs"
	chi      = "chi jwtauth"
)

// mostSessions is how many sessions an account has here: as many as ours keeps by default.
const mostSessions = 100

// rivals are all peers but ours, in the order of the tables.
func rivals() ([]*peer, error) {
	var all []*peer
	for _, open := range []func() (*peer, error){bossPeer, handPeer, guardianPeer, pkgzPeer, scsPeer, chiPeer} {
		p, err := open()
		if err != nil {
			return nil, err
		}
		if err := p.refuses(); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// ourPeer is ours with the v1 family, and the service behind it.
func ourPeer(ctx context.Context, b *Bench) (*peer, *service, error) {
	svc, err := newService(ctx, memory.New())
	if err != nil {
		return nil, nil, err
	}
	b.onClose(svc.close)
	return &peer{
		name: ours, forget: func() { svc.forget(ctx, svc.admin) }, login: svc.mux, ask: posting("/authentiq/v1/user/login", jsonOf("email", "password")),
		bare: func(r *http.Request) func(int) error {
			token := tollkeeper.SecretText(bearer(r))
			return func(int) error { _, err := svc.auth.Authenticate(ctx, token); return err }
		},
		guarded: httpadapter.RequireAuth(svc.auth, httpadapter.Accept(tollkeeper.AudienceV1))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := httpadapter.IdentityFrom(r.Context()); !ok {
				w.WriteHeader(http.StatusTeapot)
			}
		})),
	}, svc, nil
}

// jsonOf writes a body with these names for email and password.
func jsonOf(user, secret string) func(password string) string {
	return func(password string) string { return fmt.Sprintf(`{%q:%q,%q:%q}`, user, email, secret, password) }
}

// posting returns sign-ins that post a body as JSON.
func posting(path string, body func(password string) string) func(password string) *http.Request {
	return func(password string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body(password)))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// signedIn signs in, and returns a request with what came back: cookies, or a token.
func (p *peer) signedIn(password string) (*http.Request, error) {
	answer := httptest.NewRecorder()
	p.login.ServeHTTP(answer, p.ask(password))
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	for _, c := range answer.Result().Cookies() {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		if c.Name == "XSRF-TOKEN" {
			r.Header.Set("X-XSRF-TOKEN", c.Value)
		}
	}
	var said struct{ Token, AccessToken string }
	if json.Unmarshal(answer.Body.Bytes(), &said) == nil && said.Token+said.AccessToken != "" {
		r.Header.Set("Authorization", "Bearer "+said.Token+said.AccessToken)
	}
	if len(r.Header) == 0 {
		return nil, fmt.Errorf("%s: no session by a sign-in: %d %s", p.name, answer.Code, answer.Body)
	}
	return r, nil
}

// refuses returns an error unless a wrong password and a stranger are refused.
func (p *peer) refuses() error {
	if _, err := p.signedIn(password + "?"); err == nil {
		return fmt.Errorf("%s takes a wrong password", p.name)
	}
	stranger := httptest.NewRequest(http.MethodGet, "/", nil)
	if p.bare(stranger)(0) == nil {
		return fmt.Errorf("%s takes a request of nobody", p.name)
	}
	answer := httptest.NewRecorder()
	if p.guarded.ServeHTTP(answer, stranger); answer.Code/100 == 2 {
		return fmt.Errorf("%s lets a request of nobody through", p.name)
	}
	return nil
}

// requests adds the check of one request again and again, as a call and as middleware.
func (p *peer) requests(b *Bench) error {
	r, err := p.signedIn(password)
	if err != nil {
		return err
	}
	b.add(bareCall(p.name), p.bare(r))
	b.add(asMiddleware(p.name), served(p.guarded, r))
	return nil
}

func bareCall(name string) string     { return name + ", bare call" }
func asMiddleware(name string) string { return name + ", middleware" }

// signIns signs in again and again.
func (p *peer) signIns() func(int) error {
	return forgetful(served(p.login, p.ask(password)), p.forget)
}

// forgetful calls forget before an account would have more than mostSessions.
func forgetful(do func(int) error, forget func()) func(int) error {
	n := 0
	return func(caller int) error {
		if n++; forget != nil && n%mostSessions == 0 {
			forget()
		}
		return do(caller)
	}
}
