package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestEntryPagesAreAccessible looks at the pages of signing in, in every state.
func TestEntryPagesAreAccessible(t *testing.T) {
	g := newGallery(t)
	long := "somebody-with-a-very-long-name-that-does-not-end@a-domain-that-is-quite-as-long-as-the-name.example"
	g.hang([]view{
		{"sign-in", at("/sign-in")},
		{"sign-in wrong", sent("/sign-in", "Sign in", "login", long, "password", "wrong")},
		{"sign-up", at("/sign-up")},
		{"sign-up weak", sent("/sign-up", "Create the account", "email", long, "password", "password")},
		{"forgot", at("/forgot")},
		{"forgot wrong", sent("/forgot", "Send a link", "email", "nobody@x")},
		{"check-mail reset", at("/check-mail?about=reset")},
		{"check-mail sign-up", at("/check-mail?about=sign-up")},
		{"mail-link", at("/mail-link")},
		{"mail-link sent", sent("/mail-link", "Send a link", "email", long)},
		{"link", func(g *gallery) {
			g.kit.Advance(2 * time.Minute)
			ask := tollkeeper.MailRequest{Email: g.user.Email, WithCode: true}
			if err := g.kit.Auth.RequestLink(t.Context(), ask); err != nil {
				t.Fatal(err)
			}
			g.open(g.kit.LastLink(g.user.Email, tollkeeper.MailSignInLink))
		}},
		{"link dead", at("/sign-in-link?token=nonsense")},
		{"reset", func(g *gallery) {
			g.kit.Advance(2 * time.Minute)
			if err := g.kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: g.user.Email}); err != nil {
				t.Fatal(err)
			}
			g.open(g.kit.LastLink(g.user.Email, tollkeeper.MailReset))
		}},
		{"reset weak", func(g *gallery) { g.submit("Save", "password", "password") }},
		{"reset done", func(g *gallery) { g.submit("Save", "password", another) }},
		{"confirm", func(g *gallery) {
			g.open(g.verification(g.kit.SignUpIn(tollkeeper.Scope{}, "ann@mail.example", password)))
		}},
		{"confirm done", func(g *gallery) { g.submit("Confirm") }},
		{"signed out", at("/sign-out")},
		{"second factor", func(g *gallery) {
			a := g.kit.User()
			g.kit.EnrolFactor(a)
			g.kit.Advance(2 * time.Minute)
			g.open(g.service("/sign-in"))
			g.submit("Sign in", "login", a.Email, "password", a.Password)
		}},
		{"second factor wrong", func(g *gallery) { g.submit("Sign in", "code", "000000") }},
		{"recovery code", at("/second-factor?by=recovery")},
		{"sign-out", func(g *gallery) {
			g.signIn(g.kit.User())
			g.open(g.service("/sign-out"))
		}},
		{"factor", at("/set-up-factor")},
		{"factor key", func(g *gallery) { g.submit("Start") }},
		{"factor wrong", func(g *gallery) { g.submit("Turn it on", "code", "000000") }},
	})
}
