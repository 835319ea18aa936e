package httpadapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// answerOf returns the status of an answer, with its code where it is a problem, else with its body.
func answerOf(h http.Handler, path, token string) string {
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	h.ServeHTTP(w, r)
	var problem family.ProblemBody
	if json.Unmarshal(w.Body.Bytes(), &problem) == nil && problem.Code != "" {
		return fmt.Sprint(w.Code, " ", problem.Code, ": ", problem.Detail)
	}
	return fmt.Sprint(w.Code, " ", w.Body)
}

// A host protects JSON routes of its own. Refusals are problems (RFC 9457), and so are its own errors: what is none of
// the library's is a 500 that says nothing of its cause.
func ExampleRequireAuth() {
	ctx := context.Background()
	auth := exampleAuth(tollkeeper.Scope{})
	defer auth.Close(ctx)
	in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ada@app.example", Password: "Vexing.Quartz9"})
	if err != nil {
		panic(err)
	}

	api := httpadapter.RequireAuth(auth, httpadapter.BearerOnly())
	admins := httpadapter.RequireRole(tollkeeper.RoleAdmin)
	mux := http.NewServeMux()
	mux.Handle("GET /api/me", api(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprintf(w, `{"email":%q}`, id.Email)
	})))
	mux.Handle("GET /api/stock", api(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpadapter.WriteError(w, r, errors.New("dial tcp 10.0.0.7: refused"))
	})))
	mux.Handle("GET /api/admin", api(admins(http.NotFoundHandler())))

	fmt.Println(answerOf(mux, "/api/me", ""))
	fmt.Println(answerOf(mux, "/api/me", "forged"))
	fmt.Println(answerOf(mux, "/api/me", string(in.Token)))
	fmt.Println(answerOf(mux, "/api/stock", string(in.Token)))
	fmt.Println(answerOf(mux, "/api/admin", string(in.Token)))
	// Output:
	// 401 http_no_credential: Authentication required
	// 401 invalid_token: Invalid or expired token
	// 200 {"email":"ada@app.example"}
	// 500 internal: Internal error
	// 403 forbidden: Not allowed
}

// A host puts a rate on a route of its own. Below RequireAuth, PerAccount would count by account.
func ExampleLimit() {
	auth := exampleAuth(tollkeeper.Scope{})
	defer auth.Close(context.Background())

	rates := []tollkeeper.Limit{tollkeeper.Rate(2, time.Minute), tollkeeper.Rate(100, 24*time.Hour)}
	search, err := httpadapter.Limit(auth, "search", rates)
	if err != nil {
		panic(err) // a name or a rate that cannot be
	}
	mux := http.NewServeMux()
	mux.Handle("GET /search", search(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "found") })))
	for range 3 {
		fmt.Println(answerOf(mux, "/search", ""))
	}
	// Output:
	// 200 found
	// 200 found
	// 429 rate_limited: Rate limit exceeded
}
