package social_test

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A service has its own users sign in by Google, GitHub, and Microsoft accounts of any company.
func Example() {
	ctx := context.Background()
	secrets := social.Config{ClientSecret: func(_ context.Context, clientID string) (string, error) {
		return map[string]string{"google-client": "…", "github-client": "…", "microsoft-client": "…"}[clientID], nil
	}}
	google, err := social.Google(secrets)
	if err != nil {
		panic(err)
	}
	github, err := social.GitHub(secrets)
	if err != nil {
		panic(err)
	}
	microsoft, err := social.Microsoft(social.MicrosoftOrganizations, secrets)
	if err != nil {
		panic(err)
	}
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Social: tollkeeper.Social{
			Issuers: social.Issuers(google, github, microsoft),
			App: []tollkeeper.IssuerSettings{
				{Issuer: google.Issuer(), Enabled: true, ClientID: "google-client"},
				{Issuer: github.Issuer(), Enabled: true, ClientID: "github-client"},
				{Issuer: microsoft.Issuer(), Enabled: true, ClientID: "microsoft-client"},
			},
		},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(ctx)

	list, err := auth.Providers(ctx, tollkeeper.Scope{})
	for _, p := range list {
		fmt.Println(p.Name, p.Label, p.Issuer)
	}
	fmt.Println(err)
	// Output:
	// github GitHub https://github.com
	// google Google https://accounts.google.com
	// microsoft Microsoft https://login.microsoftonline.com/organizations/v2.0
	// <nil>
}

// A service takes ID tokens of an issuer of its own, and believes it about addresses.
func ExampleNew() {
	issuer, err := social.New(social.Config{Issuer: "https://login.company.example", Name: "company", Label: "The Company", Vouches: social.IfVerified})
	if err != nil {
		panic(err)
	}
	fmt.Println(issuer.Issuer(), issuer.About())
	// Output: https://login.company.example {company The Company}
}
