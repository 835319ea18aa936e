package httpadapter_test

import (
	"context"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

const api = "/api/auth"

// ownPage is the header of a page of the service's own origin.
const ownPage = "Sec-Fetch-Site: same-origin"

// strangePage is the header of a page of another origin.
const strangePage = "Origin: https://evil.example"

// TestGoldenApp is docs/WIRE.md section 5, route by route.
func TestGoldenApp(t *testing.T) {
	g := newGolden(newWorld(t), "app")
	g.appSignUp()
	g.appSignIn()
	g.appMail()
	g.appAccount()
	g.appFactors()
	g.appPasskeys()
	g.appSessions()
	g.appAdmin()
	g.appProviders()
	g.world = newWorld(t, withRefresh)
	g.appRefresh()
	g.world = newWorld(t, mustVerify)
	g.appVerification()
	g.world = newWorld(t, func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		c.Accounts.SignUp.App = tollkeeper.SignUpClosed
	})
	g.row("sign-up-403-closed", "POST "+api+"/sign-up", object("email", "eve@house.example", "password", password))
	g.world = newWorld(t, func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		c.Hooks.BeforeSignUp = func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
			return tollkeeper.ErrRefused.WithField("captcha").WithMessage("Solve another puzzle than " + a.Captcha)
		}
	})
	g.row("sign-up-403-hook", "POST "+api+"/sign-up", object("email", "eve@house.example", "password", password, "captcha", "this one"))
	g.complete()
}

func mustVerify(c *tollkeeper.Config, _ *options, _ *store.Store) { c.Accounts.RequireVerified = true }

func (g *golden) appSignUp() {
	const up = "POST " + api + "/sign-up"
	g.row("sign-up", up, `{"email":" Ann@House.example ","password":"`+password+`","username":"ann","name":"Ann"}`)
	g.row("sign-up-cookie", up, `{"email":"carl@house.example","password":"`+password+`","rememberMe":true}`, ownPage)
	g.row("sign-up-400", up, object("email", "ben@house.example"))
	g.row("sign-up-400-email", up, object("email", "ben", "password", password))
	g.row("sign-up-400-weak", up, object("email", "ben@house.example", "password", "password"))
	g.row("sign-up-400-weak-arabic", up, object("email", "ben@house.example", "password", "short12"), "Accept-Language: ar-EG,ar;q=0.9,en;q=0.8")
	g.row("sign-up-400-json", up, "{")
	g.row("sign-up-400-empty", up, "")
	g.row("sign-up-409", up, object("email", "ann@house.example", "password", password))
	g.row("sign-up-409-username", up, object("email", "ben@house.example", "password", password, "username", "ANN"))
	g.row("sign-up-413", up, `{"email":"`+largeText()+`"}`)
	g.row("sign-up-403-page", up, object("email", "ben@house.example", "password", password), strangePage)
	g.row("404", "GET "+api+"/nothing", "")
	g.row("405", "GET "+api+"/sign-in", "")
}

func (g *golden) appSignIn() {
	const in = "POST " + api + "/sign-in"
	good := object("email", "ann@house.example", "password", password)
	ann := bearerOf(g.row("sign-in", in, good).field("token"))
	g.row("sign-in-cookie", in, good, ownPage)
	g.row("sign-in-username", in, object("username", "ANN", "password", password))
	g.row("sign-in-400-both", in, object("username", "ann", "email", "ann@house.example", "password", password))
	g.row("sign-in-400-neither", in, object("password", password))
	g.row("sign-in-400", in, object("email", "ann@house.example"))
	g.row("sign-in-401", in, object("email", "ann@house.example", "password", "wrong"))
	g.row("sign-in-401-german", in, object("email", "ann@house.example", "password", "wrong"), "Accept-Language: de-AT, en;q=0.5")
	for range 5 {
		g.do(in, object("email", "ann@house.example", "password", "wrong"), "Peer: 192.0.2.9:1")
	}
	g.row("sign-in-429", in, good, "Peer: 192.0.2.9:1")
	g.row("session", "GET "+api+"/session", "", ann)
	g.row("session-401", "GET "+api+"/session", "")
	g.row("session-401-ended", "GET "+api+"/session", "", bearerOf("forged"))
	g.row("session-400", "GET "+api+"/session", "", ann, ann)
	g.row("reauthenticate", "POST "+api+"/reauthenticate", object("password", password), ann)
	g.row("reauthenticate-401", "POST "+api+"/reauthenticate", object("password", "wrong"), ann)
	g.row("sign-out", "POST "+api+"/sign-out", "", ann)
	g.row("sign-out-401", "POST "+api+"/sign-out", "", ann)
}

func (g *golden) appMail() {
	ann := object("email", "ann@house.example")
	g.row("code", "POST "+api+"/code", ann)
	g.row("code-unknown", "POST "+api+"/code", object("email", "nobody@house.example"))
	g.row("code-400", "POST "+api+"/code", `{}`)
	code := g.mailed("Ann@House.example", tollkeeper.MailSignInCode, 1, sixDigits)
	g.row("code-verify-401", "POST "+api+"/code/verify", object("email", "ann@house.example", "code", "000000"))
	g.row("code-verify", "POST "+api+"/code/verify", object("email", "ann@house.example", "code", code[:3]+" "+code[3:]))
	g.appLinks()
	g.row("forgot", "POST "+api+"/password/forgot", ann)
	g.row("forgot-unknown", "POST "+api+"/password/forgot", object("email", "nobody@house.example"))
	g.row("forgot-429", "POST "+api+"/password/forgot", ann)
	g.row("forgot-400", "POST "+api+"/password/forgot", object("email", "ann"))
	token := g.mailed("Ann@House.example", tollkeeper.MailReset, 1, linkToken)
	g.row("reset-400-weak", "POST "+api+"/password/reset", object("token", token, "password", "password"))
	g.row("reset", "POST "+api+"/password/reset", object("token", token, "password", another))
	g.row("reset-400-used", "POST "+api+"/password/reset", object("token", token, "password", password))
	g.row("reset-400", "POST "+api+"/password/reset", object("token", token))
	dan := g.appUser("dan")
	me := bearerOf(dan.token)
	g.row("password", "PUT "+api+"/password", object("password", password, "newPassword", another), me)
	g.row("password-401-none", "PUT "+api+"/password", object("newPassword", another), me)
	g.row("password-400-weak", "PUT "+api+"/password", object("password", another, "newPassword", "short"), me)
	g.row("password-401", "PUT "+api+"/password", object("password", "wrong", "newPassword", password), me)
	g.row("email", "PUT "+api+"/email", object("email", "dan@new.example"), me)
	g.row("email-400", "PUT "+api+"/email", object("email", "dan"), me)
	moved := object("token", g.mailed("dan@new.example", tollkeeper.MailChangeEmail, 1, linkToken))
	g.row("email-confirm-403", "POST "+api+"/email/confirm", moved)
	g.row("email-confirm", "POST "+api+"/email/confirm", moved, me)
	g.row("email-resend-409", "POST "+api+"/email/resend", "", me)
	g.do("POST "+api+"/password/forgot", object("email", "carl@house.example"))
	g.link("carl@house.example", "456")
	first := g.mailed("carl@house.example", tollkeeper.MailReset, 1, linkToken)
	g.row("reset-dropped", "POST "+api+"/password/reset", object("token", first, "password", another))
}

// appLinks are links that sign in, and up whom nobody knows.
func (g *golden) appLinks() {
	g.row("link", "POST "+api+"/link", `{"email":"ann@house.example","withCode":true}`)
	g.row("link-unknown", "POST "+api+"/link", object("email", "nobody@house.example"))
	g.row("link-400", "POST "+api+"/link", `{}`)
	token := object("token", g.mailed("Ann@House.example", tollkeeper.MailSignInLink, 1, linkToken))
	g.row("link-show", "POST "+api+"/link/show", token)
	g.row("link-show-400", "POST "+api+"/link/show", object("token", "x"))
	g.row("link-verify", "POST "+api+"/link/verify", token)
	g.row("link-verify-400-used", "POST "+api+"/link/verify", token)
	g.row("link-verify-400", "POST "+api+"/link/verify", object("token", "x"))
	token = object("token", g.mailed("nobody@house.example", tollkeeper.MailSignInLink, 1, linkToken))
	g.row("link-show-sign-up", "POST "+api+"/link/show", token)
	me := bearerOf(g.row("link-verify-sign-up", "POST "+api+"/link/verify", token).field("token"))
	g.row("reauthenticate-400", "POST "+api+"/reauthenticate", `{}`, me)
}

func (g *golden) appAccount() {
	me := bearerOf(g.appUser("fay").token)
	g.row("account", "GET "+api+"/account", "", me)
	g.row("account-401", "GET "+api+"/account", "")
	g.row("account-patch", "PATCH "+api+"/account", object("username", "fay", "name", "Fay", "locale", "de-AT"), me)
	g.row("account-patch-400", "PATCH "+api+"/account", object("locale", "?"), me)
	g.row("account-patch-409", "PATCH "+api+"/account", object("username", "ann"), me)
	g.row("export", "GET "+api+"/account/export", "", me)
	g.row("export-401", "GET "+api+"/account/export", "")
	g.row("events", "GET "+api+"/account/events?limit=1", "", me)
	g.row("events-400", "GET "+api+"/account/events?from=yesterday", "", me)
	g.row("identities", "GET "+api+"/identities", "", me)
	g.row("identities-401", "GET "+api+"/identities", "")
	g.row("identity-404", "DELETE "+api+"/identities/google", "", me)
	g.link("fay@house.example", "123")
	g.row("identities-linked", "GET "+api+"/identities", "", me)
	g.row("identity", "DELETE "+api+"/identities/google", "", me)
	g.row("delete-401", "DELETE "+api+"/account", object("password", "wrong"), me)
	g.row("delete", "DELETE "+api+"/account", object("password", password), me)
}

func (g *golden) appFactors() {
	gus := g.appUser("gus")
	me := bearerOf(gus.token)
	g.row("totp-403", "POST "+api+"/factors/totp", "", me)
	g.Prove(authtest.Account{Email: gus.email}, g.identity(gus.token))
	g.row("factors-none", "GET "+api+"/factors", "", me)
	g.row("factors-401", "GET "+api+"/factors", "")
	secret := g.row("totp", "POST "+api+"/factors/totp", object("label", "Phone"), me).field("secret")
	g.row("totp-confirm-400", "POST "+api+"/factors/totp/confirm", `{}`, me)
	g.row("totp-confirm", "POST "+api+"/factors/totp/confirm", object("code", g.code(secret)), me)
	g.Advance(time.Minute)
	id := g.row("factors", "GET "+api+"/factors", "", me).first("id")
	g.row("recovery-codes", "POST "+api+"/factors/recovery-codes", object("code", g.code(secret)), me)
	g.row("recovery-codes-401", "POST "+api+"/factors/recovery-codes", object("code", "000000"), me)
	in := object("email", gus.email, "password", password)
	challenge := g.row("sign-in-challenge", "POST "+api+"/sign-in", in).field("challenge")
	g.row("challenge-401", "POST "+api+"/challenge", object("challenge", challenge, "code", "000000"))
	g.Advance(time.Minute)
	g.row("challenge", "POST "+api+"/challenge", object("challenge", challenge, "code", g.code(secret)))
	g.row("challenge-401-used", "POST "+api+"/challenge", object("challenge", challenge, "code", g.code(secret)))
	g.Advance(time.Minute)
	g.row("factor-404", "DELETE "+api+"/factors/018f4e1c-a000-7000-8000-00000000abcd", object("code", g.code(secret), "password", password), me)
	g.row("factor-400", "DELETE "+api+"/factors/"+id, object("password", password), me)
	g.row("factor", "DELETE "+api+"/factors/"+id, object("code", g.code(secret), "password", password), me)
	g.row("factors-delete-409", "DELETE "+api+"/factors", object("code", "000000"), me)
	eva := g.appUser("eva")
	g.prove(eva)
	other := g.must("POST "+api+"/factors/totp", "", bearerOf(eva.token)).field("secret")
	g.must("POST "+api+"/factors/totp/confirm", object("code", g.code(other)), bearerOf(eva.token))
	g.Advance(time.Minute)
	g.row("factors-delete", "DELETE "+api+"/factors", object("code", g.code(other)), bearerOf(eva.token))
}

func (g *golden) appSessions() {
	hal := g.appUser("hal")
	in := object("email", hal.email, "password", password)
	me := bearerOf(hal.token)
	g.must("POST "+api+"/sign-in", in, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	list := g.row("sessions", "GET "+api+"/sessions", "", me)
	g.row("sessions-401", "GET "+api+"/sessions", "")
	g.row("session-end", "DELETE "+api+"/sessions/"+list.first("id"), "", bearerOf(g.must("POST "+api+"/sign-in", in).field("token")))
	g.row("session-end-404", "DELETE "+api+"/sessions/018f4e1c-a000-7000-8000-00000000abcd", "", bearerOf(g.must("POST "+api+"/sign-in", in).field("token")))
	last := bearerOf(g.must("POST "+api+"/sign-in", in).field("token"))
	g.row("sessions-others", "DELETE "+api+"/sessions/others", "", last)
	g.row("sessions-others-401", "DELETE "+api+"/sessions/others", "")
	g.row("sessions-end", "DELETE "+api+"/sessions", "", last)
	g.row("sessions-end-401", "DELETE "+api+"/sessions", "", last)
}
