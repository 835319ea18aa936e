package bench

import (
	"context"
	"net/http"
	"sync"

	"github.com/shaj13/go-guardian/v2/auth"
	"github.com/shaj13/go-guardian/v2/auth/strategies/opaque"
	"github.com/shaj13/libcache"
	_ "github.com/shaj13/libcache/lru" // registers libcache.LRU
)

// guardian is go-guardian's opaque token strategy with its usual cache, and a request with a token of it. The cache
// knows the token from the second request on.
func guardian() (auth.Strategy, *http.Request, error) {
	store := &guardianStore{tokens: map[string]opaque.Token{}}
	keeper := opaque.StaticSecret("a secret of thirty-two bytes, ok")
	strategy := opaque.New(libcache.LRU.New(1000), store, keeper)
	token, err := opaque.IssueToken(context.Background(), auth.NewUserInfo(email, "1", []string{"admin"}, nil), store, keeper)
	if err != nil {
		return nil, nil, err
	}
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return strategy, r, nil
}

// guardedBy is the middleware that go-guardian's examples show, above a handler that looks at who is there.
func guardedBy(s auth.Strategy) http.Handler {
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth.User(r) == nil {
			w.WriteHeader(http.StatusTeapot)
		}
	})
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
