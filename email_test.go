package tollkeeper_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestChangeEmail(t *testing.T) {
	k := authtest.New(t)
	a, other := k.Parent(), k.Parent()
	id := k.SignedIn(a)
	ask := func(to string) {
		t.Helper()
		k.Advance(2 * time.Minute)
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: tollkeeper.Password(a.Password), Email: to}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("needs fresh proof and an address", func(t *testing.T) {
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: "wrong", Email: "new@home.example"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Fatal(err)
		}
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: tollkeeper.Password(a.Password), Email: "new@"}); !errors.Is(err, tollkeeper.ErrInvalidEmail) {
			t.Fatal(err)
		}
		k.Advance(time.Hour)
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Email: "new@home.example"}); !errors.Is(err, tollkeeper.ErrNotRecent) {
			t.Fatal(err)
		}
	})
	t.Run("a taken address gets the same answer, and fails at the proof", func(t *testing.T) {
		ask(other.Email)
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(k.LastToken(other.Email)), tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrEmailTaken) {
			t.Fatal(err)
		}
	})
	t.Run("the link of the new address changes it, once, and the old one is told", func(t *testing.T) {
		ask("New@home.example")
		token := k.LastToken("New@home.example")
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(token), tollkeeper.Client{}); err != nil {
			t.Fatal(err)
		}
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(token), tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrLinkUsed) {
			t.Fatal("twice:", err)
		}
		s, err := k.Auth.Host().Account(ctx, a.ID)
		if err != nil || s.Account.Email != "New@home.example" || s.Account.EmailKey != "new@home.example" {
			t.Fatal(s.Account.Email, err)
		}
		mails := k.Mails(a.Email)
		if last := mails[len(mails)-1].Text; !strings.Contains(string(last), "email address of your account was changed") || strings.Contains(string(last), "home.example") {
			t.Fatal("the notice to the old address:", last)
		}
	})
	t.Run("a reset link mailed to the old address is void", func(t *testing.T) {
		k := authtest.New(t)
		a := k.Parent()
		if err := k.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: a.Email}); err != nil {
			t.Fatal(err)
		}
		old := k.LastToken(a.Email)
		id := k.SignedIn(a)
		if err := k.Auth.RequestEmailChange(ctx, id, tollkeeper.EmailChange{Password: tollkeeper.Password(a.Password), Email: "new@home.example"}); err != nil {
			t.Fatal(err)
		}
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(k.LastToken("new@home.example")), tollkeeper.Client{}); err != nil {
			t.Fatal(err)
		}
		err := k.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(old), Password: "another one 88"})
		if !errors.Is(err, tollkeeper.ErrLinkUsed) && !errors.Is(err, tollkeeper.ErrInvalidLink) {
			t.Fatal(err)
		}
	})
}

// R71: a verify path cannot lead away from the organization's own pages.
func TestVerifyPaths(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		url := "https://acme.example"
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{URL: &url})
		w.ok(err)
		c := w.child(p, "c@example.com")
		for path, want := range map[string]error{
			"": nil, "/verify": nil, "/a/b-c_d": nil, "https://acme.example/verify": nil, "https://acme.example": nil,
			"//evil.example": tollkeeper.ErrInvalidInput, "/\\evil.example": tollkeeper.ErrInvalidInput, "https://evil.example/verify": tollkeeper.ErrInvalidInput,
			"https://acme.example.evil.example": tollkeeper.ErrInvalidInput, "https://acme.example@evil.example": tollkeeper.ErrInvalidInput,
			"http://acme.example/": tollkeeper.ErrInvalidInput, "https://acme.example:8443/": tollkeeper.ErrInvalidInput, "/a?x=1": tollkeeper.ErrInvalidInput,
			"/a#b": tollkeeper.ErrInvalidInput, "/../a": tollkeeper.ErrInvalidInput, "javascript:alert(1)": tollkeeper.ErrInvalidInput, "verify": tollkeeper.ErrInvalidInput,
			"https://acme.example/%2e%2e/": tollkeeper.ErrInvalidInput, "https://app.example/verify": tollkeeper.ErrInvalidInput, "/a\r\nX: y": tollkeeper.ErrInvalidInput,
		} {
			w.Advance(time.Hour)
			w.want(w.Auth.RequestOwnVerification(ctx, c.Identity, path, tollkeeper.Client{}), want)
			if want == nil && !contains(string(w.LastMail(c.Email, tollkeeper.MailVerify).Text), "https://acme.example") && path != "" {
				t.Errorf("%q led to %s", path, w.LastMail(c.Email, tollkeeper.MailVerify).Text)
			}
		}
	})
}

// TestVerifyPathsAreRefusedWithAText whatever is wrong with them.
func TestVerifyPathsAreRefusedWithAText(t *testing.T) {
	k := authtest.New(t)
	for _, path := range []string{"https://evil.example/x", "//evil.example", "javascript:x", "https://app.example/x?y=1", "/x?y", "%zz"} {
		err := k.Auth.RequestVerification(t.Context(), tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: "somebody@shop.example", VerifyPath: path})
		if !errors.Is(err, tollkeeper.ErrInvalidInput) || err.Error() != "Invalid verify path" {
			t.Errorf("%s: %v", path, err)
		}
		k.Advance(time.Minute)
	}
}

// The same for the link to a new address.
func TestNewAddressIsConfirmedOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: "New@example.com"}))
		link := w.LastToken("New@example.com", tollkeeper.MailChangeEmail)
		w.store.faults(together("UpdateAccount", 50), nil)
		got := tally(atOnce(50, func(int) error {
			return w.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(link), tollkeeper.Client{})
		}))
		if got["ok"] != 1 || got["link_used"] != 49 || w.Identity(p.Token).Email != "New@example.com" {
			t.Error(got)
		}
	}, unlimited)
}

func TestConfirmation(t *testing.T) {
	yes := true
	verified := func(w *world, p authtest.Account) bool {
		w.Helper()
		s, err := w.Auth.Host().Account(ctx, p.ID)
		w.ok(err)
		return !s.Account.EmailVerifiedAt.IsZero()
	}
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{VerificationRequired: &yes})
		w.ok(err)
		c := w.child(p, "c@example.com")
		if c.Identity.Limited != tollkeeper.LimitedUnverified {
			w.Fatalf("limited by %q", c.Identity.Limited)
		}
		link := w.LastToken(c.Email, tollkeeper.MailVerify)
		if len(link) != 12 || w.store.saw(link) {
			w.Fatalf("link %q, or the store has seen it", link)
		}
		before := w.Balance(p)
		for _, wrong := range []string{"", "x", strings.ToLower(link), link + "A", link + "\n"} {
			w.want(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(wrong), tollkeeper.Client{}), tollkeeper.ErrInvalidInput)
		}
		w.want(w.Auth.VerifyEmail(ctx, "AAAAAAAAAAA1", tollkeeper.Client{}), tollkeeper.ErrInvalidLink)
		w.ok(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(link), tollkeeper.Client{}))
		w.want(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(link), tollkeeper.Client{}), tollkeeper.ErrAlreadyVerified)
		if id := w.Identity(c.Token); id.Limited != tollkeeper.Unlimited || !verified(w, c) {
			t.Errorf("the session is still limited: %q", id.Limited)
		}
		if after := w.Balance(p); after.Verifications != 1 || before.Credits-after.Credits != 2 {
			t.Errorf("charged %d", before.Credits-after.Credits)
		}
		w.signIn(c) // the link of the sign-up keeps its password (R34)
		w.want(w.Auth.RequestOwnVerification(ctx, c.Identity, "", tollkeeper.Client{}), tollkeeper.ErrAlreadyVerified)
		w.Advance(15 * time.Minute)
		w.want(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(link), tollkeeper.Client{}), tollkeeper.ErrLinkExpired)
	})
	t.Run("is free when the balance does not cover it", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			w.drain(p)
			w.ok(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify)), tollkeeper.Client{}))
			if b := w.Balance(p); b.Verifications != 0 || !verified(w, p) {
				t.Errorf("%+v", b)
			}
		})
	})
	t.Run("expires after fifteen minutes", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			link := w.LastToken(p.Email, tollkeeper.MailVerify)
			w.Advance(15 * time.Minute)
			w.want(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(link), tollkeeper.Client{}), tollkeeper.ErrLinkExpired)
		})
	})
	t.Run("is void after a change of the password", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			link := w.LastToken(p.Email, tollkeeper.MailVerify)
			w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}))
			w.want(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(link), tollkeeper.Client{}), tollkeeper.ErrInvalidLink)
		})
	})
	t.Run("thirty links a minute from one network", func(t *testing.T) {
		story(t, func(w *world) {
			for range 30 {
				w.want(w.Auth.VerifyEmail(ctx, "AAAAAAAAAAA1", from("192.0.2.1")), tollkeeper.ErrInvalidLink)
			}
			w.want(w.Auth.VerifyEmail(ctx, "AAAAAAAAAAA1", from("192.0.2.1")), tollkeeper.ErrRateLimited)
		})
	})
}

// Mail to a new address that could not be delivered is tried again for hours, with a new link each time. What voids links
// must void those that are still to be made, too, or whoever had the account could wait until its owner has it back.
func TestQueuedChangeOfEmailDiesWithWhatVoidsItsLink(t *testing.T) {
	const evil = "thief@evil.example"
	for name, recover := range map[string]func(w *world, p authtest.Account){
		"reset": func(w *world, p authtest.Account) {
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email}))
			w.ok(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset)), Password: "another staple 8"}))
		},
		"sign-in by code": func(w *world, p authtest.Account) {
			w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email}))
			w.Mails(p.Email)
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: p.Email, Code: tollkeeper.SecretText(w.LastCode(p.Email))})
			w.ok(err)
		},
		"change of the password": func(w *world, p authtest.Account) {
			w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
		},
		"change of the address": func(w *world, p authtest.Account) {
			w.Advance(time.Hour)
			w.ok(w.Auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: "new@example.com"}))
			w.Mails("new@example.com")
			w.ok(w.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(w.LastToken("new@example.com", tollkeeper.MailChangeEmail)), tollkeeper.Client{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var delivers atomic.Bool
			story(t, func(w *world) {
				p := w.parent("owner@example.com")
				w.ok(w.Auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: evil}))
				if len(w.Mails(evil)) != 0 {
					w.Fatal("the mail was not kept back")
				}
				recover(w, p)
				delivers.Store(true)
				w.Advance(3 * time.Hour)
				if n := len(w.Mails(evil, tollkeeper.MailChangeEmail)); n != 0 {
					err := w.Auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(w.LastToken(evil, tollkeeper.MailChangeEmail)), tollkeeper.Client{})
					w.Fatalf("the link went out after all, and answers: %v", err)
				}
			}, func(c *tollkeeper.Config) {
				c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
					if m.To == evil && !delivers.Load() {
						return errors.New("451 try again later")
					}
					return nil
				})
			})
		})
	}
}

func TestLinkToANewAddressIsNotSentWhenItsVoidingCameFirst(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("owner@example.com")
		w.store.faults(func(verb string) error {
			if verb == "worker.PutSecrets" {
				w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
			}
			return nil
		}, nil)
		w.ok(w.Auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: "thief@evil.example"}))
		if n := len(w.Mails("thief@evil.example")); n != 0 {
			t.Errorf("%d mails went out", n)
		}
		w.store.faults(nil, nil)
	})
}
