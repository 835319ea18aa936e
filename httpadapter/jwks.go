package httpadapter

import (
	"net/http"
	"slices"

	"github.com/tollkeeper/tollkeeper"
)

// JWKS returns the public halves of Config.Tokens.SigningKeys, for services that verify tokens on their own (package
// verify):
//
//	mux.Handle("/.well-known/jwks.json", httpadapter.JWKS(auth))
//
// The keys are public, and so is the answer: anyone may read it and keep it for five minutes. It is the one answer of
// this package without no-store.
func JWKS(auth *tollkeeper.Authenticator) http.Handler {
	keys := slices.Concat(auth.JWKS(), []byte{'\n'})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = []string{"nosniff"}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h["Allow"] = []string{"GET, HEAD"}
			h["Cache-Control"] = []string{"no-store"}
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		h["Cache-Control"] = []string{"public, max-age=300"}
		h["Content-Type"] = []string{"application/jwk-set+json"} // RFC 7517 8.5.2
		h["Access-Control-Allow-Origin"] = []string{"*"}
		_, _ = w.Write(keys) // a client that went away is told nothing
	})
}
