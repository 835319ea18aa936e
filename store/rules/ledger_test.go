package rules_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestBetween(t *testing.T) {
	at := time.UnixMilli(0x0190_0000_0000).UTC()
	first := uuid.MustParse("01900000-0000-0000-0000-000000000000")
	before := uuid.MustParse("018fffff-ffff-ffff-ffff-ffffffffffff")
	next := uuid.MustParse("01900000-0001-0000-0000-000000000000")
	low, high := uuid.MustParse("01000000-0000-7000-8000-000000000000"), uuid.MustParse("01ff0000-0000-7000-8000-000000000000")
	for name, c := range map[string]struct {
		q            store.CreditQuery
		above, below uuid.UUID
	}{
		"everything":             {store.CreditQuery{}, uuid.Nil, uuid.Max},
		"after":                  {store.CreditQuery{After: low}, low, uuid.Max},
		"newest, after":          {store.CreditQuery{After: low, Newest: true}, uuid.Nil, low},
		"from":                   {store.CreditQuery{From: at}, before, uuid.Max},
		"from, after one before": {store.CreditQuery{From: at, After: low}, before, uuid.Max},
		"from, after one behind": {store.CreditQuery{From: at, After: high}, high, uuid.Max},
		"to":                     {store.CreditQuery{To: at}, uuid.Nil, first},
		"to, newest":             {store.CreditQuery{To: at, Newest: true, After: high}, uuid.Nil, first},
		"to, newest, after":      {store.CreditQuery{To: at, Newest: true, After: low}, uuid.Nil, low},
		"between milliseconds":   {store.CreditQuery{To: at.Add(1)}, uuid.Nil, next},
		"before 1970":            {store.CreditQuery{From: time.UnixMilli(-1), To: time.UnixMilli(-1)}, uuid.Nil, uuid.Nil},
		"behind all ids":         {store.CreditQuery{To: time.UnixMilli(1 << 48)}, uuid.Nil, uuid.Max},
	} {
		if above, below := rules.Between(c.q); above != c.above || below != c.below {
			t.Errorf("%s: between %v and %v", name, above, below)
		}
	}
	if rules.DayOf(first) != at.Truncate(24*time.Hour) {
		t.Errorf("the day %v", rules.DayOf(first))
	}
}

func TestSpan(t *testing.T) {
	day := time.Date(2026, 11, 3, 23, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		d    store.Days
		days int
	}{
		"one day":     {store.Days{First: day, Last: day.Add(-time.Hour)}, 1},
		"the longest": {store.Days{First: day, Last: day.AddDate(0, 0, store.MostDays-1)}, store.MostDays},
		"too long":    {store.Days{First: day, Last: day.AddDate(0, 0, store.MostDays)}, 0},
		"backwards":   {store.Days{First: day, Last: day.AddDate(0, 0, -1)}, 0},
	} {
		days, err := rules.Span(c.d)
		if len(days) != c.days || (err == nil) != (c.days > 0) {
			t.Errorf("%s: %d days, %v", name, len(days), err)
		}
		if len(days) > 0 && days[0] != day.Truncate(24*time.Hour) {
			t.Errorf("%s: from %v", name, days[0])
		}
	}
}

func TestEnd(t *testing.T) {
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	place := func(ms int) store.Position {
		return store.Position{At: day.Add(time.Duration(ms) * time.Millisecond), ID: child}
	}
	for name, c := range map[string]struct {
		p  store.Page
		ms int64
		id uuid.UUID
	}{
		"everything":                       {store.Page{}, math.MaxInt64, uuid.Max},
		"after an account":                 {store.Page{After: place(0)}, math.MaxInt64, uuid.Max},
		"newest, after an account":         {store.Page{After: place(0), Newest: true}, day.UnixMilli(), child},
		"up to a day":                      {store.Page{To: day}, day.UnixMilli(), uuid.Nil},
		"newest, up to a day, after later": {store.Page{To: day, After: place(0), Newest: true}, day.UnixMilli(), uuid.Nil},
		"newest, up to a day, after":       {store.Page{To: day, After: place(-1), Newest: true}, day.UnixMilli() - 1, child},
	} {
		if ms, id := rules.End(c.p); ms != c.ms || id != c.id {
			t.Errorf("%s: %d, %v", name, ms, id)
		}
	}
	if ms, id := rules.Start(store.Page{After: place(0), Newest: true}); ms != math.MinInt64 || id != uuid.Nil {
		t.Errorf("newest: from %d, %v", ms, id)
	}
}

func TestOnlyWhatFailedIsResumed(t *testing.T) {
	m := store.QueuedMail{ID: child, Tries: 1}
	failed := rules.Retried(m, store.Delivery{Retry: now, Failure: "refused"})
	leased := rules.Lease(failed, time.Minute, now)
	if rules.Resumable(nil) || rules.Resumable(&m) || rules.Resumable(&leased) || !rules.Resumable(&failed) {
		t.Error("another mail is resumed")
	}
	if rules.Queued(&m, store.MailQuery{Failed: true}) || !rules.Queued(&failed, store.MailQuery{Failed: true}) ||
		rules.Queued(&failed, store.MailQuery{After: store.Position{At: failed.DueAt, ID: failed.ID}}) {
		t.Error("another mail is listed")
	}
}
