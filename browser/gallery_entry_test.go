package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/ui"
)

// TestEntryPagesAreAccessible looks at the pages of signing in, in every state.
func TestEntryPagesAreAccessible(t *testing.T) {
	g := newGallery(t)
	const long = "somebody-with-a-very-long-name-that-does-not-end@a-domain-that-is-quite-as-long-as-the-name.example"
	g.hang([]view{
		{name: "sign-in", show: at("/sign-in")},
		{name: "sign-in wrong", show: sent("/sign-in", "Sign in", "login", long, "password", "wrong")},
		{name: "sign-in not completed", show: at("/sign-in?error=invalid_challenge")},
		{name: "provider", show: sent("/sign-in", "Continue with Test")},
		{name: "sign-up", show: at("/sign-up")},
		{name: "sign-up weak", show: sent("/sign-up", "Create the account", "email", long, "password", "password")},
		{name: "forgot", show: at("/forgot")},
		{name: "forgot wrong", show: sent("/forgot", "Send a link", "email", "nobody@x")},
		{name: "check-mail reset", show: at("/check-mail?about=reset")},
		{name: "check-mail sign-up", show: at("/check-mail?about=sign-up")},
		{name: "mail-link", show: at("/mail-link")},
		{name: "mail-link sent", show: sent("/mail-link", "Send a link", "email", long), once: true},
		{name: "mail-link too often", show: sent("/mail-link", "Send a link", "email", long)},
		{name: "link dead", show: at("/sign-in-link?token=nonsense")},
		{name: "signed out", show: at("/sign-out")},
		{name: "second factor", show: func(g *gallery) {
			a := g.kit.User()
			g.kit.EnrolFactor(a)
			g.kit.Advance(2 * time.Minute)
			g.open(g.service("/sign-in"))
			g.submit("Sign in", "login", a.Email, "password", a.Password)
		}},
		{name: "second factor wrong", show: func(g *gallery) { g.submit("Sign in", "code", "000000") }, on: true},
		{name: "recovery code", show: at("/second-factor?by=recovery")},
		{name: "sign-out", show: func(g *gallery) {
			g.signIn(g.kit.User())
			g.open(g.service("/sign-out"))
		}},
		{name: "factor", show: at("/set-up-factor")},
		{name: "factor key", show: func(g *gallery) { g.submit("Start") }, on: true},
		{name: "factor wrong", show: func(g *gallery) { g.submit("Turn it on", "code", "000000") }, on: true},
		{name: "factor codes", show: func(g *gallery) {
			g.open(g.service("/set-up-factor"))
			g.submit("Start")
			g.submit("Turn it on", "code", g.kit.TOTP(g.code()))
		}, once: true},
		{name: "console forbidden", show: at("/admin/users")},
	})
}

// TestMailedPagesAreAccessible looks at the pages that mails lead to.
func TestMailedPagesAreAccessible(t *testing.T) {
	g := newGallery(t)
	g.hang([]view{
		{name: "link", show: func(g *gallery) {
			ask := tollkeeper.MailRequest{Email: g.user.Email, WithCode: true}
			if err := g.kit.Auth.RequestLink(t.Context(), ask); err != nil {
				t.Fatal(err)
			}
			g.open(g.kit.LastLink(g.user.Email, tollkeeper.MailSignInLink))
		}},
		{name: "reset", show: func(g *gallery) {
			if err := g.kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: g.user.Email}); err != nil {
				t.Fatal(err)
			}
			g.open(g.kit.LastLink(g.user.Email, tollkeeper.MailReset))
		}},
		{name: "reset weak", show: func(g *gallery) { g.submit("Save", "password", "password") }, on: true},
		{name: "reset done", show: func(g *gallery) { g.submit("Save", "password", another) }, on: true},
		{name: "confirm", show: func(g *gallery) {
			g.open(g.verification(g.kit.SignUpIn(tollkeeper.Scope{}, "ann@mail.example", password)))
		}},
		{name: "confirm wrong", show: func(g *gallery) { g.submit("Confirm", "password", "wrong") }, on: true},
		{name: "confirm done", show: func(g *gallery) { g.submit("Confirm") }, on: true},
		{name: "not me", show: func(g *gallery) {
			g.open(g.verification(g.kit.SignUpIn(tollkeeper.Scope{}, "bo@mail.example", password)))
			g.submit("This was not me")
		}},
		{name: "change", show: func(g *gallery) {
			a := g.kit.User()
			if err := g.kit.Auth.RequestEmailChange(t.Context(), g.kit.SignedIn(a), tollkeeper.EmailChange{Email: "ada@mail.example"}); err != nil {
				t.Fatal(err)
			}
			g.open(g.kit.LastLink("ada@mail.example", tollkeeper.MailChangeEmail))
		}},
		{name: "change wrong", show: func(g *gallery) { g.submit("Use the new address", "password", "wrong") }, on: true},
		{name: "deleted", show: at("/done?about=deleted")},
	})
}

// TestLimitedPagesAreAccessible looks at the pages of sessions that wait for something, and at those of an organization
// that has a look of its own and no passwords.
func TestLimitedPagesAreAccessible(t *testing.T) {
	g, mux := unmounted(t, func(c *tollkeeper.Config) {
		c.Accounts.RequireVerified, c.Factors.Required = true, true
	})
	const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32"><rect width="120" height="32" rx="16" fill="#8a1c4a"/></svg>`
	look := ui.Look{Name: "Acme <Ltd>", Logo: []byte(logo), Accent: "#8a1c4a", AccentDark: "#ff9fc4"}
	if err := ui.Mount(mux, g.kit.Auth, ui.Options{Look: look, NoPasswords: true}); err != nil {
		t.Fatal(err)
	}
	g.hang([]view{
		{name: "passwordless sign-in", show: at("/sign-in")},
		{name: "passwordless sign-up", show: at("/sign-up")},
		{name: "limited unverified", show: func(g *gallery) {
			a := g.kit.SignUp("ada@mail.example", password, func(r *tollkeeper.SignUpRequest) {
				r.Scope, r.Audience = tollkeeper.Scope{}, tollkeeper.AudienceApp
			})
			g.carry(httpadapter.CookieName, a.Token)
			g.open(g.service("/limited"))
		}},
		{name: "limited too often", show: func(g *gallery) { g.submit("Send the link again") }, on: true},
		{name: "limited password", show: func(g *gallery) {
			a := g.kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) { s.Temporary = true })
			g.signIn(a)
			g.open(g.service("/limited"))
		}},
		{name: "limited password wrong", show: func(g *gallery) { g.submit("Save", "current", "wrong", "password", another) }, on: true},
		{name: "limited factor", show: func(g *gallery) {
			g.signIn(g.kit.User())
			g.open(g.service("/limited"))
		}},
	})
}
