package storetest

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// toldFirst writes events in a step of its own.
func toldFirst(s store.Store, e []store.Event) error { return s.AddEvents(context.Background(), e) }

// brokenEvents are stores whose log is not what happened.
var brokenEvents = []brokenStore{
	{"a sign-up told before it happens", "accounts/create/of two errors the first wins/a taken email",
		misread{account: func(s store.Store, n *store.NewAccount) error { return toldFirst(s, n.Events) }}.broken},
	{"a change told before it happens", "accounts/update/of two errors the first wins/a dead proof",
		misread{change: func(s store.Store, c *store.Change) error { return toldFirst(s, c.Events) }}.broken},
	{"a sign-in told before it happens", "sessions/create/of two errors the first wins/too few credits",
		misread{session: func(s store.Store, n *store.NewSession) error { return toldFirst(s, n.Events) }}.broken},
	{"a deletion told before it happens", "events/written with the change/delete account/the last admin",
		misread{deletion: func(s store.Store, d *store.Deletion) error { return toldFirst(s, d.Events) }}.broken},
	{"a rotation told before it happens", "events/written with the change/rotate session, moved/in the grace",
		misread{rotation: func(s store.Store, r *store.Rotation) error { return toldFirst(s, r.Moved) }}.broken},
	{"reuse told where there is none", "events/written with the change/rotate session, reused/once more",
		misread{rotation: func(s store.Store, r *store.Rotation) error { return toldFirst(s, r.Reused) }}.broken},
	{"a touch told before it happens", "events/written with the change/touch session/of another account",
		misread{touch: func(s store.Store, t *store.Touch) error { return toldFirst(s, t.Events) }}.broken},
	{"an end told before it happens", "events/written with the change/revoke session/a second time",
		misread{revoked: func(s store.Store, r *store.Revocation) error { return toldFirst(s, r.Events) }}.broken},
	{"a claim told before it matches", "events/written with the change/consume secret/a wrong code",
		misread{claim: func(s store.Store, c *store.Claim) error { return toldFirst(s, c.Events) }}.broken},
	{"a claim that tells of nobody", "events/written with the change/a claim that names nobody is about the account",
		misread{claim: func(_ store.Store, c *store.Claim) error {
			c.Events = slices.DeleteFunc(slices.Clone(c.Events), func(e store.Event) bool { return e.Account == uuid.Nil })
			return nil
		}}.broken},
	{"an entry told before it stands", "events/written with the change/apply credit/a key that stands",
		misread{posting: func(s store.Store, p *store.Posting) error { return toldFirst(s, p.Events) }}.broken},
	{"a delivery told of another claim", "events/written with the change/finish mail/of another claim",
		misread{delivery: func(s store.Store, d *store.Delivery) error { return toldFirst(s, d.Events) }}.broken},
	{"reuse that is not told", "events/written with the change/rotate session, reused",
		misread{rotation: func(_ store.Store, r *store.Rotation) error { r.Reused = nil; return nil }}.broken},
	{"a sign-in that is not told", "sessions/create/of two errors the first wins",
		misread{session: func(_ store.Store, n *store.NewSession) error { n.Events = nil; return nil }}.broken},
	{"a repeated account that is told", "events/written with the change/an account that exists",
		misread{account: func(s store.Store, n *store.NewAccount) error { return toldFirst(s, n.Events) }}.broken},
	{"a repeated session that is told", "events/written with the change/a session that exists",
		misread{session: func(s store.Store, n *store.NewSession) error { return toldFirst(s, n.Events) }}.broken},
	{"an event that is counted once", "events/add/an id again counts, and changes nothing else",
		func(s store.Store) store.Store { return countless{s} }},
	{"a change that counts", "events/add/a change leaves what is there",
		misread{change: func(s store.Store, c *store.Change) error { e := c.Events; c.Events = nil; return toldFirst(s, e) }}.broken},
	{"a log oldest first", "events/list/of a scope, newest first", func(s store.Store) store.Store { return oldest{s} }},
	{"a page that includes its bound", "events/list/up to limit, below an id", func(s store.Store) store.Store { return including{s} }},
	{"a page of one event more", "events/list/up to limit, below an id",
		misread{query: func(_ store.Store, q *store.EventQuery) error { q.Limit++; return nil }}.broken},
	{"an account's events of its scope only", "events/list/of an account, whatever its scope",
		func(s store.Store) store.Store { return scoped{s} }},
	{"all that are of an account", "events/list/all of them",
		misread{query: func(_ store.Store, q *store.EventQuery) error { q.All = q.All && q.Account == uuid.Nil; return nil }}.broken},
	{"no names that select nothing", "events/list/by name",
		misread{query: func(_ store.Store, q *store.EventQuery) error {
			if q.Names != nil && len(q.Names) == 0 {
				q.Names = []store.EventName{"none"}
			}
			return nil
		}}.broken},
	{"a time that is included", "events/list/from is included, to is not",
		misread{query: func(_ store.Store, q *store.EventQuery) error {
			if !q.To.IsZero() {
				q.To = q.To.Add(time.Millisecond)
			}
			return nil
		}}.broken},
	{"what is told of the gone later", "events/erased/what is told of one who is gone", func(s store.Store) store.Store {
		return &remembering{Store: s, events: map[uuid.UUID]store.Event{}, late: true}
	}},
	{"events that keep who was gone", "events/erased/with the account, the fact stays", func(s store.Store) store.Store {
		return &remembering{Store: s, events: map[uuid.UUID]store.Event{}}
	}},
	{"events that keep the children of the gone", "events/erased/with the parent of the account", func(s store.Store) store.Store {
		return &remembering{Store: s, events: map[uuid.UUID]store.Event{}}
	}},
	{"events swept a day early", "events/sweep/by days, those of sign-ins earlier", func(s store.Store) store.Store { return early{s} }},
	{"events swept all at once", "events/sweep/is bounded and says when there is more", func(s store.Store) store.Store { return unbounded{s} }},
	{"events behind an ended context", "everywhere/a cancelled context does nothing/the rest",
		misread{event: func(s store.Store, e *store.Event) error { return toldFirst(s, []store.Event{*e}) }}.broken},
}

// countless leaves out what is there.
type countless struct{ store.Store }

func (b countless) AddEvents(ctx context.Context, list []store.Event) error {
	for _, e := range list {
		all, _ := b.ListEvents(ctx, store.EventQuery{Account: e.Account, Limit: 100})
		if slices.ContainsFunc(all, func(x store.Event) bool { return x.ID == e.ID }) {
			continue
		}
		if err := b.Store.AddEvents(ctx, []store.Event{e}); err != nil {
			return err
		}
	}
	return nil
}

type oldest struct{ store.Store }

func (b oldest) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	list, err := b.Store.ListEvents(ctx, q)
	slices.Reverse(list)
	return list, err
}

// including goes on at the id.
type including struct{ store.Store }

func (b including) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if q.Before != uuid.Nil {
		q.Before[15]++
	}
	return b.Store.ListEvents(ctx, q)
}

// scoped shows an account's events only where the scope is the one asked for.
type scoped struct{ store.Store }

func (b scoped) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	list, err := b.Store.ListEvents(ctx, q)
	return slices.DeleteFunc(list, func(e store.Event) bool { return q.Account != uuid.Nil && q.Scope != uuid.Nil && e.Scope != q.Scope }), err
}

// remembering shows what was added as it was added; late: only of accounts that were gone by then.
type remembering struct {
	store.Store
	events map[uuid.UUID]store.Event
	late   bool
}

func (b *remembering) AddEvents(ctx context.Context, list []store.Event) error {
	for _, e := range list {
		_, err := b.FindAccount(ctx, store.Lookup{ID: e.Account})
		if !b.late || err != nil {
			b.events[e.ID] = e
		}
	}
	return b.Store.AddEvents(ctx, list)
}

func (b *remembering) ListEvents(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	list, err := b.Store.ListEvents(ctx, q)
	for i := range list {
		if e, ok := b.events[list[i].ID]; ok {
			list[i] = e
		}
	}
	return list, err
}

// brokenAlerts are stores that tell of crossings in another way.
var brokenAlerts = []brokenStore{
	{"alerts nobody asked for", "credits/crossings/only what is asked for",
		misread{session: func(_ store.Store, n *store.NewSession) error { n.Charge.Tell.Log = true; return nil }}.broken},
	{"alerts without mail", "credits/crossings/every verb that pays tells of each level/update account",
		misread{change: func(_ store.Store, c *store.Change) error { c.Charge.Tell.Mail = false; return nil }}.broken},
	{"a sign-up that tells nothing", "credits/crossings/every verb that pays tells of each level/create account",
		misread{account: func(_ store.Store, n *store.NewAccount) error { n.Charge.Tell = store.Telling{}; return nil }}.broken},
	{"a grant that tells nothing", "credits/crossings/several levels at once, and well again",
		misread{posting: func(_ store.Store, p *store.Posting) error {
			if p.Entry.Amount > 0 {
				p.Tell = store.Telling{}
			}
			return nil
		}}.broken},
	{"a month that is not told", "credits/crossings/a month that is charged",
		misread{closing: func(_ store.Store, c *store.Closing) error { c.Log = false; return nil }}.broken},
	{"the crossings of a month that are not told", "credits/crossings/a month that is charged",
		misread{closing: func(_ store.Store, c *store.Closing) error { c.Tell = store.Telling{}; return nil }}.broken},
	{"a level told by each of many", "credits/crossings/races", func(s store.Store) store.Store { return alarming{s} }},
	{"a month that tells who pays nothing", "credits/crossings/a month that is charged", func(s store.Store) store.Store { return chatty{s} }},
}

// alarming tells again by what it reads after the payment.
type alarming struct{ store.Store }

func (b alarming) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	r, err := b.Store.CreateSession(ctx, n, now)
	if after, _ := b.Balance(ctx, n.Charge.Owner); err == nil && n.Charge.Tell.Log && after.Used >= after.Granted*3/4 {
		e := alert(n.Charge.Owner, "low", n.Charge.Key, after.Credits, now)
		e.ID = id()
		return r, b.AddEvents(ctx, []store.Event{e})
	}
	return r, err
}

// chatty tells of every month that it settles.
type chatty struct{ store.Store }

func (b chatty) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	a, r, err := b.Store.CreateAccount(ctx, n, now)
	if err == nil && n.Account.Parent == store.Root {
		err = b.AddEvents(ctx, []store.Event{{ID: id(), At: now, Name: store.EventMonthClosed, Account: a.ID}})
	}
	return a, r, err
}
