package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// rotation shows generation of the session and asks for an hour and two weeks more.
func rotation(s store.Session, generation int, grace time.Duration) store.Rotation {
	return store.Rotation{
		Session: s.ID, Generation: generation, ExpiresAt: now.Add(90 * time.Minute), RefreshUntil: now.Add(14 * 24 * time.Hour), Grace: grace,
	}
}

func rotateSession(k *kit) {
	k.run("moves the generation on", rotateMoves)
	k.run("reuse ends the session", rotateReuse)
	k.run("a generation that never was ends the session", rotateFuture)
	k.run("in the grace the one before answers the same", rotateGrace)
	k.run("the grace ends", rotateGraceEnds)
	k.run("two before is reuse in the grace, too", rotateTwoBefore)
	k.run("needs a live session", rotateNeedsLive)
	k.run("waits while the account or its parent is disabled", rotateWaits)
	k.run("not at or after the refresh limit", rotateLimit)
	k.run("of two errors the first wins", rotateOrder)
}

func rotateMoves(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	for generation := range 3 {
		at := now.Add(time.Duration(generation+1) * time.Minute)
		l, err := k.store.RotateSession(k.ctx, rotation(s, generation, 0), at)
		k.ok(err)
		got := k.live(s.ID, at)
		k.equal("answer", l, got)
		want := s
		want.Generation, want.RotatedAt = generation+1, at
		want.ExpiresAt, want.RefreshUntil = now.Add(90*time.Minute), now.Add(14*24*time.Hour)
		want.SeenAt = got.Session.SeenAt // left open by the contract
		k.equal("session", got.Session, want)
	}
}

func rotateReuse(k *kit) {
	a := k.child(k.parent(0))
	s, other := k.signIn(refreshable(a)), k.signIn(refreshable(a))
	_, err := k.store.RotateSession(k.ctx, rotation(s, 0, 0), now)
	k.ok(err)
	for range 2 {
		_, err = k.store.RotateSession(k.ctx, rotation(s, 0, 0), now)
		k.fails(err, store.Conflict{})
		k.dead(a.ID, s.ID, now)
	}
	_, err = k.store.RotateSession(k.ctx, rotation(s, 1, time.Hour), now)
	k.fails(err, store.ErrNotFound)
	k.live(other.ID, now)
}

func rotateFuture(k *kit) {
	a := k.child(k.parent(0))
	for _, generation := range []int{1, 2, -1} {
		s := k.signIn(refreshable(a))
		_, err := k.store.RotateSession(k.ctx, rotation(s, generation, time.Hour), now)
		k.fails(err, store.Conflict{})
		k.dead(a.ID, s.ID, now)
	}
}

func rotateGrace(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	first, err := k.store.RotateSession(k.ctx, rotation(s, 0, 10*time.Second), now)
	k.ok(err)
	late := now.Add(10*time.Second - time.Millisecond)
	r := rotation(s, 0, 10*time.Second)
	r.ExpiresAt, r.RefreshUntil = r.ExpiresAt.Add(time.Hour), r.RefreshUntil.Add(time.Hour)
	for range 2 {
		again, err := k.store.RotateSession(k.ctx, r, late)
		k.ok(err)
		k.equal("the same successor", again, first)
		k.equal("session", k.live(s.ID, late).Session, first.Session)
	}
	_, err = k.store.RotateSession(k.ctx, rotation(s, 1, 10*time.Second), late)
	k.ok(err)
}

func rotateGraceEnds(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	_, err := k.store.RotateSession(k.ctx, rotation(s, 0, 10*time.Second), now)
	k.ok(err)
	_, err = k.store.RotateSession(k.ctx, rotation(s, 0, 10*time.Second), now.Add(10*time.Second))
	k.fails(err, store.Conflict{})
	k.dead(a.ID, s.ID, now.Add(10*time.Second))
}

func rotateTwoBefore(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(refreshable(a))
	for generation := range 2 {
		_, err := k.store.RotateSession(k.ctx, rotation(s, generation, time.Minute), now)
		k.ok(err)
	}
	_, err := k.store.RotateSession(k.ctx, rotation(s, 0, time.Minute), now)
	k.fails(err, store.Conflict{})
	k.dead(a.ID, s.ID, now)
}

func rotateNeedsLive(k *kit) {
	p := k.parent(0)
	revoked, old, gone := k.child(p), k.child(p), k.child(p)
	sessions := map[string]store.Session{"unknown": refreshable(revoked)}
	for name, a := range map[string]store.Account{"revoked": revoked, "old epoch": old, "deleted": gone} {
		sessions[name] = k.signIn(refreshable(a))
	}
	k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: revoked.ID, Session: sessions["revoked"].ID}, now))
	k.update(old.ID, func(c *store.Change) { c.EndSessions = true })
	k.remove(gone)
	for name, s := range sessions {
		k.run(name, func(k *kit) {
			_, err := k.store.RotateSession(k.ctx, rotation(s, 0, time.Minute), now)
			k.fails(err, store.ErrNotFound)
			k.dead(s.Account, s.ID, now)
		})
	}
}

// A token that is refused for the moment is not used up: once all are active again it serves.
func rotateWaits(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	s := k.signIn(refreshable(a))
	for _, id := range []uuid.UUID{a.ID, p.ID} {
		k.disable(id)
		_, err := k.store.RotateSession(k.ctx, rotation(s, 0, time.Minute), now)
		k.fails(err, store.ErrNotFound)
		k.update(id, func(c *store.Change) { c.Account.Status = store.StatusActive })
	}
	l, err := k.store.RotateSession(k.ctx, rotation(s, 0, time.Minute), now)
	k.ok(err)
	k.that(l.Session.Generation == 1, "generation %d, want 1", l.Session.Generation)
}

func rotateLimit(k *kit) {
	a := k.child(k.parent(0))
	none, short, long := session(a, now), refreshable(a), refreshable(a)
	short.RefreshUntil = now.Add(time.Minute)
	for _, s := range []store.Session{none, short, long} {
		k.signIn(s)
	}
	for _, c := range []struct {
		s  store.Session
		at time.Time
	}{{none, now}, {short, short.RefreshUntil}, {long, long.RefreshUntil}} {
		_, err := k.store.RotateSession(k.ctx, rotation(c.s, 0, time.Hour), c.at)
		k.fails(err, store.ErrNotFound)
	}
	k.live(none.ID, now)
	k.live(short.ID, now)
	r := rotation(long, 0, 0)
	r.RefreshUntil = long.RefreshUntil.Add(time.Hour)
	_, err := k.store.RotateSession(k.ctx, r, long.RefreshUntil.Add(-time.Millisecond))
	k.ok(err)
	k.live(long.ID, long.RefreshUntil)
}
