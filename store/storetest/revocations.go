package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func touchSession(k *kit) {
	k.run("moves seen and, if asked, proved", func(k *kit) {
		a := k.child(k.parent(0))
		s := k.signIn(session(a, now))
		k.ok(k.store.TouchSession(k.ctx, store.Touch{Account: a.ID, Session: s.ID}, now.Add(time.Minute)))
		s.SeenAt = now.Add(time.Minute)
		k.equal("seen", k.live(s.ID, now).Session, s)
		k.ok(k.store.TouchSession(k.ctx, store.Touch{Account: a.ID, Session: s.ID, Proved: true}, now.Add(time.Hour)))
		s.SeenAt, s.ProvedAt = now.Add(time.Hour), now.Add(time.Hour)
		k.equal("proved", k.live(s.ID, now).Session, s)
	})
	k.run("only of the account", func(k *kit) {
		p := k.parent(0)
		a, b := k.child(p), k.child(p)
		s := k.signIn(session(a, now))
		for _, account := range []uuid.UUID{b.ID, p.ID, {}} {
			err := k.store.TouchSession(k.ctx, store.Touch{Account: account, Session: s.ID, Proved: true}, now.Add(time.Minute))
			k.fails(err, store.ErrNotFound)
		}
		k.equal("session", k.live(s.ID, now).Session, s)
	})
}

func revokeSession(k *kit) {
	k.run("ends one at once", func(k *kit) {
		a := k.child(k.parent(0))
		s, stays := k.signIn(refreshable(a)), k.signIn(session(a, now))
		k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: s.ID}, now))
		k.dead(a.ID, s.ID, now)
		k.dead(a.ID, s.ID, now.Add(-time.Minute))
		k.live(stays.ID, now)
	})
	k.run("only of the account", func(k *kit) {
		p := k.parent(0)
		a, b := k.child(p), k.child(p)
		s := k.signIn(session(a, now))
		for _, account := range []uuid.UUID{b.ID, p.ID, {}} {
			k.fails(k.store.RevokeSession(k.ctx, store.Revocation{Account: account, Session: s.ID}, now), store.ErrNotFound)
		}
		k.live(s.ID, now)
	})
}

func listSessions(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	ids := []uuid.UUID{id(), id(), id(), id()}
	inOrder(ids)
	all := make([]store.Session, 4)
	for _, i := range []int{2, 0, 3, 1} {
		at := []struct{ id, ms int }{{3, -5}, {0, 0}, {2, 0}, {1, 1}}[i]
		s := session(a, now.Add(time.Duration(at.ms)*time.Millisecond))
		s.ID = ids[at.id]
		all[i] = k.signIn(s)
	}
	for i, s := range all {
		ids[i] = s.ID
	}
	after := func(i int) store.Position { return store.Position{At: all[i].CreatedAt, ID: ids[i]} }
	expired, revoked := session(a, now), k.signIn(session(a, now))
	expired.ExpiresAt = now
	k.signIn(expired)
	k.ok(k.store.RevokeSession(k.ctx, store.Revocation{Account: a.ID, Session: revoked.ID}, now))
	k.signIn(session(k.child(p), now))
	list := func(k *kit, p store.Page) []uuid.UUID {
		k.Helper()
		all, err := k.store.ListSessions(k.ctx, a.ID, p, now)
		k.ok(err)
		var got []uuid.UUID
		for _, s := range all {
			k.equal("session", s, k.live(s.ID, now).Session)
			got = append(got, s.ID)
		}
		return got
	}
	k.run("live ones in order of creation", func(k *kit) { k.equal("all", list(k, store.Page{Limit: 10}), ids) })
	k.run("pages", func(k *kit) {
		k.equal("first", list(k, store.Page{Limit: 3}), ids[:3])
		k.equal("second", list(k, store.Page{Limit: 3, After: after(2)}), ids[3:])
		k.equal("after one of the same time", list(k, store.Page{Limit: 3, After: after(1)}), ids[2:])
	})
	k.run("an unknown account has none", func(k *kit) {
		none, err := k.store.ListSessions(k.ctx, id(), store.Page{Limit: 10}, now)
		k.ok(err)
		k.equal("sessions", none, []store.Session{})
	})
	k.run("only after and limit count", func(k *kit) {
		k.equal("all", list(k, store.Page{Limit: 10, Search: "x", From: now.Add(time.Hour), To: now.Add(-time.Hour)}), ids)
	})
}
