package organization_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
)

// A parent signs up and in. The key in the answer goes into its pages, whose people sign up with it.
func Example() {
	err := authtest.Run(func(kit *authtest.Kit) {
		mux := http.NewServeMux()
		if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}, organization.API{}); err != nil {
			panic(err)
		}
		send := func(path, body string) string {
			r := httptest.NewRequest("POST", path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			fmt.Println(path, w.Code)
			return w.Body.String()
		}
		parent := send("/auth/signup", `{"username":"acme","email":"owner@acme.example","password":"Violet-Harbor-31"}`)
		key := parent[strings.Index(parent, "APK_"):][:30]
		send("/auth/signup", `{"username":"ada","email":"ada@mail.example","password":"Copper-Meadow-52","parentPublicKey":"`+key+`"}`)
		send("/auth/signin", `{"email":"ada@mail.example","password":"Copper-Meadow-52","parentPublicKey":"`+key+`"}`)
	})
	fmt.Println(err)
	// Output:
	// /auth/signup 200
	// /auth/signup 200
	// /auth/signin 200
	// <nil>
}
