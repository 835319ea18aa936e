package httpadapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/store"
)

// errDriver is what a database says, and what no client may read.
var errDriver = errors.New(`pq: password authentication failed for user "tollkeeper" at 10.0.0.7:5432`)

// broken is a store that can be made to fail or panic.
type broken struct {
	store.Store
	err   atomic.Pointer[error]
	panic atomic.Bool
}

func (b *broken) fault() error {
	if b.panic.Load() {
		panic(errDriver)
	}
	if p := b.err.Load(); p != nil {
		return *p
	}
	return nil
}

func (b *broken) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	if err := b.fault(); err != nil {
		return store.Decision{}, err
	}
	return b.Store.Take(ctx, buckets, now)
}

func (b *broken) FindAccount(ctx context.Context, l store.Lookup) (tollkeeper.Subject, error) {
	if err := b.fault(); err != nil {
		return tollkeeper.Subject{}, err
	}
	return b.Store.FindAccount(ctx, l)
}

func (b *broken) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	if err := b.fault(); err != nil {
		return store.Live{}, err
	}
	return b.Store.Session(ctx, id, now)
}

func (b *broken) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if err := b.fault(); err != nil {
		return store.Live{}, err
	}
	return b.Store.RotateSession(ctx, r, now)
}

// everything is a body that every route can read, but for challenges and refresh tokens; see world.everything.
const everything = `{"email":"a@b.example","password":"Vexing.Quartz9","newPassword":"Tr0ub4dor&3x!","username":"a","token":"` +
	`AAAAAAAAAAAA","PlatformId":1,"otp":"123456","role":"user","idToken":"x y","code":"123456","issuer":"i","subject":"s","ticket":"x","response":{},"label":"l"}`

// fitting is body for a route: a sign-in takes one name.
func fitting(r row, body string) string {
	if r.Path == api+"/sign-in" {
		return strings.Replace(body, `"username":"a",`, "", 1)
	}
	return body
}

func breakable(w **broken) set {
	return func(_ *tollkeeper.Config, _ *options, s *store.Store) {
		*w = &broken{Store: *s}
		*s = *w
	}
}

// tokens answers a token for the routes of each family.
func (w *world) tokens() map[string]string {
	w.t.Helper()
	parent := w.parent("pia")
	member := w.member(w.child("cem", parent), parent)
	return map[string]string{"organization": parent.token, "v1": w.admin().token, "platform": member.token, "app": w.chief()}
}

// asksNoStore reports whether the route is answered without a look into the store.
func asksNoStore(r row) bool { return strings.HasSuffix(r.Path, "/passkeys/sign-in/begin") }

// TestStoreAway is R70: every route answers 503 or 500 in its shape, with a request id, and the cause is in the log
// only.
func TestStoreAway(t *testing.T) {
	var kept *broken
	w := newWorld(t, breakable(&kept), withRefresh, withGoogle)
	tokens, body := w.tokens(), w.everything()
	for _, err := range []error{errDriver, fmt.Errorf("10.0.0.7: %w", store.ErrNotMigrated)} {
		kept.err.Store(&err)
		for _, r := range rows() {
			if isPage(r) || asksNoStore(r) {
				continue
			}
			a := w.do(r.Method+" "+r.Target()+"?token=AAAAAAAAAAAA", fitting(r, body), bearerOf(tokens[r.Family]), "Peer: 192.0.2.99:1")
			if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" {
				t.Errorf("%s %s: %d, Retry-After %q", r.Method, r.Path, a.status, a.header.Get("Retry-After"))
			}
			checkHidden(t, w, r, a)
		}
	}
	kept.err.Store(nil)
	if a := w.do("GET /api/user/status", "", bearerOf(tokens["platform"])); a.status != 200 {
		t.Errorf("after the store came back: %d", a.status)
	}
}

// TestPanic: a panic below is the family's 500.
func TestPanic(t *testing.T) {
	var kept *broken
	w := newWorld(t, breakable(&kept), withRefresh, withGoogle)
	tokens, body := w.tokens(), w.everything()
	kept.panic.Store(true)
	t.Cleanup(func() { kept.panic.Store(false) })
	for _, r := range rows() {
		if isPage(r) || asksNoStore(r) {
			continue
		}
		a := w.do(r.Method+" "+r.Target()+"?token=AAAAAAAAAAAA", fitting(r, body), bearerOf(tokens[r.Family]), "Peer: 192.0.2.99:1")
		want := map[string]string{
			"organization": `{"success":false,"error":{"code":"INTERNAL_SERVER_ERROR","message":"Internal server error"}}`,
			"v1":           `{"message":"Internal server error!"}`,
			"platform":     `{"error":"Internal server error"}`,
			"app":          `{"type":"` + family.ErrorsPage + `#internal","title":"Internal Server Error","status":500,"detail":"Internal error","code":"internal"}`,
		}[r.Family]
		if r.Path == "/api/user/status" {
			want = `{"authenticated":false,"error":"Internal server error"}`
		}
		if a.status != 500 || a.body != want {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, a.status, a.body)
		}
		checkHidden(t, w, r, a)
	}
	if !strings.Contains(w.logged(), "faults_test.go") {
		t.Error("no stack in the log")
	}
}

func checkHidden(t *testing.T, w *world, r row, a answer) {
	t.Helper()
	id := a.header.Get("X-Request-Id")
	if strings.Contains(a.body, "pq:") || strings.Contains(a.body, "10.0.0.7") || strings.Contains(a.body, "Migrate") {
		t.Errorf("%s %s shows the cause: %s", r.Method, r.Path, a.body)
	}
	log := w.logged()
	i := strings.Index(log, "request_id="+id)
	if id == "" || i < 0 {
		t.Fatalf("%s %s: request id %q is not in the log", r.Method, r.Path, id)
	}
	line, _, _ := strings.Cut(log[i:], "\n")
	if !strings.Contains(line, "10.0.0.7") || strings.Contains(line, "AAAAAAAAAAAA") {
		t.Errorf("%s %s is logged as %s", r.Method, r.Path, line)
	}
}

// TestClientThatWentAway is nobody's fault: nothing is logged at the usual level.
func TestClientThatWentAway(t *testing.T) {
	var kept *broken
	w := newWorld(t, breakable(&kept))
	kept.err.Store(&errDriver)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	a := w.serve(w.request("POST", "/auth/signin", everything, nil).WithContext(gone))
	if a.status != 503 || strings.Contains(w.logged(), "request failed") {
		t.Errorf("%d, log: %s", a.status, w.logged())
	}
}

// TestAbort: http.ErrAbortHandler still means what net/http says.
func TestAbort(t *testing.T) {
	w := newWorld(t, func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		c.Passwords.Policy = func(_ context.Context, _ string, of tollkeeper.Account) error {
			if of.Username == "a" {
				panic(http.ErrAbortHandler)
			}
			return nil
		}
	})
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
	}()
	w.do("POST /auth/signup", object("username", "a", "email", "a@b.example", "password", password))
}

// forgetful is a store that cannot look up sessions.
type forgetful struct {
	store.Store
	away atomic.Bool
}

func (f *forgetful) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	if f.away.Load() {
		return store.Live{}, errDriver
	}
	return f.Store.Session(ctx, id, now)
}

// TestOwnerLosesNothingToAHiccup: while nobody can say whether a session is the account's, a first proof of the mailbox
// waits, because it would drop the password and the second factors of its owner as a stranger's.
func TestOwnerLosesNothingToAHiccup(t *testing.T) {
	kept := &forgetful{}
	w := newWorld(t, func(_ *tollkeeper.Config, _ *options, s *store.Store) { kept.Store, *s = *s, kept })
	ann := w.appUser("ann")
	w.must("POST "+api+"/code", object("email", ann.email))
	code := object("email", ann.email, "code", w.mailed(ann.email, tollkeeper.MailSignInCode, 1, sixDigits))
	w.must("POST "+api+"/password/forgot", object("email", ann.email))
	reset := object("token", w.mailed(ann.email, tollkeeper.MailReset, 1, linkToken), "password", another)
	kept.away.Store(true)
	for route, body := range map[string]string{"/code/verify": code, "/password/reset": reset} {
		if a := w.do("POST "+api+route, body, bearerOf(ann.token)); a.status != 503 || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", route, a.status, a.body)
		}
	}
	kept.away.Store(false)
	if a := w.do("POST "+api+"/code/verify", code, bearerOf(ann.token)); a.status != 200 || strings.Contains(a.body, "dropped") {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
}
