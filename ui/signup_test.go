package ui_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// A form that is sent twice ends as one that is sent once: the second finds the account that the first has made.
func TestSignUpTwice(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	first, second := browse(t, mux), browse(t, mux)
	for _, b := range []*browser{first, second} {
		b.open("/sign-up?next=%2Forders")
	}
	for _, b := range []*browser{first, second} {
		b.submit("", "email", "ada@mail.example", "password", password)
		b.sees("/orders", 200, "Hello, ada@mail.example")
	}
	if got := len(kit.Events(tollkeeper.EventSignUp)); got != 1 {
		t.Errorf("%d accounts", got)
	}
	second.open("/sign-up")
	second.submit("", "email", "ada@mail.example", "password", another)
	second.sees("/sign-up", 422)
	second.wrong("email", "There is already an account with this address.")
}

// The form is no way around what guards a password: wrong ones are counted, and a second factor is asked for.
func TestSignUpGuessesNoPassword(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-up")
	for range 5 {
		b.submit("", "email", a.Email, "password", another)
		b.wrong("email", "There is already an account with this address.")
	}
	b.submit("", "email", a.Email, "password", a.Password)
	b.wrong("email", "There is already an account with this address.")
	b.open("/sign-in")
	b.signIn(a)
	b.sees("/sign-in", 429)

	c := kit.User()
	kit.EnrolFactor(c)
	b = browse(t, mux)
	b.open("/sign-up")
	b.submit("", "email", c.Email, "password", c.Password)
	b.sees("/second-factor", 200)
}

// Without passwords the pages ask for an address, or for what else leads in.
func TestWithoutPasswords(t *testing.T) {
	kit, mux := serviceOf(t, ui.Options{NoPasswords: true}, authtest.WithIssuer())
	a := kit.User()
	b := browse(t, mux)
	for _, path := range []string{"/sign-in", "/sign-up"} {
		b.open(path + "?next=%2Forders")
		b.sees(path+"?next=%2Forders", 200, "Send a link", "Continue with Test")
		if strings.Contains(b.body, `type="password"`) || strings.Contains(b.body, "/forgot") {
			t.Errorf("%s asks for a password:\n%s", path, b.body)
		}
		b.submit("Send a link", "email", a.Email)
		b.sees(path+"?next=%2Forders", 200, "Check your mail")
		b.submit("Sign in", "code", "000000")
		b.sees(path+"?next=%2Forders", 401)
		b.wrong("code", "This code is wrong, or has already been used.")
		b.submit("Sign in", "code", kit.LastCode(a.Email))
		b.sees("/orders", 200, "Hello, "+a.Email)
	}
	b.open("/forgot")
	b.sees("/forgot", 404)
	b.open("/reset-password")
	b.follow("Ask for another mail")
	b.sees("/mail-link", 200)
}
