package browser_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
)

// TestAccountPagesAreAccessible looks at the pages of the own account, in every state.
func TestAccountPagesAreAccessible(t *testing.T) {
	g := newGallery(t)
	a := g.kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) {
		s.Email, s.Name, s.Username = "ada@mail.example", "Ada Lovelace", "ada"
	})
	app := g.kit.EnrolFactor(a)
	g.kit.Advance(time.Hour)
	g.hang([]view{
		{"account", func(g *gallery) {
			g.carrySession(g.kit.SignInWithFactor(a, app))
			g.open(g.service("/account"))
		}},
		{"account wrong", func(g *gallery) { g.submit("Save", "username", "a b") }},
		{"account in Arabic", at("/account?lang=ar")},
		{"account security", at("/account/security?lang=en")},
		{"account sessions", func(g *gallery) {
			g.kit.SignInWithFactor(a, app, func(r *tollkeeper.SignInRequest) {
				r.Client.Agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"
			})
			g.open(g.service("/account/sessions"))
		}},
		{"account activity", at("/account/activity")},
		{"account data", at("/account/data")},
		{"account prove", func(g *gallery) {
			g.kit.Advance(time.Hour)
			g.open(g.service("/account/data"))
			g.submit("Delete the account", "address", a.Email)
		}},
	})
}

// TestConsolesAreAccessible looks at the pages of admins, tenants and operators.
func TestConsolesAreAccessible(t *testing.T) {
	w, p := newConsole(t)
	g := &gallery{world: w}
	tenant, user := "/operator/"+p.parent.ID.String(), "/operator/app/users/"+p.user.ID.String()
	g.hang([]view{
		{"console users", at("/operator/app/users")},
		{"console users of none", at("/operator/app/users?search=nobody")},
		{"console users in Arabic", at("/operator/app/users?lang=ar")},
		{"console user", at(user + "?lang=en")},
		{"console user delete", at(user + "?confirm=delete")},
		{"console new user", at("/operator/app/new-user")},
		{"console new user wrong", sent("/operator/app/new-user", "Create the account", "email", "nobody@x")},
		{"console tenants", at("/operator/tenants/users")},
		{"console log", at("/operator/log")},
		{"console mail", at("/operator/mail")},
		{"console health", at("/operator/health")},
		{"console organization", at(tenant + "/organization")},
		{"console organization wrong", sent(tenant+"/organization", "Save", "url", "https://acme.example/?x=1")},
		{"console key", at(tenant + "/key")},
		{"console credits", at(tenant + "/credits")},
		{"console ledger", at(tenant + "/ledger")},
	})
}

// carrySession gives the tab a session.
func (g *gallery) carrySession(s tollkeeper.SignInResult) {
	g.t.Helper()
	g.carry(httpadapter.CookieName, string(s.Token))
}
