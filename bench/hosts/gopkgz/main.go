// Command gopkgz guards a greeting with go-pkgz/auth, to be built.
package main

import (
	"io"
	"log"
	"net/http"

	"github.com/go-pkgz/auth"
	"github.com/go-pkgz/auth/avatar"
	"github.com/go-pkgz/auth/provider"
	"github.com/go-pkgz/auth/token"
)

func main() {
	service := auth.NewService(auth.Opts{
		AvatarStore:  avatar.NewNoOp(),
		SecretReader: token.SecretFunc(func(string) (string, error) { return "secret", nil }), URL: "http://localhost:8080",
	})
	service.AddDirectProvider("local", provider.CredCheckerFunc(func(string, string) (bool, error) { return false, nil }))
	routes, _ := service.Handlers()
	guard := service.Middleware()
	mux := http.NewServeMux()
	mux.Handle("/auth/", routes)
	mux.Handle("/", guard.Auth(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})))
	log.Fatal(http.ListenAndServe("localhost:8080", mux))
}
