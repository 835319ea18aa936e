// Command nethttp protects a service's own routes with tollkeeper: go run ./examples/nethttp
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func main() {
	mail := tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
		log.Printf("mail to %q: %s", m.To, string(m.Text))
		return nil
	})
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://127.0.0.1:8080", Mail: tollkeeper.Mail{Mailer: mail},
	})
	if err != nil {
		log.Fatal(err)
	}
	password := rand.Text()
	admin, err := auth.Host().Bootstrap(context.Background(), tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: tollkeeper.Password(password)})
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("admin %s has the password %s", admin.Email, password)
	handler, err := routes(auth)
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Addr: "127.0.0.1:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are sign-up and sign-in under /authentiq/v1, and two routes of the service itself.
func routes(auth *tollkeeper.Authenticator) (http.Handler, error) {
	signedIn := httpadapter.RequireAuth(auth, httpadapter.Accept(tollkeeper.AudienceV1), httpadapter.InScope(tollkeeper.Scope{}))
	admin := httpadapter.RequireRole(tollkeeper.RoleAdmin)
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{}, v1.API{}); err != nil {
		return nil, err
	}
	mux.Handle("GET /hello", signedIn(http.HandlerFunc(hello)))
	mux.Handle("GET /admin", signedIn(admin(http.HandlerFunc(hello))))
	return mux, nil
}

func hello(w http.ResponseWriter, r *http.Request) {
	id, ok := httpadapter.IdentityFrom(r.Context())
	if !ok {
		http.Error(w, "not below RequireAuth", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"hello": id.Email, "role": id.Role}); err != nil {
		log.Print(err)
	}
}
