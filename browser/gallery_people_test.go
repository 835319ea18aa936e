package browser_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
)

// phone is what a browser on one says that it is.
const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1"

// TestAccountPagesAreAccessible looks at the pages of the own account, in every state.
func TestAccountPagesAreAccessible(t *testing.T) {
	g := newGallery(t)
	a := g.kit.AccountIn(tollkeeper.Scope{}, func(s *tollkeeper.AccountSpec) {
		s.Email, s.Name, s.Username = "ada@mail.example", "Ada Lovelace", "ada"
	})
	app := g.kit.EnrolFactor(a)
	g.kit.Advance(time.Hour)
	g.hang([]view{
		{name: "account", show: func(g *gallery) {
			g.carrySession(g.kit.SignInWithFactor(a, app))
			g.open(g.service("/account"))
		}},
		{name: "account wrong", show: func(g *gallery) { g.submit("Save", "username", "a b") }, on: true},
		{name: "account saved", show: at("/account?about=saved")},
		{name: "account security", show: at("/account/security")},
		{name: "account passkey", show: sent("/account/security", "Add a passkey", "label", "Laptop")},
		{name: "account sessions", show: func(g *gallery) {
			g.kit.SignInWithFactor(a, app, func(r *tollkeeper.SignInRequest) { r.Client.Agent = phone })
			g.open(g.service("/account/sessions"))
		}},
		{name: "account activity", show: at("/account/activity")},
		{name: "account data", show: at("/account/data")},
		{name: "account prove", show: func(g *gallery) {
			g.kit.Advance(time.Hour)
			g.open(g.service("/account/data"))
			g.submit("Delete the account", "address", a.Email)
		}},
		{name: "account prove wrong", show: func(g *gallery) {
			g.submit("Delete the account", "proof-password", "wrong", "proof-code", "000000")
		}, on: true, once: true},
	})
}

// TestUsersInConsolesAreAccessible looks at the pages on which operators look after users, and at what keeps others out.
func TestUsersInConsolesAreAccessible(t *testing.T) {
	w, p := newConsole(t)
	g := &gallery{world: w}
	w.kit.EnrolFactor(p.user)
	w.kit.SignIn(w.kit.User(), func(r *tollkeeper.SignInRequest) { r.Client.Agent = phone })
	user := "/operator/app/users/" + p.user.ID.String()
	factors, err := w.kit.Auth.Host().Factors(t.Context(), p.user.ID)
	if err != nil || len(factors) == 0 {
		t.Fatal(factors, err)
	}
	g.hang([]view{
		{name: "console users", show: at("/operator/app/users")},
		{name: "console users of none", show: at("/operator/app/users?search=nobody&q=nobody")},
		{name: "console user", show: at(user)},
		{name: "console user disabled", show: at(user + "?about=disabled")},
		{name: "console user role", show: at(user + "?confirm=role")},
		{name: "console user factor", show: at(user + "?confirm=factor&factor=" + factors[0].ID.String())},
		{name: "console user delete", show: at(user + "?confirm=delete")},
		{name: "console user delete wrong", show: sent(user+"?confirm=delete", "Delete forever", "typed", "nobody")},
		{name: "console no user", show: at(user[:len(user)-4] + "ffff")},
		{name: "console new user", show: at("/operator/app/new-user")},
		{name: "console new user wrong", show: sent("/operator/app/new-user", "Create the account", "email", "nobody@x")},
		{name: "console stranger", show: at("/stranger/app/users")},
		{name: "console of an admin", show: func(g *gallery) {
			g.signIn(p.admin)
			g.open(g.service("/admin/users"))
		}},
	})
}

// TestOperationsInConsolesAreAccessible looks at the pages of tenants, the log, mail and health.
func TestOperationsInConsolesAreAccessible(t *testing.T) {
	w, p := newConsole(t)
	g := &gallery{world: w}
	tenant := "/operator/" + p.parent.ID.String()
	poor := "/operator/" + w.spent(3).ID.String()
	low := "/operator/" + w.spent(1).ID.String()
	w.undelivered(p.user)
	g.hang([]view{
		{name: "console tenants", show: at("/operator/tenants/users")},
		{name: "console log", show: at("/operator/log")},
		{name: "console mail", show: at("/operator/mail")},
		{name: "console mail failed", show: at("/operator/mail?failed=on")},
		{name: "console health", show: at("/operator/health")},
		{name: "console health bad", show: func(g *gallery) {
			g.counts.mu.Lock()
			g.counts.sick = true
			g.counts.mu.Unlock()
			g.open(g.service("/operator/health"))
			g.says("Does not answer")
		}},
		{name: "console organization", show: at(tenant + "/organization")},
		{name: "console organization wrong", show: sent(tenant+"/organization", "Save", "url", "https://acme.example/?x=1")},
		{name: "console key", show: at(tenant + "/key")},
		{name: "console key rotate", show: at(tenant + "/key?confirm=rotate")},
		{name: "console key unsure", show: func(g *gallery) { g.submit("Make a new key") }, on: true},
		{name: "console key rotated", show: func(g *gallery) {
			g.open(g.service(tenant + "/key?confirm=rotate"))
			g.leavePage(`document.querySelector("[name=sure]").click(); document.querySelector("main form button").click()`)
		}, once: true},
		{name: "console credits", show: at(tenant + "/credits")},
		{name: "console credits low", show: at(low + "/credits")},
		{name: "console credits depleted", show: at(poor + "/credits")},
		{name: "console ledger", show: at(tenant + "/ledger")},
		{name: "console of a tenant", show: func(g *gallery) {
			g.signIn(p.parent)
			g.open(g.site(g.host) + "/admin/users")
		}},
		{name: "organization of a tenant", show: func(g *gallery) { g.open(g.site(g.host) + "/admin/organization") }},
	})
}

// spent is a tenant that has used up eight credits of ten, and then more.
func (w *world) spent(times int) authtest.Account {
	w.t.Helper()
	host, parent := w.kit.Auth.Host(), w.kit.Parent()
	if _, err := host.Grant(w.t.Context(), parent.ID, 10, "welcome"); err != nil {
		w.t.Fatal(err)
	}
	for n := range 3 + times {
		if _, err := host.Charge(w.t.Context(), parent.ID, tollkeeper.OpVerify, "verify "+string(rune('a'+n))); err != nil {
			break
		}
	}
	return parent
}

// undelivered is a mail to somebody whose mailbox is full.
func (w *world) undelivered(a authtest.Account) {
	w.t.Helper()
	ctx, now := w.t.Context(), w.kit.Now()
	m := store.QueuedMail{ID: uuid.New(), Kind: tollkeeper.MailNotice, Lookup: store.Lookup{ID: a.ID}, DueAt: now.Add(time.Hour)}
	if err := w.counts.QueueMail(ctx, []store.QueuedMail{m}); err != nil {
		w.t.Fatal(err)
	}
	taken, err := w.counts.ClaimMail(ctx, 1, time.Minute, now.Add(time.Hour))
	if err != nil || len(taken) != 1 {
		w.t.Fatal(taken, err)
	}
	again := store.Delivery{ID: m.ID, Tries: taken[0].Tries, Retry: now.Add(time.Hour), Failure: "452 4.2.2 the mailbox of the recipient is full, and has been for a while"}
	if err := w.counts.FinishMail(ctx, again); err != nil {
		w.t.Fatal(err)
	}
}

// carrySession gives the tab a session.
func (g *gallery) carrySession(s tollkeeper.SignInResult) {
	g.t.Helper()
	g.carry(httpadapter.CookieName, string(s.Token))
}
