package bench

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/go-chi/jwtauth/v5"
)

// chiPeer is jwtauth of go-chi: tokens by its Encode, its two middlewares, and no router, which it does not need.
func chiPeer() (*peer, error) {
	known := map[string]kept{email: keep(password)}
	tokens := jwtauth.New("HS256", []byte("a secret of thirty-two bytes, ok"), nil)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Email, Password string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		if k, ok := known[in.Email]; !ok || !k.matches(in.Password) {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		claims := map[string]any{"user_id": "1", "role": "admin"}
		jwtauth.SetIssuedNow(claims)
		jwtauth.SetExpiryIn(claims, 24*time.Hour)
		_, token, err := tokens.Encode(claims)
		if err != nil {
			http.Error(w, "internal", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"token": token, "user": map[string]string{"id": "1", "email": in.Email, "role": "admin"}})
	})
	verifier, authenticator := jwtauth.Verifier(tokens), jwtauth.Authenticator(tokens)
	return &peer{
		name: chi, login: mux, ask: posting("/login", jsonOf("email", "password")),
		bare: func(r *http.Request) func(int) error {
			token := bearer(r)
			return func(int) error { _, err := jwtauth.VerifyToken(tokens, token); return err }
		},
		guarded: verifier(authenticator(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, claims, err := jwtauth.FromContext(r.Context()); err != nil || claims["user_id"] == nil {
				w.WriteHeader(http.StatusTeapot)
			}
		}))),
	}, nil
}
