package httpadapter_test

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// person is an account with a token of some family.
type person struct {
	email, token, key string
	id                uuid.UUID
	number            int64
}

func object(pairs ...string) string {
	s := "{"
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprintf("%q:%q", pairs[i], pairs[i+1])
	}
	return s + "}"
}

// account answers what the core knows of somebody.
func (w *world) account(id string) person {
	w.t.Helper()
	s, err := w.Auth.Host().Account(w.t.Context(), uuid.MustParse(id))
	if err != nil {
		w.t.Fatal(err)
	}
	return person{email: s.Account.Email, key: s.Account.PublicKey, id: s.Account.ID, number: s.Account.Number}
}

// parent signs a parent up.
func (w *world) parent(name string) person {
	w.t.Helper()
	a := w.must("POST /auth/signup", object("username", name, "email", name+"@parent.example", "password", password))
	p := w.account(a.field("data.data.userID"))
	p.token = a.field("data.token")
	return p
}

// child signs somebody up below a parent.
func (w *world) child(name string, of person) person {
	w.t.Helper()
	a := w.must("POST /auth/signup", object("username", name, "email", name+"@child.example", "password", password, "parentPublicKey", of.key))
	p := w.account(a.field("data.data.userID"))
	p.token = a.field("data.token")
	return p
}

// verify confirms somebody's email by a mailed link.
func (w *world) verify(p person) {
	w.t.Helper()
	w.must("POST /auth/request-new-confirmation", "", bearerOf(p.token))
	w.must("GET /auth/confirm-email?token="+w.mailed(p.email, tollkeeper.MailVerify, 1, linkToken), "")
}

// prove shows that somebody's mailbox is theirs, by a mailed link with their session beside it.
func (w *world) prove(p person) {
	w.t.Helper()
	by := w.identity(p.token)
	if err := w.Auth.RequestOwnVerification(w.t.Context(), by, "", tollkeeper.Client{}); err != nil {
		w.t.Fatal(err)
	}
	w.Prove(authtest.Account{Email: p.email}, by)
}

// organize gives a parent an organization.
func (w *world) organize(p person, settings string) {
	w.t.Helper()
	w.must("POST /auth/update-organization", settings, bearerOf(p.token))
}

// user registers somebody in the v1 family.
func (w *world) user(name string) person {
	w.t.Helper()
	a := w.must("POST /authentiq/v1/user/register", object("email", name+"@house.example", "password", password))
	p := w.account(a.field("user.id"))
	p.token = a.field("token")
	return p
}

// admin logs the first admin in.
func (w *world) admin() person {
	w.t.Helper()
	a := w.must("POST /authentiq/v1/user/login", object("email", "admin@house.example", "password", password))
	p := w.account(w.must("GET /authentiq/v1/user/role", "", bearerOf(a.field("token"))).field("id"))
	p.token = a.field("token")
	return p
}

// chief signs the first admin in with the app family, and returns the token.
func (w *world) chief() string {
	w.t.Helper()
	return w.must("POST /api/auth/sign-in", object("email", "admin@house.example", "password", password)).field("token")
}

// appUser signs somebody up in the app family.
func (w *world) appUser(name string) person {
	w.t.Helper()
	a := w.must("POST /api/auth/sign-up", object("email", name+"@house.example", "password", password))
	p := w.account(a.field("user.id"))
	p.token = a.field("token")
	return p
}

// member signs somebody in with the platform family.
func (w *world) member(p, of person) person {
	w.t.Helper()
	a := w.must("POST /api/user/signin", object("email", p.email, "password", password, "PlatformId", of.key))
	p.token = a.field("token")
	return p
}

func (w *world) status(p person, s tollkeeper.Status) {
	w.t.Helper()
	if err := w.Auth.Host().SetStatus(w.t.Context(), p.id, s); err != nil {
		w.t.Fatal(err)
	}
}

// drain charges a parent until nothing is left.
func (w *world) drain(p person) {
	w.t.Helper()
	for i := range 1 << 20 {
		_, err := w.Auth.Host().Charge(w.t.Context(), p.id, "unit", strconv.Itoa(i))
		if errors.Is(err, tollkeeper.ErrInsufficientCredits) {
			return
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// withPlatform sets the default platform.
func withPlatform(s tollkeeper.Scope) set {
	return func(_ *tollkeeper.Config, o *options, _ *store.Store) { o.Platform.Default = &s }
}

func unsafeSecrets(_ *tollkeeper.Config, o *options, _ *store.Store) {
	o.Organization.UnsafeTenantKeyForKeyHolders = true
}

func itoa(n int) string { return strconv.Itoa(n) }
