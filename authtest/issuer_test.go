package authtest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

const place = "https://app.example/callback"

// A test signs somebody in by an issuer, without a network: As says who is in front of it, and Visit is their browser.
func ExampleKit_Issuer() {
	err := authtest.Run(func(kit *authtest.Kit) {
		kit.Issuer().As("subject-1", "ada@mail.example", true)
		begun, _ := kit.Auth.BeginIssuer(kit.Context(), tollkeeper.IssuerStart{Issuer: authtest.IssuerURL, RedirectURL: place})
		back, _ := kit.Issuer().Visit(begun.URL)
		res, err := kit.Auth.SignInWithIssuer(kit.Context(), tollkeeper.IssuerReturn{
			Ticket: begun.Ticket, RedirectURL: place, State: back.Query().Get("state"),
			Code: tollkeeper.SecretText(back.Query().Get("code")), Iss: back.Query().Get("iss"),
		})
		fmt.Println(res.Subject.Account.Email, err)
	}, authtest.WithIssuer())
	fmt.Println(err)
	// Output:
	// ada@mail.example <nil>
	// <nil>
}

// The issuer is as strict as a good one: a code serves once, its own client, redirect URL and PKCE verifier alone.
func TestIssuerIsStrict(t *testing.T) {
	k := authtest.New(t, authtest.WithIssuer())
	i := k.Issuer()
	i.As("s", "ada@mail.example", true)
	step, err := i.AuthURL(t.Context(), tollkeeper.AuthRequest{
		ClientID: "c", RedirectURL: place, State: "state", Nonce: "n", PKCE: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", // RFC 7636, appendix B
	})
	if err != nil {
		t.Fatal(err)
	}
	good := tollkeeper.Redemption{ClientID: "c", RedirectURL: place, Verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", Nonce: "n"}
	for name, change := range map[string]func(*tollkeeper.Redemption){
		"another code":     func(r *tollkeeper.Redemption) { r.Code = "x" },
		"another client":   func(r *tollkeeper.Redemption) { r.ClientID = "d" },
		"another place":    func(r *tollkeeper.Redemption) { r.RedirectURL += "x" },
		"another verifier": func(r *tollkeeper.Redemption) { r.Verifier = "x" },
		"another nonce":    func(r *tollkeeper.Redemption) { r.Nonce = "x" },
		"nothing":          func(*tollkeeper.Redemption) {},
	} {
		back, err := i.Visit(step.URL)
		if err != nil {
			t.Fatal(err)
		}
		r := good
		r.Code = tollkeeper.SecretText(back.Query().Get("code"))
		change(&r)
		who, _, err := i.Redeem(t.Context(), r)
		if (err == nil) != (name == "nothing") || err == nil && who.Subject != "s" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
		if _, _, err := i.Redeem(t.Context(), r); err == nil {
			t.Errorf("%s: a code serves twice", name)
		}
	}
	token := string(i.IDToken("c", "n"))
	for name, try := range map[string][2]string{"another client": {"d", "n"}, "another nonce": {"c", "x"}} {
		if _, err := i.VerifyIDToken(t.Context(), token, try[0], try[1]); err == nil {
			t.Errorf("a token for %s", name)
		}
	}
	if who, err := i.VerifyIDToken(t.Context(), token, "c", "n"); err != nil || who.Email != "ada@mail.example" {
		t.Errorf("%+v, %v", who, err)
	}
	i.Down(true)
	for name, err := range map[string]error{
		"start": errOf(i.AuthURL(t.Context(), tollkeeper.AuthRequest{})), "token": errOf(i.VerifyIDToken(t.Context(), token, "c", "n")),
	} {
		if !errors.Is(err, tollkeeper.ErrUpstream) {
			t.Errorf("%s, while it is down: %v", name, err)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

// A Kit beside another one has the same issuer; one that was not asked for has none.
func TestKitsShareAnIssuer(t *testing.T) {
	k := authtest.New(t, authtest.WithIssuer())
	if k.Another().Issuer() != k.Issuer() {
		t.Error("another Kit has another issuer")
	}
	if err := authtest.Run(func(kit *authtest.Kit) { kit.Issuer() }); err == nil {
		t.Error("a Kit without an issuer has one")
	}
}
