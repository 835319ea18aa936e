package httpadapter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// shop is a service that was there before. It finds what somebody ordered by the id of their account.
type shop struct{ orders map[uuid.UUID][]string }

func (s *shop) order(w http.ResponseWriter, r *http.Request) {
	id, _ := httpadapter.IdentityFrom(r.Context()) // somebody, below RequireAuth
	s.orders[id.Account] = append(s.orders[id.Account], r.FormValue("what"))
	fmt.Fprint(w, id.Email, " ordered ", s.orders[id.Account])
}

func (s *shop) forget(w http.ResponseWriter, r *http.Request) {
	id, _ := httpadapter.IdentityFrom(r.Context())
	delete(s.orders, id.Account)
}

// addSignIn gives the shop accounts: /api/auth is the library's, and the routes that were there ask who is signed in.
func addSignIn(mux *http.ServeMux, s *shop, auth *tollkeeper.Authenticator) error {
	signedIn := httpadapter.RequireAuth(auth)
	recent := httpadapter.RequireRecent(auth, 10*time.Minute)
	mux.Handle("POST /orders", signedIn(http.HandlerFunc(s.order)))
	mux.Handle("DELETE /orders", signedIn(recent(http.HandlerFunc(s.forget))))
	return httpadapter.Mount(mux, auth, httpadapter.Options{})
}

// A service that was there before gets accounts, and its own routes know who asks.
func Example_existingService() {
	auth := exampleAuth(tollkeeper.Scope{})
	defer auth.Close(context.Background())
	mux := http.NewServeMux()
	if err := addSignIn(mux, &shop{orders: map[uuid.UUID][]string{}}, auth); err != nil {
		panic(err) // names the option, or the pattern that is taken
	}

	send := func(method, path, body, token string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		mux.ServeHTTP(w, r)
		return w
	}
	up := send("POST", "/api/auth/sign-up", `{"email":"bob@mail.example","password":"Marble-Thicket-48"}`, "")
	var session struct{ Token string }
	if err := json.Unmarshal(up.Body.Bytes(), &session); err != nil {
		panic(err)
	}
	fmt.Println(up.Code, session.Token != "")
	fmt.Println(send("POST", "/orders?what=tea", "", "").Code)
	fmt.Println(send("POST", "/orders?what=tea", "", session.Token).Body)
	fmt.Println(send("POST", "/api/auth/sign-out", "", session.Token).Code)
	fmt.Println(send("POST", "/orders?what=milk", "", session.Token).Code)
	// Output:
	// 201 true
	// 401
	// bob@mail.example ordered [tea]
	// 204
	// 401
}
