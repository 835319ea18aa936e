package httpadapter_test

import (
	"regexp"
	"time"

	"github.com/tollkeeper/tollkeeper/authtest"
)

// factors is everything below /auth/mfa.
func (g *golden) factors() {
	tess := g.parent("tess")
	me := bearerOf(tess.token)
	g.row("mfa-enrol-401", "POST /auth/mfa/enrol", "")
	g.row("mfa-enrol-401-password", "POST /auth/mfa/enrol", object("password", "wrong"), me)
	g.row("mfa-enrol-403-unproven", "POST /auth/mfa/enrol", object("password", password), me)
	g.Prove(authtest.Account{Email: tess.email}, g.identity(tess.token))
	g.row("mfa-enrol-400-label", "POST /auth/mfa/enrol", object("password", password, "label", "two\nlines"), me)
	g.row("mfa-factors-none", "GET /auth/mfa/factors", "", me)
	secret := g.row("mfa-enrol", "POST /auth/mfa/enrol", object("password", password), me).field("data.secret")
	g.row("mfa-confirm-400", "POST /auth/mfa/confirm", `{}`, me)
	g.row("mfa-confirm-401", "POST /auth/mfa/confirm", object("code", "000000"), me)
	g.row("mfa-confirm", "POST /auth/mfa/confirm", object("code", g.code(secret)), me)
	another := g.row("mfa-enrol-another", "POST /auth/mfa/enrol", object("label", "Old phone"), me).field("data.secret")
	g.row("mfa-confirm-another", "POST /auth/mfa/confirm", object("code", g.code(another)), me)
	g.Advance(time.Minute)
	second := g.row("mfa-factors", "GET /auth/mfa/factors", "", me)
	g.row("mfa-factors-401", "GET /auth/mfa/factors", "")

	in := object("email", tess.email, "password", password)
	challenge := g.row("signin-challenge", "POST /auth/signin", in, sameNetwork).field("data.challenge")
	g.row("mfa-verify-400", "POST /auth/mfa/verify", object("challenge", challenge), sameNetwork)
	g.row("mfa-verify-401", "POST /auth/mfa/verify", object("challenge", challenge, "code", "000000"), sameNetwork)
	g.row("mfa-verify-401-challenge", "POST /auth/mfa/verify", object("challenge", "forged", "code", "000000"), sameNetwork)
	g.row("mfa-verify", "POST /auth/mfa/verify", object("challenge", challenge, "code", g.code(secret)), sameNetwork)
	for range 5 {
		g.do("POST /auth/mfa/verify", object("challenge", challenge, "code", "000000"), sameNetwork)
	}
	g.row("mfa-verify-429", "POST /auth/mfa/verify", object("challenge", challenge, "code", "000000"), sameNetwork)

	g.Advance(time.Hour)
	g.row("mfa-recovery-401", "POST /auth/mfa/recovery-codes", object("code", "000000"), me)
	g.row("mfa-recovery", "POST /auth/mfa/recovery-codes", object("code", g.code(secret)), me)
	g.row("mfa-disable-403-not-recent", "POST /auth/mfa/disable", object("code", g.code(secret)), me)
	g.row("mfa-disable-400", "POST /auth/mfa/disable", object("password", password), me)
	g.Advance(time.Minute)
	one := regexp.MustCompile(`"id":"([^"]+)"`).FindAllStringSubmatch(second.body, -1)[1][1]
	g.row("mfa-disable-404", "POST /auth/mfa/disable", object("password", password, "code", g.code(secret), "factor", "00000000-0000-0000-0000-000000000000"), me)
	g.row("mfa-disable-404-form", "POST /auth/mfa/disable", object("password", password, "code", g.code(secret), "factor", "x"), me)
	g.row("mfa-disable-one", "POST /auth/mfa/disable", object("password", password, "code", g.code(secret), "factor", one), me)
	g.Advance(time.Minute)
	g.row("mfa-disable", "POST /auth/mfa/disable", object("password", password, "code", g.code(secret)), me)
	g.row("mfa-disable-409", "POST /auth/mfa/disable", object("password", password, "code", g.code(secret)), me)
}

// refreshes is the rows of a refresh route, in a world that has refresh tokens on. token is where an answer has one.
func (g *golden) refreshes(prefix, signin, credentials, route, token string) {
	first := g.row(prefix+"signin-refresh", signin, credentials).field(token)
	g.row(prefix+"refresh", route, object("refreshToken", first))
	g.row(prefix+"refresh-400", route, `{}`)
	g.row(prefix+"refresh-401", route, object("refreshToken", "forged"))
	g.Advance(time.Minute)
	g.row(prefix+"refresh-401-reuse", route, object("refreshToken", first))
}
