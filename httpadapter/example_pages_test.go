package httpadapter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// site is a service with pages of its own: everybody may see the first one, who is signed in sees the second one, and
// whoever is not is sent to a form that leads back.
func site(auth *tollkeeper.Authenticator) http.Handler {
	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(httpadapter.SignInPage("/sign-in")))
	anybody := httpadapter.OptionalAuth(auth)
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", anybody(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, ok := httpadapter.IdentityFrom(r.Context()); ok {
			fmt.Fprint(w, "Hello, ", id.Email)
			return
		}
		fmt.Fprint(w, "Hello, stranger")
	})))
	mux.Handle("GET /orders", members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprint(w, "Orders of ", id.Email)
	})))
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		session, err := auth.SignIn(r.Context(), tollkeeper.SignInRequest{
			Email: r.PostFormValue("email"), Password: tollkeeper.Password(r.PostFormValue("password")), Client: httpadapter.ClientOf(r),
		})
		if err != nil {
			httpadapter.WriteError(w, r, err)
			return
		}
		if !httpadapter.SetSession(w, r, session, r.PostFormValue("remember") != "") {
			http.Error(w, "a second factor, or a page of another site", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, httpadapter.SafeNext(r, "/"), http.StatusSeeOther)
	})
	mux.Handle("POST /sign-out", members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		if err := auth.SignOut(r.Context(), id); err != nil {
			httpadapter.WriteError(w, r, err)
			return
		}
		httpadapter.ClearSession(w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})))
	return mux
}

// A host signs people in by a form of its own, and keeps their pages signed in by the cookie.
func Example_pages() {
	auth := exampleAuth(tollkeeper.Scope{})
	defer auth.Close(context.Background())
	pages, cookie := site(auth), ""

	browse := func(method, to string, form url.Values) {
		r := httptest.NewRequest(method, to, strings.NewReader(form.Encode()))
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, r)
		if set := w.Result().Cookies(); len(set) > 0 {
			cookie = set[0].Name + "=" + set[0].Value
		}
		said, _, _ := strings.Cut(w.Body.String(), "\n")
		if location := w.Header().Get("Location"); location != "" {
			said = "to " + location
		}
		fmt.Println(method, to, "-", w.Code, said)
	}
	ada := url.Values{"email": {"ada@app.example"}, "password": {"Vexing.Quartz9"}}
	browse("GET", "/", nil)
	browse("GET", "/orders?page=2", nil)
	browse("POST", "/sign-in?next=%2Forders%3Fpage%3D2", ada)
	browse("GET", "/orders?page=2", nil)
	browse("GET", "/", nil)
	browse("POST", "/sign-out", nil)
	browse("GET", "/orders", nil)
	browse("POST", "/sign-in?next=//evil.example", ada)
	// Output:
	// GET / - 200 Hello, stranger
	// GET /orders?page=2 - 303 to /sign-in?next=%2Forders%3Fpage%3D2
	// POST /sign-in?next=%2Forders%3Fpage%3D2 - 303 to /orders?page=2
	// GET /orders?page=2 - 200 Orders of ada@app.example
	// GET / - 200 Hello, ada@app.example
	// POST /sign-out - 303 to /
	// GET /orders - 303 to /sign-in?next=%2Forders
	// POST /sign-in?next=//evil.example - 303 to /
}
