package httpadapter_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// in continues the rows of a family in another world.
func (g *golden) in(w *world) *golden { return &golden{world: w, family: g.family, seen: g.seen} }

// keeping lets a test close months, which the worker does once an hour.
func keeping(kept *store.Store) set {
	return func(_ *tollkeeper.Config, _ *options, s *store.Store) { *kept = *s }
}

// profiles is docs/WIRE.md 1.6: user-profile.
func (g *golden) profiles() {
	hal := g.parent("hal")
	ida := g.child("ida", hal)
	g.row("profile-new-parent", "GET /auth/user-profile", "", bearerOf(hal.token))
	g.organize(hal, `{"organizationName":"Hal's","organizationUrl":"https://hal.example","googleSsoConfig":{"enabled":true,"clientId":"web"}}`)
	if _, err := g.Auth.Host().GrantPackage(g.t.Context(), hal.id, tollkeeper.Purchase{Package: "STARTER", TransactionID: "pay-1"}); err != nil {
		g.t.Fatal(err)
	}
	g.row("profile-parent", "GET /auth/user-profile", "", bearerOf(hal.token))
	g.row("profile-child", "GET /auth/user-profile", "", bearerOf(ida.token))
	g.row("profile-401", "GET /auth/user-profile", "")
	g.row("profile-401-token", "GET /auth/user-profile", "", bearerOf("forged"))
}

// children is docs/WIRE.md 1.6: child-accounts.
func (g *golden) children() {
	const route = "GET /auth/child-accounts"
	joe := g.parent("joe")
	g.row("children-none", route, "", bearerOf(joe.token))
	kay := g.child("kay", joe)
	g.Advance(48 * time.Hour)
	g.child("ken", joe)
	if _, err := g.Auth.Host().CreateAccount(g.t.Context(), tollkeeper.AccountSpec{Email: "never@child.example", Scope: tollkeeper.Under(joe.id)}); err != nil {
		g.t.Fatal(err)
	}
	joe.token = g.must("POST /auth/signin", object("email", joe.email, "password", password)).field("data.token")
	g.row("children", route, "", bearerOf(joe.token))
	g.row("children-search", route+"?search=ka", "", bearerOf(joe.token))
	g.row("children-dates", route+"?startDate=2026-11-01&endDate=2026-11-02T23:59:59Z", "", bearerOf(joe.token))
	more := g.row("children-more", route+"?limit=2", "", bearerOf(joe.token))
	g.row("children-rest", route+"?limit=2&lastKey="+more.field("data.data.pagination.nextPageToken"), "", bearerOf(joe.token))
	g.row("children-400-token", route+"?limit=1&lastKey="+more.field("data.data.pagination.nextPageToken"), "", bearerOf(joe.token))
	g.row("children-400-start", route+"?startDate=yesterday", "", bearerOf(joe.token))
	g.row("children-400-end", route+"?endDate=2026-02-30", "", bearerOf(joe.token))
	g.row("children-400-limit", route+"?limit=101", "", bearerOf(joe.token))
	g.row("children-400-twice", route+"?limit=1&limit=1", "", bearerOf(joe.token))
	g.row("children-401", route, "")
	kay.token = g.must("POST /auth/signin", object("email", kay.email, "password", password, "parentPublicKey", joe.key)).field("data.token")
	g.row("children-401-child", route, "", bearerOf(kay.token))
}

// billing is docs/WIRE.md 1.7: billing-history.
func (g *golden) billing(kept *store.Store) {
	const route = "GET /parent/billing-history"
	lou := g.parent("lou")
	mel := g.child("mel", lou)
	g.row("billing-none", route, "", bearerOf(lou.token))
	for _, days := range []int{30, 31} {
		g.Advance(time.Duration(days) * 24 * time.Hour)
		now := g.Now()
		g.parent(fmt.Sprint("new", days)) // months close up to the newest entry
		if _, _, err := (*kept).CloseMonths(g.t.Context(), store.Closing{Month: tollkeeper.MonthOf(now) - 1, Price: 1, Limit: 10}, now); err != nil {
			g.t.Fatal(err)
		}
		lou.token = g.must("POST /auth/signin", object("email", lou.email, "password", password)).field("data.token")
	}
	g.row("billing", route, "", bearerOf(lou.token))
	g.row("billing-range", route+"?startDate=2026-12&endDate=2026-12&limit=1", "", bearerOf(lou.token))
	g.row("billing-400-start", route+"?startDate=2026-11-01", "", bearerOf(lou.token))
	g.row("billing-400-end", route+"?endDate=2026-13", "", bearerOf(lou.token))
	g.row("billing-400-range", route+"?startDate=2026-12&endDate=2026-11", "", bearerOf(lou.token))
	g.row("billing-400-limit", route+"?limit=0", "", bearerOf(lou.token))
	g.row("billing-401", route, "")
	mel.token = g.must("POST /auth/signin", object("email", mel.email, "password", password, "parentPublicKey", lou.key)).field("data.token")
	g.row("billing-401-child", route, "", bearerOf(mel.token))
}

// googleSignIns is docs/WIRE.md 1.6: google. This world has Google on.
func (g *golden) googleSignIns(off *world) {
	const route = "POST /auth/google"
	nan := g.parent("nan")
	in := func(token, key string) string { return object("idToken", token, "parentPublicKey", key) }
	g.row("google-403-organization", route, in("sub gus@child.example", nan.key))
	g.organize(nan, `{"googleSsoConfig":{"enabled":true,"clientId":"web"}}`)
	first := g.row("google", route, in("sub gus@child.example", nan.key))
	g.row("google-profile", "GET /auth/user-profile", "", bearerOf(first.field("token")))
	g.row("google-400-body", route, "")
	g.row("google-400-token", route, object("parentPublicKey", nan.key))
	g.row("google-400-key", route, object("idToken", "sub gus@child.example"))
	g.row("google-401", route, in("forged", nan.key))
	g.row("google-401-key", route, in("sub gus@child.example", "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"))
	g.row("google-503", route, in("down", nan.key))
	gus := g.account(first.field("user.userID"))
	g.status(gus, tollkeeper.StatusDisabled)
	g.row("google-403-inactive", route, in("sub gus@child.example", nan.key))
	g.status(gus, tollkeeper.StatusActive)
	gus.token = g.must(route, in("sub gus@child.example", nan.key)).field("token")
	g.enrol(gus)
	g.row("google-challenge", route, in("sub gus@child.example", nan.key))
	g.ownIdentities(gus)
	g.child("gwen", nan)
	g.row("google-dropped", route, in("sub3 gwen@child.example", nan.key))
	g.drain(nan)
	g.row("google-403-balance", route, in("sub2 guy@child.example", nan.key))
	g.status(nan, tollkeeper.StatusDisabled)
	g.row("google-403-parent-inactive", route, in("sub gus@child.example", nan.key))
	g.in(off).row("google-403-off", route, in("sub gus@child.example", off.parent("nan").key))
}

// ownIdentities is what the caller sees of linked sign-ins.
func (g *golden) ownIdentities(gus person) {
	const remove = "POST /auth/identities/remove"
	me := bearerOf(gus.token)
	key := object("issuer", tollkeeper.IssuerGoogle, "subject", "sub")
	g.row("identities", "GET /auth/identities", "", me)
	g.row("identities-401", "GET /auth/identities", "")
	g.row("export-credentials", "GET /auth/account/export", "", me)
	g.row("identities-remove-400", remove, object("issuer", tollkeeper.IssuerGoogle), me)
	g.row("identities-remove-401-password", remove, strings.TrimSuffix(key, "}")+`,"password":"wrong"}`, me)
	g.row("identities-remove-404", remove, object("issuer", tollkeeper.IssuerGoogle, "subject", "another"), me)
	g.row("identities-remove", remove, key, me)
	g.row("identities-none", "GET /auth/identities", "", me)
	g.must("POST /auth/google", object("idToken", "sub gus@child.example", "parentPublicKey", g.parentKey(gus)))
}

func (g *golden) parentKey(p person) string {
	g.t.Helper()
	s, err := g.Auth.Host().Account(g.t.Context(), p.id)
	if err != nil {
		g.t.Fatal(err)
	}
	return s.Parent.PublicKey
}

// ownEvents is what the caller sees of the log, in a world that keeps changes only: failures and mail have their own
// time.
func (g *golden) ownEvents() {
	eve := g.parent("eve")
	me := bearerOf(eve.token)
	for _, name := range []string{"eva", "evi"} {
		g.Advance(time.Minute)
		g.must("POST /auth/account/username", object("username", name), me)
	}
	g.Advance(time.Minute)
	g.must("DELETE /auth/sessions/others", "", me)
	const route = "GET /auth/events"
	first := g.row("events", route+"?limit=2", "", me)
	g.row("events-rest", route+"?limit=2&lastKey="+first.field("data.pagination.nextPageToken"), "", me)
	g.row("events-400-token", route+"?limit=3&lastKey="+first.field("data.pagination.nextPageToken"), "", me)
	g.row("events-dates", route+"?endDate=2026-11-01", "", me)
	g.row("events-400-start", route+"?startDate=yesterday", "", me)
	g.row("events-400-end", route+"?endDate=tomorrow", "", me)
	g.row("events-401", route, "")
}

func changesOnly(c *tollkeeper.Config, _ *options, _ *store.Store) {
	c.Log = tollkeeper.LogChanges
}
