package bench

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// byHand is what services write themselves: golang-jwt, a map of users and a map of revoked sessions. The parser is
// made once and asked for everything that matters.
type byHand struct {
	key    []byte
	parser *jwt.Parser

	mu      sync.RWMutex
	revoked map[string]struct{}
	users   map[string]handUser
}

type handUser struct {
	id, role string
	password kept
}

type handClaims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Role    string `json:"role"`
}

const handAudience = "api"

var errRefused = errors.New("refused")

func newByHand() *byHand {
	return &byHand{
		key: []byte(uuid.NewString() + uuid.NewString()),
		parser: jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(handAudience),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding()),
		revoked: map[string]struct{}{uuid.NewString(): {}},
		users:   map[string]handUser{email: {uuid.NewString(), "admin", keep(password)}},
	}
}

func handPeer() (*peer, error) {
	h := newByHand()
	return &peer{
		name: byHands, login: h, ask: posting("/login", jsonOf("email", "password")),
		bare: func(r *http.Request) func(int) error {
			token := bearer(r)
			return func(int) error { _, err := h.authenticate(token); return err }
		},
		guarded: h.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := r.Context().Value(handKey{}).(*handClaims); !ok {
				w.WriteHeader(http.StatusTeapot)
			}
		})),
	}, nil
}

func (h *byHand) sign(u handUser) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, handClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{handAudience}, Subject: u.id, ID: uuid.NewString(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(24 * time.Hour)),
		},
		Session: uuid.NewString(), Role: u.role,
	}).SignedString(h.key)
}

// many returns n tokens: ours at first sight come from memory as cold as theirs.
func (h *byHand) many(n int) ([]string, error) {
	tokens := make([]string, n)
	for i := range tokens {
		var err error
		if tokens[i], err = h.sign(h.users[email]); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

func (h *byHand) authenticate(token string) (*handClaims, error) {
	c := new(handClaims)
	if _, err := h.parser.ParseWithClaims(token, c, func(*jwt.Token) (any, error) { return h.key, nil }); err != nil {
		return nil, err
	}
	h.mu.RLock()
	_, gone := h.revoked[c.Session]
	h.mu.RUnlock()
	if gone {
		return nil, errRefused
	}
	return c, nil
}

type handKey struct{} // of the claims in a context

func (h *byHand) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := h.authenticate(bearer(r))
		if err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), handKey{}, c)))
	})
}

// ServeHTTP signs in.
func (h *byHand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct{ Email, Password string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	h.mu.RLock()
	u, ok := h.users[strings.ToLower(in.Email)]
	h.mu.RUnlock()
	if !ok || !u.password.matches(in.Password) {
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	token, err := h.sign(u)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "user": map[string]string{"id": u.id, "email": in.Email, "role": u.role}})
}

// bare is a mux, JSON in and out, and the hash, and nothing else: the least that a sign-in over HTTP can cost.
func bare() http.Handler {
	mux := http.NewServeMux()
	token, known := strings.Repeat("x", 300), keep(password)
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Email, Password string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Email != email || !known.matches(in.Password) {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "user": map[string]string{"id": "1", "email": in.Email, "role": "admin"}})
	})
	return mux
}
