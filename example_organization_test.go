package tollkeeper_test

import (
	"context"
	"fmt"
	"log"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A parent names its organization and asks its children to verify their email.
func Example_organization() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	parent, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "owner@shop.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	id, err := auth.Authenticate(ctx, parent.Token)
	if err != nil {
		log.Fatal(err)
	}

	name, url, yes := "The Shop", "https://shop.example", true
	d, err := auth.UpdateOrganization(ctx, id, tollkeeper.OrganizationPatch{Name: &name, URL: &url, VerificationRequired: &yes})
	fmt.Println(d.Organization.Name, d.Organization.UpdateCount, err)
	for _, origin := range []string{"https://www.shop.example", "https://shop.example.evil.example", "null"} {
		fmt.Println(origin, auth.OriginAllowed(d.Organization, origin))
	}
	child, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7", Scope: tollkeeper.UnderKey(id.PublicKey)})
	fmt.Println(child.VerificationSent, err)
	// Output:
	// The Shop 1 <nil>
	// https://www.shop.example true
	// https://shop.example.evil.example false
	// null false
	// true <nil>
}
