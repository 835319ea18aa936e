package storetest

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func events(k *kit) {
	k.run("add", addEvents)
	k.run("list", listEvents)
	k.run("written with the change", eventsOfVerbs)
	k.run("erased", eraseEvents)
	k.run("sweep", sweepEvents)
	k.run("races", raceEvents)
}

// event makes one about that account, with something in every field.
func event(about uuid.UUID) store.Event {
	return store.Event{
		ID: id(), At: now, Name: "changed", Scope: id(), Account: about, By: id(), Session: "c2Vzc2lvbg", Audience: store.AudienceV1,
		Method: "password", Code: "refused", Credits: -3, Count: 2, Network: "192.0.2.0/24", Detail: "a word \u00fc",
		Operator: "Ada \u00fc", Salt: [16]byte{1, 0, 0xff}, Commitment: [16]byte{2, 0, 0xfe},
	}
}

// idAt makes an id as callers do at that time.
func idAt(t time.Time) uuid.UUID {
	x := id()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	copy(x[:6], ms[2:])
	return x
}

// log returns all events about the account, newest first.
func (k *kit) log(about uuid.UUID) []store.Event {
	k.Helper()
	return k.query(store.EventQuery{Account: about, Limit: 1000})
}

func (k *kit) query(q store.EventQuery) []store.Event {
	k.Helper()
	list, err := k.store.ListEvents(k.ctx, q)
	k.ok(err)
	k.that(len(list) <= q.Limit, "%d events, limit %d", len(list), q.Limit)
	return list
}

func (k *kit) add(list ...store.Event) {
	k.Helper()
	k.ok(k.store.AddEvents(k.ctx, list))
}

// newest returns the events as a list shows them.
func newest(list ...store.Event) []store.Event {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b store.Event) int { return slices.Compare(b.ID[:], a.ID[:]) })
	return list
}

func addEvents(k *kit) {
	k.run("keeps all of it", func(k *kit) {
		who := id()
		full, bare := event(who), store.Event{ID: id(), At: now, Name: "bare", Account: who}
		far := event(who)
		far.At = now.Add(time.Microsecond).In(elsewhere)
		k.add(full, bare, far)
		bare.Count, far.At = 1, now
		k.equal("events", k.log(who), newest(full, bare, far))
		k.ok(k.store.AddEvents(k.ctx, nil))
	})
	k.run("an id again counts, and changes nothing else", func(k *kit) {
		e := event(id())
		k.add(e)
		again := event(e.Account)
		again.ID, again.Count, again.Name = e.ID, 5, "another"
		k.add(again)
		again.Count, again.Account = 0, id()
		k.add(again)
		one := event(e.Account)
		twice := one
		twice.Count, twice.Name = 7, "twice"
		k.add(one, twice)
		e.Count, one.Count = 2+5+1, 2+7
		k.equal("events", k.log(e.Account), newest(e, one))
		k.that(len(k.log(again.Account)) == 0, "an event of an id that is there is about another account, too")
	})
	k.run("a change leaves what is there", func(k *kit) {
		a := k.child(k.parent(0))
		e := event(id())
		k.add(e)
		twin := event(a.ID)
		twin.ID = e.ID
		fresh := event(e.Account)
		again := fresh
		again.Count = 9
		k.update(a.ID, func(c *store.Change) { c.Events = []store.Event{twin, fresh, again} })
		k.equal("events", k.log(e.Account), newest(e, fresh))
		k.that(len(k.log(a.ID)) == 0, "an id that is there does not stay as it is")
	})
}

func listEvents(k *kit) {
	scope, who := id(), id()
	var all []store.Event
	for i := range 9 {
		e := event(who)
		e.At, e.Scope, e.Name = now.Add(time.Duration(i%4)*time.Millisecond), scope, store.EventName([]string{"a", "b", "c"}[i%3])
		if i >= 6 {
			e.Scope = id()
		}
		if i < 2 {
			e.Account = id()
		}
		all = append(all, e)
	}
	k.add(all...)
	k.add(event(id()), event(uuid.Nil))
	only := func(so func(store.Event) bool) []store.Event {
		return newest(slices.DeleteFunc(slices.Clone(all), func(e store.Event) bool { return !so(e) })...)
	}
	inScope := only(func(e store.Event) bool { return e.Scope == scope })
	list := func(k *kit, q store.EventQuery) []store.Event {
		k.Helper()
		q.Scope, q.Limit = scope, max(q.Limit, 1)
		return k.query(q)
	}
	k.run("of a scope, newest first", func(k *kit) { k.equal("events", list(k, store.EventQuery{Limit: 50}), inScope) })
	k.run("of an account, whatever its scope", func(k *kit) {
		k.equal("events", list(k, store.EventQuery{Account: who, Limit: 50}), only(func(e store.Event) bool { return e.Account == who }))
		k.equal("of nobody", k.log(id()), all[:0])
		k.equal("of no scope", k.query(store.EventQuery{Scope: id(), Limit: 9}), all[:0])
	})
	k.run("up to limit, below an id", func(k *kit) {
		k.equal("first", list(k, store.EventQuery{Limit: 2}), inScope[:2])
		k.equal("second", list(k, store.EventQuery{Limit: 2, Before: inScope[1].ID}), inScope[2:4])
		k.equal("below one that is not there", list(k, store.EventQuery{Limit: 9, Before: all[7].ID}), inScope)
		k.equal("below the first", list(k, store.EventQuery{Limit: 9, Before: all[0].ID}), all[:0])
		of := only(func(e store.Event) bool { return e.Account == who && e.Name == "a" })
		k.equal("with a name", list(k, store.EventQuery{Account: who, Names: []store.EventName{"a"}, Before: of[0].ID, Limit: 1}), of[1:2])
	})
	k.run("by name", func(k *kit) {
		k.equal("empty", list(k, store.EventQuery{Limit: 50, Names: []store.EventName{}}), inScope)
		k.equal("none has", list(k, store.EventQuery{Limit: 50, Names: []store.EventName{"d"}}), all[:0])
		k.equal("two", list(k, store.EventQuery{Limit: 50, Names: []store.EventName{"c", "d", "b"}}),
			only(func(e store.Event) bool { return e.Scope == scope && e.Name != "a" }))
	})
	k.run("from is included, to is not", func(k *kit) {
		from, to := now.Add(time.Millisecond), now.Add(3*time.Millisecond)
		k.equal("both", list(k, store.EventQuery{Limit: 50, From: from.In(elsewhere), To: to.In(elsewhere)}), only(func(e store.Event) bool {
			return e.Scope == scope && !e.At.Before(from) && e.At.Before(to)
		}))
		k.equal("from", list(k, store.EventQuery{Limit: 50, From: to}), only(func(e store.Event) bool { return e.Scope == scope && !e.At.Before(to) }))
		k.equal("none", list(k, store.EventQuery{Limit: 50, From: from, To: from}), all[:0])
	})
	k.run("of the root scope", listRootEvents)
	k.run("all of them", listAllEvents)
}

// listRootEvents wants those of parents and of nobody known, but not those of children.
func listRootEvents(k *kit) {
	p, e, below := event(id()), event(uuid.Nil), event(id())
	p.Scope, e.Scope = store.Root, store.Root
	p.ID, e.ID, below.ID = idAt(dawn.AddDate(-1, 0, 0)), idAt(dawn.AddDate(-1, 0, 0)), idAt(dawn.AddDate(-1, 0, 0))
	k.add(p, e, below)
	k.equal("events", k.around(p, e, below, store.EventQuery{}), newest(p, e))
}

func listAllEvents(k *kit) {
	a, b, c := event(id()), event(uuid.Nil), event(id())
	a.Scope = store.Root
	a.ID, b.ID, c.ID = idAt(dawn.AddDate(-1, 0, 0)), idAt(dawn.AddDate(-1, 0, 0)), idAt(dawn.AddDate(-1, 0, 0))
	k.add(a, b, c)
	q := store.EventQuery{All: true, Scope: id()}
	k.equal("events", k.around(a, b, c, q), newest(a, b, c))
	q.Account = id()
	k.equal("events, whatever the account", k.around(a, b, c, q), newest(a, b, c))
	q.Names = []store.EventName{"other"}
	k.equal("of another name", k.around(a, b, c, q), []store.Event{})
}

// around pages through the part of the log that the three events of one moment are in, and returns those of them that
// the query selects.
func (k *kit) around(a, b, c store.Event, q store.EventQuery) (found []store.Event) {
	k.Helper()
	ids := []uuid.UUID{a.ID, b.ID, c.ID}
	q.Before, q.Limit = idAt(dawn.AddDate(-1, 0, 1)), 3
	for {
		page := k.query(q)
		for _, e := range page {
			k.that(slices.Compare(e.ID[:], q.Before[:]) < 0, "%v is not below %v", e.ID, q.Before)
			q.Before = e.ID
			if slices.Contains(ids, e.ID) {
				found = append(found, e)
			}
		}
		if len(page) < q.Limit || slices.Compare(q.Before[:6], a.ID[:6]) < 0 {
			return found
		}
	}
}
