package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func TestPasswordAge(t *testing.T) {
	const day = 24 * time.Hour
	changed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		passed  time.Duration
		expired bool
		days    int
	}{
		{0, false, 90}, {time.Millisecond, false, 90}, {day, false, 89}, {day + time.Hour, false, 89}, {89 * day, false, 1},
		{90*day - time.Millisecond, false, 1}, {90 * day, true, 0}, {400 * day, true, 0}, {-day, false, 91},
	} {
		if expired, days := tollkeeper.PasswordAge(changed, 90*day, changed.Add(c.passed)); expired != c.expired || days != c.days {
			t.Errorf("after %v: %t, %d", c.passed, expired, days)
		}
	}
}

// R08, docs/WIRE.md 1.1 rule 7: an expired password signs in, without the jwtSecret; with enforcement only to change it.
func TestExpiredPassword(t *testing.T) {
	for name, enforce := range map[string]bool{"tracked": false, "enforced": true} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				c := w.child(p, "c@example.com")
				w.pass(91 * 24 * time.Hour)
				res := w.signIn(p)
				if !res.PasswordExpired || res.DaysUntilExpiry != 0 || res.TenantKey != "" {
					t.Errorf("expired %t, %d days, secret %t", res.PasswordExpired, res.DaysUntilExpiry, res.TenantKey != "")
				}
				id := w.identity(string(res.Token))
				want, refusal := tollkeeper.Unlimited, error(nil)
				if enforce {
					want, refusal = tollkeeper.LimitedPassword, tollkeeper.ErrLimitedSession
				}
				if id.Limited != want {
					t.Errorf("limited %q", id.Limited)
				}
				_, err := w.auth.Accounts(ctx, id, tollkeeper.AccountQuery{})
				w.want(err, refusal)
				_, err = w.auth.CreditAnalysis(ctx, id)
				w.want(err, refusal)
				_, err = w.auth.UpdateOrganization(ctx, id, tollkeeper.OrganizationPatch{})
				w.want(err, refusal)
				_, err = w.auth.SetRole(ctx, id, tollkeeper.RoleChange{Email: c.email, Role: tollkeeper.RoleGuest})
				w.want(err, refusal)
				w.want(w.auth.SetStatus(ctx, id, c.Account, tollkeeper.StatusDisabled), refusal)
				if enforce {
					_, err = w.auth.RotateTenantKey(ctx, id)
					w.want(err, refusal)
					details, err := w.auth.Organization(ctx, id)
					w.ok(err)
					if details.TenantKey != "" {
						t.Error("a limited session reads the jwtSecret")
					}
				}
				w.ok(w.auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}))
				if id := w.identity(string(res.Token)); id.Limited != tollkeeper.Unlimited {
					t.Errorf("still limited %q", id.Limited)
				}
			}, func(c *tollkeeper.Config) { c.Passwords.EnforceExpiry = enforce })
		})
	}
}

// A session that is limited hands out no jwtSecret, whatever limits it (R33).
func TestLimitedSessions(t *testing.T) {
	story(t, func(w *world) {
		for name, c := range map[string]struct {
			spec tollkeeper.AccountSpec
			want tollkeeper.Limitation
		}{
			"a temporary password":             {tollkeeper.AccountSpec{Email: "t@example.com", Password: password, Temporary: true}, tollkeeper.LimitedPassword},
			"an admin without a second factor": {tollkeeper.AccountSpec{Email: "a@example.com", Password: password, Role: tollkeeper.RoleAdmin}, tollkeeper.LimitedSecondFactor},
			"nothing":                          {tollkeeper.AccountSpec{Email: "n@example.com", Password: password}, tollkeeper.Unlimited},
		} {
			_, err := w.auth.Host().CreateAccount(ctx, c.spec)
			w.ok(err)
			res := w.signIn(&person{email: c.spec.Email})
			if id := w.identity(string(res.Token)); id.Limited != c.want || (res.TenantKey == "") != (c.want != tollkeeper.Unlimited) {
				t.Errorf("%s: limited %q, secret %t", name, id.Limited, res.TenantKey != "")
			}
		}
	}, func(c *tollkeeper.Config) { c.Factors.RequiredRoles = []tollkeeper.Role{tollkeeper.RoleAdmin} })
	t.Run("unverified", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			if p.Limited != tollkeeper.LimitedUnverified || p.TenantKey != "" || !p.VerificationSent {
				t.Errorf("limited %q, secret %t", p.Limited, p.TenantKey != "")
			}
			_, err := w.try(p, password)
			w.want(err, tollkeeper.ErrUnverified)
			w.ok(w.auth.VerifyEmail(ctx, tollkeeper.SecretText(w.token(p.email, tollkeeper.MailVerify)), tollkeeper.Client{}))
			if w.signIn(p).TenantKey == "" || w.identity(string(p.Token)).Limited != tollkeeper.Unlimited {
				t.Error("still limited")
			}
		}, func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true })
	})
}
