// Command goguardian guards a greeting with go-guardian, to be built.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/shaj13/go-guardian/v2/auth"
	"github.com/shaj13/go-guardian/v2/auth/strategies/basic"
	"github.com/shaj13/go-guardian/v2/auth/strategies/token"
	"github.com/shaj13/go-guardian/v2/auth/strategies/union"
	"github.com/shaj13/libcache"
	_ "github.com/shaj13/libcache/lru" // registers libcache.LRU
)

func main() {
	cache := libcache.LRU.New(1000)
	cache.SetTTL(time.Minute)
	refuse := errors.New("refused")
	passwords := basic.NewCached(func(context.Context, *http.Request, string, string) (auth.Info, error) { return nil, refuse }, cache)
	tokens := token.New(func(context.Context, *http.Request, string) (auth.Info, time.Time, error) {
		return nil, time.Time{}, refuse
	}, cache)
	either := union.New(tokens, passwords)
	log.Fatal(http.ListenAndServe("localhost:8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := either.Authenticate(r.Context(), r); err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "hello")
	})))
}
