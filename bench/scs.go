package bench

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// scsPeer is a session of scs in its own memory store, renewed when somebody signs in.
func scsPeer() (*peer, error) {
	known := map[string]kept{email: keep(password)}
	sessions := scs.New()
	forget := func() { sessions.Store = memstore.NewWithCleanupInterval(0) }
	forget()
	sessions.Lifetime, sessions.Cookie.Secure = 24*time.Hour, true
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
		if err := sessions.RenewToken(r.Context()); err != nil {
			http.Error(w, "internal", http.StatusInternalServerError)
			return
		}
		sessions.Put(r.Context(), "user", in.Email)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"user": map[string]string{"id": "1", "email": in.Email, "role": "admin"}})
	})
	return &peer{
		name: scsName, login: sessions.LoadAndSave(mux), ask: posting("/login", jsonOf("email", "password")), forget: forget,
		bare: func(r *http.Request) func(int) error {
			var value string
			if c, err := r.Cookie(sessions.Cookie.Name); err == nil {
				value = c.Value
			}
			return func(int) error {
				ctx, err := sessions.Load(r.Context(), value)
				if err == nil && sessions.GetString(ctx, "user") == "" {
					err = errRefused
				}
				return err
			}
		},
		guarded: sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sessions.GetString(r.Context(), "user") == "" {
				w.WriteHeader(http.StatusUnauthorized)
			}
		})),
	}, nil
}
