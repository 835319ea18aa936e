package ui_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui"
)

// backOffice is the pages of who works for the host, whom a proxy before them has let in and names.
func backOffice(auth *tollkeeper.Authenticator) (http.Handler, error) {
	mux := http.NewServeMux()
	return mux, ui.MountConsole(mux, auth, ui.Console{Guard: func(r *http.Request) (string, error) {
		name := r.Header.Get("X-Staff")
		if name == "" {
			return "", errors.New("not by way of the proxy")
		}
		return name, nil
	}})
}

// An operator of the host looks at the app's users, and nobody else does.
func Example_console() {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error {
			return nil
		})},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(context.Background())
	if _, err := auth.Host().CreateAccount(context.Background(), tollkeeper.AccountSpec{Email: "ada@mail.example"}); err != nil {
		panic(err)
	}

	office, err := backOffice(auth)
	if err != nil {
		panic(err)
	}
	cells := regexp.MustCompile(`<td role="cell" data-label="Email"><a href="[^"]+">([^<]+)</a>`)
	for _, name := range []string{"", "alice"} {
		r := httptest.NewRequest(http.MethodGet, "/operator/app/users", nil)
		r.Header.Set("X-Staff", name)
		w := httptest.NewRecorder()
		office.ServeHTTP(w, r)
		fmt.Printf("%q: %d", name, w.Code)
		for _, user := range cells.FindAllStringSubmatch(w.Body.String(), -1) {
			fmt.Print(" ", user[1])
		}
		fmt.Println()
	}
	// Output:
	// "": 403
	// "alice": 200 ada@mail.example
}
