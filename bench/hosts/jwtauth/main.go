// Command jwtauth guards a greeting with jwtauth of go-chi, to be built.
package main

import (
	"io"
	"log"
	"net/http"

	"github.com/go-chi/jwtauth/v5"
	"golang.org/x/crypto/argon2"
)

func main() {
	key := argon2.IDKey([]byte("green-Anchor-77"), []byte("a salt of sixteen"), 2, 19456, 1, 32)
	tokens := jwtauth.New("HS256", key, nil)
	log.Fatal(http.ListenAndServe("localhost:8080", jwtauth.Verifier(tokens)(jwtauth.Authenticator(tokens)(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })))))
}
