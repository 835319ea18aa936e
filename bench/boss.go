package bench

import (
	"context"
	"crypto/subtle"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/aarondl/authboss/v3"
	_ "github.com/aarondl/authboss/v3/auth" // registers the module that signs in
	"github.com/aarondl/authboss/v3/defaults"
	"github.com/aarondl/authboss/v3/lock"
	"github.com/google/uuid"
)

// boss is authboss with its modules auth and lock. Users and sessions are in maps; the session cookie holds an id.
type boss struct {
	*authboss.Authboss

	mu       sync.RWMutex
	users    map[string]bossUser
	sessions map[string]bossSession
}

func newBoss() (*boss, error) {
	b := &boss{Authboss: authboss.New(), sessions: map[string]bossSession{}}
	b.users = map[string]bossUser{email: {pid: email, password: password}}
	c := &b.Config
	c.Paths.Mount, c.Paths.RootURL = "/auth", issuer
	c.Storage.Server, c.Storage.SessionState, c.Storage.CookieState = b, b, nothing{}
	c.Core.ViewRenderer = defaults.JSONRenderer{}
	defaults.SetCore(c, true, false)
	c.Core.Logger = defaults.NewLogger(io.Discard)
	c.Core.ErrorHandler = defaults.NewErrorHandler(c.Core.Logger)
	c.Core.Redirector = &defaults.Redirector{Renderer: c.Core.ViewRenderer, FormValueName: authboss.FormValueRedirect, CorceRedirectTo200: true}
	c.Core.Hasher = compared{}
	return b, b.Init("auth", "lock")
}

// handler signs in at /auth/login.
func (b *boss) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", b.Config.Core.Router))
	return b.LoadClientStateMiddleware(mux)
}

// guarded is a route for people who are signed in and not locked.
func (b *boss) guarded(next http.Handler) http.Handler {
	required := authboss.Middleware2(b.Authboss, authboss.RequireNone, authboss.RespondUnauthorized)
	return b.LoadClientStateMiddleware(required(lock.Middleware(b.Authboss)(next)))
}

// signedIn returns a request with the cookie of a session.
func (b *boss) signedIn() (*http.Request, error) {
	b.sessions["session-id"] = bossSession{"session-id", email}
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	r.AddCookie(&http.Cookie{Name: bossCookie, Value: "session-id"})
	return r, nil
}

// Load meets authboss.ServerStorer.
func (b *boss) Load(_ context.Context, key string) (authboss.User, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	u, ok := b.users[key]
	if !ok {
		return nil, authboss.ErrUserNotFound
	}
	return &u, nil
}

// Save meets authboss.ServerStorer.
func (b *boss) Save(_ context.Context, u authboss.User) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.users[u.GetPID()] = *u.(*bossUser)
	return nil
}

const bossCookie = "session"

// ReadState meets authboss.ClientStateReadWriter.
func (b *boss) ReadState(r *http.Request) (authboss.ClientState, error) {
	c, err := r.Cookie(bossCookie)
	if err != nil {
		return nil, nil // nobody is signed in
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if s, ok := b.sessions[c.Value]; ok {
		return s, nil
	}
	return nil, nil
}

// WriteState meets authboss.ClientStateReadWriter.
func (b *boss) WriteState(w http.ResponseWriter, state authboss.ClientState, events []authboss.ClientStateEvent) error {
	s, ok := state.(bossSession)
	if !ok {
		s.id = uuid.NewString()
		w.Header().Add("Set-Cookie", bossCookie+"="+s.id+"; Path=/; HttpOnly; Secure")
	}
	for _, e := range events {
		if e.Key == authboss.SessionKey && e.Kind == authboss.ClientStateEventPut {
			s.pid = e.Value
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sessions[s.id] = s
	return nil
}

type bossSession struct{ id, pid string }

// Get meets authboss.ClientState.
func (s bossSession) Get(key string) (string, bool) {
	if key == authboss.SessionKey {
		return s.pid, s.pid != ""
	}
	return "", false
}

// bossUser meets authboss.AuthableUser and authboss.LockableUser.
type bossUser struct {
	pid, password string
	attempts      int
	last, locked  time.Time
}

func (u *bossUser) GetPID() string             { return u.pid }
func (u *bossUser) PutPID(v string)            { u.pid = v }
func (u *bossUser) GetPassword() string        { return u.password }
func (u *bossUser) PutPassword(v string)       { u.password = v }
func (u *bossUser) GetAttemptCount() int       { return u.attempts }
func (u *bossUser) PutAttemptCount(v int)      { u.attempts = v }
func (u *bossUser) GetLastAttempt() time.Time  { return u.last }
func (u *bossUser) PutLastAttempt(v time.Time) { u.last = v }
func (u *bossUser) GetLocked() time.Time       { return u.locked }
func (u *bossUser) PutLocked(v time.Time)      { u.locked = v }

// nothing is the state of cookies that nobody uses.
type nothing struct{}

func (nothing) ReadState(*http.Request) (authboss.ClientState, error) { return nil, nil }
func (nothing) WriteState(http.ResponseWriter, authboss.ClientState, []authboss.ClientStateEvent) error {
	return nil
}

// compared is in the place of a password hash.
type compared struct{}

func (compared) GenerateHash(p string) (string, error) { return p, nil }
func (compared) CompareHashAndPassword(hash, p string) error {
	if subtle.ConstantTimeCompare([]byte(hash), []byte(p)) != 1 {
		return errRefused
	}
	return nil
}
