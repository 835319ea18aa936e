// Package authtest is tollkeeper for the tests of a host: a real Authenticator on a store in memory, with a hash that
// costs nothing, a clock to move and all mail captured.
//
//	kit := authtest.New(t)
//	parent := kit.Parent()
//	child := kit.Child(parent)
//	token := kit.SignIn(child).Token
//	kit.Advance(25 * time.Hour) // the token has expired now
//
// [Kit.User] and [Kit.FirstAdmin] make accounts among the app's own users, [Kit.Parent], [Kit.Child] and [Kit.Admin]
// parents and what is below them, [Kit.AccountIn] and [Kit.AdminIn] in whatever scope, at no cost; [Kit.SignUp],
// [Kit.SignUpBelow] and [Kit.SignUpIn] sign up as anyone can. [Kit.SignIn] signs in, [Kit.SignedIn] returns the one who
// acts. [Kit.EnrolFactor] adds a second factor, [Kit.SignInWithFactor] signs in with it, and [Kit.TOTP] is what the app
// shows. What went out is in [Kit.Mails], [Kit.LastCode], [Kit.LastLink] and [Kit.LastToken], what happened in
// [Kit.Events], what it cost in [Kit.Balance]. [Kit.Another] is a second process beside the first. [Run] is for what is
// no test, as an example.
//
// Nothing is faked but time, mail and the cost of hashing: rates, locks, charges and checks are those of production.
// What cannot be done ends the test with a message, so that no step needs an if. A Kit works inside a testing/synctest
// bubble, if [New] is called inside of it. Methods that may end a test are for its own goroutine; [Kit.Auth], [Kit.Now]
// and [Kit.Advance] are safe for concurrent use.
package authtest
