package tollkeeper_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A handler of the host's own lists the users as JSON: an account refuses to be encoded, its view is what may be shown.
func Example_accountsAsJSON() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)
	for _, name := range []string{"ann", "bob"} {
		spec := tollkeeper.AccountSpec{Email: name + "@mail.example", Username: name, Verified: true}
		if _, err := auth.Host().CreateAccount(ctx, spec); err != nil {
			log.Fatal(err)
		}
	}

	users := func(w http.ResponseWriter, r *http.Request) {
		page, err := auth.Host().Accounts(r.Context(), tollkeeper.Scope{}, tollkeeper.AccountQuery{})
		if err != nil {
			http.Error(w, "try again", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(tollkeeper.Views(page.Accounts))
	}
	w := httptest.NewRecorder()
	users(w, httptest.NewRequest("GET", "/users", nil))
	var shown []struct{ Email, Username, Role string }
	if err := json.NewDecoder(w.Body).Decode(&shown); err != nil {
		log.Fatal(err)
	}
	for _, u := range shown {
		fmt.Println(u.Email, u.Username, u.Role)
	}

	_, err = json.Marshal(tollkeeper.AccountPage{Accounts: []tollkeeper.Account{{}}})
	fmt.Println(strings.Contains(err.Error(), "tollkeeper.Views"))
	// Output:
	// ann@mail.example ann user
	// bob@mail.example bob user
	// true
}
