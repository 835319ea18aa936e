// Command passkeys is a service whose people sign in with passkeys, in files of the current folder:
// go run ./examples/passkeys
package main

import (
	"context"
	"embed"
	"errors"
	"log"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/passkey"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
	"github.com/tollkeeper/tollkeeper/ui"
)

//go:embed index.html passkeys.js
var files embed.FS

func main() {
	ctx := context.Background()
	store, err := sqlite.Open("passkeys.db")
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		log.Fatal(err)
	}
	keys, err := tollkeeper.LoadOrCreateKeys("passkeys.keys", store) // the database and its keys belong together
	if err != nil {
		log.Fatal(err)
	}
	auth, err := tollkeeper.New(store, tollkeeper.Config{
		Secrets:  keys,
		BaseURL:  "http://localhost:8080", // passkeys are good at its host: a name, no address
		Mail:     tollkeeper.Mail{Mailer: mail.Console{}},
		Passkeys: tollkeeper.Passkeys{Verifier: passkey.New()},
	})
	if err != nil {
		log.Fatal(err) // names the field
	}
	handler, err := routes(auth)
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{Addr: "localhost:8080", Handler: handler, ReadTimeout: 30 * time.Second, WriteTimeout: 45 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// routes are the app family at /api/auth, the pages of package ui for who has no passkey yet, and one page of the
// service's own.
func routes(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	if err := errors.Join(httpadapter.Mount(mux, auth, httpadapter.Options{}), ui.Mount(mux, auth, ui.Options{})); err != nil {
		return nil, err
	}
	for path, name := range map[string]string{"GET /{$}": "index.html", "GET /passkeys.js": "passkeys.js"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
			http.ServeFileFS(w, r, files, name)
		})
	}
	return mux, nil
}
