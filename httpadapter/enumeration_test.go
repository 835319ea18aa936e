package httpadapter_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestUnknownAndWrongAreOneAnswer is R13: byte for byte, headers too, in every family and up to the lock.
func TestUnknownAndWrongAreOneAnswer(t *testing.T) {
	w := newWorld(t)
	parent, other := w.parent("pia"), w.parent("ole")
	child, second := w.child("cem", parent), w.child("cleo", parent)
	user := w.user("uwe")
	blank, err := w.Auth.Host().CreateAccount(t.Context(), tollkeeper.AccountSpec{Email: "blank@child.example", Scope: tollkeeper.Under(parent.id)})
	if err != nil {
		t.Fatal(err)
	}
	off := w.child("off", parent)
	w.status(off, tollkeeper.StatusDisabled)
	in := func(email, key string) string {
		return object("email", email, "password", "wrong", "parentPublicKey", key)
	}
	at := func(email, key string) string { return object("email", email, "password", "wrong", "PlatformId", key) }
	code := func(email, key string) string { return object("email", email, "otp", "000000", "PlatformId", key) }
	for n, c := range []struct{ route, known, unknown string }{
		{"POST /auth/signin", object("email", parent.email, "password", "wrong"), object("email", "no@parent.example", "password", "wrong")},
		{"POST /auth/signin", object("email", child.email, "password", "wrong"), object("email", "no@child.example", "password", "wrong")},
		{"POST /auth/signin", in(child.email, parent.key), in("no@child.example", parent.key)},
		{"POST /auth/signin", in(blank.Email, parent.key), in("no2@child.example", parent.key)},
		{"POST /auth/signin", in(off.email, parent.key), in("no3@child.example", parent.key)},
		{"POST /auth/signin", in(child.email, other.key), in("no4@child.example", other.key)},
		{"POST /auth/signin", object("email", "not an email", "password", "wrong"), object("email", "no5@parent.example", "password", "wrong")},
		{"POST /authentiq/v1/user/login", object("email", user.email, "password", "wrong"), object("email", "no@house.example", "password", "wrong")},
		{"POST /authentiq/v1/user/login", object("email", child.email, "password", password), object("email", "no2@house.example", "password", password)},
		{"POST /api/user/signin", at(child.email, parent.key), at("no6@child.example", parent.key)},
		{"POST /api/user/signin", at(off.email, parent.key), at("no7@child.example", parent.key)},
		{"POST /api/user/verify-otp", code(child.email, parent.key), code("no8@child.example", parent.key)},
		{"POST /api/user/signin-otp", at(child.email, parent.key), at("no9@child.example", parent.key)},
		{"POST /api/user/forgot-password", at(child.email, parent.key), at("no10@child.example", parent.key)},
		{"POST /auth/reset-password", in(second.email, parent.key), in("no11@child.example", parent.key)},
		{"POST /auth/request-new-confirmation", in(child.email, parent.key), in("no12@child.example", parent.key)},
	} {
		for i := range 7 {
			known := w.do(c.route, c.known, "Peer: 192.0.2."+itoa(n)+":1")
			unknown := w.do(c.route, c.unknown, "Peer: 198.51.100."+itoa(n)+":1")
			if known.status != unknown.status || known.body != unknown.body || !reflect.DeepEqual(known.header, unknown.header) {
				t.Errorf("%s %s, try %d:\n%d %s %v\n%d %s %v", c.route, c.known, i, known.status, known.body, known.header, unknown.status, unknown.body, unknown.header)
				break
			}
		}
	}
}

// TestSecretGoesToTheParentAlone: jwtSecret stands in no other answer (docs/WIRE.md 1.1, 1.2).
func TestSecretGoesToTheParentAlone(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	own := w.must("GET /auth/organization-details", "", bearerOf(parent.token)).field("data.credentials.jwtSecret")
	if len(own) < 32 {
		t.Fatalf("the parent's own secret is %q", own)
	}
	if got := w.must("POST /auth/signin", object("email", parent.email, "password", password)).field("data.jwtSecret"); got != own {
		t.Errorf("sign-in says %q", got)
	}
	for name, a := range map[string]answer{
		"a child":           w.must("GET /auth/organization-details", "", bearerOf(child.token)),
		"a key":             w.must("GET /auth/organization-details", "", "X-Public-Key: "+parent.key),
		"a child's sign-in": w.must("POST /auth/signin", object("email", child.email, "password", password, "parentPublicKey", parent.key)),
		"a bad token":       w.must("GET /auth/organization-details", "", bearerOf("x"), "X-Public-Key: "+parent.key),
		"sign-up":           w.must("POST /auth/signup", object("username", "x", "email", "x@parent.example", "password", password)),
	} {
		if strings.Contains(a.body, "jwtSecret") || strings.Contains(a.body, own) {
			t.Errorf("%s gets the secret: %s", name, a.body)
		}
	}
	unsafe := newWorld(t, unsafeSecrets)
	parent = unsafe.parent("pia")
	if a := unsafe.must("GET /auth/organization-details", "", "X-Public-Key: "+parent.key); len(a.field("data.credentials.jwtSecret")) < 32 {
		t.Errorf("with the unsafe option: %s", a.body)
	}
	if !strings.Contains(unsafe.logged(), "UnsafeTenantKeyForKeyHolders") {
		t.Error("the unsafe option is not warned of")
	}
}

// TestTakenAddressesAreNotTold to somebody who wants one as their own: only who reads the mail learns more.
func TestTakenAddressesAreNotTold(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child, other := w.child("cem", parent), w.child("sue", parent)
	ask := func(email string) answer {
		w.Advance(2 * time.Minute)
		return w.do("POST /auth/account/email", object("email", email, "password", password), bearerOf(child.token))
	}
	taken, free := ask(other.email), ask("nobody@child.example")
	if taken.status != 200 || taken.body != free.body || !reflect.DeepEqual(taken.header, free.header) {
		t.Errorf("%d %s, %d %s", taken.status, taken.body, free.status, free.body)
	}
	link := w.mailed(other.email, tollkeeper.MailChangeEmail, 1, linkToken)
	if a := w.do("POST /auth/account/email/confirm", object("token", link), bearerOf(child.token)); a.status != 409 {
		t.Errorf("the taken address: %d %s", a.status, a.body)
	}
}
