package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// brokenConsole are stores that show a console what is not so.
var brokenConsole = []brokenStore{
	{"an order that is not turned", "accounts/list/the newest first",
		misread{page: func(_ store.Store, p *store.Page) error { p.Newest = false; return nil }}.broken},
	{"a role that is not looked at", "accounts/list/of a role or a status",
		misread{page: func(_ store.Store, p *store.Page) error { p.Role = ""; return nil }}.broken},
	{"a status that is not looked at", "accounts/list/of a role or a status",
		misread{page: func(_ store.Store, p *store.Page) error { p.Status = ""; return nil }}.broken},
	{"a ledger that is not turned", "credits/list/the newest first",
		func(s store.Store) store.Store {
			return misledger{s, func(q *store.CreditQuery) { q.Newest = false }}
		}},
	{"a ledger without times", "credits/list/from is included, to is not",
		func(s store.Store) store.Store {
			return misledger{s, func(q *store.CreditQuery) { q.From, q.To = time.Time{}, time.Time{} }}
		}},
	{"a ledger up to the time and with it", "credits/list/from is included, to is not",
		func(s store.Store) store.Store {
			return misledger{s, func(q *store.CreditQuery) {
				if !q.To.IsZero() {
					q.To = q.To.Add(time.Millisecond)
				}
			}}
		}},
	{"days that begin an hour late", "credits/sums/by day and operation", func(s store.Store) store.Store { return lateDays{s} }},
	{"sums without a bound", "credits/sums/a span that makes no sense", func(s store.Store) store.Store { return boundless{s} }},
	{"mail that failed by the way", "outbox/list/only what failed", func(s store.Store) store.Store { return mixedMail{s} }},
	{"failures that are forgotten", "outbox/list/with all of it",
		misread{delivery: func(_ store.Store, d *store.Delivery) error { d.Failure = ""; return nil }}.broken},
	{"a mail that is being sent made due", "outbox/resume/nothing that does not wait for another try",
		func(s store.Store) store.Store { return hurried{s, false} }},
	{"a mail looked at and then made due", "outbox/races/a mail that is being sent is not made due",
		func(s store.Store) store.Store { return hurried{s, true} }},
	{"a mail given up that was sent", "outbox/races/a mail is given up or sent", func(s store.Store) store.Store { return careless{s} }},
}

// misledger reads the queries of an account book in its own way.
type misledger struct {
	store.Store
	read func(*store.CreditQuery)
}

func (b misledger) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]store.LedgerEntry, error) {
	b.read(&q)
	return b.Store.ListCredits(ctx, owner, q)
}

// lateDays has each day begin at one o'clock.
type lateDays struct{ store.Store }

func (b lateDays) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) (sums []store.CreditDay, err error) {
	if sums, err = b.Store.SumCredits(ctx, owner, d); err != nil {
		return nil, err
	}
	for i := range sums {
		sums[i].Day = sums[i].Day.Add(time.Hour)
	}
	return sums, nil
}

// boundless sums up as many days as one likes.
type boundless struct{ store.Store }

func (b boundless) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) ([]store.CreditDay, error) {
	sums, err := b.Store.SumCredits(ctx, owner, d)
	if errors.Is(err, store.ErrInvalid) {
		err = nil
	}
	return sums, err
}

// mixedMail does not look at what failed.
type mixedMail struct{ store.Store }

func (b mixedMail) ListMail(ctx context.Context, q store.MailQuery) ([]store.QueuedMail, error) {
	q.Failed = false
	return b.Store.ListMail(ctx, q)
}

// hurried makes mail due that is being sent: always, or when it was not a moment ago.
type hurried struct {
	store.Store
	looks bool
}

func (b hurried) ResumeMail(ctx context.Context, r store.Resumption) error {
	list, err := b.ListMail(ctx, store.MailQuery{ID: r.ID, Limit: 1})
	if err != nil || len(list) == 0 || b.looks && list[0].Failure == "" {
		return b.Store.ResumeMail(ctx, r)
	}
	time.Sleep(time.Millisecond)
	now, err := b.ListMail(ctx, store.MailQuery{ID: r.ID, Limit: 1})
	if err != nil || len(now) == 0 {
		return b.Store.ResumeMail(ctx, r)
	}
	return b.FinishMail(ctx, store.Delivery{ID: r.ID, Tries: now[0].Tries, Retry: r.DueAt, Failure: "refused", Events: r.Events})
}

// careless says that it gave up what another one took.
type careless struct{ store.Store }

func (b careless) ResumeMail(ctx context.Context, r store.Resumption) error {
	err := b.Store.ResumeMail(ctx, r)
	list, listErr := b.ListMail(ctx, store.MailQuery{Limit: 1000})
	if listErr == nil && slices.ContainsFunc(list, func(m store.QueuedMail) bool { return m.ID == r.ID }) && r.DueAt.IsZero() {
		return nil
	}
	return err
}
