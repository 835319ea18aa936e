package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// payments states what a Charge means, for each verb that takes one.
func payments(k *kit) {
	verbs := map[string]payment{"create account": payForAccount, "update account": payForChange, "create session": payForSession}
	for name, pay := range verbs {
		k.run(name, func(k *kit) {
			k.run("price zero is no charge", func(k *kit) { payNothing(k, pay, func(c *store.Charge) { c.Price = 0 }) })
			k.run("without an owner nobody pays", func(k *kit) { payNothing(k, pay, func(c *store.Charge) { c.Owner = uuid.Nil }) })
			k.run("a key that stands is paid", func(k *kit) { payPaid(k, pay) })
			k.run("the last credit may be spent", func(k *kit) { payLast(k, pay) })
		})
	}
	for _, name := range []string{"update account", "create session"} {
		k.run(name+"/a payer without balance cannot pay", func(k *kit) { payWithout(k, verbs[name]) })
	}
	k.run("a repeated request of price zero has no receipt", payNothingAgain)
}

// payment does a verb for a child of the parent, with that charge.
type payment func(k *kit, parent store.Account, c store.Charge) (store.Receipt, error)

func payForAccount(k *kit, parent store.Account, c store.Charge) (store.Receipt, error) {
	_, receipt, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: account(parent.ID), Effects: store.Effects{Charge: c}}, now)
	return receipt, err
}

func payForChange(k *kit, parent store.Account, c store.Charge) (store.Receipt, error) {
	_, receipt, err := k.store.UpdateAccount(k.ctx, store.Change{Account: k.child(parent), Effects: store.Effects{Charge: c}}, now)
	return receipt, err
}

func payForSession(k *kit, parent store.Account, c store.Charge) (store.Receipt, error) {
	return k.store.CreateSession(k.ctx, store.NewSession{Session: session(k.child(parent), now), Effects: store.Effects{Charge: c}}, now)
}

// payNothing wants the verb to be done although nobody has a credit, under a key that stands.
func payNothing(k *kit, pay payment, edit func(*store.Charge)) {
	p := k.parent(0)
	c := charge(p.ID, store.OpSignIn, 5)
	c.Key = k.ledger(p.ID)[0].Key
	edit(&c)
	receipt, err := pay(k, p, c)
	k.ok(err)
	k.equal("receipt", receipt, store.Receipt{})
	k.that(len(k.ledger(p.ID)) == 1, "a ledger row of nothing stands")
}

// payPaid shows the key and the id of an entry that stands to a payer who has nothing left.
func payPaid(k *kit, pay payment) {
	p := k.parent(5)
	paid, _ := k.apply(entry(p.ID, "host-operation", -5))
	for _, key := range []string{paid.Key, k.ledger(p.ID)[0].Key} {
		for _, required := range []bool{true, false} {
			c := charge(p.ID, store.OpSignIn, 7)
			c.Key, c.Entry, c.Required = key, paid.ID, required
			receipt, err := pay(k, p, c)
			k.ok(err)
			k.equal("receipt", receipt, store.Receipt{Charged: true, Balance: k.balance(p.ID)})
		}
	}
	k.that(k.balance(p.ID).SignIns == 0 && len(k.ledger(p.ID)) == 2, "charged twice: %+v", k.balance(p.ID))
	k.books(p.ID)
}

func payLast(k *kit, pay payment) {
	p := k.parent(5)
	receipt, err := pay(k, p, charge(p.ID, store.OpSignIn, 5))
	k.ok(err)
	k.that(receipt.Charged && receipt.Balance.Credits == 0, "receipt is %+v", receipt)
	k.equal("balance of the receipt", receipt.Balance, k.balance(p.ID))
	k.books(p.ID)
}

func payWithout(k *kit, pay payment) {
	p := k.parent(5)
	c := charge(k.child(p).ID, store.OpSignIn, 5)
	_, err := pay(k, p, c)
	k.fails(err, store.ErrInsufficientCredits)
	c.Required = false
	receipt, err := pay(k, p, c)
	k.ok(err)
	k.equal("receipt", receipt, store.Receipt{})
}

func payNothingAgain(k *kit) {
	p := k.parent(5)
	c := store.Charge{Owner: p.ID, Key: k.ledger(p.ID)[0].Key, Entry: id(), Operation: store.OpSignIn}
	a, s := account(p.ID), session(k.child(p), now)
	for range 2 {
		_, receipt, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: c}}, now)
		k.ok(err)
		k.equal("receipt of an account", receipt, store.Receipt{})
		receipt, err = k.store.CreateSession(k.ctx, store.NewSession{Session: s, Effects: store.Effects{Charge: c}}, now)
		k.ok(err)
		k.equal("receipt of a session", receipt, store.Receipt{})
	}
}
