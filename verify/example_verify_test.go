package verify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tollkeeper/tollkeeper/verify"
)

// A service behind the host: it lets through who has a good token of the host, and says whose it is.
func Example() {
	v, err := verify.New(verify.Config{
		JWKSURL:   "https://app.example/.well-known/jwks.json",
		Issuer:    "https://app.example",
		Audiences: []string{"v1"},
		MaxAge:    time.Hour, // a revoked token passes for an hour at most
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	reports := func(w http.ResponseWriter, r *http.Request) {
		claims, err := v.Verify(r.Context(), r.Header.Get("X-Token"))
		switch {
		case errors.Is(err, verify.ErrInvalidToken):
			http.Error(w, "please sign in", http.StatusUnauthorized)
		case err != nil:
			http.Error(w, "please try again", http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, "reports of", claims.Subject)
		}
	}
	http.HandleFunc("GET /reports", reports)

	_, err = v.Verify(context.Background(), "not.a.token")
	fmt.Println(errors.Is(err, verify.ErrInvalidToken))
	// Output: true
}
