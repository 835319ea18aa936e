package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func eraseEvents(k *kit) {
	k.run("with the account, the fact stays", eraseWithAccount)
	k.run("with the parent of the account", eraseWithParent)
	k.run("what is told of one who is gone", eraseLater)
	k.run("a disabled account keeps them", func(k *kit) {
		a := k.child(k.parent(0))
		e := event(a.ID)
		k.add(e)
		k.disable(a.ID)
		k.disable(a.Parent)
		k.equal("events", k.log(a.ID), []store.Event{e})
	})
}

// erased returns the events as they stand when their account is gone.
func erased(list ...store.Event) []store.Event {
	list = newest(list...)
	for i := range list {
		list[i].Network, list[i].Detail, list[i].Salt = "", "", [16]byte{}
	}
	return list
}

func eraseWithAccount(k *kit) {
	p := k.parent(0)
	for _, a := range []store.Account{k.child(p), p} {
		told, shown, other := event(a.ID), event(a.ID), event(id())
		other.By, other.Scope, told.Scope, shown.Scope = a.ID, a.Parent, a.Parent, a.Parent
		k.add(told, other)
		k.update(a.ID, func(c *store.Change) { c.Events = []store.Event{shown} })
		k.equal("before", k.log(a.ID), newest(told, shown))
		last := event(a.ID)
		last.Network, last.Detail, last.Salt = "", "", [16]byte{}
		k.ok(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: a.Parent, ID: a.ID, Events: []store.Event{last}}, now))
		k.equal("of the account", k.log(a.ID), erased(told, shown, last))
		of := k.query(store.EventQuery{Scope: a.Parent, Names: []store.EventName{"changed"}, Before: shown.ID, Limit: 1})
		k.equal("of the scope", of, erased(told))
		k.equal("by the account", k.log(other.Account), []store.Event{other})
	}
}

func eraseWithParent(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(k.parent(0))
	e, f := event(a.ID), event(b.ID)
	e.Scope = p.ID
	k.add(e, f)
	k.remove(p)
	k.equal("of a child", k.log(a.ID), erased(e))
	k.equal("of the scope", k.query(store.EventQuery{Scope: p.ID, Limit: 9}), erased(e))
	k.swept(dusk)
	k.equal("of a child that was swept", k.log(a.ID), erased(e))
	k.equal("of another parent's", k.log(b.ID), []store.Event{f})
}

func eraseLater(k *kit) {
	p, actor := k.parent(0), k.child(k.parent(0))
	a, orphan := k.child(k.parent(0)), k.child(p)
	k.remove(a)
	k.remove(p)
	for _, who := range []uuid.UUID{a.ID, orphan.ID, p.ID} {
		added, shown := event(who), event(who)
		k.add(added)
		k.update(actor.ID, func(c *store.Change) { c.Events = []store.Event{shown} })
		k.equal("events", k.log(who), erased(added, shown))
	}
}

func sweepEvents(k *kit) {
	k.run("by days, those of sign-ins earlier", sweepEventsByDays)
	k.run("is bounded and says when there is more", sweepEventsBounded)
}

// eventAt makes one whose id is of that time.
func eventAt(who uuid.UUID, name store.EventName, at time.Time) store.Event {
	e := event(who)
	e.ID, e.At, e.Name = idAt(at), at, name
	return e
}

func sweepEventsByDays(k *kit) {
	k.swept(dusk)
	day := dusk.Truncate(24 * time.Hour)
	for name, days := range map[store.EventName]int{
		"changed": 400, store.EventMonthClosed: 400, store.EventCreditAlert: 400, store.EventSignIn: 90, store.EventRefreshed: 90,
	} {
		who := id()
		first := day.AddDate(0, 0, -days)
		old, kept := eventAt(who, name, first.Add(-time.Millisecond)), eventAt(who, name, first)
		older, late := eventAt(who, name, first.AddDate(0, 0, -1).Add(-time.Millisecond)), eventAt(who, name, first.AddDate(0, 0, 1))
		late.At = first.AddDate(-1, 0, 0)
		k.add(old, kept, older, late)
		k.swept(day.Add(-time.Millisecond))
		k.equal("the day before", k.log(who), newest(old, kept, late))
		k.swept(day.Add(24*time.Hour - time.Millisecond))
		k.equal("on the day", k.log(who), newest(kept, late))
		k.equal("in its scope", k.query(store.EventQuery{Scope: old.Scope, Limit: 9}), []store.Event{})
		k.swept(day.AddDate(0, 0, 1))
		k.equal("the day after", k.log(who), []store.Event{late})
	}
	k.that(rules.OldEvents(false, day) == rules.FirstID(day.AddDate(0, 0, -400)), "the rules keep them for another time")
}

func sweepEventsBounded(k *kit) {
	k.swept(dusk)
	for _, name := range []store.EventName{"changed", store.EventSignIn} {
		who := id()
		for range 5 {
			k.add(eventAt(who, name, dusk.AddDate(0, 0, -500)))
		}
		for left := 5; left > 0; {
			more, err := k.store.Sweep(k.ctx, 2, dusk)
			k.ok(err)
			now := len(k.log(who))
			k.that(left-now <= 2 && now < left, "of %d events %d are left, limit 2", left, now)
			k.that(more || now == 0, "%d are left but there is no more", now)
			left = now
		}
	}
	who := id()
	k.add(eventAt(who, "changed", dusk.AddDate(0, 0, -500)))
	_, err := k.store.Sweep(k.ctx, 0, dusk)
	k.ok(err)
	k.that(len(k.log(who)) == 1, "an event is swept, limit 0")
}

func raceEvents(k *kit) {
	k.run("every count is counted", func(k *kit) {
		e := event(id())
		k.tally(race(callers, func(int) error { return k.store.AddEvents(k.ctx, []store.Event{e}) }))
		e.Count *= callers
		k.equal("events", k.log(e.Account), []store.Event{e})
	})
	k.run("of one id in many changes one is written", func(k *kit) {
		p := k.parent(0)
		e := event(id())
		accounts := make([]store.Account, callers)
		for i := range accounts {
			accounts[i] = k.child(p)
		}
		k.tally(race(callers, func(i int) error {
			n := store.NewSession{Session: session(accounts[i], now), Effects: store.Effects{Events: []store.Event{e}}}
			_, err := k.store.CreateSession(k.ctx, n, now)
			return err
		}))
		k.equal("events", k.log(e.Account), []store.Event{e})
	})
	k.run("none escapes the deletion of its account", func(k *kit) {
		p := k.parent(0)
		for range rounds / 4 {
			a := k.child(p)
			list := []store.Event{event(a.ID), event(a.ID), event(a.ID)}
			k.tally(race(len(list)+1, func(i int) error {
				if i == len(list) {
					return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: a.ID}, now)
				}
				return k.store.AddEvents(k.ctx, list[i:i+1])
			}))
			k.equal("events", k.log(a.ID), erased(list...))
		}
	})
}
