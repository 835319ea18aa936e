package httpadapter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// TestLinkProvesWithASession or the password of the account beside it, and else verifies only.
func TestLinkProvesWithASession(t *testing.T) {
	w := newWorld(t, withCookie)
	sam := w.parent("sam")
	for name, c := range map[string]struct {
		password string
		h        func(p person) headers
		proven   bool
	}{
		"nothing":                {"", func(person) headers { return nil }, false},
		"another's session":      {"", func(person) headers { return headers{bearerOf(sam.token)} }, false},
		"the session":            {"", func(p person) headers { return headers{bearerOf(p.token)} }, true},
		"the cookie":             {"", func(p person) headers { return headers{cookieOf(p.token), "Sec-Fetch-Site: same-origin"} }, true},
		"the cookie, from aside": {"", func(p person) headers { return headers{cookieOf(p.token), "Sec-Fetch-Site: cross-site"} }, false},
		"the password":           {password, func(person) headers { return nil }, true},
	} {
		p := w.parent("p" + itoa(len(name)))
		w.must("POST /auth/request-new-confirmation", "", bearerOf(p.token))
		in := object("token", w.mailed(p.email, tollkeeper.MailVerify, 1, linkToken))
		if c.password != "" {
			in = strings.TrimSuffix(in, "}") + `,"password":"` + c.password + `"}`
		}
		a := w.must("POST /auth/confirm-email", in, c.h(p)...)
		id := w.identity(p.token)
		if !id.Verified || id.Proven != c.proven || (a.field("data.proven") == "true") != c.proven || a.field("data.message") != "Email verified successfully" {
			t.Errorf("%s: %s, %+v", name, a.body, id)
		}
		// A link that verified proves later, too.
		if again := w.do("POST /auth/confirm-email", in, bearerOf(p.token)); (again.status == 200) == c.proven || !w.identity(p.token).Proven {
			t.Errorf("%s, then with the session: %d %s", name, again.status, again.body)
		}
	}
}

// TestNewAddressNeedsMoreThanItsLink: whoever opens mail must not move an account.
func TestNewAddressNeedsMoreThanItsLink(t *testing.T) {
	w := newWorld(t)
	pia, sam := w.parent("pia"), w.parent("sam")
	w.must("POST /auth/account/email", object("email", "new@parent.example"), bearerOf(pia.token))
	const route = "POST /auth/account/email/confirm"
	in := object("token", w.mailed("new@parent.example", tollkeeper.MailChangeEmail, 1, linkToken))
	for name, h := range map[string]headers{"nobody": nil, "somebody else": {bearerOf(sam.token)}} {
		if a := w.do(route, in, h...); a.status != 403 || a.field("error.code") != "REAUTHENTICATION_REQUIRED" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if id := w.identity(pia.token); id.Email != pia.email {
		t.Errorf("moved to %s", id.Email)
	}
	w.must(route, in, bearerOf(pia.token))
	if id := w.identity(pia.token); id.Email != "new@parent.example" || !id.Proven {
		t.Errorf("%+v", id)
	}
}

// TestFirstProofKeepsWhatItsOwnerHas: a session of the account beside a code or an ID token says that nothing of it
// is a stranger's. A token that is not good is none.
func TestFirstProofKeepsWhatItsOwnerHas(t *testing.T) {
	w := newWorld(t, withGoogle)
	parent := w.parent("pia")
	w.organize(parent, `{"googleSsoConfig":{"enabled":true,"clientId":"web"}}`)
	proofs := map[string]func(p person) (string, string, tollkeeper.Audience){
		"code": func(p person) (string, string, tollkeeper.Audience) {
			w.must("POST /api/user/signin-otp", object("email", p.email, "PlatformId", parent.key))
			code := w.mailed(p.email, tollkeeper.MailSignInCode, 1, sixDigits)
			return "POST /api/user/verify-otp", object("email", p.email, "otp", code, "PlatformId", parent.key), tollkeeper.AudiencePlatform
		},
		"google": func(p person) (string, string, tollkeeper.Audience) {
			return "POST /auth/google", object("idToken", "sub-"+p.email+" "+p.email, "parentPublicKey", parent.key), tollkeeper.AudienceOrganization
		},
	}
	for name, begin := range proofs {
		for beside, keep := range map[string]bool{"nothing": false, "forged": false, "owner": true} {
			p := w.child(name+"_"+beside, parent)
			route, in, audience := begin(p)
			if audience == tollkeeper.AudiencePlatform {
				p = w.member(p, parent)
			}
			h := map[string]headers{"forged": {bearerOf("x.y.z")}, "owner": {bearerOf(p.token)}}[beside]
			a := w.must(route, in, h...)
			if got := containsAny(a.body, `"dropped":{"password":true,"identities":0}`); got == keep {
				t.Errorf("%s beside %s: %s", name, beside, a.body)
			}
			s, err := w.Auth.Host().Account(t.Context(), p.id)
			if err != nil || s.Account.EmailProvenAt.IsZero() {
				t.Errorf("%s beside %s: %+v, %v", name, beside, s.Account, err)
			}
		}
	}
}

// TestFirstProofOfAParentTellsOfItsOrganization (docs/WIRE.md section 4).
func TestFirstProofOfAParentTellsOfItsOrganization(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	w.organize(parent, `{"organizationUrl":"https://evil.example"}`)
	for i, want := range []string{`"secret":true,"organization":true}`, "successfully"} {
		w.must("POST /auth/reset-password", object("email", parent.email))
		token := w.mailed(parent.email, tollkeeper.MailReset, i+1, linkToken)
		a := w.must("POST /auth/update-password", object("token", token, "password", fmt.Sprintf("Marble-Thicket-4%d", i)))
		if !containsAny(a.body, want) || i > 0 && containsAny(a.body, "dropped") {
			t.Errorf("proof %d: %s", i, a.body)
		}
		w.Advance(time.Hour)
	}
}

// TestCodesAsPeopleTypeThem (docs/WIRE.md section 0): the adapter hands them on as they are.
func TestCodesAsPeopleTypeThem(t *testing.T) {
	w := newWorld(t)
	parent := w.parent("pia")
	for i, typed := range []func(string) string{
		func(c string) string { return " " + c + "\n" },
		func(c string) string { return c[:3] + " " + c[3:] },
		func(c string) string { return c[:3] + "\u00a0" + c[3:] },
		func(c string) string { return c[:3] + "-" + c[3:] },
		func(c string) string {
			return strings.Map(func(r rune) rune { return r - '0' + '\uff10' }, c)
		},
	} {
		child := w.child("cem"+itoa(i), parent)
		w.must("POST /api/user/signin-otp", object("email", " "+child.email+"\u00a0", "PlatformId", parent.key))
		code := w.mailed(child.email, tollkeeper.MailSignInCode, 1, sixDigits)
		child.token = w.must("POST /api/user/verify-otp", object("email", "\t"+child.email+" ", "otp", typed(code), "PlatformId", parent.key)).field("token")

		boss := w.parent("boss" + itoa(i))
		w.prove(boss)
		secret := w.must("POST /auth/mfa/enrol", "", bearerOf(boss.token)).field("data.secret")
		recovery := w.must("POST /auth/mfa/confirm", object("code", typed(w.code(secret))), bearerOf(boss.token)).list("data.recoveryCodes")
		in := w.must("POST /auth/signin", object("email", boss.email+"\r\n", "password", password)).field("data.challenge")
		w.must("POST /auth/mfa/verify", object("challenge", in, "code", strings.ToUpper(strings.ReplaceAll(recovery[0], "-", " "))))
	}
}
