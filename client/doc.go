// Package client calls the app family of a tollkeeper service (docs/WIRE.md section 5) from another program: a command,
// a service, an app. It needs the standard library alone.
//
//	c, err := client.New("https://app.example", client.Options{})
//	res, err := c.SignIn(ctx, client.SignIn{Email: "ada@mail.example", Password: "…"})
//	if res.Challenge != nil {
//		res, err = c.SignInWithFactor(ctx, client.FactorSignIn{Challenge: res.Challenge.Challenge, Code: "123456"})
//	}
//	user, err := res.Session.Account(ctx)
//	if errors.Is(err, client.ErrInvalidToken) {
//		// the session is over: sign in again
//	}
//
// [Client] has what anyone may ask for, [Session] what somebody who is signed in may, and [Session.Admin] what an admin
// may. A Session exchanges its refresh token by itself, where the service gives one; [Session.Tokens] and
// [Client.Resume] carry it over a restart.
//
// What the service refuses is an [*Error] with a [Code]. Everything else is a failure of the way there, which wraps
// that of net/http or of the context, or [ErrAnswer].
//
// A field of a request that is zero is not sent. A time is UTC; the zero time means never.
package client
