package tollkeeper_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// A link that ends between being read and being used, as that of a mail which its mailer gave back, changes nothing.
func TestALinkThatEndsMeanwhileChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		ask  func(w *world, x authtest.Account) tollkeeper.SecretText
		open func(w *world, x authtest.Account, link tollkeeper.SecretText) error
		want error
	}{
		"a new password": {
			func(w *world, x authtest.Account) tollkeeper.SecretText {
				w.ok(w.requestReset(x))
				return tollkeeper.SecretText(w.LastToken(x.Email, tollkeeper.MailReset))
			},
			func(w *world, _ authtest.Account, link tollkeeper.SecretText) error {
				return w.reset(string(link), fresh)
			},
			tollkeeper.ErrLinkUsed,
		},
		"a proof of the mailbox": {asksToVerify, func(w *world, x authtest.Account, link tollkeeper.SecretText) error {
			return errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: link, By: x.Identity, Client: home}))
		}, tollkeeper.ErrAlreadyVerified},
		"no account of mine": {asksToVerify, func(w *world, _ authtest.Account, link tollkeeper.SecretText) error {
			return w.Auth.Disown(ctx, link, home)
		}, tollkeeper.ErrLinkUsed},
		"a new address": {
			func(w *world, x authtest.Account) tollkeeper.SecretText {
				return w.changing(password, x.Identity, "new@example.com").Token
			},
			func(w *world, _ authtest.Account, link tollkeeper.SecretText) error {
				return w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: link, Password: password, Client: home})
			},
			tollkeeper.ErrLinkUsed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				x := w.child(w.parent("p@example.com"), "c@example.com")
				w.store.watch()
				link := c.ask(w, x)
				ended := newest[[]store.Secret](w.store)
				ended[0].ExpiresAt = ended[0].CreatedAt
				find := func() tollkeeper.Account {
					s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: x.ID})
					w.ok(err)
					return s.Account
				}
				before := find()
				w.store.faults(func(verb string) error {
					if verb == "UpdateAccount" {
						w.ok(w.store.Store.PutSecrets(ctx, ended, w.Now()))
					}
					return nil
				}, nil)
				w.want(c.open(w, x, link), c.want)
				w.store.faults(nil, nil)
				if now := find(); now.Version != before.Version || now.Email != before.Email || now.Password != before.Password {
					t.Errorf("the account is %+v", now)
				}
			}, unlimited, often)
		})
	}
}

func asksToVerify(w *world, x authtest.Account) tollkeeper.SecretText {
	w.ok(w.Auth.RequestOwnVerification(ctx, x.Identity, "", home))
	return tollkeeper.SecretText(w.LastToken(x.Email, tollkeeper.MailVerify))
}

// TestLinksOfAScope: each scope has pages of its own, and where it names none the host's are there.
func TestLinksOfAScope(t *testing.T) {
	own := map[tollkeeper.Scope]tollkeeper.Links{tollkeeper.Tenants: {Reset: "/tenants/choose-password", SignInLink: "/tenants/mailed-link"}}
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.ScopeLinks = own }))
	own[tollkeeper.Scope{}] = tollkeeper.Links{Reset: "/changed-afterwards"}
	parent := kit.Parent()
	for name, tt := range map[string]struct {
		of           authtest.Account
		reset, link  string
		verification string
	}{
		"of the app": {kit.User(), "/reset-password", "/sign-in-link", "/auth/confirm-email"},
		"a tenant":   {parent, "/tenants/choose-password", "/tenants/mailed-link", "/auth/confirm-email"},
		"a child":    {kit.Child(parent), "/reset-password", "/sign-in-link", "/auth/confirm-email"},
	} {
		ask := tollkeeper.MailRequest{Email: tt.of.Email, Scope: tt.of.Scope()}
		if err := errors.Join(kit.Auth.RequestReset(t.Context(), ask), kit.Auth.RequestLink(t.Context(), ask)); err != nil {
			t.Fatal(name, err)
		}
		for kind, want := range map[tollkeeper.MailKind]string{tollkeeper.MailReset: tt.reset, tollkeeper.MailSignInLink: tt.link} {
			if got := kit.LastLink(tt.of.Email, kind); !strings.HasPrefix(got, authtest.BaseURL+want+"?token=") {
				t.Errorf("%s: the %s leads to %s, want %s", name, kind, got, want)
			}
		}
		if got := kit.Auth.LinksIn(tt.of.Scope()); got.Verify != tt.verification || got.Reset != tt.reset {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
