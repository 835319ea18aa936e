package social_test

import (
	"context"
	"fmt"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A service takes ID tokens of Google. An organization turns it on for its people, with its own client id.
func ExampleNew() {
	google, err := social.New(social.Config{})
	if err != nil {
		panic(err)
	}
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Social:  tollkeeper.Social{Issuers: map[string]tollkeeper.IDTokenVerifier{social.Google: google}},
	})
	if err != nil {
		panic(err)
	}
	defer auth.Close(context.Background())
	fmt.Println(social.Google)
	// Output: https://accounts.google.com
}
