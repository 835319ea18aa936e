package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// Whoever has a password and a phone deletes the account by either; with a second factor a code stands beside what was
// mailed.
func TestAnAccountIsDeletedByAnyProof(t *testing.T) {
	for name, proof := range map[string]func(w *world, x *holder, by *tollkeeper.Identity) tollkeeper.Confirmation{
		"a passkey": func(w *world, x *holder, by *tollkeeper.Identity) tollkeeper.Confirmation {
			c, err := w.Auth.BeginPasskeyProof(ctx, by)
			w.ok(err)
			return tollkeeper.Confirmation{Passkey: x.phone.Answer(c)}
		},
		"a mailed code and a recovery code": func(w *world, x *holder, _ *tollkeeper.Identity) tollkeeper.Confirmation {
			return tollkeeper.Confirmation{MailedCode: w.ownCode(x.Email), Code: x.added.Recovery[0]}
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				x := w.holder(w.User())
				res, err := w.byPhone(x)
				w.ok(err)
				by := w.Identity(string(res.Token))
				w.Advance(time.Hour)
				remove := func(r tollkeeper.Confirmation) error {
					r.Client = home
					return w.Auth.DeleteOwnAccount(ctx, by, r)
				}
				w.want(remove(tollkeeper.Confirmation{}), tollkeeper.ErrInvalidCredentials)
				w.want(remove(tollkeeper.Confirmation{MailedCode: w.ownCode(x.Email)}), tollkeeper.ErrInvalidCode)
				w.Advance(time.Hour)
				w.ok(remove(proof(w, x, by)))
				w.want(errOf(w.byPhone(x)), tollkeeper.ErrInvalidCredentials)
			})
		})
	}
}

// A session that was proved long ago takes a factor away by one that proves both, or by a mailed code and a code.
func TestAFactorGoesWithoutAPassword(t *testing.T) {
	story(t, func(w *world) {
		x := w.holder(w.User())
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		w.Advance(time.Hour)
		remove := func(r tollkeeper.FactorRemoval) error {
			r.Factor, r.Client = x.added.Passkey.ID, home
			return w.Auth.RemoveFactor(ctx, by, r)
		}
		w.want(remove(tollkeeper.FactorRemoval{Code: x.added.Recovery[0]}), tollkeeper.ErrNotRecent)
		w.want(remove(tollkeeper.FactorRemoval{MailedCode: "000000", Code: x.added.Recovery[0]}), tollkeeper.ErrInvalidCredentials)
		c, err := w.Auth.BeginPasskeyProof(ctx, by)
		w.ok(err)
		x.phone.Unverified = true
		w.want(remove(tollkeeper.FactorRemoval{Passkey: x.phone.Answer(c)}), tollkeeper.ErrInvalidCode)
		w.ok(remove(tollkeeper.FactorRemoval{MailedCode: w.ownCode(x.Email), Code: x.added.Recovery[1]}))
	})
	story(t, func(w *world) {
		x := w.holder(w.User())
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		w.Advance(time.Hour)
		c, err := w.Auth.BeginPasskeyProof(ctx, by)
		w.ok(err)
		w.ok(w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Passkey: x.phone.Answer(c), Client: home}))
	})
}

func TestRecoveryCodesAreCounted(t *testing.T) {
	story(t, func(w *world) {
		left := func(by *tollkeeper.Identity, want int) {
			w.Helper()
			n, err := w.Auth.RecoveryCodesLeft(ctx, by)
			if w.ok(err); n != want {
				t.Errorf("%d are left, want %d", n, want)
			}
		}
		a := w.User()
		left(w.SignedIn(a), 0)
		x := w.holder(a)
		res, err := w.byPhone(x)
		w.ok(err)
		by := w.Identity(string(res.Token))
		left(by, 10)
		codes, err := w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: x.added.Recovery[3]})
		w.ok(err)
		left(by, 10)
		w.ok(w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{MailedCode: w.ownCode(a.Email), Code: codes[0], Client: home}))
		left(by, 9)
	})
}
