// Command authboss guards a greeting with authboss, to be built: it has no storage to run with.
package main

import (
	"io"
	"log"
	"net/http"

	"github.com/aarondl/authboss/v3"
	_ "github.com/aarondl/authboss/v3/auth" // registers the module that signs in
	"github.com/aarondl/authboss/v3/defaults"
	"github.com/aarondl/authboss/v3/lock"
)

func main() {
	ab := authboss.New()
	ab.Config.Core.ViewRenderer = defaults.JSONRenderer{}
	defaults.SetCore(&ab.Config, true, false)
	if err := ab.Init("auth", "lock"); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", ab.Config.Core.Router))
	required := authboss.Middleware2(ab, authboss.RequireNone, authboss.RespondUnauthorized)
	mux.Handle("/", required(lock.Middleware(ab)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}))))
	log.Fatal(http.ListenAndServe("localhost:8080", ab.LoadClientStateMiddleware(mux)))
}
