package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/app"
)

// A service has the family at a path of its own, without cookies.
func Example() {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux := http.NewServeMux()
		api := app.API{Prefix: "/v2/people", BearerOnly: true}
		if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}, api); err != nil {
			panic(err)
		}
		r := httptest.NewRequest("POST", "/v2/people/sign-up", strings.NewReader(`{"email":"ada@mail.example","password":"Violet-Harbor-31"}`))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.Contains(w.Body.String(), `"token":"`), len(w.Result().Cookies()))
	})
	fmt.Println(err)
	// Output:
	// 201 true 0
	// <nil>
}
