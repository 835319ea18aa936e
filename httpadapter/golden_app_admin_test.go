package httpadapter_test

import (
	"encoding/json"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// appAdmin is everything below /admin.
func (g *golden) appAdmin() {
	chief, users := bearerOf(g.chief()), api+"/admin/users"
	ida := g.appUser("ida")
	g.row("users", "GET "+users+"?search=ida", "", chief)
	next := g.row("users-first", "GET "+users+"?limit=1", "", chief).field("next")
	g.row("users-next", "GET "+users+"?limit=1&cursor="+next, "", chief)
	g.row("users-400", "GET "+users+"?limit=0", "", chief)
	g.row("users-401", "GET "+users, "")
	g.row("users-403", "GET "+users, "", bearerOf(ida.token))
	made := g.row("user-new", "POST "+users, `{"email":"jon@house.example","password":"`+password+`","temporary":true,"role":"guest","emailVerified":true}`, chief)
	g.row("user-new-400", "POST "+users, `{}`, chief)
	g.row("user-new-400-role", "POST "+users, object("email", "kim@house.example", "role", "king"), chief)
	g.row("user-new-409", "POST "+users, object("email", "jon@house.example"), chief)
	g.row("sign-in-temporary", "POST "+api+"/sign-in", object("email", "jon@house.example", "password", password))
	one := users + "/" + made.field("id")
	g.row("user", "GET "+one, "", chief)
	g.row("user-404", "GET "+users+"/018f4e1c-a000-7000-8000-00000000abcd", "", chief)
	g.row("user-patch-role", "PATCH "+one, object("role", "user"), chief)
	g.row("user-patch-status", "PATCH "+one, object("status", "disabled"), chief)
	g.row("user-patch-400", "PATCH "+one, object("status", "disabled", "role", "user"), chief)
	g.row("user-patch-400-status", "PATCH "+one, object("status", "deleted"), chief)
	g.row("user-patch-403-last-admin", "PATCH "+users+"/"+g.admin().id.String(), object("role", "user"), chief)
	g.row("user-sign-out", "POST "+one+"/sign-out", "", chief)
	g.row("user-sign-out-403", "POST "+one+"/sign-out", "", bearerOf(ida.token))
	g.row("user-unlock", "POST "+one+"/unlock", "", chief)
	g.row("user-unlock-404", "POST "+users+"/018f4e1c-a000-7000-8000-00000000abcd/unlock", "", chief)
	g.row("user-reset-factors-409", "POST "+one+"/reset-factors", "", chief)
	g.prove(ida)
	secret := g.must("POST "+api+"/factors/totp", "", bearerOf(ida.token)).field("secret")
	g.must("POST "+api+"/factors/totp/confirm", object("code", g.code(secret)), bearerOf(ida.token))
	g.row("user-reset-factors", "POST "+users+"/"+ida.id.String()+"/reset-factors", "", chief)
	g.row("user-delete", "DELETE "+one, "", chief)
	g.row("user-delete-404", "DELETE "+one, "", chief)
	g.row("admin-events", "GET "+api+"/admin/events?limit=2&name=sign_up,second_factor_changed&user="+ida.id.String(), "", chief)
	g.row("admin-events-400", "GET "+api+"/admin/events?user=x", "", chief)
	g.row("admin-events-403", "GET "+api+"/admin/events", "", bearerOf(g.appUser("liv").token))
}

func (g *golden) appRefresh() {
	ann := g.must("POST "+api+"/sign-up", object("email", "ann@house.example", "password", password))
	first := g.row("sign-in-refresh", "POST "+api+"/sign-in", object("email", "ann@house.example", "password", password)).field("refreshToken")
	g.row("refresh", "POST "+api+"/session/refresh", object("refreshToken", first))
	g.row("refresh-400", "POST "+api+"/session/refresh", `{}`)
	g.row("refresh-401", "POST "+api+"/session/refresh", object("refreshToken", ann.field("token")))
}

// appVerification is a service that wants confirmed addresses: it tells nobody which ones are taken.
func (g *golden) appVerification() {
	up := "POST " + api + "/sign-up"
	g.row("sign-up-202", up, object("email", "ann@house.example", "password", password))
	g.row("sign-up-202-taken", up, object("email", "ann@house.example", "password", another))
	if mails := g.Mails("ann@house.example", tollkeeper.MailSignUpTried); len(mails) != 1 {
		g.t.Errorf("%d mails about the second try", len(mails))
	}
	g.row("sign-in-401-unconfirmed", "POST "+api+"/sign-in", object("email", "ann@house.example", "password", password))
	token := g.mailed("ann@house.example", tollkeeper.MailVerify, 1, linkToken)
	g.row("verify-400", "POST "+api+"/email/verify", object("token", "x"))
	g.row("verify-401", "POST "+api+"/email/verify", object("token", token, "password", "wrong"))
	g.row("verify", "POST "+api+"/email/verify", object("token", token))
	g.row("resend", "POST "+api+"/email/resend", object("email", "ann@house.example"))
	g.row("resend-400", "POST "+api+"/email/resend", "")
	g.row("not-me-400", "POST "+api+"/email/not-me", object("token", "x"))
	g.row("not-me", "POST "+api+"/email/not-me", object("token", g.mailed("ann@house.example", tollkeeper.MailVerify, 2, linkToken)))
}

// first returns the first text of that name anywhere in the body.
func (a answer) first(name string) string {
	var v any
	if json.Unmarshal([]byte(a.body), &v) != nil {
		return ""
	}
	var find func(any) string
	find = func(v any) string {
		switch v := v.(type) {
		case map[string]any:
			if s, ok := v[name].(string); ok {
				return s
			}
			for _, inner := range v {
				if s := find(inner); s != "" {
					return s
				}
			}
		case []any:
			for _, inner := range v {
				if s := find(inner); s != "" {
					return s
				}
			}
		}
		return ""
	}
	return find(v)
}

// link gives an account of the app's own users a linked sign-in, as an import would.
func (g *golden) link(email, subject string) {
	g.t.Helper()
	s, err := g.Auth.Host().FindByEmail(g.t.Context(), tollkeeper.Scope{}, email)
	if err != nil {
		g.t.Fatal(err)
	}
	now := g.Now()
	c := store.Change{Account: s.Account}
	c.Link = []store.Linked{{Account: s.Account.ID, Scope: s.Account.Parent, Issuer: tollkeeper.IssuerGoogle, Subject: subject, Email: email, LinkedAt: now}}
	if _, _, err := g.kept.UpdateAccount(g.t.Context(), c, now); err != nil {
		g.t.Fatal(err)
	}
}
