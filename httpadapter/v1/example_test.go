package v1_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/v1"
)

// The family over the app's own users, with the documented rule for passwords.
func Example() {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux := http.NewServeMux()
		if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}, v1.API{PasswordRegex: true}); err != nil {
			panic(err)
		}
		for _, password := range []string{"Silver-Lantern-64", "Silver@Lantern64"} {
			r := httptest.NewRequest("POST", "/authentiq/v1/user/register", strings.NewReader(`{"email":"bob@mail.example","password":"`+password+`"}`))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			fmt.Println(password, strings.Contains(w.Body.String(), `"token"`))
		}
	})
	fmt.Println(err)
	// Output:
	// Silver-Lantern-64 false
	// Silver@Lantern64 true
	// <nil>
}
