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

// grove is a service whose page leads to the pages of the own account.
func grove(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	members := httpadapter.RequireAuth(auth, httpadapter.OnFailure(ui.SignInPage(auth, ui.Options{})))
	mux.Handle("GET /{$}", members(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<a href="/account">Your account</a> <a href="/account/security">Passkeys</a>`)
	})))
	return mux, ui.Mount(mux, auth, ui.Options{})
}

// A service has pages of the own account by mounting the others. Who deletes theirs is asked who they are.
func Example_account() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Product: "Grove",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(context.Background())
	mux, err := grove(auth)
	if err != nil {
		panic(err)
	}

	cookie := ""
	ask := func(method, to string, form url.Values) {
		r := httptest.NewRequest(method, to, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		for _, set := range w.Result().Cookies() {
			if set.Name == httpadapter.CookieName {
				cookie = set.Name + "=" + set.Value
			}
		}
		_, title, _ := strings.Cut(w.Body.String(), "<title>")
		title, _, _ = strings.Cut(title, "</title>")
		fmt.Println(method, to, "-", w.Code, w.Header().Get("Location")+title)
	}
	ask("POST", "/sign-up", url.Values{"email": {"ada@mail.example"}, "password": {"Violet-Harbor-31"}})
	ask("GET", "/account", nil)
	remove := url.Values{"do": {"delete"}, "address": {"ada@mail.example"}}
	ask("POST", "/account/data", remove)
	remove["prove"], remove["proof-password"] = []string{"password"}, []string{"Violet-Harbor-31"}
	ask("POST", "/account/data", remove)
	ask("GET", "/account", nil)
	// Output:
	// POST /sign-up - 303 /
	// GET /account - 200 Profile – Grove
	// POST /account/data - 200 Is it you? – Grove
	// POST /account/data - 303 /done?about=deleted
	// GET /account - 303 /sign-in?next=%2Faccount
}
