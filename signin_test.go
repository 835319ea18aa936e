package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func TestSignIn(t *testing.T) {
	host := tollkeeper.AudienceHost
	organization := tollkeeper.AudienceOrganization
	unknown := "APK_" + strings.Repeat("A", 26)
	cases := []struct {
		name string
		ask  func(w *world, p, c authtest.Account) tollkeeper.SignInRequest
		want error
	}{
		{"a parent", func(_ *world, p, _ authtest.Account) tollkeeper.SignInRequest { return attempt(p, password) }, nil},
		{"a child by key", func(_ *world, _, c authtest.Account) tollkeeper.SignInRequest { return attempt(c, password) }, nil},
		{"a child by its parent's number", func(_ *world, p, c authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: c.Email, Password: password, Scope: tollkeeper.UnderNumber(p.Number)}
		}, nil},
		{"a child by its parent's id", func(_ *world, p, c authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: c.Email, Password: password, Scope: tollkeeper.Under(p.ID)}
		}, nil},
		{"the email in capitals", func(_ *world, _, c authtest.Account) tollkeeper.SignInRequest {
			r := attempt(c, password)
			r.Email = strings.ToUpper(r.Email)
			return r
		}, nil},
		{"a wrong password", func(_ *world, p, _ authtest.Account) tollkeeper.SignInRequest { return attempt(p, "wrong") }, tollkeeper.ErrInvalidCredentials},
		{"an empty request", func(*world, authtest.Account, authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{}
		}, tollkeeper.ErrMissing},
		{"an email of white space", func(*world, authtest.Account, authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: " "}
		}, tollkeeper.ErrInvalidCredentials},
		{"an address that is none", func(*world, authtest.Account, authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "A <p@example.com>", Password: password}
		}, tollkeeper.ErrInvalidCredentials},
		{"an unknown key", func(_ *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: p.Email, Password: password, Scope: tollkeeper.UnderKey(unknown)}
		}, tollkeeper.ErrUnknownParent},
		{"a malformed key", func(_ *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: p.Email, Password: password, Scope: tollkeeper.UnderKey("'; DROP TABLE account")}
		}, tollkeeper.ErrUnknownParent},
		{"a child's key", func(_ *world, _, c authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: c.Email, Password: password, Scope: tollkeeper.UnderKey(c.PublicKey)}
		}, tollkeeper.ErrUnknownParent},
		{"a child without key, by the organization family", func(_ *world, _, c authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: c.Email, Password: password, Audience: organization}
		}, tollkeeper.ErrParentKeyNeeded},
		{"the same with a wrong password", func(_ *world, _, c authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: c.Email, Password: "wrong", Audience: organization}
		}, tollkeeper.ErrInvalidCredentials},
		{"a child without key, by another family", func(_ *world, _, c authtest.Account) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: c.Email, Password: password, Audience: host}
		}, tollkeeper.ErrInvalidCredentials},
		{"a child without key when two bear its email", func(w *world, _, c authtest.Account) tollkeeper.SignInRequest {
			w.child(w.parent("second@example.com"), c.Email)
			return tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: c.Email, Password: password, Audience: organization}
		}, tollkeeper.ErrInvalidCredentials},
		{"a user of the house without key", func(w *world, _, _ authtest.Account) tollkeeper.SignInRequest {
			u := w.user("u@example.com")
			return tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: u.Email, Password: password, Audience: organization}
		}, tollkeeper.ErrInvalidCredentials},
		{"a parent with a foreign key and no organization", func(w *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			q := w.parent("second@example.com")
			return tollkeeper.SignInRequest{Email: p.Email, Password: password, Scope: tollkeeper.UnderKey(q.PublicKey), Audience: organization}
		}, tollkeeper.ErrParentKeyUnwanted},
		{"a disabled child", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
			return attempt(c, password)
		}, tollkeeper.ErrInactive},
		{"a disabled child with a wrong password", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
			return attempt(c, "wrong")
		}, tollkeeper.ErrInvalidCredentials},
		{"a child of a disabled parent", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
			return attempt(c, password)
		}, tollkeeper.ErrParentInactive},
		{"a child of a deleted parent", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			w.ok(w.Auth.DeleteAccount(ctx, p.Identity, password, tollkeeper.Client{}))
			return attempt(c, password)
		}, tollkeeper.ErrUnknownParent},
		{"an unverified child where the organization asks for it", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			yes := true
			_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{VerificationRequired: &yes})
			w.ok(err)
			return attempt(c, password)
		}, tollkeeper.ErrUnverified},
		{"a child whose parent cannot pay", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			w.drain(p)
			return attempt(c, password)
		}, tollkeeper.ErrInsufficientCredits},
		{"a parent with nothing left", func(w *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			w.drain(p)
			return attempt(p, password)
		}, nil},
		{"the attempts' store is away", func(w *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			w.store.faults(failing("Take"), nil)
			return attempt(p, password)
		}, tollkeeper.ErrUnavailable},
		{"the accounts' store is away", func(w *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			w.store.faults(failing("FindAccount"), nil)
			return attempt(p, password)
		}, tollkeeper.ErrUnavailable},
		{"the sessions' store is away", func(w *world, p, _ authtest.Account) tollkeeper.SignInRequest {
			w.store.faults(failing("CreateSession"), nil)
			return attempt(p, password)
		}, tollkeeper.ErrUnavailable},
		{"deleted between proof and commit", func(w *world, p, c authtest.Account) tollkeeper.SignInRequest {
			w.store.faults(func(verb string) error {
				if verb == "CreateSession" {
					return w.store.Store.DeleteAccount(ctx, store.Deletion{Scope: p.ID, ID: c.ID}, w.Now())
				}
				return nil
			}, nil)
			return attempt(c, password)
		}, tollkeeper.ErrAccountGone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				r := c.ask(w, p, w.child(p, "c@example.com"))
				res, err := w.Auth.SignIn(ctx, r)
				w.want(err, c.want)
				if (err == nil) != (res.Token != "") || err != nil && res.Session != uuid.Nil {
					w.Fatal("a token and an error at once, or neither")
				}
				if contains(fmt.Sprint(err), "10.0.0.7") {
					w.Fatal("the driver's text is shown to users")
				}
			})
		})
	}
}

// drain takes every credit of a parent.
func (w *world) drain(p authtest.Account) {
	w.Helper()
	b := w.Balance(p)
	_, _, _, err := w.store.ApplyCredit(ctx, store.Posting{Entry: tollkeeper.LedgerEntry{
		ID: uuid.Must(uuid.NewV7()), Owner: p.ID, Key: "drain", Operation: "drain", Amount: -b.Credits, At: w.Now(),
	}})
	w.ok(err)
}

// R13, R14: whoever has no proof learns nothing, and every way to that answer hashes once.
func TestSignInWithoutProofIsOneAnswerAndOneHash(t *testing.T) {
	var hashed counter
	alone(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		other := w.child(w.parent("q@example.com"), "x@example.com")
		blank, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Under(p.ID), Email: "blank@example.com"})
		w.ok(err)
		disabled := w.child(p, "d@example.com")
		w.ok(w.Auth.SetStatus(ctx, p.Identity, disabled.ID, tollkeeper.StatusDisabled))
		ask := func(email, key, password string) tollkeeper.SignInRequest {
			return tollkeeper.SignInRequest{Email: email, Scope: keyed(authtest.Account{ParentKey: key}), Password: tollkeeper.Password(password), Audience: tollkeeper.AudienceOrganization}
		}
		asks := map[string]tollkeeper.SignInRequest{
			"wrong password":            ask(c.Email, c.ParentKey, "wrong"),
			"unknown email":             ask("nobody@example.com", c.ParentKey, password),
			"no password set":           ask(blank.Email, c.ParentKey, password),
			"empty password, none set":  ask(blank.Email, c.ParentKey, ""),
			"another tenant's account":  ask(other.Email, c.ParentKey, password),
			"disabled, wrong password":  ask(disabled.Email, c.ParentKey, "wrong"),
			"an address that is none":   ask("no address", c.ParentKey, password),
			"child without key, wrong":  ask(c.Email, "", "wrong"),
			"parent's email with a key": ask("nobody@q.example", other.ParentKey, password),
		}
		var first error
		for name, r := range asks {
			w.Advance(time.Hour)
			var err error
			hashes := hashed.of(func() { _, err = w.Auth.SignIn(ctx, r) })
			if first == nil {
				first = err
			}
			got, is := errors.AsType[*tollkeeper.Error](err)
			if want, _ := errors.AsType[*tollkeeper.Error](first); !is || *got != *want || *got != *tollkeeper.ErrInvalidCredentials {
				t.Errorf("%s: %#v", name, err)
			}
			if hashes != 1 {
				t.Errorf("%s: %d hashes", name, hashes)
			}
		}
	}, hashed.install)
}

// Whoever may wait for no hash is refused without one.
func TestThrottledSignInDoesNotHash(t *testing.T) {
	var hashed counter
	alone(t, func(w *world) {
		p := w.parent("p@example.com")
		for range 5 {
			w.want(w.guess(p, "wrong", "192.0.2.1"), tollkeeper.ErrInvalidCredentials)
		}
		hashes := hashed.of(func() {
			for _, guess := range []string{password, "wrong"} {
				w.want(w.guess(p, guess, "192.0.2.1"), tollkeeper.ErrLocked)
			}
		})
		if hashes != 0 {
			w.Fatalf("%d hashes", hashes)
		}
	}, hashed.install)
}

// The answer of a sign-in says no more than what the caller is entitled to.
func TestSignInResult(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		res := w.signIn(p)
		if res.TenantKey == "" || res.ExpiresIn != 24*time.Hour || res.PasswordExpired || res.DaysUntilExpiry != 90 || res.Refresh != "" {
			t.Errorf("a parent's sign-in: %+v", res)
		}
		if details, err := w.Auth.Organization(ctx, p.Identity); err != nil || details.TenantKey != res.TenantKey {
			t.Error("the secret of the sign-in is not that of the details")
		}
		if res := w.signIn(c); res.TenantKey != "" {
			t.Error("a child got the jwtSecret")
		}
		r := attempt(p, password)
		r.Audience = tollkeeper.AudienceV1
		if res, err := w.Auth.SignIn(ctx, r); err != nil || res.TenantKey != "" {
			t.Error("another family got the jwtSecret")
		}
	})
}

// R58: also a right password stands for nothing when the wrong one is a prefix, an extension or another spelling of it.
func TestPasswordsAreComparedExactly(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		for _, near := range []string{"", password[1:], password[:len(password)-1], password + " ", " " + password, strings.ToUpper(password), password + "\x00"} {
			w.Advance(time.Hour)
			_, err := w.try(p, near)
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
		w.signIn(p)
	})
}

// R14: an imported hash that is cheap, or that refuses a password without any work, costs no less than nobody's.
func TestLegacyHashesCostNoLess(t *testing.T) {
	var hashed counter
	for scheme, stored := range map[string]string{
		"ssha":       "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g1wb7AAAAAAA==",
		"bcrypt":     "$2a$04$zVHmKQtGGQob.b/Nc7l9NO8UlrYcW05FiuCj/SxsFO/ZtiN9.mNzy",
		"weak":       "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"unreadable": "rot13:cnffjbeq",
	} {
		t.Run(scheme, func(t *testing.T) {
			alone(t, func(w *world) {
				p := w.parent("p@example.com")
				s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
				w.ok(err)
				s.Account.Password = store.SecretText(stored)
				_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
				w.ok(err)
				for _, guess := range []string{"wrong", "wro\x00ng", strings.Repeat("a", 73)} {
					hashes := hashed.of(func() { _, err = w.try(p, guess) })
					w.want(err, tollkeeper.ErrInvalidCredentials)
					if hashes != 1 {
						t.Errorf("%d hashes at current strength for %q", hashes, guess)
					}
				}
			}, hashed.install)
		})
	}
}
