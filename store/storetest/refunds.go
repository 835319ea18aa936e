package storetest

import (
	"strings"

	"github.com/tollkeeper/tollkeeper/store"
)

func refundCredit(k *kit) {
	k.run("reverses a debit once", refundOnce)
	k.run("what is no debit is not found", refundNothing)
	k.run("keys as long as they may be", refundLongest)
	k.run("reverses the charge of a verb", func(k *kit) {
		p := k.parent(5)
		c := charge(p.ID, store.OpSignIn, 1)
		_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(k.child(p), now), Effects: store.Effects{Charge: c}}, now)
		k.ok(err)
		e := entry(p.ID, store.OpRefund, 0)
		e.Refunds = c.Key
		_, b := k.apply(e)
		k.that(b.Credits == 5 && b.Used == 0 && b.SignIns == 1, "balance is %+v", b)
		k.books(p.ID)
	})
}

func refundOnce(k *kit) {
	p := k.parent(10)
	debit := entry(p.ID, "host-operation", -4)
	k.apply(debit)
	e := entry(p.ID, store.OpRefund, 0)
	e.Refunds = debit.Key
	got, b := k.apply(e)
	e.Amount, e.Balance = 4, 10
	k.equal("entry", got, e)
	k.that(b.Credits == 10 && b.Used == 0 && b.Granted == 10, "balance is %+v", b)
	e.Amount = 0
	again, same, fresh, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
	k.ok(err)
	k.that(!fresh, "the same refund is fresh again")
	k.equal("entry", again, got)
	k.equal("balance", same, b)
	other := entry(p.ID, store.OpRefund, 0)
	other.Refunds = debit.Key
	_, _, _, err = k.store.ApplyCredit(k.ctx, store.Posting{Entry: other})
	k.fails(err, store.Conflict{}, "refund")
	k.equal("balance", k.balance(p.ID), b)
	second := entry(p.ID, "host-operation", -1)
	k.apply(second)
	e.Refunds = second.Key
	_, _, _, err = k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
	k.fails(err, store.Conflict{})
	k.books(p.ID)
}

func refundLongest(k *kit) {
	p := k.parent(10)
	debit, e := entry(p.ID, "host-operation", -4), entry(p.ID, store.OpRefund, 0)
	for _, key := range []*string{&debit.Key, &e.Key} {
		*key += strings.Repeat("k", 200-len(*key))
	}
	near := entry(p.ID, "host-operation", -1)
	near.Key = debit.Key[:199]
	k.apply(debit)
	k.apply(near)
	e.Refunds = debit.Key
	got, b := k.apply(e)
	k.that(got.Key == e.Key && got.Refunds == debit.Key && got.Amount == 4 && b.Credits == 9, "entry %+v, balance %+v", got, b)
	k.equal("stored", k.entry(p.ID, e.Key), got)
	k.equal("debit", k.entry(p.ID, debit.Key).Amount, int64(-4))
	k.books(p.ID)
}

func refundNothing(k *kit) {
	p, q := k.parent(10), k.parent(10)
	credit, foreign := entry(p.ID, store.OpPackage, 5), entry(q.ID, "host-operation", -2)
	k.apply(credit)
	k.apply(foreign)
	debit, refund := entry(p.ID, "host-operation", -2), entry(p.ID, store.OpRefund, 0)
	refund.Refunds = debit.Key
	k.apply(debit)
	k.apply(refund)
	before := k.balance(p.ID)
	for name, key := range map[string]string{
		"unknown": "none", "a credit": credit.Key, "the grant": "grant:" + p.ID.String(), "another owner's": foreign.Key, "a refund": refund.Key,
	} {
		k.run(name, func(k *kit) {
			e := entry(p.ID, store.OpRefund, 2)
			e.Refunds = key
			_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
			k.fails(err, store.ErrNotFound)
			k.equal("balance", k.balance(p.ID), before)
		})
	}
	nobody := entry(id(), store.OpRefund, 0)
	nobody.Refunds = debit.Key
	_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: nobody})
	k.fails(err, store.ErrNotFound)
	k.books(p.ID)
}
