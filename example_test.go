package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"regexp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// open makes an Authenticator as a program would, with mail that arrives in a channel and a hash that is cheap enough for examples.
func open() (*tollkeeper.Authenticator, chan tollkeeper.Message) {
	mails := make(chan tollkeeper.Message, 10)
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error { mails <- m; return nil }),
		},
		Credits:   &tollkeeper.Credits{},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Memory: 64, Time: 1, UnsafeForTests: true}},
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth, mails
}

// A parent signs up, a child signs up below it by its public key, signs in and out.
func Example_signUp() {
	ctx := context.Background()
	auth, _ := open()
	defer auth.Close(ctx)

	parent, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "owner@shop.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	key := parent.Subject.Account.PublicKey
	if _, err = auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "Ann@mail.example", Password: "battery staple 7", ParentKey: key}); err != nil {
		log.Fatal(err)
	}

	in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@mail.example", Password: "battery staple 7", ParentKey: key})
	if err != nil {
		log.Fatal(err)
	}
	id, err := auth.Authenticate(ctx, in.Token)
	fmt.Println(id.Email, id.Role, id.IsParent(), err)

	fmt.Println(auth.SignOut(ctx, id))
	_, err = auth.Authenticate(ctx, in.Token)
	fmt.Println(err)
	// Output:
	// Ann@mail.example user false <nil>
	// <nil>
	// Invalid or expired token
}

// A mailed code signs in without a password, once.
func Example_oneTimeCode() {
	ctx := context.Background()
	auth, mails := open()
	defer auth.Close(ctx)
	if _, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Email: "ann@mail.example"}); err != nil {
		log.Fatal(err)
	}

	if err := auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "ann@mail.example"}); err != nil {
		log.Fatal(err)
	}
	code := regexp.MustCompile(`[0-9]{6}`).FindString(string((<-mails).Text))

	for range 2 {
		res, err := auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "ann@mail.example", Code: tollkeeper.SecretText(code)})
		fmt.Println(res.Token != "", err)
	}
	// Output:
	// true <nil>
	// false Invalid email or password
}

// A mailed link sets a new password and ends every session.
func Example_passwordReset() {
	ctx := context.Background()
	auth, mails := open()
	defer auth.Close(ctx)
	old, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	if err != nil {
		log.Fatal(err)
	}

	if err := auth.RequestReset(ctx, tollkeeper.MailRequest{Email: "ann@mail.example"}); err != nil {
		log.Fatal(err)
	}
	token := regexp.MustCompile(`token=([A-Za-z0-9_-]+)`).FindStringSubmatch(string((<-mails).Text))[1]

	fmt.Println(auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(token), Password: "12345678"}))
	fmt.Println(auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(token), Password: "purple monkey 8"}))
	_, err = auth.Authenticate(ctx, old.Token)
	fmt.Println(err)
	_, err = auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@mail.example", Password: "purple monkey 8"})
	fmt.Println(err)
	// Output:
	// Password is too common
	// <nil>
	// Invalid or expired token
	// <nil>
}

// A host meters its own operation, once per key, and takes it back.
func Example_credits() {
	ctx := context.Background()
	auth, _ := open()
	defer auth.Close(ctx)
	parent, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "owner@shop.example", Password: "correct horse 7"})
	if err != nil {
		log.Fatal(err)
	}
	owner := parent.Subject.Account.ID

	for _, key := range []string{"photo-1", "photo-1", "photo-2"} {
		b, err := auth.Host().Charge(ctx, owner, tollkeeper.OpSocial, key)
		fmt.Println(key, b.Credits, err)
	}
	b, err := auth.Host().Refund(ctx, owner, "photo-2")
	fmt.Println("refund", b.Credits, err)
	b, err = auth.Host().GrantPackage(ctx, owner, tollkeeper.Purchase{Package: "GROWTH", TransactionID: "payment-4711"})
	fmt.Println("package", b.Credits, b.FreeUsers, err)
	// Output:
	// photo-1 2997 <nil>
	// photo-1 2997 <nil>
	// photo-2 2994 <nil>
	// refund 2997 <nil>
	// package 57997 6000 <nil>
}

// A parent names its organization and asks its children to verify their email.
func Example_organization() {
	ctx := context.Background()
	auth, _ := open()
	defer auth.Close(ctx)
	parent, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "owner@shop.example", Password: "correct horse 7"})
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
	child, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7", ParentKey: id.PublicKey})
	fmt.Println(child.VerificationSent, err)
	// Output:
	// The Shop 1 <nil>
	// https://www.shop.example true
	// https://shop.example.evil.example false
	// null false
	// true <nil>
}

// Five failures in a row lock the address for the network that they came from, and nobody else out.
func Example_lockout() {
	ctx := context.Background()
	auth, _ := open()
	defer auth.Close(ctx)
	if _, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"}); err != nil {
		log.Fatal(err)
	}
	attempt := func(password, address string) error {
		_, err := auth.SignIn(ctx, tollkeeper.SignInRequest{
			Email: "ann@mail.example", Password: tollkeeper.Password(password), Client: tollkeeper.Client{Addr: netip.MustParseAddr(address)},
		})
		return err
	}

	for range 5 {
		if err := attempt("guess", "203.0.113.9"); err != tollkeeper.ErrInvalidCredentials {
			fmt.Println(err)
		}
	}
	err := attempt("battery staple 7", "203.0.113.9")
	fmt.Println(err, errors.Is(err, tollkeeper.ErrLocked))
	fmt.Println(attempt("battery staple 7", "198.51.100.7"))
	// Output:
	// Too many failed attempts true
	// <nil>
}
