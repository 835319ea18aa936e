package storetest

import (
	"math"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func createInsufficient(k *kit) {
	p := k.parent(4)
	a := account(p.ID)
	mail := queued(store.Lookup{ID: a.ID})
	before := k.balance(p.ID)
	for _, price := range []int64{5, math.MaxInt64} {
		n := store.NewAccount{Account: a, Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, price), Mail: []store.QueuedMail{mail}}}
		_, _, err := k.store.CreateAccount(k.ctx, n, now)
		k.fails(err, store.ErrInsufficientCredits)
	}
	k.absent(a.ID)
	k.equal("balance", k.balance(p.ID), before)
	k.that(len(k.claimed(mail.ID)) == 0, "mail of nothing is queued")
}

func createOptionalCharge(k *kit) {
	p := k.parent(4)
	a, c := account(p.ID), charge(p.ID, store.OpSignUp, 5)
	c.Required = false
	_, receipt, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: c}}, now)
	k.ok(err)
	k.equal("receipt", receipt, store.Receipt{})
	b := k.balance(p.ID)
	k.that(b.Credits == 4 && b.Children == 1 && b.SignUps == 0, "balance is %+v", b)
	k.that(len(k.ledger(p.ID)) == 1, "a ledger row of nothing stands")
}

func createAgain(k *kit) {
	p := k.parent(5)
	mail := queued(store.Lookup{})
	n := store.NewAccount{Account: account(p.ID), Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5), Mail: []store.QueuedMail{mail}}}
	first, _, err := k.store.CreateAccount(k.ctx, n, now)
	k.ok(err)
	before := k.balance(p.ID)
	again, receipt, err := k.store.CreateAccount(k.ctx, n, now.AddDate(0, 0, 1))
	k.ok(err)
	k.equal("answer", again, first)
	k.equal("receipt", receipt, store.Receipt{Charged: true, Balance: before})
	k.equal("balance", k.balance(p.ID), before)
	k.that(len(k.ledger(p.ID)) == 2, "charged twice")
	k.that(len(k.claimed(mail.ID)) == 1, "the mail is not queued once")
	k.books(p.ID)
	root := account(store.Root)
	for range 2 {
		k.create(store.NewAccount{Account: root, Grant: grant(root.ID, 5)})
	}
	k.that(k.balance(root.ID).Credits == 5, "granted twice")
}

func createAgainChanged(k *kit) {
	p := k.parent(0)
	n := store.NewAccount{Account: account(p.ID)}
	first := k.create(n)
	n.Account.EmailKey, n.Account.Name = word("other")+"@example.com", "Other"
	k.equal("with other values", k.create(n), first)
	changed := k.update(first.ID, func(c *store.Change) { c.Account.Name = "New" })
	k.equal("after a change", k.create(n), changed)
	k.remove(first)
	k.that(k.create(n).Status == store.StatusDeleted, "a tombstone came to life")
	k.that(k.balance(p.ID).Children == 0, "a tombstone is counted")
	orphan := k.child(p)
	k.remove(p)
	n = store.NewAccount{Account: orphan}
	k.that(k.create(n).ID == orphan.ID, "below a deleted parent an id that exists is not answered")
}

func createMail(k *kit) {
	p := k.parent(0)
	a := account(p.ID)
	mail := queued(store.Lookup{ID: a.ID})
	k.create(store.NewAccount{Account: a, Effects: store.Effects{Mail: []store.QueuedMail{mail}}})
	k.that(len(k.claimed(mail.ID)) == 1, "the mail is not queued")
}

// absent wants no trace of an account.
func (k *kit) absent(id uuid.UUID) {
	k.Helper()
	_, err := k.store.FindAccount(k.ctx, store.Lookup{ID: id})
	k.fails(err, store.ErrNotFound)
}
