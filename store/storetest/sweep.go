package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func sweep(k *kit) {
	k.run("takes what ended a day before", sweepDay)
	k.run("leaves what lives", sweepLeaves)
	k.run("is bounded and says when there is more", sweepBounded)
	k.run("takes sessions, too", sweepSessions)
	k.run("takes pending factors a day after", sweepPending)
	k.run("takes what served once, too", sweepOnces)
	k.run("takes nothing without a limit", sweepNothing)
	k.run("erases the children of deleted parents", sweepOrphans)
	k.run("erases at most limit children at once", sweepOrphansBounded)
}

// swept sweeps until nothing is left.
func (k *kit) swept(at time.Time) {
	k.Helper()
	for range 10_000 {
		more, err := k.store.Sweep(k.ctx, 500, at)
		k.ok(err)
		if !more {
			return
		}
	}
	k.Fatalf("sweep always has more")
}

// expired keeps a secret that ended then.
func (k *kit) expired(a store.Account, at time.Time) store.Secret {
	k.Helper()
	s := secret(a, store.PurposeReset)
	s.CreatedAt, s.ExpiresAt = at.Add(-time.Minute), at
	return k.put(s)
}

func (k *kit) hasSecret(s store.Secret) bool {
	k.Helper()
	x, subject, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	if err != nil {
		k.fails(err, store.ErrNotFound)
		k.equal("secret of nobody", x, store.Secret{})
		k.equal("subject of nobody", subject, store.Subject{})
	}
	return err == nil
}

func sweepDay(k *kit) {
	a := k.child(k.parent(0))
	s := k.expired(a, dusk)
	day := dusk.AddDate(0, 0, 1)
	k.swept(dusk)
	k.that(k.hasSecret(s), "a secret is swept when it expires")
	k.swept(day.Add(-time.Millisecond))
	k.that(k.hasSecret(s), "a secret is swept within a day")
	k.swept(day)
	k.that(!k.hasSecret(s), "a secret is there a day after it expired")
}

func sweepLeaves(k *kit) {
	a := k.child(k.parent(5))
	later := dusk.AddDate(0, 0, 3)
	forever, used := secret(a, store.PurposeRecovery), secret(a, store.PurposeVerify)
	forever.ExpiresAt = time.Time{}
	k.put(forever)
	used.ExpiresAt = later
	k.put(used)
	_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: k.find(a.ID), Proof: used.Digest}, dusk)
	k.ok(err)
	live, refresh := session(a, dusk), session(a, dusk)
	live.ExpiresAt = later
	refresh.ExpiresAt, refresh.RefreshUntil = dusk.Add(time.Second), later
	k.signIn(live)
	k.signIn(refresh)
	b, mark := bucket(store.Limit{Free: 10, Window: 100 * time.Hour}), digest()
	k.fail(dusk, b)
	waiting := bucket(store.Limit{Free: 10, Window: 100 * time.Hour})
	k.take(dusk, waiting)
	k.release(dusk, store.Release{Marks: []store.Digest{mark}, Until: later})
	at := dusk.AddDate(0, 0, 2)
	k.swept(at)
	k.that(k.hasSecret(forever) && k.hasSecret(used), "a secret that did not expire is swept")
	k.live(live.ID, at)
	k.live(refresh.ID, at)
	k.counts(at, b, 1)
	k.counts(at, waiting, 1)
	k.that(k.marked(mark, at), "a live mark is swept")
	k.equal("account", k.find(a.ID).ID, a.ID)
	k.books(a.Parent)
}

func sweepBounded(k *kit) {
	at := dusk.AddDate(0, 0, 5)
	k.swept(at)
	a := k.child(k.parent(0))
	var all []store.Secret
	for range 5 {
		all = append(all, k.expired(a, dusk))
	}
	for left := 5; left > 0; {
		more, err := k.store.Sweep(k.ctx, 2, at)
		k.ok(err)
		now := 0
		for _, s := range all {
			if k.hasSecret(s) {
				now++
			}
		}
		k.that(left-now <= 2, "%d secrets are swept at once, limit 2", left-now)
		k.that(now < left, "a sweep took nothing of %d", left)
		k.that(more || now == 0, "%d are left but there is no more", now)
		left = now
	}
	k.swept(at)
}

func sweepNothing(k *kit) {
	a := k.child(k.parent(0))
	s := k.expired(a, dusk)
	for _, limit := range []int{0, -1} {
		more, err := k.store.Sweep(k.ctx, limit, dusk.AddDate(0, 0, 5))
		k.ok(err)
		k.that(!more, "there is more of nothing")
	}
	k.that(k.hasSecret(s), "a secret is swept, limit 0")
}

// sweepSessions cannot see ended sessions, but how many sweeps they take.
func sweepSessions(k *kit) {
	at := dusk.AddDate(0, 0, 5)
	k.swept(at)
	a := k.child(k.parent(0))
	for range 5 {
		s := session(a, dusk.Add(-time.Hour))
		s.ExpiresAt = dusk
		k.signIn(s)
	}
	for call, want := range []bool{true, true, false, false} {
		more, err := k.store.Sweep(k.ctx, 2, at)
		k.ok(err)
		k.that(more == want || call == 2, "sweep %d of 5 sessions, 2 at a time: more is %v", call+1, more)
	}
}

func sweepPending(k *kit) {
	k.swept(dusk)
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	confirmed, begun, late, twin := passkey(), passkey(), totp(1), totp(2)
	confirmed.CreatedAt, begun.PendingUntil, late.PendingUntil = dusk.AddDate(-1, 0, 0), dusk, dusk.Add(time.Millisecond)
	twin.ID, twin.PendingUntil = begun.ID, dusk
	k.puts(a, confirmed, begun, late)
	k.puts(b, twin)
	day := dusk.AddDate(0, 0, 1)
	k.swept(day.Add(-time.Millisecond))
	k.has(a, confirmed, begun, late)
	before := k.find(a.ID)
	k.swept(day)
	k.has(a, confirmed, late)
	k.has(b)
	k.equal("account", k.find(a.ID), before)
	k.puts(b, begun)
	k.swept(day.Add(time.Millisecond))
	k.has(a, confirmed)
	var list []store.Factor
	for range 5 {
		f := totp(1)
		f.PendingUntil = dusk
		list = append(list, f)
	}
	k.puts(b, list...)
	for left := 5; left > 0; {
		more, err := k.store.Sweep(k.ctx, 2, day)
		k.ok(err)
		now := len(k.credentials(b.ID).Factors)
		k.that(left-now <= 2 && now < left, "of %d pending factors %d are left, limit 2", left, now)
		k.that(more || now == 0, "%d are left but there is no more", now)
		left = now
	}
}

// sweepOnces cannot see what is forgotten, but how many sweeps it takes.
func sweepOnces(k *kit) {
	at := dusk.AddDate(0, 0, 1)
	k.swept(at)
	a := k.child(k.parent(0))
	for range 5 {
		k.ok(provingChange(k, a, store.Use{}, store.Once{Digest: digest(), Until: dusk}, store.Effects{}, dusk.Add(-time.Minute)))
	}
	late := store.Once{Digest: digest(), Until: at.Add(time.Millisecond)}
	k.ok(provingChange(k, a, store.Use{}, late, store.Effects{}, dusk))
	for call, want := range []bool{true, true, false, false} {
		more, err := k.store.Sweep(k.ctx, 2, at)
		k.ok(err)
		k.that(more == want || call == 2, "sweep %d of 5 challenges, 2 at a time: more is %v", call+1, more)
	}
	k.fails(provingChange(k, a, store.Use{}, late, store.Effects{}, at), store.ErrProofSpent)
}

// stands returns an account as creating it again does, also when it is not found any more.
func (k *kit) stands(a store.Account) store.Account {
	k.Helper()
	return k.create(store.NewAccount{Account: a})
}

func sweepOrphans(k *kit) {
	p, other := k.parent(0), k.parent(0)
	a, b := k.child(p, admin), k.child(other)
	s := k.put(secret(a, store.PurposeReset))
	k.remove(p)
	k.swept(dusk)
	k.tombstone(k.stands(a), a)
	k.that(!k.hasSecret(s), "a secret of an erased child is there")
	k.equal("a child of another parent", k.find(b.ID), b)
}

func sweepOrphansBounded(k *kit) {
	k.swept(dusk)
	p := k.parent(0)
	orphans := map[uuid.UUID]store.Account{}
	for range 5 {
		a := k.child(p)
		orphans[a.ID] = a
	}
	k.remove(p)
	for len(orphans) > 0 {
		more, err := k.store.Sweep(k.ctx, 2, dusk)
		k.ok(err)
		before := len(orphans)
		for id, a := range orphans {
			if k.stands(a).Status == store.StatusDeleted {
				delete(orphans, id)
			}
		}
		k.that(before-len(orphans) <= 2, "%d children are erased at once, limit 2", before-len(orphans))
		k.that(len(orphans) < before, "a sweep erased nothing of %d", before)
		k.that(more || len(orphans) == 0, "%d are left but there is no more", len(orphans))
	}
}
