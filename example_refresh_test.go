package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// A refresh token keeps a session alive; one that was used already ends it, since somebody else must have a copy.
func Example_refresh() {
	ctx, now := context.Background(), time.Now()
	auth, err := tollkeeper.New(memory.New(), tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()},
		BaseURL: "https://app.example",
		Mail:    tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Now:     func() time.Time { return now },
		Refresh: tollkeeper.Refresh{Idle: 14 * 24 * time.Hour},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close(ctx)

	in, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "ann@mail.example", Password: "battery staple 7"})
	if err != nil {
		log.Fatal(err)
	}

	now = now.Add(7 * 24 * time.Hour)
	_, err = auth.Authenticate(ctx, in.Token)
	fmt.Println(err)
	next, err := auth.Refresh(ctx, in.Refresh, tollkeeper.Client{})
	fmt.Println(next.Session == in.Session, err)

	now = now.Add(time.Hour)
	_, err = auth.Refresh(ctx, in.Refresh, tollkeeper.Client{}) // the first one again
	fmt.Println(err)
	_, err = auth.Authenticate(ctx, next.Token)
	fmt.Println(err)
	// Output:
	// Invalid or expired token
	// true <nil>
	// Invalid or expired token
	// Invalid or expired token
}
