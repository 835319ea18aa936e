package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// zeroIDs shows an id of nobody to every verb that looks one up.
func zeroIDs(k *kit) {
	p := k.parent(5)
	nobody := store.Account{Epoch: 1, Version: 1, Status: store.StatusActive}
	verbs := map[string]func() error{
		"find account": func() error { _, err := k.store.FindAccount(k.ctx, store.Lookup{}); return err },
		"update account": func() error {
			_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: nobody}, now)
			return err
		},
		"delete account": func() error { return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: uuid.Nil}, now) },
		"delete root account": func() error {
			return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: store.Root, ID: uuid.Nil}, now)
		},
		"create session": func() error {
			_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(nobody, now)}, now)
			return err
		},
		"session": func() error { _, err := k.store.Session(k.ctx, uuid.Nil, now); return err },
		"rotate session": func() error {
			_, err := k.store.RotateSession(k.ctx, store.Rotation{}, now)
			return err
		},
		"touch session": func() error { return k.store.TouchSession(k.ctx, store.Touch{}, now) },
		"revoke session": func() error {
			return k.store.RevokeSession(k.ctx, store.Revocation{Account: p.ID, Session: uuid.Nil}, now)
		},
		"put secrets": func() error {
			return k.store.PutSecrets(k.ctx, []store.Secret{secret(nobody, store.PurposeReset)}, now)
		},
		"consume secret": func() error {
			_, err := k.store.ConsumeSecret(k.ctx, store.Claim{Purpose: store.PurposeSignIn}, now)
			return err
		},
		"apply credit": func() error {
			_, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: entry(uuid.Nil, store.OpPackage, 5)})
			return err
		},
		"balance": func() error { _, err := k.store.Balance(k.ctx, uuid.Nil); return err },
	}
	for name, verb := range verbs {
		k.run(name, func(k *kit) { k.fails(verb(), store.ErrNotFound) })
	}
}

// createSessionRevivesNothing asks once more for sessions that are over.
func createSessionRevivesNothing(k *kit) {
	p := k.parent(9)
	ends := map[string]func(store.Account, store.Session){
		"revoked": func(a store.Account, s store.Session) {
			k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: s.ID}, now))
		},
		"old epoch": func(a store.Account, _ store.Session) { k.update(a.ID, func(c *store.Change) { c.EndSessions = true }) },
		"deleted":   func(a store.Account, _ store.Session) { k.remove(a) },
		"by reuse":  func(_ store.Account, s store.Session) { _, _ = k.store.RotateSession(k.ctx, rotation(s, 7, 0), now) },
	}
	for name, end := range ends {
		k.run(name, func(k *kit) {
			a := k.child(p)
			n := store.NewSession{Session: refreshable(a), Effects: store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)}}
			_, err := k.store.CreateSession(k.ctx, n, now)
			k.ok(err)
			end(a, n.Session)
			before, lines := k.stands(a), len(k.ledger(p.ID))
			n.Session.Epoch++
			receipt, err := k.store.CreateSession(k.ctx, n, now.Add(time.Minute))
			k.ok(err)
			k.that(receipt.Charged, "receipt is %+v", receipt)
			k.dead(a.ID, n.Session.ID, now)
			k.equal("account", k.stands(a), before)
			k.that(len(k.ledger(p.ID)) == lines, "charged twice")
		})
	}
}
