package ui_test

import (
	"context"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/ui"
)

// What the host refuses by a hook stands on the page in the host's words, beside the field that it names.
func TestAHooksRefusalIsShownInTheHostsWords(t *testing.T) {
	const words = "Only addresses of <our> shop."
	for name, refusal := range map[string]*tollkeeper.Error{
		"email": tollkeeper.ErrRefused.WithField("email").WithMessage(words), "": tollkeeper.ErrRefused.WithField("captcha").WithMessage(words),
	} {
		_, mux := service(t, ui.Options{}, func(c *tollkeeper.Config) {
			c.Hooks.BeforeSignUp = func(context.Context, *tollkeeper.SignUpAttempt) error { return refusal }
		})
		b := browse(t, mux)
		b.open("/sign-up")
		b.submit("", "email", "new@mail.example", "password", "Plum4Kettle!Orbit")
		b.sees("/sign-up", 403)
		if name != "" {
			b.wrong(name, words)
		} else if b.alert() != words {
			t.Errorf("it says %q", b.alert())
		}
	}
}

// Where nobody has to confirm an address, no page speaks of it; where somebody may have to, it is one answer for all.
func TestAWrongPasswordNamesConfirmationWhereThereIsOne(t *testing.T) {
	for says, edit := range map[string]func(*tollkeeper.Config){
		"Wrong email, username or password.":                                      func(*tollkeeper.Config) {},
		"Wrong email, username or password, or the address is not confirmed yet.": func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true },
	} {
		_, mux := service(t, ui.Options{}, edit)
		b := browse(t, mux)
		b.open("/sign-in")
		b.submit("", "login", "nobody@mail.example", "password", "wrong")
		b.sees("/sign-in", 401)
		b.wrong("password", says)
	}
}
