package tollkeeper_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
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
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(k.LastToken(other.Email)), Password: password}); !errors.Is(err, tollkeeper.ErrEmailTaken) {
			t.Fatal(err)
		}
	})
	t.Run("the link of the new address changes it, once, and the old one is told", func(t *testing.T) {
		ask("New@home.example")
		token := k.LastToken("New@home.example")
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(token), Password: password}); err != nil {
			t.Fatal(err)
		}
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(token), Password: password}); !errors.Is(err, tollkeeper.ErrLinkUsed) {
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
		if err := k.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(k.LastToken("new@home.example")), Password: password}); err != nil {
			t.Fatal(err)
		}
		err := errOf(k.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(old), Password: "another one 88"}))
		if !errors.Is(err, tollkeeper.ErrLinkUsed) && !errors.Is(err, tollkeeper.ErrInvalidLink) {
			t.Fatal(err)
		}
	})
}

// White space around an address is dropped, whoever types it, and is not kept.
// Of two links to new addresses the first that is followed counts, and ends the other: it may be to a mailbox that its
// owner thought better of.
func TestAChangeOfAddressEndsTheOtherOnes(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		links := map[string]string{}
		for _, to := range []string{"mistyped@example.org", "right@example.com"} {
			w.ok(w.Auth.RequestEmailChange(ctx, w.Identity(string(w.signIn(p).Token)), tollkeeper.EmailChange{Password: password, Email: to}))
			links[to] = w.LastToken(to, tollkeeper.MailChangeEmail)
		}
		follow := func(to string) error {
			return w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(links[to]), Password: password})
		}
		w.ok(follow("right@example.com"))
		w.want(follow("mistyped@example.org"), tollkeeper.ErrLinkUsed)
		s, err := w.Auth.Host().Account(ctx, p.ID)
		w.ok(err)
		if s.Account.Email != "right@example.com" {
			t.Errorf("the account is at %s", s.Account.Email)
		}
	}, unlimited, often)
}

// Each address of each account is paid for once, and they are told apart.
func TestEachVerificationIsPaidForOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		paid := func() (n int) {
			for _, e := range w.Ledger(p) {
				if e.Operation == tollkeeper.OpVerify {
					n++
				}
			}
			return n
		}
		for i, email := range []string{"a@example.com", "b@example.com"} {
			c := w.child(p, email)
			w.confirmed(c)
			if got := paid(); got != i+1 {
				t.Errorf("after %d accounts %d verifications are paid", i+1, got)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Credits.Prices = map[tollkeeper.Operation]int64{tollkeeper.OpVerify: 1} })
}

func TestWhiteSpaceAroundAddresses(t *testing.T) {
	k := authtest.New(t)
	const typed, plain = " \tAda@Home.example\u00a0\r\n", "Ada@Home.example"
	a := k.SignUp(typed, authtest.Password)
	k.SignIn(authtest.Account{Email: "\u3000" + typed, Password: authtest.Password})
	s, err := k.Auth.Host().FindByEmail(ctx, tollkeeper.Tenants, typed)
	if err != nil || s.Account.Email != plain {
		t.Errorf("kept as %q, %v", s.Account.Email, err)
	}
	if err := k.Auth.RequestEmailChange(ctx, a.Identity, tollkeeper.EmailChange{Email: " New@home.example ", Password: authtest.Password}); err != nil {
		t.Fatal(err)
	}
	if m := k.LastMail("New@home.example"); m.To != "New@home.example" {
		t.Errorf("mailed to %q", m.To)
	}
	if _, err := k.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "a da@home.example", Password: authtest.Password}); !errors.Is(err, tollkeeper.ErrInvalidEmail) {
		t.Errorf("white space inside: %v", err)
	}
}

// R71: a verify path cannot lead away from the organization's own pages.
func TestVerifyPaths(t *testing.T) {
	story(t, func(w *world) {
		p := w.tenant("p@example.com")
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
			return w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(link), Password: password})
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
			w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(wrong)})), tollkeeper.ErrInvalidInput)
		}
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: "AAAAAAAAAAA1"})), tollkeeper.ErrInvalidLink)
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link)})))
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link)})), tollkeeper.ErrAlreadyVerified)
		if id := w.Identity(c.Token); id.Limited != tollkeeper.Unlimited || !verified(w, c) {
			t.Errorf("the session is still limited: %q", id.Limited)
		}
		if after := w.Balance(p); after.Verifications != 1 || before.Credits-after.Credits != 2 {
			t.Errorf("charged %d", before.Credits-after.Credits)
		}
		w.signIn(c) // the link of the sign-up keeps its password (R34)
		w.Advance(time.Minute)
		w.ok(w.Auth.RequestOwnVerification(ctx, c.Identity, "", tollkeeper.Client{})) // verified is not proven
		w.Advance(14 * time.Minute)
		w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link)})), tollkeeper.ErrLinkExpired)
	})
	t.Run("is free when the balance does not cover it", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			w.drain(p)
			w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailVerify))})))
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
			w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link)})), tollkeeper.ErrLinkExpired)
		})
	})
	t.Run("is void after a change of the password", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			link := w.LastToken(p.Email, tollkeeper.MailVerify)
			w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}))
			w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(link)})), tollkeeper.ErrInvalidLink)
		})
	})
	t.Run("thirty links a minute from one network", func(t *testing.T) {
		story(t, func(w *world) {
			for range 30 {
				w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: "AAAAAAAAAAA1", Client: from("192.0.2.1")})), tollkeeper.ErrInvalidLink)
			}
			w.want(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: "AAAAAAAAAAA1", Client: from("192.0.2.1")})), tollkeeper.ErrRateLimited)
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
			w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset)), Password: "another staple 8"})))
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
			w.ok(w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(w.LastToken("new@example.com", tollkeeper.MailChangeEmail)), Password: password}))
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
					err := w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(w.LastToken(evil, tollkeeper.MailChangeEmail)), Password: password})
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
		var change sync.Once
		puts := 0
		w.store.faults(func(verb string) error {
			if verb == "worker.PutSecrets" {
				puts++
				change.Do(func() {
					w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
				})
			}
			return nil
		}, nil)
		w.ok(w.Auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: "thief@evil.example"}))
		if n := len(w.Mails("thief@evil.example")); n != 0 || puts != 2 { // once more, to end the life of what was not sent
			t.Errorf("%d mails went out, of %d secrets", n, puts)
		}
		w.store.faults(nil, nil)
	})
}

// A new address moves an account only with its owner's word beside the link, and the identities of the old one go with
// it unless they are named.
func TestChangeOfAddressAsksForTheOwnersWord(t *testing.T) {
	story(t, func(w *world) {
		h := hijacked(w)
		for _, subject := range []string{"stays", "goes"} {
			h.plant(store.Change{Link: []store.Linked{{Issuer: "https://" + subject + ".example", Subject: subject, LinkedAt: w.Now()}}})
		}
		w.ok(w.Auth.RequestEmailChange(ctx, h.account.Identity, tollkeeper.EmailChange{Password: password, Email: "new@home.example"}))
		r := tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(w.LastToken("new@home.example", tollkeeper.MailChangeEmail))}
		w.want(w.Auth.ConfirmEmailChange(ctx, r), tollkeeper.ErrNotRecent)
		r.By = h.parent.Identity
		w.want(w.Auth.ConfirmEmailChange(ctx, r), tollkeeper.ErrNotRecent)
		r.Password = "wrong"
		w.want(w.Auth.ConfirmEmailChange(ctx, r), tollkeeper.ErrInvalidCredentials)
		r.Password, r.By, r.Keep = "", h.account.Identity, []tollkeeper.IssuedKey{{Issuer: "https://stays.example", Subject: "stays"}}
		w.ok(w.Auth.ConfirmEmailChange(ctx, r))
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: h.account.ID, Credentials: true})
		w.ok(err)
		if len(s.Linked) != 1 || s.Linked[0].Subject != "stays" || s.Account.EmailKey != "new@home.example" || s.Account.EmailProvenAt.IsZero() {
			t.Errorf("%+v", s)
		}
	}, unlimited, withIssuers, often)
}

// What ends sessions ends what was begun in them, also on an account that was disabled.
func TestWhatEndsSessionsEndsAChangeOfAddress(t *testing.T) {
	for name, end := range map[string]func(h *hijack){
		"end of all sessions":     func(h *hijack) { h.ok(h.Auth.EndSessions(ctx, h.account.Identity, h.account.ID)) },
		"end of the other ones":   func(h *hijack) { h.ok(h.Auth.EndOtherSessions(ctx, h.account.Identity)) },
		"the account's disabling": func(h *hijack) { h.ok(h.Auth.Host().SetStatus(ctx, h.account.ID, tollkeeper.StatusDisabled)) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				h := hijacked(w)
				leftBehind["a change of address on its way"](h)
				end(h)
				w.want(w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(h.link), Password: password}), tollkeeper.ErrLinkUsed)
			}, unlimited, withIssuers, often)
		})
	}
}
