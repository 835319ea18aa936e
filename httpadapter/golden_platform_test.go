package httpadapter_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// largeText is longer than any body may be.
func largeText() string { return strings.Repeat("x", 16<<10) }

// TestGoldenPlatform is docs/WIRE.md section 3, row by row.
func TestGoldenPlatform(t *testing.T) {
	g := newGolden(newWorld(t), "platform")
	paul := g.parent("paul")
	kim := g.child("kim", paul)
	number := strconv.FormatInt(paul.number, 10)
	credentials := object("email", "Kim@child.example", "password", password)

	token := g.row("signin", "POST /api/user/signin", strings.TrimSuffix(credentials, "}")+`,"PlatformId":`+number+`}`).field("token")
	g.row("signin-text", "POST /api/user/signin", strings.TrimSuffix(credentials, "}")+`,"PlatformId":"`+number+`"}`)
	g.row("signin-key", "POST /api/user/signin", object("email", kim.email, "password", password, "PlatformId", paul.key))
	g.row("signin-403-page", "POST /api/user/signin", credentials, strangePage)
	g.row("signin-400", "POST /api/user/signin", object("email", kim.email))
	g.row("signin-400-json", "POST /api/user/signin", `{"email":`)
	g.row("signin-400-platform", "POST /api/user/signin", credentials)
	g.row("signin-401", "POST /api/user/signin", object("email", kim.email, "password", "wrong", "PlatformId", number))
	g.row("signin-401-platform", "POST /api/user/signin", object("email", kim.email, "password", password, "PlatformId", "999999"))
	g.row("signin-413", "POST /api/user/signin", `{"email":"`+largeText()+`"}`)

	g.row("status", "GET /api/user/status", "", "Token: "+token)
	g.row("status-bearer", "GET /api/user/status", "", bearerOf(token))
	g.row("status-401", "GET /api/user/status", "")
	g.row("status-401-conflict", "GET /api/user/status", "", "Token: "+token, bearerOf("another"))
	g.row("signout", "POST /api/user/signout", "", "Token: "+token)
	g.row("signout-401", "POST /api/user/signout", "", "Token: "+token)

	g.platformCodes(paul, kim)
	g.platformResets(paul, kim)
	g.platformRefusals(paul)
	g.row("404", "GET /api/user/nothing", "")
	g.row("405", "PUT /api/user/signin", "")
	g.platformFactor()
	w := newWorld(t, withRefresh, withPlatform(tollkeeper.Scope{}))
	g.in(w).refreshes("", "POST /api/user/signin", object("email", "admin@house.example", "password", password),
		"POST /api/user/token/refresh", "refreshToken")
	g.complete()
}

func (g *golden) platformFactor() {
	const route = "POST /api/user/mfa/verify"
	rik := g.parent("rik")
	ron := g.child("ron", rik)
	secret, _ := g.enrol(ron)
	in := object("email", ron.email, "password", password, "PlatformId", rik.key)
	challenge := g.row("signin-challenge", "POST /api/user/signin", in, sameNetwork).field("challenge")
	g.row("mfa-400", route, object("challenge", challenge), sameNetwork)
	g.row("mfa-401", route, object("challenge", challenge, "code", "000000"), sameNetwork)
	g.row("mfa-401-challenge", route, object("challenge", "forged", "code", "000000"), sameNetwork)
	g.row("mfa", route, object("challenge", challenge, "code", g.code(secret)), sameNetwork)
	for range 5 {
		g.do(route, object("challenge", challenge, "code", "000000"), sameNetwork)
	}
	g.row("mfa-429", route, object("challenge", challenge, "code", "000000"), sameNetwork)
}

func (g *golden) platformCodes(paul, kim person) {
	g.row("signin-otp", "POST /api/user/signin-otp", object("email", kim.email, "PlatformId", paul.key))
	g.row("signin-otp-unknown", "POST /api/user/signin-otp", object("email", "nobody@child.example", "PlatformId", paul.key))
	g.row("signin-otp-400", "POST /api/user/signin-otp", object("PlatformId", paul.key))
	g.row("signin-otp-401-platform", "POST /api/user/signin-otp", object("email", kim.email, "PlatformId", "999999"))
	code := g.mailed(kim.email, tollkeeper.MailSignInCode, 1, sixDigits)
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	g.row("verify-otp-400", "POST /api/user/verify-otp", object("email", kim.email, "PlatformId", paul.key))
	g.row("verify-otp-401", "POST /api/user/verify-otp", object("email", kim.email, "otp", wrong, "PlatformId", paul.key))
	g.row("verify-otp", "POST /api/user/verify-otp", object("email", kim.email, "otp", code, "PlatformId", paul.key))
	g.row("verify-otp-401-used", "POST /api/user/verify-otp", object("email", kim.email, "otp", code, "PlatformId", paul.key))
}

func (g *golden) platformResets(paul, kim person) {
	g.row("forgot-password", "POST /api/user/forgot-password", object("email", kim.email, "PlatformId", paul.key))
	g.row("forgot-password-unknown", "POST /api/user/forgot-password", object("email", "nobody@child.example", "PlatformId", paul.key))
	g.row("forgot-password-400", "POST /api/user/forgot-password", "")
	token := g.mailed(kim.email, tollkeeper.MailReset, 1, linkToken)
	g.row("reset-password-400", "POST /api/user/reset-password", object("token", token))
	g.row("reset-password-400-policy", "POST /api/user/reset-password", object("token", token, "password", "password"))
	g.row("reset-password", "POST /api/user/reset-password", object("token", token, "password", another))
	g.row("reset-password-401", "POST /api/user/reset-password", object("token", token, "password", another))
	for range 2 {
		g.do("POST /api/user/forgot-password", object("email", kim.email, "PlatformId", paul.key))
	}
	g.row("forgot-password-429", "POST /api/user/forgot-password", object("email", kim.email, "PlatformId", paul.key))
}

func (g *golden) platformRefusals(paul person) {
	const peer = "Peer: 192.0.2.9:1"
	for range 5 {
		g.do("POST /api/user/signin", object("email", "eve@child.example", "password", "wrong", "PlatformId", paul.key), peer)
	}
	g.row("signin-429", "POST /api/user/signin", object("email", "eva@child.example", "password", "wrong", "PlatformId", paul.key), peer)
	g.row("signin-429-locked", "POST /api/user/signin", object("email", "eve@child.example", "password", "wrong", "PlatformId", paul.key), peer)
	lea := g.child("lea", paul)
	g.verify(paul)
	g.organize(paul, `{"organizationName":"Paul's","emailVerificationRequired":true}`)
	in := object("email", lea.email, "password", password, "PlatformId", paul.key)
	g.row("signin-403-unverified", "POST /api/user/signin", in)
	g.organize(paul, `{"emailVerificationRequired":false}`)
	g.status(lea, tollkeeper.StatusDisabled)
	g.row("signin-403-inactive", "POST /api/user/signin", in)
	g.status(lea, tollkeeper.StatusActive)
	g.drain(paul)
	g.row("signin-403-credits", "POST /api/user/signin", in)
}
