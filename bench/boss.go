package bench

import (
	"context"
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
	hash, err := bossHasher{}.GenerateHash(password)
	if err != nil {
		return nil, err
	}
	b.users = map[string]bossUser{email: {pid: email, password: hash}}
	c := &b.Config
	c.Paths.Mount, c.Paths.RootURL = "/auth", issuer
	c.Storage.Server, c.Storage.SessionState, c.Storage.CookieState = b, b, nothing{}
	c.Core.ViewRenderer = defaults.JSONRenderer{}
	defaults.SetCore(c, true, false)
	c.Core.Logger = defaults.NewLogger(io.Discard)
	c.Core.ErrorHandler = defaults.NewErrorHandler(c.Core.Logger)
	c.Core.Redirector = &defaults.Redirector{Renderer: c.Core.ViewRenderer, FormValueName: authboss.FormValueRedirect, CorceRedirectTo200: true}
	c.Core.Hasher = bossHasher{}
	return b, b.Init("auth", "lock")
}

func bossPeer() (*peer, error) {
	b, err := newBoss()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", b.Config.Core.Router))
	return &peer{
		name: bosses, login: b.LoadClientStateMiddleware(mux), ask: posting("/auth/login", jsonOf("email", "password")), forget: b.forget,
		bare: func(r *http.Request) func(int) error { return func(int) error { return b.check(r) } },
		guarded: b.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := b.CurrentUser(r); err != nil {
				w.WriteHeader(http.StatusTeapot)
			}
		})),
	}, nil
}

// check loads the session and its user, who must not be locked.
func (b *boss) check(r *http.Request) error {
	r, err := b.LoadClientState(b.NewResponse(nil), r)
	if err != nil {
		return err
	}
	u, err := b.CurrentUser(r)
	if err == nil && lock.IsLocked(u.(*bossUser)) {
		err = errRefused
	}
	return err
}

// guard is the middlewares of a route for people who are signed in and not locked.
func (b *boss) guard(next http.Handler) http.Handler {
	required := authboss.Middleware2(b.Authboss, authboss.RequireNone, authboss.RespondUnauthorized)
	return b.LoadClientStateMiddleware(required(lock.Middleware(b.Authboss)(next)))
}

func (b *boss) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.sessions)
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

// bossHasher keeps salt and tag in one text.
type bossHasher struct{}

func (bossHasher) GenerateHash(password string) (string, error) {
	k := keep(password)
	return string(k.salt[:]) + string(k.tag[:]), nil
}

func (bossHasher) CompareHashAndPassword(hash, password string) error {
	var k kept
	copy(k.tag[:], hash[copy(k.salt[:], hash):])
	if !k.matches(password) {
		return errRefused
	}
	return nil
}
