package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func sessions(k *kit) {
	k.run("create", createSession)
	k.run("read", readSession)
	k.run("rotate", rotateSession)
	k.run("touch", touchSession)
	k.run("revoke", revokeSession)
	k.run("list", listSessions)
	k.run("races", raceSessions)
}

// live wants a live session and returns it.
func (k *kit) live(id uuid.UUID, at time.Time) store.Live {
	k.Helper()
	l, err := k.store.Session(k.ctx, id, at)
	k.ok(err)
	return l
}

// dead wants no verb to take the session for live.
func (k *kit) dead(account, id uuid.UUID, at time.Time) {
	k.Helper()
	l, err := k.store.Session(k.ctx, id, at)
	k.fails(err, store.ErrNotFound)
	k.equal("a dead session", l, store.Live{})
	k.fails(k.store.TouchSession(k.ctx, store.Touch{Account: account, Session: id}, at), store.ErrNotFound)
	k.fails(k.store.RevokeSession(k.ctx, store.Revocation{Account: account, Session: id}, at), store.ErrNotFound)
	all, err := k.store.ListSessions(k.ctx, account, store.Page{Limit: 1000}, at)
	k.ok(err)
	for _, s := range all {
		k.that(s.ID != id, "a dead session is listed")
	}
}

func createSession(k *kit) {
	k.run("keeps the session", createSessionKeeps)
	k.run("an agent may be any bytes", agentBytes)
	k.run("charges and writes the ledger row", createSessionCharges)
	k.run("moves last sign-in and counter but not the version", createSessionMoves)
	k.run("releases the attempts", createSessionReleases)
	k.run("needs an active account of that epoch", createSessionNeeds)
	k.run("a used counter is a conflict", createSessionCounter)
	k.run("insufficient credits make nothing", createSessionInsufficient)
	k.run("an optional charge is left out", createSessionOptional)
	k.run("nobody pays beside a proof", createSessionNobodyPays)
	k.run("the same id again is charged once", createSessionAgain)
	k.run("another parent may pay", createSessionPayer)
	k.run("most live sessions, the oldest end", createSessionMost)
	k.run("no session ends for one that has ended", createSessionMostEnded)
	k.run("of two errors the first wins", createSessionOrder)
	k.run("the same id again wins over every error", createSessionRepeats)
	k.run("the same id again revives nothing", createSessionRevivesNothing)
}

func createSessionKeeps(k *kit) {
	p := k.parent(0)
	for _, a := range []store.Account{p, k.child(p)} {
		s := refreshable(a)
		s.Generation, s.RotatedAt, s.SeenAt, s.ProvedAt = 3, now.Add(-time.Hour), now.Add(-time.Minute), now.Add(-time.Second)
		_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s}, now)
		k.ok(err)
		k.equal("session", k.live(s.ID, now).Session, s)
	}
}

func createSessionCharges(k *kit) {
	p := k.parent(2)
	a := k.child(p)
	c := charge(p.ID, store.OpSignIn, 1)
	receipt, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now), Effects: store.Effects{Charge: c}}, now)
	k.ok(err)
	b := k.balance(p.ID)
	k.that(b.Credits == 1 && b.Used == 1 && b.SignIns == 1, "balance is %+v", b)
	k.equal("receipt", receipt, store.Receipt{Charged: true, Balance: b})
	k.equal("entry", k.entry(p.ID, c.Key), store.LedgerEntry{
		ID: c.Entry, Owner: p.ID, Key: c.Key, Operation: c.Operation, Amount: -1, Balance: 1, Subject: a.ID, At: now,
	})
	receipt, err = k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now)}, now)
	k.ok(err)
	k.equal("receipt without charge", receipt, store.Receipt{})
	k.books(p.ID)
}

func createSessionMoves(k *kit) {
	a, f := k.armed(k.parent(0), 40)
	at := now.Add(time.Minute)
	n := store.NewSession{Session: session(a, at), Use: store.Use{Factor: f.ID, Counter: 41}}
	_, err := k.store.CreateSession(k.ctx, n, at)
	k.ok(err)
	a.LastSignIn, f.Counter, f.UsedAt = at, 41, at
	k.equal("account", k.find(a.ID), a)
	k.equal("factors", k.credentials(a.ID).Factors, []store.Factor{f})
	_, err = k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, at)}, at)
	k.ok(err)
	k.equal("account without use", k.find(a.ID), a)
	k.equal("factors without use", k.credentials(a.ID).Factors, []store.Factor{f})
}

func createSessionReleases(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	forget, forgive, stay, pardoned := bucket(ceiling), bucket(ceiling), bucket(ceiling), pardoned(1, ceiling)[0]
	k.fail(now, pardoned)
	k.fail(now, forget, forgive, stay)
	k.take(now, forget, forgive, stay)
	mark := digest()
	release := store.Release{
		Forget: []store.Bucket{forget}, Forgive: []store.Bucket{forget, forgive}, Failed: []store.Bucket{stay},
		Marks: []store.Digest{mark}, Owner: a.ID, Until: now.Add(time.Hour), Pardon: []store.Digest{pardoned.Pardon}, PardonUntil: now.Add(time.Hour),
	}
	failing := charge(p.ID, store.OpSignIn, 1)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now), Effects: store.Effects{Charge: failing}, Release: release}, now)
	k.fails(err, store.ErrInsufficientCredits)
	k.counts(now, forget, 1)
	k.counts(now, stay, 1)
	k.holds(now, forgive, 1)
	k.counts(now, pardoned, 1)
	k.that(!k.marked(mark, now), "a refused sign-in remembers the network")
	_, err = k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now), Release: release}, now)
	k.ok(err)
	k.counts(now, forget, 0)
	k.holds(now, forget, 0)
	k.counts(now, forgive, 1)
	k.holds(now, forgive, 0)
	k.counts(now, stay, 2)
	k.counts(now, pardoned, 0)
	k.that(k.marked(mark, now), "the network is not remembered")
}

func createSessionNeeds(k *kit) {
	off, gone, ended := k.child(k.parent(0)), k.child(k.parent(0)), k.child(k.parent(0))
	parentOff, parentGone := k.child(k.parent(0)), k.child(k.parent(0))
	payer := k.parent(9)
	k.disable(off.ID)
	k.remove(gone)
	k.update(ended.ID, func(c *store.Change) { c.EndSessions = true })
	k.disable(parentOff.Parent)
	k.remove(store.Account{ID: parentGone.Parent})
	future := k.parent(0)
	future.Epoch = 2
	for name, a := range map[string]store.Account{
		"unknown": {ID: id(), Epoch: 1}, "disabled": off, "deleted": gone, "old epoch": ended, "future epoch": future,
		"parent disabled": parentOff, "parent deleted": parentGone,
	} {
		k.run(name, func(k *kit) {
			s := session(a, now)
			c := charge(payer.ID, store.OpSignIn, 1)
			_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Effects: store.Effects{Charge: c}}, now)
			k.fails(err, store.ErrNotFound)
			k.dead(a.ID, s.ID, now)
			k.that(k.balance(payer.ID).Credits == 9 && len(k.ledger(payer.ID)) == 1, "charged all the same")
		})
	}
}

func createSessionCounter(k *kit) {
	p := k.parent(9)
	a, f := k.armed(p, 50)
	a = k.update(a.ID, func(c *store.Change) { c.PutFactors = []store.Factor{totp(1)} }) // which the counter would suit
	before := k.credentials(a.ID)
	for _, counter := range []int64{50, 49, 0} {
		s, c := session(a, now), charge(p.ID, store.OpSignIn, 1)
		_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Use: store.Use{Factor: f.ID, Counter: counter}, Effects: store.Effects{Charge: c}}, now)
		k.fails(err, store.Conflict{})
		k.dead(a.ID, s.ID, now)
	}
	k.that(k.balance(p.ID).Credits == 9 && len(k.ledger(p.ID)) == 1, "charged all the same")
	k.equal("account", k.credentials(a.ID), before)
}

func createSessionInsufficient(k *kit) {
	p := k.parent(2)
	a, f := k.armed(p, 3)
	s, c := session(a, now), charge(p.ID, store.OpSocial, 3)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Effects: store.Effects{Charge: c}, Use: store.Use{Factor: f.ID, Counter: 4}}, now)
	k.fails(err, store.ErrInsufficientCredits)
	k.dead(a.ID, s.ID, now)
	k.equal("account", k.find(a.ID), a)
	k.equal("factors", k.credentials(a.ID).Factors, []store.Factor{f})
	k.that(k.balance(p.ID).Credits == 2 && k.balance(p.ID).Socials == 0, "balance is %+v", k.balance(p.ID))
	k.books(p.ID)
}

func createSessionOptional(k *kit) {
	p := k.parent(1)
	for i, want := range []bool{true, false} {
		s, c := session(p, now), charge(p.ID, store.OpSignIn, 1)
		c.Required = false
		receipt, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Effects: store.Effects{Charge: c}}, now)
		k.ok(err)
		k.that(receipt.Charged == want, "sign-in %d: charged is %v", i, receipt.Charged)
		k.live(s.ID, now)
	}
	k.that(k.balance(p.ID).Credits == 0, "balance is %+v", k.balance(p.ID))
	k.books(p.ID)
}

// createSessionNobodyPays has the proof of a factor stand beside a charge that no balance is there for.
func createSessionNobodyPays(k *kit) {
	a, f := k.armed(k.parent(0), 3)
	c := charge(id(), store.OpSignIn, 1)
	n := store.NewSession{Session: session(a, now), Effects: store.Effects{Charge: c}, Use: store.Use{Factor: f.ID, Counter: 4}}
	_, err := k.store.CreateSession(k.ctx, n, now)
	k.fails(err, store.ErrInsufficientCredits)
	n.Charge.Required = false
	receipt, err := k.store.CreateSession(k.ctx, n, now)
	k.ok(err)
	k.equal("receipt", receipt, store.Receipt{})
	f.Counter, f.UsedAt = 4, now
	k.equal("factors", k.credentials(a.ID).Factors, []store.Factor{f})
}

func createSessionAgain(k *kit) {
	p := k.parent(1)
	a, f := k.armed(p, 6)
	n := store.NewSession{Session: session(a, now), Effects: store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)}, Use: store.Use{Factor: f.ID, Counter: 7}}
	first, err := k.store.CreateSession(k.ctx, n, now)
	k.ok(err)
	before := k.find(a.ID)
	again, err := k.store.CreateSession(k.ctx, n, now.Add(time.Second))
	k.ok(err)
	k.equal("receipt", again, first)
	k.equal("account", k.find(a.ID), before)
	k.equal("session", k.live(n.Session.ID, now).Session, n.Session)
	k.that(len(k.ledger(p.ID)) == 2, "charged twice")
	k.books(p.ID)
}

func createSessionPayer(k *kit) {
	o, a := k.owner(), k.parent(7)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now), Effects: store.Effects{Charge: charge(o.ID, store.OpSocial, 3)}}, now)
	k.ok(err)
	k.that(k.balance(o.ID).Credits == 97 && k.balance(o.ID).Socials == 1, "the payer has %+v", k.balance(o.ID))
	k.that(k.balance(a.ID).Credits == 7, "the account itself paid")
}
