package httpadapter_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// exampleAuth is an Authenticator with one account.
func exampleAuth(where tollkeeper.Scope) *tollkeeper.Authenticator {
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
	})
	if err != nil {
		panic(err)
	}
	if _, err := auth.Host().CreateAccount(context.Background(), tollkeeper.AccountSpec{Scope: where, Email: "ada@app.example", Password: "Vexing.Quartz9"}); err != nil {
		panic(err)
	}
	return auth
}

// A host keeps its pages signed in with a cookie, and asks for a fresh proof before what cannot be undone.
func ExampleCookie() {
	auth := exampleAuth(tollkeeper.Tenants)
	defer auth.Close(context.Background())

	cookie := httpadapter.Cookie{On: true}
	families, err := httpadapter.Handler(auth, organization.API{}, httpadapter.Options{Cookie: cookie})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", families)
	members := httpadapter.RequireAuth(auth, httpadapter.Accept(tollkeeper.AudienceOrganization), httpadapter.AcceptCookie(cookie))
	recent := httpadapter.RequireRecent(auth, 5*time.Minute)
	mux.Handle("POST /close-shop", members(recent(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := httpadapter.IdentityFrom(r.Context())
		fmt.Fprint(w, "closed by ", id.Email)
	}))))

	send := func(path, body string, header ...string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", path, strings.NewReader(body))
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		mux.ServeHTTP(w, r)
		return w
	}
	in := send("/auth/signin", `{"email":"ada@app.example","password":"Vexing.Quartz9","rememberMe":true}`)
	name, rest, _ := strings.Cut(in.Header().Get("Set-Cookie"), "=")
	token, attributes, _ := strings.Cut(rest, "; ")
	fmt.Println(name, "|", attributes)
	fmt.Println(send("/close-shop", "", "Cookie", name+"="+token).Body)
	fmt.Println(send("/close-shop", "", "Cookie", name+"="+token, "Sec-Fetch-Site", "cross-site").Code)
	// Output:
	// __Host-session | Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax
	// closed by ada@app.example
	// 403
}

// A host serves its public keys to services that verify tokens on their own.
func ExampleJWKS() {
	auth := exampleAuth(tollkeeper.Tenants)
	defer auth.Close(context.Background())

	mux := http.NewServeMux()
	mux.Handle("/.well-known/jwks.json", httpadapter.JWKS(auth))
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	fmt.Println(w.Code, w.Header().Get("Cache-Control"), w.Body)
	// Output: 200 public, max-age=300 {"keys":[]}
}
