package httpadapter_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestGoldenV1 is docs/WIRE.md section 2, row by row.
func TestGoldenV1(t *testing.T) {
	g := newGolden(newWorld(t), "v1")
	const v1 = "/authentiq/v1"
	g.row("heartbeat", "GET "+v1+"/heartbeat", "")

	g.row("register", "POST "+v1+"/user/register", object("email", "Ann@House.example", "password", password))
	g.row("register-400", "POST "+v1+"/user/register", object("email", "ann@house.example"))
	g.row("register-400-weak", "POST "+v1+"/user/register", object("email", "ben@house.example", "password", "password"))
	g.row("register-409", "POST "+v1+"/user/register", object("email", "ann@house.example", "password", password))
	ann := g.row("login", "POST "+v1+"/user/login", object("email", "ann@house.example", "password", password)).field("token")
	g.row("login-400", "POST "+v1+"/user/login", object("email", "ann@house.example"))
	g.row("login-401", "POST "+v1+"/user/login", object("email", "ann@house.example", "password", "wrong"))
	g.row("login-403-page", "POST "+v1+"/user/login", object("email", "ann@house.example", "password", password), strangePage)
	g.row("login-413", "POST "+v1+"/user/login", `{"email":"`+largeText()+`"}`)

	g.row("validate", "GET "+v1+"/validate/token", "", bearerOf(ann))
	g.row("validate-400", "GET "+v1+"/validate/token", "")
	g.row("validate-401", "GET "+v1+"/validate/token", "", bearerOf("forged"))

	g.row("password-400", "PUT "+v1+"/user/password", object("password", password), bearerOf(ann))
	g.row("password-401", "PUT "+v1+"/user/password", object("password", "wrong", "newPassword", another), bearerOf(ann))
	g.row("password", "PUT "+v1+"/user/password", object("password", password, "newPassword", another), bearerOf(ann))

	admin := g.admin().token
	g.row("list", "GET "+v1+"/user/list", "", bearerOf(admin))
	first := g.row("list-more", "GET "+v1+"/user/list?limit=1", "", bearerOf(admin))
	g.row("list-rest", "GET "+v1+"/user/list?limit=1&cursor="+first.field("nextCursor"), "", bearerOf(admin))
	g.row("list-400", "GET "+v1+"/user/list?limit=0", "", bearerOf(admin))
	g.row("list-400-cursor", "GET "+v1+"/user/list?limit=1&cursor=x", "", bearerOf(admin))
	g.row("list-403", "GET "+v1+"/user/list", "", bearerOf(ann))

	g.row("role-400", "GET "+v1+"/user/role", "")
	g.row("role-401", "GET "+v1+"/user/role", "", bearerOf("forged"))
	g.row("role", "GET "+v1+"/user/role", "", bearerOf(ann))
	g.row("role-set", "PUT "+v1+"/user/role", object("email", "ann@house.example", "role", "GUEST"), bearerOf(admin))
	g.row("role-set-again", "PUT "+v1+"/user/role", object("email", "ann@house.example", "role", "guest"), bearerOf(admin))
	g.row("role-set-400", "PUT "+v1+"/user/role", object("email", "ann@house.example", "role", "king"), bearerOf(admin))
	g.row("role-set-403", "PUT "+v1+"/user/role", object("email", "ann@house.example", "role", "admin"), bearerOf(ann))
	g.row("role-set-404", "PUT "+v1+"/user/role", object("email", "nobody@house.example", "role", "user"), bearerOf(admin))
	g.row("role-set-403-last-admin", "PUT "+v1+"/user/role", object("email", "admin@house.example", "role", "user"), bearerOf(admin))

	g.row("delete-400", "DELETE "+v1+"/user/delete", "", bearerOf(ann))
	g.row("delete-401", "DELETE "+v1+"/user/delete", object("password", "wrong"), bearerOf(ann))
	g.row("delete-403", "DELETE "+v1+"/user/delete", object("password", password), bearerOf(admin))
	g.row("logout", "DELETE "+v1+"/user/logout", "", bearerOf(ann))
	g.row("logout-401", "DELETE "+v1+"/user/logout", "", bearerOf(ann))
	bob := g.user("bob")
	g.row("delete", "DELETE "+v1+"/user/delete", object("password", password), bearerOf(bob.token))

	g.row("404", "GET "+v1+"/user", "")
	g.row("405", "GET "+v1+"/user/login", "")
	g.throttled()
	g.v1Factor()
	g.in(newWorld(t, withRefresh)).refreshes("", "POST "+v1+"/user/login", object("email", "admin@house.example", "password", password),
		"POST "+v1+"/token/refresh", "refreshToken")
	g.complete()
}

// throttled are the rows of one network.
func (g *golden) throttled() {
	const peer = "Peer: 192.0.2.9:1"
	wrong := object("email", "carl@house.example", "password", "wrong")
	for range 5 {
		g.do("POST /authentiq/v1/user/login", wrong, peer)
	}
	g.row("login-429-locked", "POST /authentiq/v1/user/login", wrong, peer)
	for range 10 {
		g.do("POST /authentiq/v1/user/register", object("email", "x@house.example", "password", password), peer)
	}
	g.row("register-429", "POST /authentiq/v1/user/register", object("email", "y@house.example", "password", password), peer)
	dora := g.user("dora")
	for range 5 {
		g.do("DELETE /authentiq/v1/user/delete", object("password", "wrong"), peer, bearerOf(dora.token))
	}
	g.row("delete-429", "DELETE /authentiq/v1/user/delete", object("password", password), peer, bearerOf(dora.token))
	g.Advance(time.Hour)
	g.status(dora, tollkeeper.StatusDisabled)
	g.row("login-403-inactive", "POST /authentiq/v1/user/login", object("email", dora.email, "password", password))
}

func (g *golden) v1Factor() {
	const login, route = "POST /authentiq/v1/user/login", "POST /authentiq/v1/user/mfa"
	fay := g.user("fay")
	g.prove(fay)
	id := g.identity(fay.token)
	e, err := g.Auth.EnrolFactor(g.t.Context(), id, tollkeeper.FactorEnrolment{Password: password})
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.Auth.ConfirmFactor(g.t.Context(), id, tollkeeper.SecretText(g.code(string(e.Seed))), tollkeeper.Client{}); err != nil {
		g.t.Fatal(err)
	}
	g.Advance(time.Minute)
	challenge := g.row("login-challenge", login, object("email", fay.email, "password", password), sameNetwork).field("challenge")
	g.row("mfa-400", route, object("challenge", challenge), sameNetwork)
	g.row("mfa-401", route, object("challenge", challenge, "code", "000000"), sameNetwork)
	g.row("mfa-401-challenge", route, object("challenge", "forged", "code", "000000"), sameNetwork)
	g.row("mfa", route, object("challenge", challenge, "code", g.code(string(e.Seed))), sameNetwork)
	for range 5 {
		g.do(route, object("challenge", challenge, "code", "000000"), sameNetwork)
	}
	g.row("mfa-429", route, object("challenge", challenge, "code", "000000"), sameNetwork)
}
