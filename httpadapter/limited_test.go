package httpadapter_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// What a limited session is good for, by route; every other route that asks for a token refuses it. The three columns
// are LimitedUnverified, LimitedPassword, LimitedSecondFactor (docs/WIRE.md section 4).
var permitted = map[string][3]bool{
	"POST /auth/signout":                  {true, true, true},
	"DELETE /authentiq/v1/user/logout":    {true, true, true},
	"POST /api/user/signout":              {true, true, true},
	"POST /auth/account/password":         {true, true, true},
	"PUT /authentiq/v1/user/password":     {true, true, true},
	"GET /auth/user-profile":              {true, false, true},
	"GET /authentiq/v1/validate/token":    {true, false, true},
	"GET /authentiq/v1/user/role":         {true, false, true},
	"GET /api/user/status":                {true, false, true},
	"POST /auth/request-new-confirmation": {true, false, false},
	"POST /auth/account/email":            {true, false, false},
	"POST /auth/reauthenticate":           {true, false, true},
	"GET /auth/mfa/factors":               {false, false, true},
	"POST /auth/mfa/enrol":                {false, false, true},
	"POST /auth/mfa/confirm":              {false, false, true},
	"POST /auth/passkeys/begin":           {false, false, true},
	"POST /auth/passkeys":                 {false, false, true},
	"POST /auth/passkeys/proof/begin":     {true, false, true},

	"POST /api/auth/sign-out":             {true, true, true},
	"PUT /api/auth/password":              {true, true, true},
	"GET /api/auth/session":               {true, false, true},
	"GET /api/auth/account":               {true, false, true},
	"POST /api/auth/email/resend":         {true, false, false},
	"PUT /api/auth/email":                 {true, false, false},
	"POST /api/auth/reauthenticate":       {true, false, true},
	"GET /api/auth/factors":               {false, false, true},
	"POST /api/auth/factors/totp":         {false, false, true},
	"POST /api/auth/factors/totp/confirm": {false, false, true},
	"POST /api/auth/passkeys/begin":       {false, false, true},
	"POST /api/auth/passkeys":             {false, false, true},
	"POST /api/auth/passkeys/proof/begin": {true, false, true},
	"POST /api/auth/email/verify":         {true, true, true}, // as those below
	"POST /api/auth/email/confirm":        {true, true, true},
	"POST /api/auth/code/verify":          {true, true, true},
	"POST /api/auth/link/verify":          {true, true, true},
	"POST /api/auth/password/reset":       {true, true, true},

	// A session beside these says what is linked, and whose account a browser leaves; to link asks for more:
	// TestAnIssuerIsLinkedByTheAppFamily.
	"GET /api/auth/providers":                  {true, true, true},
	"POST /api/auth/providers/{name}/start":    {true, true, true},
	"GET /api/auth/providers/{name}/callback":  {true, true, true},
	"POST /api/auth/providers/{name}/callback": {true, true, true},

	"GET /auth/organization-details": {true, true, true}, // what the public key shows, without the secret
	// The session counts beside a mailed secret only where it is the account's: TestLimitedSessionBesideALink of the
	// root.
	"POST /auth/confirm-email":         {true, true, true},
	"POST /auth/account/email/confirm": {true, true, true},
	// A session beside these only says whose the account is.
	"POST /auth/update-password":    {true, true, true},
	"POST /auth/google":             {true, true, true},
	"POST /api/user/verify-otp":     {true, true, true},
	"POST /api/user/reset-password": {true, true, true},
}

// limitations are worlds in which a new session is limited, with the column of permitted. The last one is not.
var limitations = []struct {
	limited tollkeeper.Limitation
	until   string // as the app family says it
	set     set
}{
	{tollkeeper.LimitedUnverified, "until your email address is confirmed", func(c *tollkeeper.Config, _ *options, _ *store.Store) { c.Accounts.RequireVerified = true }},
	{tollkeeper.LimitedPassword, "until you choose another password", func(*tollkeeper.Config, *options, *store.Store) {}},
	{tollkeeper.LimitedSecondFactor, "until you set up a second factor", func(c *tollkeeper.Config, _ *options, _ *store.Store) { c.Factors.Required = true }},
	{tollkeeper.Unlimited, "", func(*tollkeeper.Config, *options, *store.Store) {}},
}

// TestLimitedSessions: every route that asks for a token, with a session of every limitation.
func TestLimitedSessions(t *testing.T) {
	for column, l := range limitations {
		w := newWorld(t, l.set)
		platform := w.Parent()
		for i, r := range rows() {
			route := r.Method + " " + r.Path
			if r.Proof == "" {
				continue
			}
			token := w.limited(l.limited, r, platform.ID, i)
			if got := w.identity(token).Limited; got != l.limited {
				t.Fatalf("%s: the session is limited by %q, want %q", route, got, l.limited)
			}
			a := w.do(r.Method+" "+r.Target(), everything, bearerOf(token))
			want := l.limited != tollkeeper.Unlimited && !permitted[route][column]
			refused := a.status == 403 && containsAny(a.body, "SESSION_LIMITED", "session is limited")
			if refused != want {
				t.Errorf("%s with a session that is limited by %q: %d %s", route, l.limited, a.status, a.body)
			}
			if refused && r.Family == "app" && !containsAny(a.body, l.until) {
				t.Errorf("%s does not say until when: %s", route, a.body)
			}
			if l.limited != tollkeeper.Unlimited && containsAny(a.body, "jwtSecret") {
				t.Errorf("%s shows the secret to a session that is limited by %q", route, l.limited)
			}
		}
	}
}

// limited returns the token of a new account that may use the route but for its limitation.
func (w *world) limited(l tollkeeper.Limitation, r row, platform [16]byte, i int) string {
	w.t.Helper()
	scope, audience, role := tollkeeper.Tenants, tollkeeper.AudienceOrganization, tollkeeper.RoleUser
	switch r.Family {
	case "v1":
		scope, audience = tollkeeper.Scope{}, tollkeeper.AudienceV1
	case "app":
		scope, audience = tollkeeper.Scope{}, tollkeeper.AudienceApp
	case "platform":
		scope, audience = tollkeeper.Under(platform), tollkeeper.AudiencePlatform
	}
	if strings.HasPrefix(r.Proof, "admin") {
		role = tollkeeper.RoleAdmin
	}
	email := "l" + itoa(i) + "@limited.example"
	if l == tollkeeper.LimitedUnverified {
		res, err := w.Auth.SignUp(w.t.Context(), tollkeeper.SignUpRequest{Email: email, Password: password, Scope: scope, Audience: audience})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.Auth.Host().SetRole(w.t.Context(), res.Subject.Account.ID, role); err != nil {
			w.t.Fatal(err)
		}
		return w.saidLimited(res.SignInResult, l)
	}
	spec := tollkeeper.AccountSpec{Email: email, Password: password, Scope: scope, Role: role, Proven: true, Temporary: l == tollkeeper.LimitedPassword}
	if _, err := w.Auth.Host().CreateAccount(w.t.Context(), spec); err != nil {
		w.t.Fatal(err)
	}
	res, err := w.Auth.SignIn(w.t.Context(), tollkeeper.SignInRequest{Email: email, Password: password, Scope: scope, Audience: audience})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.saidLimited(res, l)
}

// saidLimited returns the token of a session whose result says what limits it.
func (w *world) saidLimited(res tollkeeper.SignInResult, l tollkeeper.Limitation) string {
	w.t.Helper()
	if res.Limited != l {
		w.t.Errorf("the result says %q of a session that is limited by %q", res.Limited, l)
	}
	return string(res.Token)
}
