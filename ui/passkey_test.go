package ui_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// Who has a passkey shows it at the second step; who cannot, shows a recovery code on the same page.
func TestSecondFactorByPasskey(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, phone := kit.User(), kit.Passkey()
	added := kit.AddPasskey(a, phone)
	kit.Advance(time.Minute)
	b := browse(t, mux)
	answer := func(phone *authtest.Passkey) string {
		return string(phone.Respond([]byte(b.page.byID("passkey").attr("data-options"))))
	}
	b.open("/sign-in?next=%2Forders")
	b.signIn(a)
	b.sees("/second-factor?next=%2Forders", 200, "Use a passkey")
	if form := b.page.byID("passkey"); !form.has("hidden") {
		t.Error("without a script there is a button that does nothing")
	}
	evil := *phone
	evil.Origin = "https://evil.example"
	b.submit("Use a passkey", "response", answer(&evil))
	b.sees("/second-factor?next=%2Forders", 401, "Use a passkey")
	b.submit("Use a passkey", "response", answer(phone))
	b.sees("/orders", 200, "Hello, "+a.Email)

	b = browse(t, mux)
	b.open("/sign-in?next=%2Forders")
	b.signIn(a)
	b.follow("Use a recovery code")
	b.submit("Sign in", "code", string(added.Recovery[0]))
	b.sees("/orders", 200, "Hello, "+a.Email)
}
