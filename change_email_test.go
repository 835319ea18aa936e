package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// changing asks for a new address of the account, and returns what confirms it.
func (w *world) changing(p tollkeeper.SecretText, by *tollkeeper.Identity, to string) tollkeeper.EmailConfirmation {
	w.Helper()
	w.ok(w.Auth.RequestEmailChange(ctx, by, tollkeeper.EmailChange{Password: tollkeeper.Password(p), Email: to, Client: home}))
	return tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(w.LastToken(to, tollkeeper.MailChangeEmail)), Password: tollkeeper.Password(p), Client: home}
}

func TestWhatConfirmsNoNewAddress(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		r := w.changing(password, p.Identity, "new@example.com")
		for _, token := range []tollkeeper.SecretText{"", "x", r.Token + "A", r.Token[1:], r.Token + "\n"} {
			w.store.watch()
			bad := r
			bad.Token = token
			w.want(w.Auth.ConfirmEmailChange(ctx, bad), tollkeeper.ErrInvalidLink)
			if verbs := w.store.verbs(); len(verbs) != 1 {
				t.Errorf("%q: the store was asked for %v", token, verbs)
			}
		}
		w.store.faults(failing("Take"), nil)
		w.want(w.Auth.ConfirmEmailChange(ctx, r), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		c := w.child(p, "c@example.com")
		below := w.changing(password, c.Identity, "newer@example.com")
		w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
		if err := w.Auth.ConfirmEmailChange(ctx, r); err == nil {
			t.Error("an account that is shut out has a new address")
		}
		w.want(w.Auth.ConfirmEmailChange(ctx, below), tollkeeper.ErrParentInactive)
	}, unlimited)
}

// A new address is proven by its link: it opens what failures closed at it, and at the account's other names. One that
// does not come through opens nothing.
func TestANewAddressOpensWhatFailuresClosed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		old, next := p, p
		next.Email = "new@example.com"
		for range 5 {
			w.want(w.guess(old, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
			w.want(w.guess(next, "wrong", "192.0.2.2"), tollkeeper.ErrInvalidCredentials)
		}
		r := w.changing(password, p.Identity, next.Email)
		w.store.faults(failing("UpdateAccount"), nil)
		w.want(w.Auth.ConfirmEmailChange(ctx, r), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.want(w.guess(old, password, "192.0.2.1"), tollkeeper.ErrLocked)
		w.Advance(time.Second)
		w.ok(w.Auth.ConfirmEmailChange(ctx, r))
		if list := w.Events(tollkeeper.EventEmailChanged); len(list) != 1 || list[0].Account != p.ID || list[0].Network == "" {
			t.Errorf("%+v", list)
		}
		w.Advance(time.Second)
		w.ok(w.guess(next, password, "192.0.2.2"))
	})
}
