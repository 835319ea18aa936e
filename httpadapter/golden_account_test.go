package httpadapter_test

import (
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

const firefox = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// ownAccount is everything below /auth/account.
func (g *golden) ownAccount() {
	opal := g.parent("opal")
	pat := g.child("pat", opal)
	me := bearerOf(pat.token)
	g.newEmail(pat)

	g.row("username", "POST /auth/account/username", object("username", "patricia"), me)
	g.row("username-400", "POST /auth/account/username", object("username", "p a t"), me)
	g.row("username-400-fields", "POST /auth/account/username", `{}`, me)
	g.child("quin", opal)
	g.row("username-409", "POST /auth/account/username", object("username", "QUIN"), me)
	g.row("username-401", "POST /auth/account/username", object("username", "x"))

	g.row("password-401", "POST /auth/account/password", object("password", "wrong", "newPassword", another), me)
	g.row("password-400-fields", "POST /auth/account/password", object("password", password), me)
	g.row("password-400", "POST /auth/account/password", object("password", password, "newPassword", "lowercase1!"), me)
	g.row("password", "POST /auth/account/password", object("password", password, "newPassword", another), me)

	g.row("export-child", "GET /auth/account/export", "", me)
	g.organize(opal, `{"organizationName":"Opal's","organizationUrl":"https://opal.example"}`)
	g.row("export-parent", "GET /auth/account/export", "", bearerOf(opal.token))
	g.row("export-401", "GET /auth/account/export", "")

	g.row("delete-401", "POST /auth/account/delete", object("password", "wrong"), me)
	g.row("delete-400-body", "POST /auth/account/delete", "", me)
	g.row("delete", "POST /auth/account/delete", object("password", another), me)
	g.row("delete-401-token", "POST /auth/account/delete", object("password", another), me)

	g.row("rotate-401-child", "POST /auth/account/secret/rotate", "", bearerOf(g.child("rex", opal).token))
	g.Advance(6 * time.Minute)
	g.row("rotate-403-not-recent", "POST /auth/account/secret/rotate", "", bearerOf(opal.token))
	g.must("POST /auth/reauthenticate", object("password", password), bearerOf(opal.token))
	g.row("rotate", "POST /auth/account/secret/rotate", "", bearerOf(opal.token))
	g.row("rotate-401", "POST /auth/account/secret/rotate", "", bearerOf(opal.token))
}

func (g *golden) newEmail(pat person) {
	const route, confirm = "POST /auth/account/email", "/auth/account/email/confirm"
	me := bearerOf(pat.token)
	g.row("email", route, object("email", "Pat@new.example", "password", password), me)
	g.row("email-429", route, object("email", "pat2@new.example", "password", password), me)
	g.row("email-401-password", route, object("email", "pat@new.example", "password", "wrong"), me)
	g.row("email-400", route, object("email", "pat"), me)
	g.row("email-400-fields", route, `{}`, me)
	g.row("email-401", route, object("email", "pat@new.example"))
	first := g.mailed("Pat@new.example", tollkeeper.MailChangeEmail, 1, linkToken)
	g.row("email-confirm-page", "GET "+confirm+"?token="+first, "")
	g.row("email-confirm-400-missing", "POST "+confirm, `{}`, me)
	g.row("email-confirm-400-invalid", "POST "+confirm, object("token", "AAAAAAAAAAAA"), me)
	g.row("email-confirm-403", "POST "+confirm, object("token", first))
	g.row("email-confirm-401-password", "POST "+confirm, object("token", first, "password", "wrong"))
	g.row("email-confirm", "POST "+confirm, object("token", first), me)
	g.row("email-confirm-400-used", "POST "+confirm, object("token", first), me)
	g.Advance(2 * time.Minute)
	g.must(route, object("email", "pat@newer.example", "password", password), me)
	second := g.mailed("pat@newer.example", tollkeeper.MailChangeEmail, 1, linkToken)
	g.row("email-confirm-password", "POST "+confirm, strings.TrimSuffix(object("token", second, "password", password), "}")+
		`,"keepIdentities":[{"issuer":"https://accounts.google.com","subject":"1"}]}`)
	g.Advance(6 * time.Minute)
	g.row("email-403-not-recent", route, object("email", "pat@newest.example"), me)
}

// ownSessions is everything below /auth/sessions, sign-out and step-up.
func (g *golden) ownSessions() {
	sam := g.parent("sam")
	in := func() person {
		a := g.must("POST /auth/signin", object("email", sam.email, "password", password), firefox)
		return person{token: a.field("data.token"), id: g.identity(a.field("data.token")).Session}
	}
	first, second := in(), in()
	me := bearerOf(first.token)
	g.row("sessions", "GET /auth/sessions", "", me)
	g.row("sessions-401", "GET /auth/sessions", "")
	g.row("session-end", "DELETE /auth/sessions/"+second.id.String(), "", me)
	g.row("session-end-404", "DELETE /auth/sessions/"+second.id.String(), "", me)
	g.row("session-end-404-no-id", "DELETE /auth/sessions/"+second.id.String()+"0", "", me)
	g.row("session-end-401", "DELETE /auth/sessions/"+second.id.String(), "")
	g.row("session-405", "GET /auth/sessions/"+first.id.String(), "", me)
	in()
	g.row("sessions-end-others", "DELETE /auth/sessions/others", "", me)
	g.row("sessions-end-others-401", "DELETE /auth/sessions/others", "")
	g.row("reauthenticate-401", "POST /auth/reauthenticate", object("password", "wrong"), me)
	g.row("reauthenticate-400", "POST /auth/reauthenticate", `{}`, me)
	g.row("reauthenticate", "POST /auth/reauthenticate", object("password", password), me)
	g.row("sessions-end", "DELETE /auth/sessions", "", me)
	g.row("sessions-end-401", "DELETE /auth/sessions", "", me)
	last := in()
	g.row("signout", "POST /auth/signout", "", bearerOf(last.token))
	g.row("signout-401", "POST /auth/signout", "", bearerOf(last.token))
}
