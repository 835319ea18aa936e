// Package authtest is tollkeeper for the tests of a host: a real Authenticator on a store in memory, with a hash that
// costs nothing, a clock to move and all mail captured.
//
//	kit := authtest.New(t)
//	parent := kit.Parent()
//	child := kit.Child(parent)
//	token := kit.SignIn(child).Token
//	kit.Advance(25 * time.Hour) // the token has expired now
//
// Nothing is faked but time, mail and the cost of hashing: rates, locks, charges and checks are those of production.
// What cannot be done ends the test with a message, so that no step needs an if. A Kit works inside a testing/synctest
// bubble, if New is called inside of it. Methods that may end a test are for its own goroutine; Auth, Now and Advance
// are safe for concurrent use.
package authtest
