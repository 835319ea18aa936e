package httpadapter_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// shown is a body with a passkey's answer to what was asked, beside other members.
func shown(phone *authtest.Passkey, asked answer, members ...string) string {
	var c struct {
		Options json.RawMessage `json:"options"`
		Ticket  string          `json:"ticket"`
	}
	enveloped := struct{ Data any }{&c}
	_ = json.Unmarshal([]byte(asked.body), &c)
	_ = json.Unmarshal([]byte(asked.body), &enveloped) // of the organization family
	return nested(append(members, "ticket", c.Ticket, "response", string(phone.Respond(c.Options)))...)
}

// nested is object with values that may be objects themselves.
func nested(pairs ...string) string {
	s := object(pairs...)
	for i := 1; i < len(pairs); i += 2 {
		if strings.HasPrefix(pairs[i], "{") {
			s = strings.Replace(s, fmt.Sprintf("%q", pairs[i]), pairs[i], 1)
		}
	}
	return s
}

func (g *golden) appPasskeys() {
	const begin, keep = "POST " + api + "/passkeys/begin", "POST " + api + "/passkeys"
	ian := g.appUser("ian")
	me, phone := bearerOf(ian.token), g.Passkey()
	g.row("passkeys-begin-403", begin, "", me)
	g.Prove(authtest.Account{Email: ian.email}, g.identity(ian.token))
	g.row("passkeys-begin-401", begin, object("password", "wrong"), me)
	asked := g.row("passkeys-begin", begin, object("password", password), me)
	made := shown(phone, asked, "label", "Phone")
	g.row("passkeys-400", keep, object("ticket", "x"), me)
	g.row("passkeys-401", keep, shown(phone, g.must("POST "+api+"/passkeys/sign-in/begin", "")), me)
	id := g.row("passkeys", keep, made, me).first("id")
	g.row("passkeys-401-again", keep, made, me)
	g.row("factors-passkey", "GET "+api+"/factors", "", me)

	const signIn = "POST " + api + "/passkeys/sign-in"
	first := shown(phone, g.row("passkeys-sign-in-begin", signIn+"/begin", ""))
	g.row("passkeys-sign-in", signIn, first)
	g.row("passkeys-sign-in-401-again", signIn, first)
	g.row("passkeys-sign-in-cookie", signIn, shown(phone, g.must(signIn+"/begin", "")), ownPage)
	evil := *phone
	evil.Origin = "https://evil.example"
	g.row("passkeys-sign-in-401", signIn, shown(&evil, g.must(signIn+"/begin", "")))
	g.row("passkeys-sign-in-400", signIn, `{"ticket":"x"}`)
	g.row("passkeys-sign-in-413", signIn, `{"ticket":"`+largeText()+`"}`)

	challenge := g.row("sign-in-challenge-passkey", "POST "+api+"/sign-in", object("email", ian.email, "password", password)).field("challenge")
	g.row("passkeys-challenge-begin-401", "POST "+api+"/passkeys/challenge/begin", object("challenge", "forged"))
	asked = g.row("passkeys-challenge-begin", "POST "+api+"/passkeys/challenge/begin", object("challenge", challenge))
	g.row("challenge-400-neither", "POST "+api+"/challenge", object("challenge", challenge))
	g.row("challenge-passkey", "POST "+api+"/challenge", nested("challenge", challenge, "passkey", shown(phone, asked)))

	prove := func() string { return shown(phone, g.must("POST "+api+"/passkeys/proof/begin", "", me)) }
	g.row("passkeys-proof-begin-401", "POST "+api+"/passkeys/proof/begin", "")
	asked = g.row("passkeys-proof-begin", "POST "+api+"/passkeys/proof/begin", "", me)
	g.row("reauthenticate-passkey", "POST "+api+"/reauthenticate", nested("passkey", shown(phone, asked)), me)
	g.row("recovery-codes-passkey", "POST "+api+"/factors/recovery-codes", nested("passkey", prove()), me)
	g.row("factor-rename", "PATCH "+api+"/factors/"+id, object("label", "Old phone"), me)
	g.row("factor-rename-400", "PATCH "+api+"/factors/"+id, object("label", "two\nlines"), me)
	g.row("factor-rename-404", "PATCH "+api+"/factors/018f4e1c-a000-7000-8000-00000000abcd", object("label", "x"), me)
	g.row("factor-passkey", "DELETE "+api+"/factors/"+id, nested("passkey", prove()), me)
	g.row("passkeys-proof-begin-409", "POST "+api+"/passkeys/proof/begin", "", me)
	rest := g.world
	g.world = newWorld(g.t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.noPasskeys = true })
	g.row("passkeys-sign-in-begin-404-off", signIn+"/begin", "")
	g.world = rest
}

// organizationPasskeys are those of a child, good at its organization's domain.
func (g *golden) organizationPasskeys() {
	const begin, keep, signIn = "POST /auth/passkeys/begin", "POST /auth/passkeys", "POST /auth/passkeys/sign-in"
	olga := g.parent("olga")
	g.organize(olga, `{"organizationName":"Olga's","organizationUrl":"https://olga.example"}`)
	ian := g.child("ian", olga)
	me, key, phone := bearerOf(ian.token), object("parentPublicKey", olga.key), g.Passkey()
	g.row("passkeys-begin-403", begin, "", me)
	g.Prove(authtest.Account{Email: ian.email}, g.identity(ian.token))
	g.row("passkeys-begin-401", begin, object("password", "wrong"), me)
	asked := g.row("passkeys-begin", begin, object("password", password), me)
	made := shown(phone, asked, "label", "Phone")
	g.row("passkeys-400", keep, object("ticket", "x"), me)
	g.row("passkeys", keep, made, me)
	g.row("passkeys-401-again", keep, made, me)
	g.row("mfa-factors-passkey", "GET /auth/mfa/factors", "", me)

	page := headers{"Origin: https://olga.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}
	named := func(asked answer) string { return shown(phone, asked, "parentPublicKey", olga.key) }
	first := named(g.row("passkeys-sign-in-begin", signIn+"/begin", key, page...))
	g.row("passkeys-sign-in-begin-403-page", signIn+"/begin", key, strangePage)
	g.row("passkeys-sign-in", signIn, first, page...)
	g.row("passkeys-sign-in-401-again", signIn, first)
	evil := *phone
	evil.Origin = "https://evil.example"
	g.row("passkeys-sign-in-401", signIn, shown(&evil, g.must(signIn+"/begin", key), "parentPublicKey", olga.key))
	g.row("passkeys-sign-in-400", signIn, `{"ticket":"x"}`)

	in := object("email", ian.email, "password", password, "parentPublicKey", olga.key)
	challenge := g.must("POST /auth/signin", in).field("data.challenge")
	g.row("passkeys-challenge-begin-401", "POST /auth/passkeys/challenge/begin", object("challenge", "forged"))
	asked = g.row("passkeys-challenge-begin", "POST /auth/passkeys/challenge/begin", object("challenge", challenge), page...)
	g.row("mfa-verify-passkey", "POST /auth/mfa/verify", nested("challenge", challenge, "passkey", shown(phone, asked)), page...)

	prove := func() string { return shown(phone, g.must("POST /auth/passkeys/proof/begin", "", me)) }
	g.row("passkeys-proof-begin-401", "POST /auth/passkeys/proof/begin", "")
	asked = g.row("passkeys-proof-begin", "POST /auth/passkeys/proof/begin", "", me)
	g.row("reauthenticate-passkey", "POST /auth/reauthenticate", nested("passkey", shown(phone, asked)), me)
	g.row("mfa-recovery-passkey", "POST /auth/mfa/recovery-codes", nested("passkey", prove()), me)
	g.row("mfa-disable-passkey", "POST /auth/mfa/disable", nested("passkey", prove()), me)
	g.row("passkeys-proof-begin-409", "POST /auth/passkeys/proof/begin", "", me)
	g.in(newWorld(g.t, func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.noPasskeys = true })).
		row("passkeys-sign-in-begin-404-off", signIn+"/begin", "")
}
