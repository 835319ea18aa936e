package httpadapter_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/httpadapter/organization"
)

// moved takes a parent and its children over: first the parent, with the public key that its pages have, then those
// below it, then the balance. The hashes are of the other system, and are replaced at the first sign-in.
func moved(ctx context.Context, host tollkeeper.Host, publicKey, hash string, credits int64) error {
	owner := fmt.Sprintf(`{"externalId":"o-1","email":"owner@acme.example","emailVerified":true,"emailProven":true,"publicKey":%q}`, publicKey)
	if _, err := host.ImportAccounts(ctx, tollkeeper.Tenants, strings.NewReader(owner), tollkeeper.ImportOptions{}); err != nil {
		return err
	}
	children := fmt.Sprintf(`{"externalId":"c-1","email":"ann@mail.example","emailVerified":true,"passwordHash":%q}`, hash)
	if _, err := host.ImportAccounts(ctx, tollkeeper.UnderKey(publicKey), strings.NewReader(children), tollkeeper.ImportOptions{}); err != nil {
		return err
	}
	parent, err := host.FindByEmail(ctx, tollkeeper.Tenants, "owner@acme.example")
	if err != nil {
		return err
	}
	_, err = host.Grant(ctx, parent.Account.ID, credits, "moved") // once, however often this runs
	return err
}

// A client of the documented API goes on as before, at another address: its paths, its key and its users' passwords stay.
func Example_hostedAPI() {
	const publicKey = "APK_ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const hash = "$2a$10$VdWk8ZX60GBV0g3GTvlNp.eyi3HTmaxGNsibL1tGQLNJszv8/13dq"
	declared := authtest.WithConfig(func(c *tollkeeper.Config) { c.Passwords.Imported = []tollkeeper.SecretText{hash} })
	err := authtest.Run(func(kit *authtest.Kit) {
		if err := moved(kit.Context(), kit.Auth.Host(), publicKey, hash, 2_500); err != nil {
			panic(err)
		}
		mux := http.NewServeMux()
		if err := httpadapter.Mount(mux, kit.Auth, httpadapter.Options{}, organization.API{}); err != nil {
			panic(err)
		}
		body := fmt.Sprintf(`{"email":"ann@mail.example","password":"battery staple 7","parentPublicKey":%q}`, publicKey)
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/auth/signin", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
		var answer struct{ Success bool }
		err := json.Unmarshal(w.Body.Bytes(), &answer)
		fmt.Println(w.Code, answer.Success, err)
	}, declared)
	if err != nil {
		panic(err)
	}
	// Output:
	// 200 true <nil>
}
