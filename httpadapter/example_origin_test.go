package httpadapter_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

const frontend = "https://www.shop.example" // where the app's pages are; the API is elsewhere

// apiFor serves the accounts, and one route of the host's own, to pages of the frontend.
func apiFor(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	if err := httpadapter.Mount(mux, auth, httpadapter.Options{Origins: []string{frontend}}); err != nil {
		return nil, err
	}
	signedIn := httpadapter.RequireAuth(auth, httpadapter.BearerOnly())
	mux.Handle("/orders", allowFrontend(signedIn(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprint(w, "orders of ", id.Email)
	}))))
	return mux, nil
}

// allowFrontend lets pages of the frontend send the host's own routes a token, and read the answer.
func allowFrontend(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		if r.Header.Get("Origin") == frontend {
			w.Header().Set("Access-Control-Allow-Origin", frontend)
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The pages of a single-page app are at another origin than its API: they keep a bearer token and a refresh token.
func Example_otherOrigin() {
	refresh := authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = 14 * 24 * time.Hour })
	err := authtest.Run(func(kit *authtest.Kit) {
		handler, err := apiFor(kit.Auth)
		if err != nil {
			panic(err)
		}
		send := func(method, path, origin, body, token string) (answer struct{ Token, RefreshToken string }) {
			w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
			r.Header.Set("Origin", origin)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Content-Type", "application/json")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			if method == "OPTIONS" {
				r.Header.Set("Access-Control-Request-Method", "POST")
			}
			handler.ServeHTTP(w, r)
			_ = json.Unmarshal(w.Body.Bytes(), &answer) // what is no session leaves it empty
			fmt.Println(method, path, w.Code, w.Header().Get("Access-Control-Allow-Origin"), len(w.Result().Cookies()), "cookies")
			return answer
		}
		ada := kit.User()
		signIn := fmt.Sprintf(`{"email":%q,"password":%q}`, ada.Email, ada.Password)
		send("OPTIONS", "/api/auth/sign-in", frontend, "", "")
		session := send("POST", "/api/auth/sign-in", frontend, signIn, "")
		send("POST", "/api/auth/sign-in", "https://evil.example", signIn, "")
		kit.Advance(25 * time.Hour) // the token has expired now
		send("GET", "/orders", frontend, "", session.Token)
		session = send("POST", "/api/auth/session/refresh", frontend, fmt.Sprintf(`{"refreshToken":%q}`, session.RefreshToken), "")
		send("GET", "/orders", frontend, "", session.Token)
	}, refresh)
	if err != nil {
		panic(err)
	}
	// Output:
	// OPTIONS /api/auth/sign-in 204 https://www.shop.example 0 cookies
	// POST /api/auth/sign-in 200 https://www.shop.example 0 cookies
	// POST /api/auth/sign-in 403  0 cookies
	// GET /orders 401 https://www.shop.example 0 cookies
	// POST /api/auth/session/refresh 200 https://www.shop.example 0 cookies
	// GET /orders 200 https://www.shop.example 0 cookies
}
