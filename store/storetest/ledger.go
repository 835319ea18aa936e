package storetest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// turned returns the list the other way round.
func turned[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// posted adds an entry of that moment: the time of its id.
func (k *kit) posted(owner uuid.UUID, op store.Operation, amount int64, at time.Time) store.LedgerEntry {
	k.Helper()
	e := entry(owner, op, amount)
	e.ID, e.At = idAt(at), at
	got, _ := k.apply(e)
	return got
}

// creditsByTime lists by the times of ids, which are those of the entries but for a millisecond here.
func creditsByTime(k *kit) {
	p := k.parent(0)
	at := func(ms int) time.Time { return now.Add(time.Duration(ms) * time.Millisecond) }
	var all []store.LedgerEntry
	for i := range 5 {
		all = append(all, k.posted(p.ID, store.OpPackage, 1, at(i)))
	}
	list := func(q store.CreditQuery) []store.LedgerEntry {
		k.Helper()
		got, err := k.store.ListCredits(k.ctx, p.ID, q)
		k.ok(err)
		return got
	}
	for _, op := range []store.Operation{"", store.OpPackage} {
		q := store.CreditQuery{Operation: op, From: at(1), To: at(4), Limit: 10}
		k.equal("both", list(q), all[1:4])
		q.After = all[1].ID
		k.equal("after the second", list(q), all[2:4])
		q.After = all[0].ID
		k.equal("after one before them", list(q), all[1:4])
		q.Newest, q.After = true, all[3].ID
		k.equal("newest, after the fourth", list(q), turned(all[1:3]))
		q.After = all[4].ID
		k.equal("newest, after one behind them", list(q), turned(all[1:4]))
		k.equal("from", list(store.CreditQuery{Operation: op, From: at(3), Limit: 10}), all[3:])
		k.equal("between two milliseconds", list(store.CreditQuery{Operation: op, From: at(2).Add(1), Limit: 10}), all[3:])
		k.equal("to", list(store.CreditQuery{Operation: op, From: at(0), To: at(2), Limit: 10}), all[:2])
		k.equal("to, of one operation", list(store.CreditQuery{Operation: store.OpPackage, To: at(2), Limit: 10}), all[:2])
		k.equal("none", list(store.CreditQuery{Operation: op, From: at(3), To: at(3), Limit: 10}), all[:0])
		k.equal("before all time", list(store.CreditQuery{Operation: op, From: time.UnixMilli(-5), To: time.UnixMilli(-1), Limit: 10}), all[:0])
		k.equal("for ever", list(store.CreditQuery{Operation: store.OpPackage, From: time.UnixMilli(-5), To: time.UnixMilli(1 << 50), Limit: 10}), all)
	}
}

func sumCredits(k *kit) {
	day := time.Date(2044, 5, 6, 0, 0, 0, 0, time.UTC)
	at := func(days int, d time.Duration) time.Time { return day.AddDate(0, 0, days).Add(d) }
	sums := func(k *kit, owner uuid.UUID, d store.Days) []store.CreditDay {
		k.Helper()
		got, err := k.store.SumCredits(k.ctx, owner, d)
		k.ok(err)
		return got
	}
	k.run("by day and operation", func(k *kit) {
		p, other := k.parent(0), k.parent(0)
		k.posted(p.ID, store.OpPackage, 100, at(-1, 24*time.Hour-time.Millisecond))
		k.posted(p.ID, store.OpPackage, 10, at(0, 0))
		k.posted(p.ID, "a-report", -3, at(0, time.Hour))
		k.posted(p.ID, "a-report", -4, at(0, 24*time.Hour-time.Millisecond))
		k.posted(p.ID, "a-report", -5, at(2, 0))
		k.posted(p.ID, "Z-report", -6, at(2, 1))
		k.posted(other.ID, store.OpPackage, 1, at(0, 0))
		all := []store.CreditDay{
			{Day: at(-1, 0), Operation: store.OpPackage, Entries: 1, Credits: 100},
			{Day: at(0, 0), Operation: "a-report", Entries: 2, Credits: -7},
			{Day: at(0, 0), Operation: store.OpPackage, Entries: 1, Credits: 10},
			{Day: at(2, 0), Operation: "Z-report", Entries: 1, Credits: -6},
			{Day: at(2, 0), Operation: "a-report", Entries: 1, Credits: -5},
		}
		k.equal("all", sums(k, p.ID, store.Days{First: at(-300, 0), Last: at(99, 0)}), all)
		k.equal("one day", sums(k, p.ID, store.Days{First: at(0, 23*time.Hour), Last: at(0, time.Hour)}), all[1:3])
		k.equal("up to a day", sums(k, p.ID, store.Days{First: at(-1, 5), Last: at(1, 0)}), all[:3])
		k.equal("from a day", sums(k, p.ID, store.Days{First: at(1, 0), Last: at(2, 0)}), all[3:])
		k.equal("in another zone", sums(k, p.ID, store.Days{First: at(0, 0).In(elsewhere), Last: at(0, 1).In(elsewhere)}), all[1:3])
		k.equal("none", sums(k, p.ID, store.Days{First: at(1, 0), Last: at(1, 0)}), all[:0])
	})
	k.run("of an operation without a name", func(k *kit) {
		p := k.parent(0)
		k.posted(p.ID, "", 7, day)
		k.equal("sums", sums(k, p.ID, store.Days{First: day, Last: day}), []store.CreditDay{{Day: day, Entries: 1, Credits: 7}})
	})
	k.run("an unknown owner has none", func(k *kit) {
		k.equal("sums", sums(k, id(), store.Days{First: day, Last: day}), []store.CreditDay{})
	})
	k.run("a span that makes no sense", func(k *kit) {
		p := k.parent(0)
		k.posted(p.ID, store.OpPackage, 1, day)
		for _, d := range []store.Days{{First: day, Last: at(-1, 0)}, {First: day, Last: at(store.MostDays, 0)}} {
			_, err := k.store.SumCredits(k.ctx, p.ID, d)
			k.fails(err, store.ErrInvalid)
		}
		k.that(len(sums(k, p.ID, store.Days{First: day, Last: at(store.MostDays-1, 0)})) == 1, "the longest span has no sums")
	})
}
