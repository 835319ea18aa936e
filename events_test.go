package tollkeeper_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// R84: what happens is told by ids and codes. R85: nothing that a stranger typed reaches an event.
func TestEvents(t *testing.T) {
	evil := "x\r\n\x1b[31mFAKE"
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		client := tollkeeper.Client{Addr: from("192.0.2.1").Addr, Agent: evil}
		_, _ = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: evil, Password: tollkeeper.Password(evil), Scope: tollkeeper.UnderKey(p.PublicKey), Client: client})
		_, _ = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.Email, Password: password, Scope: tollkeeper.UnderKey(p.PublicKey), Client: client})
		_, _ = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.Email, Password: tollkeeper.Password(evil), Scope: tollkeeper.UnderKey(p.PublicKey), Client: client})
		for range 5 {
			_, _ = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "n@example.com", Password: tollkeeper.Password(evil), Client: client})
		}
		_, _ = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "n@example.com", Password: tollkeeper.Password(evil), Client: client})
		w.ok(w.requestReset(c))
		w.ok(w.reset(w.LastToken(c.Email, tollkeeper.MailReset), "another horse 9"))
		_, err := w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: c.Email, Role: tollkeeper.RoleGuest})
		w.ok(err)
		_, err = w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSocial, "k")
		w.ok(err)
		w.ok(w.Auth.SignOut(ctx, p.Identity))
		var names []string
		for _, e := range w.Events() {
			if e.Name != tollkeeper.EventMailSent {
				names = append(names, string(e.Name))
			}
			if e.At.IsZero() || contains(fmt.Sprintf("%+v", e), "\x1b", "\n", "FAKE", "@", p.Identity.Session.String()) {
				t.Errorf("%+v", e)
			}
		}
		got := strings.Join(names, " ")
		want := "sign_up sign_in sign_up sign_in sign_in_failed sign_in sign_in_failed" + strings.Repeat(" sign_in_failed", 5) + " sign_in_refused"
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
		for _, name := range []tollkeeper.EventName{"reset_asked", "password_changed", "role_changed", "charged", "sign_out", "mail_sent"} {
			if len(w.Events(name)) == 0 {
				t.Errorf("no %s in %s", name, got)
			}
		}
		refused := w.Events(tollkeeper.EventSignInRefused)[0]
		if refused.Code != tollkeeper.ErrLocked.Code || refused.Network != "192.0.2.1/32" {
			t.Errorf("%+v", refused)
		}
	})
	t.Run("a function that panics hurts nobody", func(t *testing.T) {
		story(t, func(w *world) { w.signIn(w.parent("p@example.com")) }, func(c *tollkeeper.Config) { c.Events = func(tollkeeper.Event) { panic("host") } })
	})
}
