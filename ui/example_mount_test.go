package ui_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui"
)

// orchard is a service with one page, for who is signed in, and with all pages that signing in takes.
func orchard(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, ui.Options{})))
	mux.Handle("GET /apples", members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprint(w, "Apples of ", id.Email)
	})))
	return mux, ui.Mount(mux, auth, ui.Options{})
}

// A service has a page for its members and no form of its own: whoever is not signed in is sent to sign in, or up, and
// comes back.
func Example() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Product: "Orchard",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
			Links:  tollkeeper.Links{SignIn: "/sign-in"},
		},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(context.Background())

	mux, err := orchard(auth)
	if err != nil {
		panic(err) // names the option, or the pattern that is taken
	}

	cookie := ""
	ask := func(method, to string, form url.Values) {
		r := httptest.NewRequest(method, to, strings.NewReader(form.Encode()))
		r.Header.Set("Accept", "text/html")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		for _, set := range w.Result().Cookies() {
			if set.Name == httpadapter.CookieName {
				cookie = set.Name + "=" + set.Value
			}
		}
		said := w.Body.String()
		if _, title, ok := strings.Cut(said, "<title>"); ok {
			said, _, _ = strings.Cut(title, "</title>")
		}
		if location := w.Header().Get("Location"); location != "" {
			said = "to " + location
		}
		fmt.Println(method, to, "-", w.Code, said)
	}
	ask("GET", "/apples", nil)
	ask("GET", "/sign-up?next=%2Fapples", nil)
	ask("POST", "/sign-up?next=%2Fapples", url.Values{"email": {"ada@mail.example"}, "password": {"Violet-Harbor-31"}})
	ask("GET", "/apples", nil)
	// Output:
	// GET /apples - 303 to /sign-in?next=%2Fapples
	// GET /sign-up?next=%2Fapples - 200 Create an account – Orchard
	// POST /sign-up?next=%2Fapples - 303 to /apples
	// GET /apples - 200 Apples of ada@mail.example
}
