package tollkeeper_test

import (
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
