package storetest

import (
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// removalRaces are a credential that is taken away while its owner signs in by it.
func removalRaces(k *kit) {
	k.run("a factor that goes lets nobody in any more", func(k *kit) {
		for name, ends := range map[string]bool{"its sessions stay": false, "its sessions end": true} {
			k.run(name, func(k *kit) {
				for range rounds / 4 {
					raceFactorRemoved(k, ends)
				}
			})
		}
	})
	k.run("an identity that goes lets nobody in any more", func(k *kit) {
		for range rounds / 4 {
			raceIdentityRemoved(k)
		}
	})
}

// raceFactorRemoved signs in by a factor until it is refused, while the factor goes.
func raceFactorRemoved(k *kit, ends bool) {
	p := k.parent(1 << 40)
	a, f := k.armed(p, 0)
	n := store.NewSession{Use: store.Use{Factor: f.ID}}
	refusal := error(store.Conflict{})
	if ends {
		refusal = store.ErrNotFound // the account's epoch is another, which comes first
	}
	won := raceRemoval(k, store.Change{Account: a, DropFactors: []uuid.UUID{f.ID}, EndSessions: ends}, n, refusal)
	k.has(a)
	list, err := k.store.ListSessions(k.ctx, a.ID, store.Page{Limit: won + 1}, now)
	k.ok(err)
	if ends {
		won = 0
	}
	k.that(len(list) == won, "%d sessions live, want %d", len(list), won)
}

// raceIdentityRemoved signs in by an identity until it is refused, while the identity goes with the sessions: its
// UsedAt does not bring it back.
func raceIdentityRemoved(k *kit) {
	p, l := k.parent(1<<40), linked()
	a := k.create(store.NewAccount{Account: account(p.ID), Linked: []store.Linked{l}})
	raceRemoval(k, store.Change{Account: a, Unlink: []store.IssuedKey{l.Key()}, EndSessions: true}, store.NewSession{By: l.Key()}, store.ErrNotFound)
	k.misses(by(l, store.Lookup{Scope: p.ID}))
	k.that(len(k.credentials(a.ID).Linked) == 0, "the identity is back")
	list, err := k.store.ListSessions(k.ctx, a.ID, store.Page{Limit: 1}, now)
	k.ok(err)
	k.that(len(list) == 0, "a session lives")
}

// raceRemoval makes the change, once, among sign-ins like n. All of them pay at the parent, whose account book tells
// the order: none stands behind the change. It returns how many sign-ins there were.
func raceRemoval(k *kit, c store.Change, n store.NewSession, refusal error) int {
	k.Helper()
	payer := c.Account.Parent
	c.Charge = charge(payer, store.OpVerify, 1)
	var gone atomic.Bool
	var won atomic.Int64
	errs := race(5, func(i int) error {
		if i == 0 {
			// Sign-ins do not move the version: the change must win at once.
			_, _, err := k.store.UpdateAccount(k.ctx, c, now)
			gone.Store(true)
			return err
		}
		for {
			late, n := gone.Load(), n
			n.Session, n.Charge = session(c.Account, now), charge(payer, store.OpSignIn, 1)
			_, err := k.store.CreateSession(k.ctx, n, now)
			switch {
			case err != nil:
				return err
			case late:
				return errUnexpected
			}
			won.Add(1)
		}
	})
	k.ok(errs[0])
	k.that(k.tally(errs[1:], refusal) == 0, "a sign-in was not refused")
	b, at := k.books(payer), k.entry(payer, c.Charge.Key).Balance
	k.that(b.Credits == at, "%d signed in after it was gone", at-b.Credits)
	k.that(b.SignIns == won.Load(), "%d sign-ins are paid, %d answered", b.SignIns, won.Load())
	return int(won.Load())
}
