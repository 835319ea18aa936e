package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// createSessionMost signs in with a cap, and with sessions that do not count against it.
func createSessionMost(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	ended, expired := k.signIn(session(a, now)), session(a, now)
	k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: ended.ID}, now))
	expired.ExpiresAt = now
	k.signIn(expired)
	k.signIn(session(a, now))
	a = k.update(a.ID, func(c *store.Change) { c.EndSessions = true })
	foreign := k.signIn(session(b, now))
	ids := make([]uuid.UUID, 6)
	for i := range ids {
		ids[i] = id()
	}
	ids = inOrder(ids)
	var late time.Duration // of the next ones
	in := func(id uuid.UUID, most int, fx store.Effects) error {
		s := session(a, now.Add(late))
		s.ID = id
		_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Most: most, Effects: fx}, now)
		return err
	}
	live := func(want ...int) {
		k.Helper()
		list, err := k.store.ListSessions(k.ctx, a.ID, store.Page{Limit: 10}, now)
		k.ok(err)
		var got []int
		for _, s := range list {
			got = append(got, slices.Index(ids, s.ID))
		}
		k.equal("live sessions", got, want)
	}
	k.ok(in(ids[3], 2, store.Effects{}))
	k.ok(in(ids[1], 2, store.Effects{}))
	live(1, 3)
	k.fails(in(ids[4], 2, store.Effects{Charge: charge(p.ID, store.OpSignIn, 1)}), store.ErrInsufficientCredits)
	live(1, 3)
	k.ok(in(ids[4], 2, store.Effects{}))
	live(3, 4)
	k.dead(a.ID, ids[1], now)
	k.ok(in(ids[4], 1, store.Effects{}))
	live(3, 4)
	k.ok(in(ids[5], 0, store.Effects{}))
	live(3, 4, 5)
	k.ok(in(ids[0], 2, store.Effects{}))
	live(0, 5)
	k.ok(in(ids[2], 1, store.Effects{}))
	live(2)
	k.live(foreign.ID, now)
	copy(ids, append(inOrder([]uuid.UUID{id(), id()}), ids[2], id()))
	for i, n := range []int{1, 0, 3} { // the oldest ends, whatever its id
		late = time.Duration(i+1) * time.Minute
		k.ok(in(ids[n], 2, store.Effects{}))
	}
	live(0, 3)
	last := session(a, now.Add(25*time.Hour))
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: last, Most: 1}, last.CreatedAt)
	k.ok(err)
	live(0, 3, -1)
}

// createSessionMostEnded has sessions that ended or expired stand beside those of the account: no other has to go for
// them.
func createSessionMostEnded(k *kit) {
	a := k.child(k.parent(0))
	in := func(at time.Time, most int) store.Session {
		s := session(a, at)
		_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: s, Most: most}, now)
		k.ok(err)
		return s
	}
	in(now.Add(3*time.Hour), 0)
	a = k.update(a.ID, func(c *store.Change) { c.EndSessions = true })
	first, second, revoked := in(now, 0), in(now.Add(time.Minute), 0), in(now.Add(2*time.Minute), 0)
	k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: revoked.ID}, now))
	expired := session(a, now)
	expired.ExpiresAt = now
	k.signIn(expired)
	in(now.Add(time.Hour), 2)
	k.dead(a.ID, first.ID, now)
	k.live(second.ID, now)
}
