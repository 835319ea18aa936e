package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A person signs in with a Google ID token below a parent that has turned it on, and up at the first time.
func Example_google() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Social:  tollkeeper.Social{Issuers: map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: googleKeys{}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	parent, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "owner@shop.example"})
	if err != nil {
		log.Fatal(err)
	}
	settings := []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"}}
	if _, err := auth.Host().UpdateOrganization(ctx, parent.ID, tollkeeper.OrganizationPatch{Issuers: settings}); err != nil {
		log.Fatal(err)
	}

	for _, token := range []tollkeeper.SecretText{"from Google", "forged"} {
		res, err := auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: token, Scope: tollkeeper.UnderKey(parent.PublicKey)})
		fmt.Printf("%q %v\n", res.Subject.Account.Email, err)
	}
	// Output:
	// "ann@mail.example" <nil>
	// "" Invalid email or password
}

// googleKeys stands for a verifier of ID tokens, such as the one of module social.
type googleKeys struct{}

func (googleKeys) VerifyIDToken(_ context.Context, token, _, _ string) (tollkeeper.IDToken, error) {
	if token != "from Google" {
		return tollkeeper.IDToken{}, errors.New("not signed by Google")
	}
	return tollkeeper.IDToken{Subject: "1069", Email: "ann@mail.example", EmailVerified: true}, nil
}
