package storetest

import (
	"errors"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func raceAccounts(k *kit) {
	k.run("children charge down to the last credit", raceChildren)
	k.run("one of many has the email", raceEmail)
	k.run("the same id is made once", raceSameAccount)
	k.run("one change of a version wins", raceVersion)
	k.run("a proof is used once", raceProof)
	k.run("two admins demote each other", raceDemote)
	k.run("one admin deletes, the other demotes", raceDelete)
	k.run("of eight admins one stays", raceAdmins)
	k.run("a child and the end of its parent", raceOrphan)
	k.run("numbers are given once", raceNumbers)
}

func raceChildren(k *kit) {
	p := k.parent(callers/2*5 + 3)
	errs := race(callers, func(int) error {
		n := store.NewAccount{Account: account(p.ID), Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5)}}
		_, _, err := k.store.CreateAccount(k.ctx, n, now)
		return err
	})
	won := k.tally(errs, store.ErrInsufficientCredits)
	b := k.books(p.ID)
	k.that(won == callers/2 && b.Credits == 3 && b.Children == callers/2 && b.SignUps == callers/2, "%d won, balance is %+v", won, b)
	k.that(len(k.listed(p.ID, store.Page{Limit: 100})) == callers/2, "other children than charges")
}

func raceEmail(k *kit) {
	p := k.parent(1000)
	address := word("same") + "@example.com"
	errs := race(callers, func(int) error {
		a := account(p.ID)
		a.EmailKey = address
		_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5)}}, now)
		if err != nil {
			if f := fieldOf(err); f != "" && f != "email" {
				return errUnexpected
			}
		}
		return err
	})
	won := k.tally(errs, store.Conflict{})
	b := k.books(p.ID)
	k.that(won == 1 && b.Credits == 995 && b.Children == 1, "%d have the email, balance is %+v", won, b)
}

func raceSameAccount(k *kit) {
	p := k.parent(1000)
	n := store.NewAccount{Account: account(p.ID), Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5)}}
	errs := race(callers, func(int) error {
		_, _, err := k.store.CreateAccount(k.ctx, n, now)
		return err
	})
	won := k.tally(errs)
	b := k.books(p.ID)
	k.that(won == callers && b.Credits == 995 && b.Children == 1, "%d answered, balance is %+v", won, b)
}

func raceVersion(k *kit) {
	a := k.child(k.parent(0))
	errs := race(callers, func(int) error {
		_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: a, EndSessions: true}, now)
		return err
	})
	won := k.tally(errs, store.Conflict{})
	got := k.find(a.ID)
	k.that(won == 1 && got.Version == 2 && got.Epoch == 2, "%d won, version %d, epoch %d", won, got.Version, got.Epoch)
}

func raceProof(k *kit) {
	a := k.child(k.parent(0))
	link := k.put(secret(a, store.PurposeReset))
	errs := race(callers, func(int) error {
		for {
			s, err := k.store.FindAccount(k.ctx, store.Lookup{ID: a.ID})
			if err != nil {
				return err
			}
			_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: s.Account, Proof: link.Digest}, now)
			if !errors.Is(err, store.Conflict{}) {
				return err
			}
		}
	})
	won := k.tally(errs, store.ErrProofSpent)
	k.that(won == 1 && k.find(a.ID).Version == 2, "%d used the proof, version %d", won, k.find(a.ID).Version)
}

// rounds is how often a race of two is repeated.
const rounds = 40

// leave makes an admin cease to be one.
func (k *kit) leave(id uuid.UUID, with func(*store.Account)) error {
	s, err := k.store.FindAccount(k.ctx, store.Lookup{ID: id})
	if err != nil {
		return err
	}
	with(&s.Account)
	_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: s.Account}, now)
	return err
}

func demoted(a *store.Account)  { a.Role = store.RoleUser }
func disabled(a *store.Account) { a.Status = store.StatusDisabled }

func raceDemote(k *kit) {
	p := k.parent(0)
	admins := []store.Account{k.child(p, admin), k.child(p, admin)}
	for round := range rounds {
		errs := race(2, func(i int) error {
			if round%2 == 0 {
				return k.leave(admins[1-i].ID, demoted)
			}
			return k.leave(admins[1-i].ID, disabled)
		})
		k.that(k.tally(errs, store.ErrLastAdmin) == 1, "round %d: not just one of two was demoted: %v", round, errs)
		for _, a := range admins {
			k.update(a.ID, func(c *store.Change) {
				c.Account.Role, c.Account.Status = store.RoleAdmin, store.StatusActive
			})
		}
	}
}

func raceDelete(k *kit) {
	p := k.parent(0)
	stays := k.child(p, admin)
	for round := range rounds {
		other := k.child(p, admin)
		errs := race(2, func(i int) error {
			if i == 0 {
				return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: stays.ID}, now)
			}
			return k.leave(other.ID, demoted)
		})
		k.that(k.tally(errs, store.ErrLastAdmin) == 1, "round %d: not just one of two is gone: %v", round, errs)
		if errs[0] == nil {
			stays = other
		}
	}
}

func raceAdmins(k *kit) {
	p := k.parent(0)
	var admins []store.Account
	for range 8 {
		admins = append(admins, k.child(p, admin))
	}
	errs := race(len(admins), func(i int) error {
		switch i % 3 {
		case 0:
			return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: admins[i].ID}, now)
		case 1:
			return k.leave(admins[i].ID, demoted)
		}
		return k.leave(admins[i].ID, disabled)
	})
	k.that(k.tally(errs, store.ErrLastAdmin) == 7, "of 8 admins there left %v", errs)
}

func raceOrphan(k *kit) {
	for range rounds / 4 {
		p := k.parent(100)
		fresh := account(p.ID)
		errs := race(8, func(i int) error {
			if i == 0 {
				return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: store.Root, ID: p.ID}, now)
			}
			a := account(p.ID)
			if i == 1 {
				a = fresh
			}
			_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5)}}, now)
			return err
		})
		won := k.tally(errs[1:], store.ErrNotFound)
		k.ok(errs[0])
		k.absent(fresh.ID)
		k.that(k.books(p.ID).SignUps == int64(won), "%d children were made, balance %+v", won, k.balance(p.ID))
	}
}

func raceNumbers(k *kit) {
	p := k.parent(0)
	numbers := make([]int64, callers)
	k.tally(race(callers, func(i int) error {
		a, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: account(p.ID)}, now)
		numbers[i] = a.Number
		return err
	}))
	seen := map[int64]bool{}
	for _, n := range numbers {
		k.that(!seen[n], "number %d is given twice", n)
		seen[n] = true
	}
	k.that(k.balance(p.ID).Children == callers, "%d children are counted", k.balance(p.ID).Children)
}
