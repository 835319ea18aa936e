package tollkeeper_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// After an accident, or after a backup was restored, the service starts again with a moment before which no session
// counts: everybody signs in anew.
func Example_everyoneOut() {
	err := authtest.Run(func(kit *authtest.Kit) {
		ann := kit.User()
		before := kit.SignIn(ann)

		kit.Advance(time.Minute)
		accident := kit.Now()
		again := kit.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.NotBefore = accident }))

		for _, in := range []tollkeeper.SignInResult{before, again.SignIn(ann)} {
			_, err := again.Auth.Authenticate(kit.Context(), in.Token)
			fmt.Println(err)
		}
		_, err := again.Auth.Refresh(kit.Context(), before.Refresh, tollkeeper.Client{})
		fmt.Println(err)

		// One account alone needs no new start.
		fmt.Println(kit.Auth.Host().EndSessions(context.Background(), ann.ID))
	}, authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = 14 * 24 * time.Hour }))
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// Invalid or expired token
	// <nil>
	// Invalid or expired token
	// <nil>
}
