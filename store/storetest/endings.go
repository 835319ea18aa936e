package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func updateEndsSessions(k *kit) {
	a := k.child(k.parent(0))
	one, two := k.signIn(session(a, now)), k.signIn(refreshable(a))
	k.update(a.ID, func(*store.Change) {})
	k.live(one.ID, now)
	got := k.update(a.ID, func(c *store.Change) { c.EndSessions = true })
	k.that(got.Epoch == 2, "epoch is %d, want 2", got.Epoch)
	k.dead(a.ID, one.ID, now)
	k.dead(a.ID, two.ID, now)
	k.live(k.signIn(session(got, now)).ID, now)
}

func updateKeepsSession(k *kit) {
	a := k.child(k.parent(0))
	keep, end := k.signIn(refreshable(a)), k.signIn(session(a, now))
	k.update(a.ID, func(c *store.Change) { c.EndSessions, c.KeepSession = true, keep.ID })
	k.dead(a.ID, end.ID, now)
	keep.Epoch = 2
	k.equal("kept", k.live(keep.ID, now).Session, keep)
	_, err := k.store.RotateSession(k.ctx, rotation(keep, 0, 0), now)
	k.ok(err)
	k.update(a.ID, func(c *store.Change) { c.EndSessions = true })
	k.dead(a.ID, keep.ID, now)
}

func updateKeepsNoDead(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	revoked, old, foreign := k.signIn(session(a, now)), k.signIn(session(a, now)), k.signIn(session(b, now))
	k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: revoked.ID}, now))
	k.update(a.ID, func(c *store.Change) { c.EndSessions = true })
	for _, s := range []store.Session{old, revoked, foreign} {
		k.update(a.ID, func(c *store.Change) { c.EndSessions, c.KeepSession = true, s.ID })
	}
	k.dead(a.ID, old.ID, now)
	k.dead(a.ID, revoked.ID, now)
	k.that(k.live(foreign.ID, now).Session.Account == b.ID, "a session of another account moved")
	k.update(b.ID, func(c *store.Change) { c.KeepSession = foreign.ID })
	k.that(k.live(foreign.ID, now).Session.Epoch == 1, "keeping without ending moved the epoch")
}

func updateSecrets(k *kit) {
	a := k.child(k.parent(0))
	reset, verify := k.put(secret(a, store.PurposeReset)), k.put(secret(a, store.PurposeVerify))
	recovery, added := k.put(secret(a, store.PurposeRecovery)), secret(a, store.PurposeReset)
	over := secret(a, store.PurposeReset)
	over.ExpiresAt = now
	k.put(over)
	k.update(a.ID, func(c *store.Change) {
		c.Void = []store.Purpose{store.PurposeReset, store.PurposeVerify}
		c.Secrets = []store.Secret{added}
	})
	k.that(k.secret(reset).UsedAt.Equal(now) && k.secret(verify).UsedAt.Equal(now), "not voided")
	k.that(k.secret(over).UsedAt.Equal(now), "one that is over lives again should the clock go back")
	k.equal("of another purpose", k.secret(recovery), recovery)
	k.equal("added", k.secret(added), added)
	k.update(a.ID, func(c *store.Change) { c.Secrets = []store.Secret{reset} })
	k.equal("added again", k.secret(reset), reset)
	k.equal("without voiding", k.secret(added), added)
	sibling := secret(k.child(store.Account{ID: a.Parent}), store.PurposeReset)
	k.update(a.ID, func(c *store.Change) { c.Secrets = []store.Secret{sibling} })
	k.equal("of another account", k.secret(sibling), sibling)
}

func updateProof(k *kit) {
	a := k.child(k.parent(0))
	link, spare := k.put(secret(a, store.PurposeReset)), k.put(secret(a, store.PurposeReset))
	change := func(c *store.Change) { c.Proof = link.Digest; c.Account.Password = "$new" }
	k.update(a.ID, change)
	used := link
	used.UsedAt = now
	k.equal("the proof", k.secret(link), used)
	k.equal("another link", k.secret(spare), spare)
	before := k.find(a.ID)
	k.fails(k.tries(a.ID, change), store.ErrProofSpent)
	k.equal("after the second use", k.find(a.ID), before)
	k.update(a.ID, func(c *store.Change) {
		c.Proof, c.Void = spare.Digest, []store.Purpose{store.PurposeReset}
	})
}

func updateNeedsProof(k *kit) {
	p := k.parent(50)
	a, b := k.child(p), k.child(p)
	expired, voided := secret(a, store.PurposeReset), secret(a, store.PurposeVerify)
	expired.ExpiresAt = now
	forever := secret(a, store.PurposeReset)
	forever.ExpiresAt = time.Time{}
	k.put(expired)
	k.put(voided)
	k.put(forever)
	k.update(a.ID, func(c *store.Change) { c.Void = []store.Purpose{store.PurposeVerify} })
	foreign := k.put(secret(b, store.PurposeReset))
	proofs := map[string]store.Digest{
		"unknown": digest(), "expired": expired.Digest, "voided": voided.Digest, "of another account": foreign.Digest,
	}
	for name, proof := range proofs {
		k.run(name, func(k *kit) {
			before := k.find(a.ID)
			err := k.tries(a.ID, func(c *store.Change) {
				c.Proof, c.EndSessions, c.Charge = proof, true, charge(p.ID, store.OpVerify, 2)
			})
			k.fails(err, store.ErrProofSpent)
			k.equal("account", k.find(a.ID), before)
			k.that(k.balance(p.ID).Credits == 50, "charged all the same")
		})
	}
	k.equal("the other's link", k.secret(foreign), foreign)
	k.update(a.ID, func(c *store.Change) { c.Proof = forever.Digest })
}

func updateCharges(k *kit) {
	p := k.parent(3)
	a := k.child(p)
	c := charge(p.ID, store.OpVerify, 2)
	for round := range 2 {
		_, receipt, err := k.store.UpdateAccount(k.ctx, store.Change{Account: k.find(a.ID), Effects: store.Effects{Charge: c}}, now)
		k.ok(err)
		b := k.balance(p.ID)
		k.that(b.Credits == 1 && b.Used == 2 && b.Verifications == 1, "round %d: balance %+v", round, b)
		k.equal("receipt", receipt, store.Receipt{Charged: true, Balance: b})
	}
	k.equal("entry", k.entry(p.ID, c.Key), store.LedgerEntry{
		ID: c.Entry, Owner: p.ID, Key: c.Key, Operation: c.Operation, Amount: -2, Balance: 1, Subject: a.ID, At: now,
	})
	c = charge(p.ID, store.OpVerify, 2)
	c.Required = false
	_, receipt, err := k.store.UpdateAccount(k.ctx, store.Change{Account: k.find(a.ID), Effects: store.Effects{Charge: c}}, now)
	k.ok(err)
	k.equal("receipt of what was not charged", receipt, store.Receipt{})
	k.books(p.ID)
}

func updateInsufficient(k *kit) {
	p := k.parent(1)
	a, f := k.armed(p, 4)
	link, live, mail := k.put(secret(a, store.PurposeVerify)), k.signIn(session(a, now)), queued(store.Lookup{})
	before, funds := k.find(a.ID), k.balance(p.ID)
	err := k.tries(a.ID, func(c *store.Change) {
		c.Charge, c.Proof, c.EndSessions = charge(p.ID, store.OpVerify, 2), link.Digest, true
		c.Account.Name, c.Use, c.Mail = "New", store.Use{Factor: f.ID, Counter: 5}, []store.QueuedMail{mail}
	})
	k.fails(err, store.ErrInsufficientCredits)
	k.equal("account", k.find(a.ID), before)
	k.equal("balance", k.balance(p.ID), funds)
	k.equal("proof", k.secret(link), link)
	k.equal("factors", k.credentials(a.ID).Factors, []store.Factor{f})
	k.live(live.ID, now)
	k.that(len(k.claimed(mail.ID)) == 0, "mail of nothing is queued")
}

func updateMail(k *kit) {
	a := k.child(k.parent(0))
	sent, lost := queued(store.Lookup{ID: a.ID}), queued(store.Lookup{ID: a.ID})
	k.update(a.ID, func(c *store.Change) { c.Mail = []store.QueuedMail{sent} })
	k.fails(k.tries(a.ID, func(c *store.Change) {
		c.Account.Version++
		c.Mail = []store.QueuedMail{lost}
	}), store.Conflict{})
	got := k.claimed(sent.ID, lost.ID)
	k.that(len(got) == 1 && got[0].ID == sent.ID, "queued are %v", got)
	stays, twin := queued(store.Lookup{}), store.QueuedMail{}
	k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{stays}))
	twin = stays
	twin.To = "other@example.com"
	k.update(a.ID, func(c *store.Change) { c.Mail = []store.QueuedMail{twin} })
	got = k.claimed(stays.ID)
	k.that(len(got) == 1 && got[0].To == "", "an id that is there does not stay as it is: %v", got)
}
