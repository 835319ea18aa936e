package tollkeeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func TestLabelsOfFactors(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		for label, want := range map[string]error{
			strings.Repeat("l", 64): nil, strings.Repeat("l", 65): tollkeeper.ErrInvalidInput, "two\nlines": tollkeeper.ErrInvalidInput,
		} {
			_, err := w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{Label: label, Password: password})
			w.want(err, want)
		}
	}, unlimited)
}

// An app that was begun can be confirmed for ten minutes, takes the place of one that was begun before, and of nothing
// else; whether it is written decides.
func TestBeginAFactor(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
		w.ok(err)
		passkey := store.Factor{ID: uuid.New(), Kind: store.FactorPasskey, Credential: []byte{1}, CreatedAt: w.Now(), PendingUntil: w.Now().Add(time.Hour)}
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, PutFactors: []store.Factor{passkey}}, w.Now())
		w.ok(err)
		begin := func() (tollkeeper.Enrolment, error) {
			return w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{Password: password, Client: home})
		}
		w.store.faults(failing("UpdateAccount"), nil)
		w.want(errOf(begin()), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.ok(errOf(begin()))
		e, err := begin()
		w.ok(err)
		if list := w.Events(tollkeeper.EventFactorBegun); len(list) != 2 || list[1].Account != p.ID || list[1].Network == "" {
			t.Errorf("%+v", list)
		}
		s, err = w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID, Credentials: true})
		w.ok(err)
		if len(s.Factors) != 2 {
			t.Errorf("%d were begun, want the passkey and one app", len(s.Factors))
		}
		w.Advance(10*time.Minute - time.Second)
		w.ok(errOf(w.Auth.ConfirmFactor(ctx, w.Identity(p.Token), tollkeeper.SecretText(w.FactorCode(authtest.Factor{Seed: string(e.Seed)})), home)))
	}, unlimited)
}

// A session from before the first factor did not show it, and adds no other.
func TestASessionWithoutTheFactorAddsNone(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		before := w.Identity(p.Token)
		e, err := w.Auth.EnrolFactor(ctx, before, tollkeeper.FactorEnrolment{Password: password})
		w.ok(err)
		w.ok(errOf(w.Auth.ConfirmFactor(ctx, w.Identity(p.Token), tollkeeper.SecretText(w.FactorCode(authtest.Factor{Seed: string(e.Seed)})), home)))
		w.want(errOf(w.Auth.EnrolFactor(ctx, before, tollkeeper.FactorEnrolment{Password: password})), tollkeeper.ErrFactorState)
	}, unlimited)
}

// Who has not proven their mailbox is asked to by mail, as often as anybody may ask for one.
func TestEnrolmentsAskForAProofAtARate(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		before := len(w.Mails(p.Email, tollkeeper.MailVerify))
		for range 20 {
			w.want(errOf(w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{})), tollkeeper.ErrUnverified)
			w.Advance(time.Second)
		}
		if n := len(w.Mails(p.Email, tollkeeper.MailVerify)) - before; n == 0 || n > 3 {
			t.Errorf("%d mails", n)
		}
	})
}

// A code that removes another factor is used: it signs nobody in.
func TestTheCodeOfARemovalIsUsed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		f := w.EnrolFactor(p)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: p.ID})
		w.ok(err)
		other := store.Factor{ID: uuid.New(), Kind: store.FactorPasskey, Credential: []byte{1}, CreatedAt: w.Now()}
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account, PutFactors: []store.Factor{other}}, w.Now())
		w.ok(err)
		sign := func(code string) (tollkeeper.SignInResult, error) {
			return w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(p).Challenge, Code: tollkeeper.SecretText(code)})
		}
		w.Advance(time.Minute)
		res, err := sign(w.FactorCode(f))
		w.ok(err)
		w.Advance(time.Minute)
		code := w.FactorCode(f)
		w.ok(w.Auth.RemoveFactor(ctx, w.Identity(string(res.Token)), tollkeeper.FactorRemoval{Factor: other.ID, Code: tollkeeper.SecretText(code)}))
		w.want(errOf(sign(code)), tollkeeper.ErrInvalidCode)
	}, unlimited)
}

// An app that was begun under a master key that is gone is nobody's fault but the host's.
func TestABegunFactorWithoutItsKey(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		w.ok(errOf(w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{Password: password})))
		other := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()} }))
		_, err := other.Auth.ConfirmFactor(ctx, p.Identity, "000000", home)
		w.want(err, tollkeeper.ErrInternal)
	}, unlimited)
}

// The store may be away after the password was looked at: then nothing is begun, and the caller hears why.
func TestAnEnrolmentThatCannotReadTheFactorsBeginsNone(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		by := w.SignedIn(p)
		for n := 1; ; n++ {
			looks := 0
			w.store.watch()
			w.store.faults(func(verb string) error {
				if verb == "FindAccount" {
					if looks++; looks == n {
						return errDriver
					}
				}
				return nil
			}, nil)
			_, err := w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Password: password})
			if looks < n {
				w.ok(err)
				return
			}
			w.want(err, tollkeeper.ErrUnavailable)
			if change := w.store.change(); len(change.PutFactors) > 0 {
				t.Errorf("look %d: %+v", n, change.PutFactors)
			}
		}
	}, unlimited)
}
