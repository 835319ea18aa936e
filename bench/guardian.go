package bench

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/shaj13/go-guardian/v2/auth"
	"github.com/shaj13/go-guardian/v2/auth/strategies/basic"
	"github.com/shaj13/go-guardian/v2/auth/strategies/opaque"
	"github.com/shaj13/libcache"
	_ "github.com/shaj13/libcache/lru" // registers libcache.LRU
)

// guards is go-guardian as its example of opaque tokens sets it up: the basic strategy signs in, and a token of the
// opaque one comes of it. Its cache knows a token from the second request on. The example also caches who signed in
// with which password, so that nothing is hashed the second time; here every sign-in is hashed.
type guards struct {
	store  *guardianStore
	secret opaque.StaticSecret
	tokens auth.Strategy
}

// mostCached is how many tokens go-guardian's cache holds.
const mostCached = 1000

func newGuards() *guards {
	g := &guards{store: &guardianStore{tokens: map[string]opaque.Token{}}, secret: opaque.StaticSecret("a secret of thirty-two bytes, ok")}
	g.tokens = opaque.New(libcache.LRU.New(mostCached), g.store, g.secret)
	return g
}

func guardianPeer() (*peer, error) {
	g, known := newGuards(), map[string]kept{email: keep(password)}
	passwords := basic.New(func(_ context.Context, _ *http.Request, user, password string) (auth.Info, error) {
		if k, ok := known[user]; !ok || !k.matches(password) {
			return nil, errRefused
		}
		return auth.NewUserInfo(user, "1", []string{"admin"}, nil), nil
	})
	return &peer{
		name: guardian, login: guardedBy(passwords, http.HandlerFunc(g.issue)), forget: g.store.forget,
		ask: func(password string) *http.Request {
			r := httptest.NewRequest(http.MethodGet, "/token", nil)
			r.SetBasicAuth(email, password)
			return r
		},
		bare: func(r *http.Request) func(int) error {
			return func(int) error { _, err := g.tokens.Authenticate(r.Context(), r); return err }
		},
		guarded: guardedBy(g.tokens, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if auth.User(r) == nil {
				w.WriteHeader(http.StatusTeapot)
			}
		})),
	}, nil
}

// issue writes a token for who is there.
func (g *guards) issue(w http.ResponseWriter, r *http.Request) {
	token, err := opaque.IssueToken(r.Context(), auth.User(r), g.store, g.secret)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body, _ := json.Marshal(struct{ AccessToken string }{token})
	_, _ = w.Write(body)
}

// many returns n requests with a token each.
func (g *guards) many(n int) ([]*http.Request, error) {
	user := auth.NewUserInfo(email, "1", []string{"admin"}, nil)
	all := make([]*http.Request, n)
	for i := range all {
		token, err := opaque.IssueToken(context.Background(), user, g.store, g.secret)
		if err != nil {
			return nil, err
		}
		all[i] = &http.Request{Method: http.MethodGet, Header: http.Header{"Authorization": {"Bearer " + token}}}
	}
	return all, nil
}

// guardedBy is the middleware that go-guardian's examples show.
func guardedBy(s auth.Strategy, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := s.Authenticate(r.Context(), r)
		if err != nil {
			http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, auth.RequestWithUser(user, r))
	})
}

// guardianStore is what go-guardian asks when its cache does not know a token.
type guardianStore struct {
	mu     sync.RWMutex
	tokens map[string]opaque.Token
}

func (s *guardianStore) Store(_ context.Context, t opaque.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[t.Signature] = t
	return nil
}

func (s *guardianStore) Lookup(_ context.Context, signature string) (opaque.Token, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.tokens[signature]
	if !ok {
		return t, errRefused
	}
	return t, nil
}

func (s *guardianStore) Revoke(_ context.Context, signature string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, signature)
	return nil
}

func (s *guardianStore) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}
