package ui_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
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

// The page to sign in takes any passkey of the service, and asks anew when that took too long.
func TestSignInByPasskey(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, phone := kit.User(), kit.Passkey()
	kit.AddPasskey(a, phone)
	b := browse(t, mux)
	answer := func(phone *authtest.Passkey) string {
		return string(phone.Respond([]byte(b.page.byID("passkey").attr("data-options"))))
	}
	b.open("/sign-in?next=%2Forders")
	if form := b.page.byID("passkey"); !form.has("hidden") || !form.has("data-fill") || b.field("login").attr("autocomplete") != "username webauthn" {
		t.Errorf("it is not offered in the field: %+v", form.Attrs)
	}
	late := answer(phone)
	kit.Advance(11 * time.Minute)
	b.submit("Sign in with a passkey", "response", late)
	b.sees("/sign-in?next=%2Forders", 401, "Sign in with a passkey")
	if got := b.alert(); got != "That took too long. Try again." {
		t.Errorf("%q", got)
	}
	b.submit("Sign in with a passkey", "response", "no answer")
	b.sees("/sign-in?next=%2Forders", 401)
	if got := b.alert(); got != "This passkey is not known here." {
		t.Errorf("%q", got)
	}
	b.submit("Sign in with a passkey", "response", answer(phone))
	b.sees("/orders", 200, "Hello, "+a.Email)
}

func TestNoPasskeysWhereTheyAreOff(t *testing.T) {
	_, mux := service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Passkeys = tollkeeper.Passkeys{} })
	b := browse(t, mux)
	b.open("/sign-in")
	if strings.Contains(b.body, "asskey") || strings.Contains(b.body, "<script") || b.field("login").attr("autocomplete") != "username" {
		t.Error(b.body)
	}
}

// writes counts what a store is asked to change.
type writes struct {
	store.Store
	n int
}

func (w *writes) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	w.n++
	return w.Store.Take(ctx, b, now)
}

// Who only looks at the page costs no write, and stands in nobody's way.
func TestLookingAtTheSignInPageCountsNothing(t *testing.T) {
	w := &writes{Store: memory.New()}
	_, mux := serviceOf(t, ui.Options{}, authtest.WithStore(w), authtest.WithIssuer())
	b := browse(t, mux)
	for range 100 {
		b.open("/sign-in")
	}
	b.sees("/sign-in", 200, "Sign in with a passkey")
	if w.n != 0 {
		t.Errorf("%d writes", w.n)
	}
}
