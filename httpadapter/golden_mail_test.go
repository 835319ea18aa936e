package httpadapter_test

import (
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// organizationMail is docs/WIRE.md 1.4 and 1.5, row by row.
func (g *golden) organizationMail() {
	nina := g.parent("nina")
	g.verify(nina)
	g.organize(nina, `{"organizationName":"Nina's","emailVerificationRequired":true}`)
	g.row("signup-child-unverified", "POST /auth/signup",
		object("username", "zoe", "email", "zoe@child.example", "password", password, "parentPublicKey", nina.key))
	g.confirmations(nina)
	g.resets(nina)
}

func (g *golden) confirmations(nina person) {
	first := g.mailed("zoe@child.example", tollkeeper.MailVerify, 1, linkToken)
	g.row("confirm-400-missing", "GET /auth/confirm-email", "")
	g.row("confirm-400-format", "GET /auth/confirm-email?token=short", "")
	g.row("confirm-400-invalid", "GET /auth/confirm-email?token=AAAAAAAAAAAA", "")
	g.row("confirm", "GET /auth/confirm-email?token="+first, "")
	g.row("confirm-400-again", "GET /auth/confirm-email?token="+first, "")

	yan := g.child("yan", nina)
	g.row("resend-token", "POST /auth/request-new-confirmation", "", bearerOf(yan.token))
	second := g.mailed(yan.email, tollkeeper.MailVerify, 2, linkToken)
	g.row("confirm-post-400", "POST /auth/confirm-email", `{}`)
	g.row("confirm-post", "POST /auth/confirm-email", object("token", second))
	g.row("confirm-post-401-password", "POST /auth/confirm-email", object("token", second, "password", "wrong"))
	g.row("confirm-post-proven", "POST /auth/confirm-email", object("token", second, "password", password))
	g.row("resend-400-verified", "POST /auth/request-new-confirmation", `{}`, bearerOf(yan.token))
	g.row("confirm-page", "GET /auth/confirm-email?token="+second, "", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	g.row("not-me-400-proven", "POST /auth/confirm-email/not-me", object("token", second))
	g.row("not-me-400", "POST /auth/confirm-email/not-me", `{}`)
	wim := g.child("wim", nina)
	third := g.mailed(wim.email, tollkeeper.MailVerify, 1, linkToken)
	g.row("not-me", "POST /auth/confirm-email/not-me", object("token", third))
	g.row("not-me-400-used", "POST /auth/confirm-email/not-me", object("token", third))
	g.row("resend", "POST /auth/request-new-confirmation", object("email", "zoe@child.example", "parentPublicKey", nina.key))
	g.row("resend-unknown", "POST /auth/request-new-confirmation", object("email", "nobody@child.example", "parentPublicKey", nina.key))
	g.row("resend-429", "POST /auth/request-new-confirmation", object("email", "nobody@child.example", "parentPublicKey", nina.key))
	g.row("resend-400-body", "POST /auth/request-new-confirmation", "")
	g.row("resend-401", "POST /auth/request-new-confirmation", `{}`, bearerOf("forged"))

	g.child("xia", nina)
	late := g.mailed("xia@child.example", tollkeeper.MailVerify, 1, linkToken)
	g.Advance(16 * time.Minute)
	g.row("confirm-400-expired", "GET /auth/confirm-email?token="+late, "")
	for range 30 {
		g.do("GET /auth/confirm-email?token=AAAAAAAAAAAA", "", "Peer: 192.0.2.4:1")
	}
	g.row("confirm-429", "GET /auth/confirm-email?token=AAAAAAAAAAAA", "", "Peer: 192.0.2.4:1")
}

func (g *golden) resets(nina person) {
	ask := object("email", "zoe@child.example", "parentPublicKey", nina.key)
	g.row("reset", "POST /auth/reset-password", ask)
	g.row("reset-429", "POST /auth/reset-password", ask)
	g.row("reset-unknown", "POST /auth/reset-password", object("email", "nobody@child.example", "parentPublicKey", nina.key))
	g.row("reset-400-email", "POST /auth/reset-password", object("email", "zoe"))
	g.row("reset-400-fields", "POST /auth/reset-password", `{}`)
	g.row("reset-400-body", "POST /auth/reset-password", "")
	g.row("reset-400-key-format", "POST /auth/reset-password", object("email", "zoe@child.example", "parentPublicKey", "nonsense"))
	g.row("reset-400-key", "POST /auth/reset-password", object("email", "zoe@child.example", "parentPublicKey", "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"))

	first := g.mailed("zoe@child.example", tollkeeper.MailReset, 1, linkToken)
	g.Advance(2 * time.Minute)
	g.must("POST /auth/reset-password", ask)
	second := g.mailed("zoe@child.example", tollkeeper.MailReset, 2, linkToken)
	const route = "POST /auth/update-password"
	g.row("update-password-400-token", route, object("password", another))
	g.row("update-password-400-fields", route, object("token", first))
	g.row("update-password-400-invalid", route, object("token", "nonsense", "password", another))
	g.row("update-password-400-password", route, object("token", first, "password", "lowercase1!"))
	g.row("update-password-400-key", route, object("token", first, "password", another, "parentPublicKey", "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"))
	g.row("update-password", route, object("token", first, "password", another, "parentPublicKey", nina.key))
	g.row("update-password-400-used", route, object("token", first, "password", another))
	g.row("update-password-400-voided", route, object("token", second, "password", another))
	g.Advance(2 * time.Minute)
	g.must("POST /auth/reset-password", ask)
	third := g.mailed("zoe@child.example", tollkeeper.MailReset, 3, linkToken)
	g.Advance(31 * time.Minute)
	g.row("update-password-400-expired", route, object("token", third, "password", another))
}
