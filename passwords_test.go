package tollkeeper_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// R01, R02, R05 to R07: what a new password must be, at sign-up, change and reset alike.
func TestNewPasswords(t *testing.T) {
	weak := map[string]string{
		"seven": "a2b4c6d", "a common one": "password123", "the same in capitals": "PASSWORD123", "of sequence": "qwertyuiop",
		"repeated": "abcabcabc", "a sequence backwards": "87654321", "a common one of a late list": "Admin@123",
		"a pattern that is on no list": "tgbyhnUJM7", "a common word with a year": "Summer2024", "a common word in signs": "P@ssw0rd123!",
		"with the email's name": "xx-Lovelace-9", "with its domain": "my-engine-is-9", "with the username": "first-countess1", "with the product": "I love ACME 9",
		"beyond 1,024 bytes": strings.Repeat("horse 9 ", 129), "a mebibyte": strings.Repeat("x", 1<<20), "broken text": "horse \xff staple",
		"eight bytes, four characters": "\u00e9\u00e9\u00e9\u00e9",
	}
	horses := "\U0001f40e\U0001f434\U0001f3c7\U0001f984\U0001f3a0\U0001f993\U0001f40e\U0001f42b" // eight characters, four bytes each
	good := []string{"battery staple", "  my zoo ", horses, strings.Repeat(horses, 8), strings.Repeat("horse 9 ", 128)}
	story(t, func(w *world) {
		sign := func(password string) tollkeeper.SignUpRequest {
			return tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "lovelace@engine.example", Username: "Countess", Password: tollkeeper.Password(password)}
		}
		for what, bad := range weak {
			start := time.Now()
			_, err := w.Auth.SignUp(ctx, sign(bad))
			if codeOf(err) != "weak_password" || contains(err.Error(), bad) || time.Since(start) > 0 {
				t.Errorf("%s at sign-up: %v", what, err)
			}
		}
		p := w.SignUp("lovelace@engine.example", good[0], func(r *tollkeeper.SignUpRequest) { r.Username = "Countess" })
		for what, bad := range weak {
			if err := w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: tollkeeper.Password(good[0]), New: tollkeeper.Password(bad)}); codeOf(err) != "weak_password" {
				t.Errorf("%s at a change: %v", what, err)
			}
		}
		w.ok(w.requestReset(p))
		link := w.LastToken(p.Email, tollkeeper.MailReset)
		for what, bad := range weak {
			if err := w.reset(link, bad); codeOf(err) != "weak_password" {
				t.Errorf("%s at a reset: %v", what, err)
			}
		}
		w.ok(w.reset(link, good[1]))
		now := good[1]
		for _, next := range good[2:] {
			res, err := w.try(p, now)
			w.ok(err)
			w.ok(w.Auth.ChangePassword(ctx, w.Identity(string(res.Token)), tollkeeper.PasswordChange{Current: tollkeeper.Password(now), New: tollkeeper.Password(next)}))
			now = next
		}
		_, err := w.try(p, now)
		w.ok(err)
	}, unlimited)
}

// commonPasswords returns the 10,000 most common passwords that have eight bytes, as two public lists have them.
// internal/blocklist/README.md says where these come from.
func commonPasswords(t *testing.T) []string {
	t.Helper()
	file, err := os.Open("internal/blocklist/testdata/seclists-top-100000.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	recent, err := os.Open("internal/blocklist/testdata/seclists-2025-199.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer recent.Close()
	var common []string
	lines := bufio.NewScanner(io.MultiReader(recent, unpacked))
	for lines.Scan() && len(common) < 10_000+146 {
		if len(lines.Text()) >= 8 {
			common = append(common, lines.Text())
		}
	}
	if err := lines.Err(); err != nil || len(common) != 10_146 {
		t.Fatalf("%d passwords (%v)", len(common), err)
	}
	return common
}

// N31: at sign-up, change and reset, in any letter case. All three judge by the same words, so that the error must be
// that of the list.
func TestCommonPasswordsAreRefused(t *testing.T) {
	common := commonPasswords(t)
	story(t, func(w *world) {
		p := w.parent("lovelace@engine.example")
		w.ok(w.requestReset(p))
		link := w.LastToken(p.Email, tollkeeper.MailReset)
		for i, listed := range common {
			title := strings.ToUpper(listed[:1]) + listed[1:]
			spellings := []string{listed}
			if i%10 == 0 {
				spellings = append(spellings, strings.ToUpper(listed), title)
			}
			for _, bad := range spellings {
				refused := map[string]error{"reset": w.reset(link, bad)}
				_, refused["sign-up"] = w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{
					Scope: tollkeeper.Tenants, Email: "another@mail.example", Password: tollkeeper.Password(bad),
				})
				if i%100 == 0 { // each of them hashes
					change := tollkeeper.PasswordChange{Current: password, New: tollkeeper.Password(bad)}
					refused["change"] = w.Auth.ChangePassword(ctx, p.Identity, change)
				}
				for where, err := range refused {
					if codeOf(err) != "weak_password" || !strings.Contains(err.Error(), "too common") {
						t.Errorf("%q at %s: %v", bad, where, err)
					}
				}
			}
		}
	}, unlimited)
}

// PolicyNIST asks for 15 characters; a policy of the host speaks in its own words.
func TestPolicies(t *testing.T) {
	story(t, func(w *world) {
		_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Password: "fourteen chars"})
		w.want(err, tollkeeper.ErrWeakPassword)
		_, err = w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "a@example.com", Password: "fifteen charact"})
		w.ok(err)
	}, func(c *tollkeeper.Config) { c.Passwords.Policy = tollkeeper.PolicyNIST })
}

// R04: the current password is asked for, and guessing it with a stolen session is locked.
func TestChangePasswordNeedsTheCurrentOne(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		change := func(current string) error {
			return w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: tollkeeper.Password(current), New: "another horse 9", Client: from("192.0.2.1")})
		}
		for range 5 {
			w.want(change("wrong"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(change(password), tollkeeper.ErrLocked)
		w.want(w.Auth.DeleteAccount(ctx, p.Identity, password, from("192.0.2.1")), tollkeeper.ErrLocked)
		w.signIn(p) // the owner, with the password, gets in as before
		w.Advance(30 * time.Second)
		w.ok(change(password))
		if n := len(w.Mails(p.Email, tollkeeper.MailNotice)); n != 1 { // R36
			t.Errorf("%d notices", n)
		}
	})
}

// R11: beyond its places and its queue hashing is refused, with a time to wait, and nothing else breaks.
func TestHashingIsBounded(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got := tally(atOnce(200, func(i int) error {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("n%d@example.com", i), Password: "wrong"})
			if err != nil && codeOf(err) == "busy" && retryAfter(err) < time.Second {
				t.Error("busy without a time to wait")
			}
			return err
		}))
		if got["invalid_credentials"]+got["busy"] != 200 || got["invalid_credentials"] == 0 {
			t.Error(got)
		}
		w.Identity(p.Token)
		w.signIn(p)
	}, unlimited, func(c *tollkeeper.Config) {
		c.Passwords.Hash.Parallel, c.Passwords.Hash.Queue, c.Passwords.Hash.Memory = 1, 1, 4096
	})
}

// Without a Queue as many wait as can be served within Wait: 300 at once, at one place, are all served.
func TestWhoCanBeServedIsNotShed(t *testing.T) {
	story(t, func(w *world) {
		got := tally(atOnce(300, func(i int) error {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: fmt.Sprintf("n%d@example.com", i), Password: "wrong"})
			return err
		}))
		if got["invalid_credentials"] != 300 {
			t.Error(got)
		}
	}, unlimited, func(c *tollkeeper.Config) {
		h := &c.Passwords.Hash
		h.Parallel, h.Queue, h.Wait, h.Memory = 1, 0, time.Minute, 1024
	})
}

func TestPasswordHistory(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Passwords.History = 3 }))
	a := k.Parent()
	id := k.SignedIn(a)
	change := func(to string) error {
		err := k.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: tollkeeper.Password(a.Password), New: tollkeeper.Password(to)})
		if err == nil {
			a.Password = to
		}
		return err
	}
	first := a.Password
	for _, next := range []string{"second-Anchor-2", "third-Anchor-33", "fourth-Anchor-4"} {
		if err := change(first); !errors.Is(err, tollkeeper.ErrWeakPassword) {
			t.Fatalf("one of the last three again: %v", err)
		}
		if err := change(next); err != nil {
			t.Fatal(err)
		}
	}
	if err := change(first); err != nil {
		t.Fatal("the fourth last is allowed:", err)
	}
}

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
				w.Advance(91 * 24 * time.Hour)
				res := w.signIn(p)
				if !res.PasswordExpired || res.DaysUntilExpiry != 0 || res.TenantKey != "" {
					t.Errorf("expired %t, %d days, secret %t", res.PasswordExpired, res.DaysUntilExpiry, res.TenantKey != "")
				}
				id := w.Identity(string(res.Token))
				want, refusal := tollkeeper.Unlimited, error(nil)
				if enforce {
					want, refusal = tollkeeper.LimitedPassword, tollkeeper.ErrLimitedSession
				}
				if id.Limited != want {
					t.Errorf("limited %q", id.Limited)
				}
				_, err := w.Auth.Accounts(ctx, id, tollkeeper.AccountQuery{})
				w.want(err, refusal)
				_, err = w.Auth.CreditAnalysis(ctx, id)
				w.want(err, refusal)
				_, err = w.Auth.UpdateOrganization(ctx, id, tollkeeper.OrganizationPatch{})
				w.want(err, refusal)
				_, err = w.Auth.SetRole(ctx, id, tollkeeper.RoleChange{Email: c.Email, Role: tollkeeper.RoleGuest})
				w.want(err, refusal)
				w.want(w.Auth.SetStatus(ctx, id, c.ID, tollkeeper.StatusDisabled), refusal)
				if enforce {
					_, err = w.Auth.RotateTenantKey(ctx, id)
					w.want(err, refusal)
					details, err := w.Auth.Organization(ctx, id)
					w.ok(err)
					if details.TenantKey != "" {
						t.Error("a limited session reads the jwtSecret")
					}
				}
				w.ok(w.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}))
				if id := w.Identity(string(res.Token)); id.Limited != tollkeeper.Unlimited {
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
			"a temporary password":             {tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "t@example.com", Password: password, Temporary: true}, tollkeeper.LimitedPassword},
			"an admin without a second factor": {tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "a@example.com", Password: password, Role: tollkeeper.RoleAdmin}, tollkeeper.LimitedSecondFactor},
			"nothing":                          {tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "n@example.com", Password: password}, tollkeeper.Unlimited},
		} {
			_, err := w.Auth.Host().CreateAccount(ctx, c.spec)
			w.ok(err)
			res := w.signIn(authtest.Account{Email: c.spec.Email})
			if id := w.Identity(string(res.Token)); id.Limited != c.want || (res.TenantKey == "") != (c.want != tollkeeper.Unlimited) {
				t.Errorf("%s: limited %q, secret %t", name, id.Limited, res.TenantKey != "")
			}
		}
	}, func(c *tollkeeper.Config) { c.Factors.RequiredRoles = []tollkeeper.Role{tollkeeper.RoleAdmin} })
	t.Run("unverified", func(t *testing.T) {
		story(t, func(w *world) {
			p := authtest.Account{Email: "p@example.com"}
			res, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: p.Email, Password: password, Audience: tollkeeper.AudienceOrganization})
			w.ok(err)
			if id := w.Identity(string(res.Token)); id.Limited != tollkeeper.LimitedUnverified || res.TenantKey != "" || !res.VerificationSent {
				t.Errorf("limited %q, secret %t", id.Limited, res.TenantKey != "")
			}
			_, err = w.try(p, password)
			w.want(err, tollkeeper.ErrUnverified)
			w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify))})))
			if w.signIn(p).TenantKey == "" || w.Identity(string(res.Token)).Limited != tollkeeper.Unlimited {
				t.Error("still limited")
			}
		}, func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true })
	})
}

// Whoever has no password has none that could expire: they could not change it, and their session would stay
// limited.
func TestNoPasswordDoesNotExpire(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		bare, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Under(p.ID), Email: "bare@example.com"})
		w.ok(err)
		child := w.child(p, "dropped@example.com") // its first code drops the password of the unverified account
		for _, email := range []string{bare.Email, child.Email} {
			in := func() tollkeeper.SignInResult {
				w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: email, Scope: tollkeeper.UnderKey(p.PublicKey)}))
				res, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: email, Code: tollkeeper.SecretText(w.LastCode(email)), Scope: tollkeeper.UnderKey(p.PublicKey)})
				w.ok(err)
				return res
			}
			in()
			w.Advance(100 * 24 * time.Hour)
			if id := w.Identity(string(in().Token)); id.Limited != tollkeeper.Unlimited {
				t.Errorf("%s: the session is limited by %q", email, id.Limited)
			}
		}
		w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: bare.Email, Scope: tollkeeper.UnderKey(p.PublicKey)}))
		w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(bare.Email, tollkeeper.MailReset)), Password: password})))
		w.Advance(100 * 24 * time.Hour)
		res, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: bare.Email, Password: password, Scope: tollkeeper.UnderKey(p.PublicKey)})
		w.ok(err)
		if id := w.Identity(string(res.Token)); id.Limited != tollkeeper.LimitedPassword {
			t.Errorf("an expired password limits by %q", id.Limited)
		}
	}, func(c *tollkeeper.Config) { c.Passwords.EnforceExpiry = true })
}

func TestTemporaryPasswordIsNotItsOwnSuccessor(t *testing.T) {
	story(t, func(w *world) {
		x, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "t@example.com", Password: password, Temporary: true})
		w.ok(err)
		in := tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: x.Email, Password: password}
		res, err := w.Auth.SignIn(ctx, in)
		w.ok(err)
		id := w.Identity(string(res.Token))
		w.want(w.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: password}), tollkeeper.ErrWeakPassword)
		if id := w.Identity(string(res.Token)); id.Limited != tollkeeper.LimitedPassword {
			t.Error("the session is free, with the password that was to be replaced")
		}
		w.ok(w.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
	})
}

func TestExpiredPasswordIsNotItsOwnSuccessor(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.Advance(91 * 24 * time.Hour)
		id := w.Identity(string(w.signIn(p).Token))
		w.want(w.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: password}), tollkeeper.ErrWeakPassword)
		w.ok(w.Auth.ChangePassword(ctx, id, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
	}, func(c *tollkeeper.Config) { c.Passwords.EnforceExpiry = true })
}
