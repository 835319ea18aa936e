package tollkeeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// A token that is remembered ends at its own time, also where its session goes on.
func TestAKnownTokenEndsAtItsOwnTime(t *testing.T) {
	for _, staleness := range []time.Duration{0, 5 * time.Minute} {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Tokens.Staleness, c.Tokens.TTL, c.Refresh.Idle = staleness, 15*time.Minute, 24*time.Hour
		}))
		first := k.SignIn(k.Parent())
		k.Identity(string(first.Token))
		k.Identity(string(first.Token))
		k.Advance(10 * time.Minute)
		next, err := k.Auth.Refresh(ctx, first.Refresh, tollkeeper.Client{})
		if err != nil {
			t.Fatal(err)
		}
		k.Identity(string(next.Token))
		k.Advance(5*time.Minute - time.Second)
		k.Identity(string(first.Token))
		k.Advance(time.Second)
		if _, err := k.Auth.Authenticate(ctx, first.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Errorf("with staleness %v the token serves beyond its end: %v", staleness, err)
		}
		k.Identity(string(next.Token))
	}
}

// What limits a session, or ends its limitation, counts with the next request, for who is remembered, too. A row that
// somebody else changed is enough: nothing needs to end the session.
func TestAKnownTokenSeesItsRow(t *testing.T) {
	write := func(w *world, id uuid.UUID, change func(x *tollkeeper.Account)) {
		w.Helper()
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: id})
		w.ok(err)
		change(&s.Account)
		_, _, err = w.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, w.Now())
		w.ok(err)
	}
	organization := func(w *world, p authtest.Account, verify, factor bool) {
		w.Helper()
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{VerificationRequired: &verify, FactorRequired: &factor})
		w.ok(err)
	}
	for name, set := range map[string]struct {
		to      func(w *world, p, c authtest.Account, on bool)
		limited tollkeeper.Limitation
		role    tollkeeper.Role // empty: a user's
		refused bool
	}{
		"a temporary password": {to: func(w *world, _, c authtest.Account, on bool) {
			write(w, c.ID, func(x *tollkeeper.Account) { x.PasswordTemporary = on })
		}, limited: tollkeeper.LimitedPassword},
		"an address to be verified": {to: func(w *world, p, _ authtest.Account, on bool) { organization(w, p, on, false) }, limited: tollkeeper.LimitedUnverified},
		"a factor to be enrolled":   {to: func(w *world, p, _ authtest.Account, on bool) { organization(w, p, false, on) }, limited: tollkeeper.LimitedSecondFactor},
		"its role": {to: func(w *world, _, c authtest.Account, on bool) {
			write(w, c.ID, func(x *tollkeeper.Account) {
				x.Role = map[bool]tollkeeper.Role{true: tollkeeper.RoleGuest, false: tollkeeper.RoleUser}[on]
			})
		}, role: tollkeeper.RoleGuest},
		"its status": {to: func(w *world, _, c authtest.Account, on bool) {
			write(w, c.ID, func(x *tollkeeper.Account) {
				x.Status = map[bool]tollkeeper.Status{true: tollkeeper.StatusDisabled, false: tollkeeper.StatusActive}[on]
			})
		}, refused: true},
		"its parent's status": {to: func(w *world, p, _ authtest.Account, on bool) {
			write(w, p.ID, func(x *tollkeeper.Account) {
				x.Status = map[bool]tollkeeper.Status{true: tollkeeper.StatusDisabled, false: tollkeeper.StatusActive}[on]
			})
		}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				c := w.child(p, "c@example.com")
				for _, on := range []bool{true, false, true, false} {
					set.to(w, p, c, on)
					for range 3 {
						id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(c.Token))
						role := tollkeeper.RoleUser
						if on && set.role != "" {
							role = set.role
						}
						switch {
						case on && set.refused:
							w.want(err, tollkeeper.ErrInvalidToken)
						case err != nil || on && id.Limited != set.limited || !on && id.Limited != tollkeeper.Unlimited || id.Role != role:
							t.Fatalf("set %t: %+v, %v", on, id, err)
						}
					}
				}
			})
		})
	}
}

// A change counts at once also where nobody knows whether it was done, and where an answer of the store was on its way.
func TestAChangeOvertakesWhatIsRemembered(t *testing.T) {
	remembering := func(c *tollkeeper.Config) { c.Tokens.Staleness = 5 * time.Minute }
	t.Run("its own answer was lost", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			c := w.child(p, "c@example.com")
			w.Identity(c.Token)
			w.store.faults(nil, failing("UpdateAccount"))
			w.want(errOf(w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: c.Email, Role: tollkeeper.RoleGuest})), tollkeeper.ErrUnavailable)
			w.store.faults(nil, nil)
			if id := w.Identity(c.Token); id.Role != tollkeeper.RoleGuest {
				t.Errorf("still a %s", id.Role)
			}
		}, remembering)
	})
	t.Run("the session was just being read", func(t *testing.T) {
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.Advance(5 * time.Minute) // nothing is remembered any more
			w.store.faults(nil, func(verb string) error {
				if verb == "Session" {
					w.store.faults(nil, nil)
					return w.Auth.SignOut(ctx, p.Identity)
				}
				return nil
			})
			w.ok(errOf(w.Auth.Authenticate(ctx, tollkeeper.SecretText(p.Token)))) // as it was when it was read
			w.refuses("a session that is over", p.Token)
		}, remembering)
	})
}

// A reset ends the sessions of an account whose mailbox is proven, too, with staleness and without.
func TestAResetEndsTheSessionsOfAProvenOwner(t *testing.T) {
	for _, staleness := range []time.Duration{0, time.Minute} {
		story(t, func(w *world) {
			c := w.child(w.parent("p@example.com"), "c@example.com")
			w.confirmed(c)
			for range 3 {
				w.Identity(c.Token)
			}
			w.resetFrom(c, "192.0.2.1")
			w.refuses("a session from before the reset", c.Token)
			w.want(errOf(w.Auth.Refresh(ctx, tollkeeper.SecretText(c.Refresh), tollkeeper.Client{})), tollkeeper.ErrInvalidToken)
		}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Staleness, c.Refresh.Idle = staleness, time.Hour })
	}
}

// What cannot be looked up is not remembered as anything: it fails closed, and says so.
func TestStalenessFailsClosed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.Advance(2 * time.Minute) // nothing is remembered
		w.store.faults(failing("Session"), nil)
		w.want(errOf(w.Auth.Authenticate(ctx, tollkeeper.SecretText(p.Token))), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.Identity(p.Token)
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Staleness = time.Minute })
}

// A use counts against idleness once a quarter of what is allowed has passed.
func TestAUseIsNotedAfterAQuarterOfTheTime(t *testing.T) {
	story(t, func(w *world) {
		early, late := w.parent("early@example.com"), w.parent("late@example.com")
		w.Advance(4 * time.Minute)
		w.Identity(early.Token) // not noted
		time.Sleep(2 * time.Second)
		w.Advance(time.Minute)
		w.Identity(late.Token) // a quarter: noted
		time.Sleep(2 * time.Second)
		w.Advance(15 * time.Minute)
		w.refuses("used before a quarter", early.Token)
		w.Identity(late.Token)
	}, unlimited, func(c *tollkeeper.Config) { c.Tokens.Idle = 20 * time.Minute })
}
