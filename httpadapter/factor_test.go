package httpadapter_test

import (
	"encoding/base64"
	"encoding/json"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

func withRefresh(c *tollkeeper.Config, _ *options, _ *store.Store) {
	c.Refresh = tollkeeper.Refresh{Idle: 24 * time.Hour}
}

// code is what the app with that secret shows now.
func (w *world) code(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// enrol gives somebody, who has just signed in with the organization family, a second factor, on a proven mailbox.
func (w *world) enrol(p person) (secret string, recovery []string) {
	w.t.Helper()
	if !w.identity(p.token).Proven {
		w.prove(p)
	}
	secret = w.must("POST /auth/mfa/enrol", "", bearerOf(p.token)).field("data.secret")
	a := w.must("POST /auth/mfa/confirm", object("code", w.code(secret)), bearerOf(p.token))
	w.Advance(time.Minute) // one code once
	return secret, a.list("data.recoveryCodes")
}

// list answers the texts at a dotted path of the JSON body.
func (a answer) list(path string) []string {
	var v any
	if json.Unmarshal([]byte(a.body), &v) != nil {
		return nil
	}
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	var texts []string
	items, _ := v.([]any)
	for _, item := range items {
		text, _ := item.(string)
		texts = append(texts, text)
	}
	return texts
}

// everything is a body that every route can read and act on.
func (w *world) everything() string {
	w.t.Helper()
	p := w.parent("fac")
	session := w.must("POST /auth/signin", object("email", p.email, "password", password))
	w.enrol(p)
	in := w.must("POST /auth/signin", object("email", p.email, "password", password), "Peer: 192.0.2.99:1")
	return strings.TrimSuffix(everything, "}") + `,"challenge":"` + in.field("data.challenge") + `","refreshToken":"` + session.field("data.refreshToken") + `"}`
}

const sameNetwork = "Peer: 192.0.2.77:1"

// TestChallengesEndInTheirFamily: a sign-in of each family stops at a challenge and ends at its own route and at the
// organization's, with a token of its own family, and each challenge needs the code.
func TestChallengesEndInTheirFamily(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	child := w.child("cem", parent)
	secret, _ := w.enrol(child)
	user := w.user("uwe")
	w.prove(user)
	id := w.identity(user.token)
	e, err := w.Auth.EnrolFactor(t.Context(), id, tollkeeper.FactorEnrolment{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Auth.ConfirmFactor(t.Context(), id, tollkeeper.SecretText(w.code(string(e.Seed))), tollkeeper.Client{}); err != nil {
		t.Fatal(err)
	}
	organization := func() (string, string) {
		a := w.must("POST /auth/signin", object("email", child.email, "password", password, "parentPublicKey", parent.key), sameNetwork)
		return a.field("data.challenge"), secret
	}
	platform := func() (string, string) {
		a := w.must("POST /api/user/signin", object("email", child.email, "password", password, "PlatformId", parent.key), sameNetwork)
		return a.field("challenge"), secret
	}
	v1 := func() (string, string) {
		a := w.must("POST /authentiq/v1/user/login", object("email", user.email, "password", password), sameNetwork)
		if a.status != 202 {
			t.Errorf("v1 answers a challenge with %d", a.status)
		}
		return a.field("challenge"), string(e.Seed)
	}
	for _, c := range []struct {
		name, route, field, use string
		begin                   func() (string, string)
	}{
		{"organization", "POST /auth/mfa/verify", "data.token", "GET /auth/user-profile", organization},
		{"platform", "POST /api/user/mfa/verify", "token", "GET /api/user/status", platform},
		{"v1", "POST /authentiq/v1/user/mfa", "token", "GET /authentiq/v1/validate/token", v1},
		{"platform at the organization's", "POST /auth/mfa/verify", "data.token", "GET /api/user/status", platform},
		{"v1 at the organization's", "POST /auth/mfa/verify", "data.token", "GET /authentiq/v1/validate/token", v1},
	} {
		w.Advance(time.Minute)
		challenge, secret := c.begin()
		if challenge == "" {
			t.Fatalf("%s: no challenge", c.name)
		}
		if a := w.do(c.route, object("challenge", challenge, "code", "000000"), sameNetwork); a.status != 401 {
			t.Errorf("%s, a wrong code: %d %s", c.name, a.status, a.body)
		}
		if a := w.do(c.use, "", bearerOf(challenge)); a.status != 401 {
			t.Errorf("%s: the challenge is a token: %d", c.name, a.status)
		}
		a := w.must(c.route, object("challenge", challenge, "code", w.code(secret))) // from another network: phones change theirs
		w.must(c.use, "", bearerOf(a.field(c.field)))
		if containsAny(a.body, "jwtSecret") {
			t.Errorf("%s: %s", c.name, a.body)
		}
	}
}

// TestEnrolmentShowsItsQRCode as a picture that a page can show.
func TestEnrolmentShowsItsQRCode(t *testing.T) {
	w := newWorld(t)
	pia := w.parent("pia")
	w.prove(pia)
	a := w.must("POST /auth/mfa/enrol", "", bearerOf(pia.token))
	data, ok := strings.CutPrefix(a.field("data.qrCode"), "data:image/png;base64,")
	picture, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(data)))
	if !ok || err != nil || picture.Bounds().Dx() < 100 {
		t.Errorf("%t %v", ok, err)
	}
	if !strings.HasPrefix(a.field("data.otpauthUrl"), "otpauth://totp/") || !strings.Contains(a.field("data.otpauthUrl"), a.field("data.secret")) {
		t.Errorf("%s", a.field("data.otpauthUrl"))
	}
}

// TestRefreshTokensAreOffByDefault: then no answer names one, and the routes are not there for a token.
func TestRefreshTokensAreOffByDefault(t *testing.T) {
	off, on := newWorld(t, withPlatform(tollkeeper.Scope{})), newWorld(t, withRefresh, withPlatform(tollkeeper.Scope{}))
	for _, c := range []struct{ refresh, token, next string }{
		{"POST /auth/token/refresh", "data.refreshToken", "data.token"},
		{"POST /authentiq/v1/token/refresh", "refreshToken", "token"},
		{"POST /api/user/token/refresh", "refreshToken", "token"},
	} {
		signIn := func(w *world) answer {
			switch {
			case strings.Contains(c.refresh, "/v1/"):
				return w.must("POST /authentiq/v1/user/login", object("email", "admin@house.example", "password", password))
			case strings.Contains(c.refresh, "/api/"):
				return w.must("POST /api/user/signin", object("email", "admin@house.example", "password", password))
			}
			p := w.parent("pia")
			return w.must("POST /auth/signin", object("email", p.email, "password", password))
		}
		if a := signIn(off); containsAny(a.body, "refresh") {
			t.Errorf("off, but %s", a.body)
		}
		if a := off.do(c.refresh, object("refreshToken", "x")); a.status != 404 {
			t.Errorf("%s, off: %d %s", c.refresh, a.status, a.body)
		}
		first := signIn(on).field(c.token)
		second := on.must(c.refresh, object("refreshToken", first))
		if second.field(c.next) == "" || second.field(c.token) == "" || second.field(c.token) == first {
			t.Errorf("%s: %s", c.refresh, second.body)
		}
		on.Advance(time.Minute) // beyond the grace of parallel tabs
		if a := on.do(c.refresh, object("refreshToken", first)); a.status != 401 {
			t.Errorf("%s, used again: %d %s", c.refresh, a.status, a.body)
		}
		if a := on.do(c.refresh, object("refreshToken", second.field(c.token))); a.status != 401 {
			t.Errorf("%s, after a reuse: %d %s", c.refresh, a.status, a.body)
		}
		if a := on.do(c.refresh, object("refreshToken", strings.Repeat("a", 9000))); a.status != 401 {
			t.Errorf("%s, too long: %d %s", c.refresh, a.status, a.body)
		}
	}
}

// TestSessionThatMayOnlyEnrol: where a second factor is a must, a session without one serves its own account, and for
// more as soon as it has one.
func TestSessionThatMayOnlyEnrol(t *testing.T) {
	w := newWorld(t, func(c *tollkeeper.Config, _ *options, _ *store.Store) {
		c.Factors.Required = true
	})
	parent := w.parent("pia")
	me := bearerOf(parent.token)
	if a := w.do("GET /auth/child-accounts", "", me); a.status != 403 {
		t.Errorf("before: %d %s", a.status, a.body)
	}
	// The mailbox comes first: the refusal mails the link, which this session may prove.
	if a := w.do("POST /auth/mfa/enrol", "", me); a.status != 403 || a.field("error.code") != "EMAIL_NOT_VERIFIED" {
		t.Errorf("on an unproven mailbox: %d %s", a.status, a.body)
	}
	w.must("POST /auth/confirm-email", object("token", w.mailed(parent.email, tollkeeper.MailVerify, 1, linkToken)), me)
	w.enrol(parent)
	w.must("GET /auth/child-accounts", "", me)
}

// TestFactorChangesEndOtherSessions, and the one that changed it stays.
func TestFactorChangesEndOtherSessions(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	other := w.must("POST /auth/signin", object("email", parent.email, "password", password)).field("data.token")
	secret, recovery := w.enrol(parent)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes", len(recovery))
	}
	if a := w.do("GET /auth/user-profile", "", bearerOf(other)); a.status != 401 {
		t.Errorf("another session: %d", a.status)
	}
	in := func(code string) answer {
		challenge := w.must("POST /auth/signin", object("email", parent.email, "password", password), sameNetwork).field("data.challenge")
		return w.do("POST /auth/mfa/verify", object("challenge", challenge, "code", code), sameNetwork)
	}
	if a, b := in(recovery[0]), in(recovery[0]); a.status != 200 || a.field("data.jwtSecret") == "" || b.status != 401 {
		t.Errorf("a recovery code: %d, again %d", a.status, b.status)
	}
	fresh := w.must("POST /auth/mfa/recovery-codes", object("code", w.code(secret)), bearerOf(parent.token)).list("data.recoveryCodes")
	if a, b := in(recovery[1]), in(fresh[1]); a.status != 401 || b.status != 200 {
		t.Errorf("an old recovery code: %d, a new one %d", a.status, b.status)
	}
	w.Advance(time.Minute)
	w.must("POST /auth/mfa/disable", object("password", password, "code", w.code(secret)), bearerOf(parent.token))
	if a := w.must("POST /auth/signin", object("email", parent.email, "password", password)); a.field("data.token") == "" {
		t.Errorf("after it was turned off: %s", a.body)
	}
}
