package storetest

import (
	"math"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// tolls states that a charge means the same in every verb that has one.
func tolls(k *kit) {
	for name, verb := range map[string]func(k *kit, p store.Account) toll{
		"an account": tollOfAccount, "a change": tollOfChange, "a session": tollOfSession,
	} {
		k.run(name+" at price 0 is not charged", func(k *kit) { tollFree(k, verb) })
		k.run(name+" whose key stands is paid", func(k *kit) { tollPaid(k, verb) })
		k.run(name+" at a price below zero makes no sense", func(k *kit) { tollNegative(k, verb) })
	}
	k.run("what is refused has no receipt, also where its key stands", tollRefused)
	k.run("the amount that a refund comes with does not count", tollRefunded)
	k.run("nobody but the parent pays for a child", tollOfAnother)
}

// toll does a verb with a charge.
type toll func(store.Charge) (store.Receipt, error)

func tollOfAccount(k *kit, p store.Account) toll {
	return func(c store.Charge) (store.Receipt, error) {
		_, r, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: account(p.ID), Effects: store.Effects{Charge: c}}, now)
		return r, err
	}
}

func tollOfChange(k *kit, p store.Account) toll {
	a := k.child(p)
	return func(c store.Charge) (store.Receipt, error) {
		_, r, err := k.store.UpdateAccount(k.ctx, store.Change{Account: k.find(a.ID), Effects: store.Effects{Charge: c}}, now)
		return r, err
	}
}

func tollOfSession(k *kit, p store.Account) toll {
	a := k.child(p)
	return func(c store.Charge) (store.Receipt, error) {
		return k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now), Effects: store.Effects{Charge: c}}, now)
	}
}

// tollFree takes nothing from who has nothing, required or not, and also where the key stands.
func tollFree(k *kit, verb func(*kit, store.Account) toll) {
	p := k.parent(0)
	pass := verb(k, p)
	standing := entry(p.ID, store.OpPackage, 0)
	k.apply(standing)
	for _, key := range []string{"unused", standing.Key} {
		for _, required := range []bool{true, false} {
			c := charge(p.ID, store.OpSignIn, 0)
			c.Key, c.Required = key, required
			r, err := pass(c)
			k.ok(err)
			k.equal("receipt", r, store.Receipt{})
		}
	}
	k.that(len(k.ledger(p.ID)) == 2, "a ledger row of nothing stands")
}

// tollPaid charges nobody twice, whether the balance covers the price or not.
func tollPaid(k *kit, verb func(*kit, store.Account) toll) {
	for _, credits := range []int64{5, 50} {
		p := k.parent(credits)
		pass := verb(k, p)
		first := charge(p.ID, store.OpSignIn, 5)
		_, err := pass(first)
		k.ok(err)
		for _, required := range []bool{true, false} {
			for _, id := range []uuid.UUID{first.Entry, id()} {
				again := first
				again.Entry, again.Required = id, required
				r, err := pass(again)
				k.ok(err)
				k.that(r.Charged, "a key that stands is not charged")
				k.equal("balance", r.Balance, k.balance(p.ID))
			}
		}
		k.that(k.balance(p.ID).Credits == credits-5, "%d credits are left of %d", k.balance(p.ID).Credits, credits)
	}
}

// tollNegative gives nothing to who pays.
func tollNegative(k *kit, verb func(*kit, store.Account) toll) {
	p := k.parent(50)
	pass := verb(k, p)
	c := charge(p.ID, store.OpSignIn, -5)
	_, err := pass(c)
	k.fails(err, store.ErrInvalid)
	k.that(k.balance(p.ID).Credits == 50, "charged all the same")
}

// tollRefused is stopped by a name that another account has, after its charge was found to be paid.
func tollRefused(k *kit) {
	p := k.parent(5)
	a, b := k.child(p), k.child(p)
	paid := charge(p.ID, store.OpVerify, 5)
	k.update(a.ID, func(c *store.Change) { c.Charge = paid })
	change := store.Change{Account: k.find(a.ID), Effects: store.Effects{Charge: paid}}
	change.Account.EmailKey = b.EmailKey
	_, r, err := k.store.UpdateAccount(k.ctx, change, now)
	k.fails(err, store.Conflict{}, "email")
	k.equal("receipt of a change", r, store.Receipt{})
	twin := account(p.ID)
	twin.EmailKey = b.EmailKey
	_, r, err = k.store.CreateAccount(k.ctx, store.NewAccount{Account: twin, Effects: store.Effects{Charge: paid}}, now)
	k.fails(err, store.Conflict{}, "email")
	k.equal("receipt of an account", r, store.Receipt{})
}

// tollRefunded asks for a refund of more than anybody could have, first under an id that is taken.
func tollRefunded(k *kit) {
	p := k.parent(5)
	debit := entry(p.ID, store.OpVerify, -3)
	k.apply(debit)
	e := entry(p.ID, store.OpRefund, math.MaxInt64)
	e.ID, e.Refunds = debit.ID, debit.Key
	_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
	k.fails(err, store.Conflict{})
	e.ID = id()
	applied, b := k.apply(e)
	k.that(applied.Amount == 3 && b.Credits == 5, "refunded %d, and %d credits are left", applied.Amount, b.Credits)
}

func tollOfAnother(k *kit) {
	p, other := k.parent(50), k.parent(50)
	tried := map[string]store.NewAccount{
		"another parent": {Account: account(p.ID), Effects: store.Effects{Charge: charge(other.ID, store.OpSignUp, 5)}},
		"of a root":      {Account: account(store.Root), Effects: store.Effects{Charge: charge(other.ID, store.OpSignUp, 5)}},
		"nobody known":   {Account: account(p.ID), Effects: store.Effects{Charge: charge(id(), store.OpSignUp, 5)}},
	}
	for name, n := range tried {
		k.run(name, func(k *kit) {
			for _, n.Charge.Required = range []bool{true, false} {
				_, _, err := k.store.CreateAccount(k.ctx, n, now)
				k.fails(err, store.ErrInvalid)
				k.absent(n.Account.ID)
			}
		})
	}
	k.that(k.balance(other.ID).Credits == 50, "charged all the same")
	free := charge(other.ID, store.OpSignUp, 0)
	_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: account(p.ID), Effects: store.Effects{Charge: free}}, now)
	k.ok(err)
}
