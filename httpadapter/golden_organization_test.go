package httpadapter_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// TestGoldenOrganization is docs/WIRE.md 1.1 to 1.3, 1.6 (update-organization) and 1.7 (credit-analysis), row by row.
func TestGoldenOrganization(t *testing.T) {
	g := newGolden(newWorld(t), "organization")
	g.organizationSignUp()
	ada := g.parent("ada")
	cleo := g.child("cleo", ada)
	g.organizationSignIn(ada, cleo)
	g.organizationStates(ada, cleo)
	g.organizationDetails()
	g.organizationWidget()
	g.organizationMail()
	g.organizationRest()
	g.row("404", "GET /auth/signin/", "")
	g.row("404-parent", "GET /parent/nothing", "")
	g.row("405", "GET /auth/signin", "")
	g.complete()
}

// organizationRest is what needs a world of its own: docs/WIRE.md 1.6, 1.7 and what is ours.
func (g *golden) organizationRest() {
	g.in(newWorld(g.t)).profiles()
	g.in(newWorld(g.t)).children()
	var kept store.Store
	g.in(newWorld(g.t, keeping(&kept))).billing(&kept)
	g.in(newWorld(g.t, withGoogle)).googleSignIns(newWorld(g.t))
	g.in(newWorld(g.t)).ownAccount()
	g.in(newWorld(g.t)).ownSessions()
	g.in(newWorld(g.t)).factors()
	g.in(newWorld(g.t)).organizationPasskeys()
	g.in(newWorld(g.t, changesOnly)).ownEvents()
	w := newWorld(g.t, withRefresh)
	uma := w.parent("uma")
	g.in(w).refreshes("", "POST /auth/signin", object("email", uma.email, "password", password), "POST /auth/token/refresh", "data.refreshToken")
}

func (g *golden) organizationSignUp() {
	signup := func(name string, pairs ...string) answer { return g.row(name, "POST /auth/signup", object(pairs...)) }
	max := g.account(signup("signup-parent", "username", "max", "email", "Max@parent.example", "password", password).field("data.data.userID"))
	signup("signup-child", "username", "moe", "email", "moe@child.example", "password", password, "parentPublicKey", max.key)
	signup("signup-400-fields", "username", "mia")
	g.row("signup-400-body", "POST /auth/signup", "")
	g.row("signup-400-json", "POST /auth/signup", "{")
	signup("signup-400-username", "username", "m i a", "email", "mia@parent.example", "password", password)
	signup("signup-400-email", "username", "mia", "email", "mia", "password", password)
	signup("signup-400-password", "username", "mia", "email", "mia@parent.example", "password", "no-upper-1")
	signup("signup-400-path", "username", "mia", "email", "mia@parent.example", "password", password, "verifyAuthPath", "https://evil.example/x")
	signup("signup-404", "username", "mia", "email", "mia@child.example", "password", password, "parentPublicKey", "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA")
	signup("signup-409-username", "username", "MAX", "email", "mia@parent.example", "password", password)
	signup("signup-409-email", "username", "mia", "email", "max@parent.example", "password", password)
	signup("signup-409-child", "username", "mia", "email", "moe@child.example", "password", password, "parentPublicKey", max.key)
	g.status(max, tollkeeper.StatusDisabled)
	signup("signup-403-inactive", "username", "mia", "email", "mia@child.example", "password", password, "parentPublicKey", max.key)
	g.status(max, tollkeeper.StatusActive)
	g.drain(max)
	signup("signup-403-balance", "username", "mia", "email", "mia@child.example", "password", password, "parentPublicKey", max.key)
	for range 10 {
		g.do("POST /auth/signup", object("username", "mia", "email", "max@parent.example", "password", password), "Peer: 192.0.2.8:1")
	}
	g.row("signup-429", "POST /auth/signup", object("username", "mia", "email", "mia@parent.example", "password", password), "Peer: 192.0.2.8:1")
}

func (g *golden) organizationSignIn(ada, cleo person) {
	signin := func(name string, pairs ...string) answer { return g.row(name, "POST /auth/signin", object(pairs...)) }
	signin("signin-parent", "email", ada.email, "password", password)
	signin("signin-child", "email", cleo.email, "password", password, "parentPublicKey", ada.key)
	g.row("signin-403-page", "POST /auth/signin", object("email", "a@parent.example", "password", password), strangePage)
	g.row("signin-400-body", "POST /auth/signin", "")
	g.row("signin-400-json", "POST /auth/signin", `{"email":"a","email":"b"}`)
	signin("signin-400-fields", "email", ada.email)
	signin("signin-400-key-needed", "email", cleo.email, "password", password)
	signin("signin-400-key-unwanted", "email", ada.email, "password", password, "parentPublicKey", ada.key)
	signin("signin-401", "email", ada.email, "password", "wrong")
	signin("signin-401-unknown", "email", "nobody@parent.example", "password", password)
	signin("signin-401-key", "email", cleo.email, "password", password, "parentPublicKey", "nonsense")
	g.row("signin-413", "POST /auth/signin", `{"email":"`+largeText()+`"}`)
	const peer = "Peer: 192.0.2.7:1"
	for range 5 {
		g.do("POST /auth/signin", object("email", "eve@parent.example", "password", "wrong"), peer)
	}
	g.row("signin-403-locked", "POST /auth/signin", object("email", "eve@parent.example", "password", "wrong"), peer)
	for range 30 {
		g.do("POST /auth/signin", object("email", "eva@parent.example", "password", "wrong", "parentPublicKey", "x"), "Peer: 192.0.2.6:1")
	}
	for i := range 30 {
		g.do("POST /auth/signin", object("email", "e"+string(rune('a'+i%26))+"@parent.example", "password", "wrong"), "Peer: 192.0.2.5:1")
	}
	g.row("signin-429", "POST /auth/signin", object("email", "ez@parent.example", "password", "wrong"), "Peer: 192.0.2.5:1")
}

func (g *golden) organizationStates(ada, cleo person) {
	in := object("email", cleo.email, "password", password, "parentPublicKey", ada.key)
	g.verify(ada)
	g.organize(ada, `{"organizationName":"Ada's","emailVerificationRequired":true}`)
	g.row("signin-403-unverified", "POST /auth/signin", in)
	g.organize(ada, `{"emailVerificationRequired":false}`)
	g.status(cleo, tollkeeper.StatusDisabled)
	g.row("signin-403-inactive", "POST /auth/signin", in)
	g.status(cleo, tollkeeper.StatusActive)
	g.drain(ada)
	g.row("signin-403-balance", "POST /auth/signin", in)
	g.row("signin-parent-without-credits", "POST /auth/signin", object("email", ada.email, "password", password))
	g.status(ada, tollkeeper.StatusDisabled)
	g.row("signin-403-parent-inactive", "POST /auth/signin", in)
	old := g.parent("olga")
	g.Advance(91 * 24 * time.Hour)
	g.row("signin-expired", "POST /auth/signin", object("email", old.email, "password", password))
}

func (g *golden) organizationDetails() {
	bea, dan := g.parent("bea"), person{}
	dan = g.child("dan", bea)
	g.row("details-parent", "GET /auth/organization-details", "", bearerOf(bea.token))
	g.row("details-child", "GET /auth/organization-details", "", bearerOf(dan.token))
	g.row("details-key", "GET /auth/organization-details", "", "X-Public-Key: "+bea.key)
	g.row("details-fallback", "GET /auth/organization-details", "", bearerOf("forged"), "X-Public-Key: "+bea.key)
	g.row("details-400", "GET /auth/organization-details", "")
	g.row("details-400-child", "GET /auth/organization-details", "", "X-Public-Key: "+dan.key)
	g.row("details-401", "GET /auth/organization-details", "", bearerOf("forged"))
	g.row("details-404", "GET /auth/organization-details", "", "X-Public-Key: APK_nonsense")
	g.row("details-404-two-keys", "GET /auth/organization-details", "", "X-Public-Key: "+bea.key, "X-Public-Key: "+bea.key)
	settings := `{"organizationName":"<b>Bea</b>","organizationUrl":"https://bea.example","authUrls":{"signin":"https://login.bea.example/in"},` +
		`"domainRestrictionEnabled":true,"googleSsoConfig":{"enabled":true,"clientId":"web"},"authorizedOrganizations":["` + bea.id.String() + `"]}`
	g.row("update-organization", "POST /auth/update-organization", settings, bearerOf(bea.token))
	g.row("update-organization-merge", "POST /auth/update-organization", `{"authUrls":{"reset":"https://bea.example/reset"}}`, bearerOf(bea.token))
	g.row("update-organization-400", "POST /auth/update-organization", `{"organizationUrl":"http://bea.example"}`, bearerOf(bea.token))
	g.row("update-organization-400-ids", "POST /auth/update-organization", `{"authorizedOrganizations":["me"]}`, bearerOf(bea.token))
	g.row("update-organization-401", "POST /auth/update-organization", settings, "X-Public-Key: "+bea.key)
	g.row("update-organization-401-child", "POST /auth/update-organization", settings, bearerOf(dan.token))
	g.row("details-403-origin", "GET /auth/organization-details", "", "X-Public-Key: "+bea.key, "Origin: https://evil.example")
	g.row("details-origin", "GET /auth/organization-details", "", "X-Public-Key: "+bea.key, "Origin: https://app.bea.example")
	g.row("preflight", "OPTIONS /auth/signin", "", "Origin: https://app.bea.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type")
	if _, err := g.Auth.Host().GrantPackage(g.t.Context(), bea.id, tollkeeper.Purchase{Package: "GROWTH", TransactionID: "pay-1"}); err != nil {
		g.t.Fatal(err)
	}
	g.row("credit-analysis", "GET /parent/credit-analysis", "", bearerOf(bea.token))
	g.row("credit-analysis-401", "GET /parent/credit-analysis", "")
	g.row("credit-analysis-401-child", "GET /parent/credit-analysis", "", bearerOf(dan.token))
}

// organizationWidget is docs/WIRE.md 1.1 rule 5: a parent signs in with the key of an organization.
func (g *golden) organizationWidget() {
	owner, member, other := g.parent("owen"), g.parent("mary"), g.parent("otto")
	in := func(p, of person) string {
		return object("email", p.email, "password", password, "parentPublicKey", of.key)
	}
	g.organize(owner, `{"organizationName":"Owen's"}`)
	if err := g.Auth.Host().AddMember(g.t.Context(), tollkeeper.Membership{Owner: owner.id, Member: member.id}); err != nil {
		g.t.Fatal(err)
	}
	g.row("widget-403-not-authorized", "POST /auth/signin", in(member, owner))
	g.organize(owner, `{"authorizedOrganizations":["`+owner.id.String()+`"]}`)
	g.row("widget", "POST /auth/signin", in(member, owner))
	g.row("widget-400-no-organization", "POST /auth/signin", in(member, other))
	g.organize(other, `{"organizationName":"Otto's"}`)
	g.row("widget-401-mismatch", "POST /auth/signin", in(member, other))
}
