// Command scs guards a greeting with a session of scs, to be built.
package main

import (
	"io"
	"log"
	"net/http"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/crypto/argon2"
)

func main() {
	sessions := scs.New()
	known := argon2.IDKey([]byte("green-Anchor-77"), []byte("a salt of sixteen"), 2, 19456, 1, 32)
	log.Fatal(http.ListenAndServe("localhost:8080", sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sessions.GetString(r.Context(), "user") != string(known) {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "hello")
	}))))
}
