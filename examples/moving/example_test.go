package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// The lines are imported into the app's own users, and Cleo signs in with the password that she had.
func Example_import() {
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
	lines, err := os.Open("testdata/auth0.jsonl")
	if err != nil {
		log.Fatal(err)
	}
	defer lines.Close()

	report, err := auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, lines, tollkeeper.ImportOptions{
		VerifiedIsProven: true, // Auth0 has mailed whom it calls verified
		Refused:          func(line int64, err error) { fmt.Println("line", line, err) },
	})
	fmt.Println(report.Stand, "stand,", report.Refused, "refused", err)
	in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "cleo@home.example", Password: "Marble-Thicket-48"})
	fmt.Println(in.Subject.Account.Username, err)
	// Output:
	// 4 stand, 0 refused <nil>
	// cleo <nil>
}

// The hashes that support sends are joined with the users that a job has exported. What does not come along is said.
func Example_auth0() {
	export, err := os.Open("testdata/auth0.ndjson")
	if err != nil {
		log.Fatal(err)
	}
	defer export.Close()
	status := run([]string{"auth0", "-hashes", "testdata/auth0.hashes.ndjson"}, export, io.Discard, os.Stdout)
	fmt.Println("status", status)
	// Output:
	// user "google-oauth2|102975344697093363099": the sign-in at "twitter" has no issuer, and stays in the metadata: -issuer names one
	// user "sms|5f0c3b1e8f1c2a0019d3a7b2": the sign-in at "sms" has no issuer, and stays in the metadata: -issuer names one
	// user "sms|5f0c3b1e8f1c2a0019d3a7b2": left out: it has no email address
	// user "auth0|60a1b2c3d4e5f60718293a4b": a second factor stays behind
	// auth0: 4 written, 1 left out, 3 notes
	// status 1
}

// A realm has providers of its own, whose issuers are named. An app with other codes than six digits of SHA-1 stays
// behind.
func Example_keycloak() {
	export, err := os.Open("testdata/keycloak.json")
	if err != nil {
		log.Fatal(err)
	}
	defer export.Close()
	status := run([]string{"keycloak", "-issuer", "corporate=https://sso.example"}, export, io.Discard, os.Stdout)
	fmt.Println("status", status)
	// Output:
	// user "0f3c2d1e-5a6b-4c7d-8e9f-0a1b2c3d4e52": the username is none here, and stays in the metadata
	// user "0f3c2d1e-5a6b-4c7d-8e9f-0a1b2c3d4e54": a second factor of type "otp" stays behind: only six digits of SHA-1 every 30 s come along
	// user "0f3c2d1e-5a6b-4c7d-8e9f-0a1b2c3d4e55": left out: it is the service account of a client
	// keycloak: 4 written, 1 left out, 2 notes
	// status 1
}

// Nobody gets Cognito's hashes. Who is not here yet is asked of the user pool, with the password that they have
// shown, and moves with the first right one.
func Example_cognito() {
	ctx := context.Background()
	lines, err := os.Open("testdata/cognito.jsonl")
	if err != nil {
		log.Fatal(err)
	}
	defer lines.Close()
	people := map[string]tollkeeper.AccountRecord{} // by address
	for each := json.NewDecoder(lines); each.More(); {
		var r tollkeeper.AccountRecord
		if err := each.Decode(&r); err != nil {
			log.Fatal(err)
		}
		r.EmailProven = r.EmailVerified
		people[strings.ToLower(r.Email)] = r
	}
	users, _ := tollkeeper.Scope{}.ID() // nobody there is a tenant here
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Hooks: tollkeeper.Hooks{
			BeforePassword: func(_ context.Context, p tollkeeper.PasswordAttempt) (*tollkeeper.AccountRecord, error) {
				if r, known := people[p.Email]; known && p.Scope == users && initiateAuth(p.Email, p.Password) {
					return &r, nil
				}
				return nil, nil
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	for _, password := range []tollkeeper.Password{"Marble-Thicket-49", "Marble-Thicket-48"} {
		in, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "cleo@home.example", Password: password})
		fmt.Printf("%q %v\n", in.Subject.Account.Name, err)
	}
	// Output:
	// "" Invalid email or password
	// "Cleo" <nil>
}

// initiateAuth stands for AdminInitiateAuth of the AWS SDK, with the flow ADMIN_USER_PASSWORD_AUTH.
func initiateAuth(email string, password tollkeeper.Password) bool {
	return email == "cleo@home.example" && password == "Marble-Thicket-48"
}
