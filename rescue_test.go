package tollkeeper_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// Whoever lost their phone gets in by the password again: the factors, their codes and the sessions are gone, and the
// log says who did it.
func TestResetFactors(t *testing.T) {
	for name, c := range map[string]struct {
		do func(w *world, by, x authtest.Account) error
		by func(by authtest.Account) uuid.UUID
	}{
		"by an admin": {func(w *world, by, x authtest.Account) error { return w.Auth.ResetFactors(ctx, by.Identity, x.ID) },
			func(by authtest.Account) uuid.UUID { return by.ID }},
		"by the host": {func(w *world, _, x authtest.Account) error { return w.Auth.Host().ResetFactors(ctx, x.ID) },
			func(authtest.Account) uuid.UUID { return uuid.Nil }},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				x := w.child(p, "c@example.com")
				w.confirmed(x)
				phone := w.EnrolFactor(x)
				w.Advance(time.Minute)
				first := w.signIn(x).Challenge
				done, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first, Code: tollkeeper.SecretText(w.FactorCode(phone))})
				w.ok(err)
				w.Advance(time.Minute)
				waiting := w.signIn(x).Challenge
				w.ok(errOf(w.Auth.EnrolFactor(ctx, w.Identity(string(done.Token)), tollkeeper.FactorEnrolment{})))
				mails := len(w.Mails(x.Email, tollkeeper.MailNotice))
				w.store.watch()
				w.ok(c.do(w, p, x))
				if !w.store.voids(store.PurposeRecovery) {
					t.Error("the recovery codes stay")
				}
				w.refuses("a session of before", string(done.Token))
				_, err = w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: waiting, Code: tollkeeper.SecretText(phone.Recovery[0])})
				w.want(err, tollkeeper.ErrInvalidChallenge)
				res := w.signIn(x)
				if res.Token == "" {
					t.Fatal("a second factor is asked for")
				}
				if s, err := w.Auth.Account(ctx, p.Identity, x.ID); err != nil || s.Account.Factors != 0 || len(s.Factors) != 0 {
					t.Errorf("%v, %+v", err, s.Factors)
				}
				told := w.Events(tollkeeper.EventFactorChanged)
				if e := told[len(told)-1]; e.Detail != "reset" || e.By != c.by(p) || e.Account != x.ID {
					t.Errorf("%+v", e)
				}
				if told := w.Mails(x.Email, tollkeeper.MailNotice)[mails:]; len(told) != 1 || told[0].Subject != "Your second factor was changed" {
					t.Errorf("%+v", told)
				}
				w.want(c.do(w, p, x), tollkeeper.ErrFactorState)
				w.Advance(time.Minute)
				w.EnrolFactor(x)
			}, unlimited)
		})
	}
}

// voids reports whether a change that was seen voids secrets of that purpose.
func (p *probe) voids(purpose store.Purpose) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.args, func(x any) bool {
		c, ok := x.(store.Change)
		return ok && slices.Contains(c.Void, purpose)
	})
}

// An account that a hundred wrong codes closed is open to its next authenticator.
func TestResetFactorsForgetsTheTriesAtThem(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		x := w.child(p, "c@example.com")
		w.confirmed(x)
		w.EnrolFactor(x)
		w.Advance(time.Minute)
		try := func() error {
			_, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: w.signIn(x).Challenge, Code: "000000"})
			return err
		}
		for range 5 {
			w.want(try(), tollkeeper.ErrInvalidCode)
		}
		w.want(try(), tollkeeper.ErrRateLimited)
		w.ok(w.Auth.ResetFactors(ctx, p.Identity, x.ID))
		w.EnrolFactor(x)
	}, unlimited)
}

// Two admins at once take the factors once.
func TestFactorsAreResetOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		x := w.child(p, "c@example.com")
		w.confirmed(x)
		w.EnrolFactor(x)
		w.store.faults(together("UpdateAccount", 2), nil)
		errs := atOnce(2, func(int) error { return w.Auth.ResetFactors(ctx, p.Identity, x.ID) })
		if got := tally(errs); got["ok"] != 1 || got["factor_state"] != 1 {
			t.Errorf("%v", got)
		}
	}, unlimited)
}

// What strangers closed, an admin opens on every network: the lock and each ceiling. No network is recognised by it, and
// an unlocked account is guessed at no more often than before.
func TestUnlock(t *testing.T) {
	for name, do := range map[string]func(w *world, by, x authtest.Account) error{
		"by an admin": func(w *world, by, x authtest.Account) error { return w.Auth.Unlock(ctx, by.Identity, x.ID) },
		"by the host": func(w *world, _, x authtest.Account) error { return w.Auth.Host().Unlock(ctx, x.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				x := w.child(p, "c@example.com")
				at := "192.0.2.1"
				for range 2 {
					for range 5 {
						w.want(w.guess(x, "wrong", at), tollkeeper.ErrInvalidCredentials)
					}
					w.want(w.guess(x, password, at), tollkeeper.ErrLocked)
					w.ok(do(w, p, x))
					w.Advance(time.Second)
				}
				closed := 0
				for i := range 400 { // a ceiling of the account and one of the email
					if codeOf(w.guess(x, "wrong", fmt.Sprintf("10.%d.%d.1", i/250, i%250))) == "locked" {
						closed++
					}
				}
				if closed != 380 {
					t.Errorf("%d guesses were refused, want 380", closed)
				}
				w.ok(do(w, p, x))
				w.Advance(time.Second)
				marks := 0
				for i := range 40 {
					if codeOf(w.guess(x, "wrong", fmt.Sprintf("10.%d.%d.1", i/250, i%250))) == "invalid_credentials" {
						marks++
					}
				}
				if marks != 20 {
					t.Errorf("%d guesses after it, want 20: a network is recognised", marks)
				}
				w.ok(do(w, p, x))
				w.ok(w.guess(x, password, at))
				told := w.Events(tollkeeper.EventUnlocked)
				if len(told) != 4 || told[0].Account != x.ID || (told[0].By == p.ID) != (name == "by an admin") {
					t.Errorf("%+v", told)
				}
			}, unlimited)
		})
	}
}

// Whatever closes the account, alone: the lock, a ceiling, or what counts the repeated password of a session.
func TestUnlockOpensEachOfThem(t *testing.T) {
	few, many := tollkeeper.Limit{Free: 3, Window: time.Hour}, tollkeeper.Limit{Free: 1000, Window: time.Hour}
	lock := tollkeeper.Limit{Free: 3, Base: time.Minute, Max: time.Hour, Window: time.Hour}
	for name, c := range map[string]struct {
		narrow func(l *tollkeeper.Limits)
		own    bool // by a session
		over   bool // many networks
		wide   bool // over all scopes: the host's to open, and the mailbox's owner's
	}{
		"the lock":                            {func(l *tollkeeper.Limits) { l.Lock = lock }, false, false, false},
		"the ceiling of email and network":    {func(l *tollkeeper.Limits) { l.PairCeiling = few }, false, false, true},
		"the ceiling of the account":          {func(l *tollkeeper.Limits) { l.AccountCeiling = few }, false, true, false},
		"the ceiling of the email":            {func(l *tollkeeper.Limits) { l.EmailCeiling = few }, false, true, true},
		"the lock of a session's password":    {func(l *tollkeeper.Limits) { l.Lock = lock }, true, false, false},
		"the ceiling of a session's password": {func(l *tollkeeper.Limits) { l.EmailCeiling = few }, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				x := w.child(p, "c@example.com")
				try := func(password string, i int) error {
					at := "192.0.2.1"
					if c.over {
						at = fmt.Sprintf("10.0.%d.1", i)
					}
					if c.own {
						return w.Auth.Reauthenticate(ctx, x.Identity, tollkeeper.Confirmation{Password: tollkeeper.Password(password), Client: from(at)})
					}
					return w.guess(x, password, at)
				}
				for i := range 3 {
					w.want(try("wrong", i), tollkeeper.ErrInvalidCredentials)
				}
				w.want(try(password, 4), tollkeeper.ErrLocked)
				w.ok(w.Auth.Unlock(ctx, p.Identity, x.ID))
				w.Advance(time.Second)
				if c.wide {
					w.want(try(password, 4), tollkeeper.ErrLocked)
					w.ok(w.Auth.Host().Unlock(ctx, x.ID))
					w.Advance(time.Second)
				}
				w.ok(try(password, 4))
			}, unlimited, func(cfg *tollkeeper.Config) {
				l := &cfg.Limits
				l.Lock = tollkeeper.Limit{Free: 1000, Base: time.Second, Max: time.Second, Window: time.Hour}
				l.PairCeiling, l.AccountCeiling, l.EmailCeiling = many, many, many
				c.narrow(l)
			})
		})
	}
}

// A failure of the counters is told: nobody believes an account to be open that is not. Nor is it done unnoted.
func TestUnlockIsNotDoneUnnoted(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		x := w.child(p, "c@example.com")
		w.store.faults(failing("Release"), nil)
		w.want(w.Auth.Unlock(ctx, p.Identity, x.ID), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		page, err := w.Auth.Events(ctx, p.Identity, tollkeeper.EventQuery{Account: x.ID, Names: []tollkeeper.EventName{tollkeeper.EventUnlocked}})
		if w.ok(err); len(page.Events) != 1 || page.Events[0].By != p.ID {
			t.Errorf("%+v", page.Events)
		}
	})
}

// The own locks are not the own to open: a stolen session would guess on.
func TestNobodyRescuesThemselves(t *testing.T) {
	story(t, func(w *world) {
		p, admin := w.parent("p@example.com"), w.firstAdmin()
		host, house := w.Auth.Host(), admin.Parent
		for what, err := range map[string]error{
			"a parent unlocks itself": w.Auth.Unlock(ctx, p.Identity, p.ID), "an admin unlocks themselves": w.Auth.Unlock(ctx, admin.Identity, admin.ID),
			"a parent resets its factors": w.Auth.ResetFactors(ctx, p.Identity, p.ID), "an admin resets theirs": w.Auth.ResetFactors(ctx, admin.Identity, admin.ID),
			"the host unlocks the house": host.Unlock(ctx, house), "the host resets its factors": host.ResetFactors(ctx, house),
		} {
			if codeOf(err) != "forbidden" {
				t.Errorf("%s: %v", what, err)
			}
		}
		w.want(host.Unlock(ctx, uuid.New()), tollkeeper.ErrNotFound)
		w.want(host.ResetFactors(ctx, uuid.New()), tollkeeper.ErrNotFound)
		w.ok(host.Unlock(ctx, p.ID))
	})
}
