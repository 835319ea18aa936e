package platform_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/platform"
)

// Requests that name no platform are of the app's own users. One of them signs in by a mailed code.
func Example() {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux := http.NewServeMux()
		api := platform.API{Default: &tollkeeper.Scope{}}
		if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}, api); err != nil {
			panic(err)
		}
		send := func(path, body string) {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			fmt.Println(path, w.Code, "token:", strings.Contains(w.Body.String(), `"token":"`))
		}
		ada := kit.User()
		send("/api/user/signin-otp", `{"email":"`+ada.Email+`"}`)
		send("/api/user/verify-otp", `{"email":"`+ada.Email+`","otp":"`+kit.LastCode(ada.Email)+`"}`)
	})
	fmt.Println(err)
	// Output:
	// /api/user/signin-otp 200 token: false
	// /api/user/verify-otp 200 token: true
	// <nil>
}
