package tollkeeper_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Only addresses of one domain sign up, and begin with a plan.
func Example_allowedDomains() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		// That somebody wrote an address does not make it theirs: until it is verified they may do nothing else.
		Accounts: tollkeeper.Accounts{RequireVerified: true},
		Hooks: tollkeeper.Hooks{
			BeforeSignUp: func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
				if !strings.HasSuffix(strings.ToLower(a.Email), "@shop.example") {
					return tollkeeper.ErrRefused.WithField("email").WithMessage("Please use your address at shop.example")
				}
				a.Starts.Metadata = json.RawMessage(`{"plan":"trial"}`)
				return nil
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	for _, email := range []string{"ann@home.example", "ann@shop.example"} {
		res, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: "violet Harbor 31"})
		fmt.Printf("%v, %q\n", err, res.Subject.Account.Metadata)
	}
	// Output:
	// Please use your address at shop.example, ""
	// <nil>, "{\"plan\":\"trial\"}"
}

// The plan of an account stands in its tokens: the service, and others that verify its tokens, read it without asking.
func Example_planInAClaim() {
	ctx := context.Background()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Hooks: tollkeeper.Hooks{
			BeforeSession: func(_ context.Context, a tollkeeper.SessionAttempt) (map[string]any, error) {
				plan := struct{ Plan string }{"free"}
				if len(a.Account.Metadata) > 0 {
					if err := json.Unmarshal(a.Account.Metadata, &plan); err != nil {
						return nil, err
					}
				}
				return map[string]any{"plan": plan.Plan}, nil
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	ann, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@home.example", Password: "violet Harbor 31"})
	if err != nil {
		log.Fatal(err)
	}
	// Somebody paid. Whoever changes the account at the same moment is not overwritten: the function is called again.
	_, err = auth.Host().UpdateMetadata(ctx, ann.Subject.Account.ID, func(json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(`{"plan":"pro"}`), nil
	})
	if err != nil {
		log.Fatal(err)
	}
	again, err := auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ann@home.example", Password: "violet Harbor 31"})
	if err != nil {
		log.Fatal(err)
	}
	for _, token := range []tollkeeper.SecretText{ann.Token, again.Token} {
		id, err := auth.Authenticate(ctx, token)
		fmt.Println(id.Claims["plan"], err)
	}
	// Output:
	// free <nil>
	// pro <nil>
}
