package tollkeeper

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// LedgerQuery selects entries of an account book.
type LedgerQuery struct {
	Operation Operation // empty: every one
	From      time.Time // at or after; zero: no bound
	To        time.Time // before; zero: no bound
	Oldest    bool      // the oldest first; else the newest
	Limit     int       // 1..100; zero: 50
	Cursor    string    // of the page before; bound to everything above, and to the book
}

// LedgerPage is a page of an account book.
type LedgerPage struct {
	Entries []LedgerEntry
	Next    string // cursor of the next page; empty: there is none
}

// ledgerAsked is what selects a page, as its cursor has it.
type ledgerAsked struct {
	Owner     uuid.UUID `json:"o"`
	Operation Operation `json:"n"`
	From      int64     `json:"f"`
	To        int64     `json:"t"`
	Oldest    bool      `json:"d"`
	Limit     int       `json:"l"`
}

// Ledger returns entries of the caller's own account book, the newest first. [ErrForbidden] for a child;
// [ErrLimitedSession]; [ErrDisabled]; [ErrInvalidLimit]; [ErrInvalidCursor]; [ErrInvalidInput] (range, operation).
func (a *Authenticator) Ledger(ctx context.Context, by *Identity, q LedgerQuery) (LedgerPage, error) {
	by = by.orNobody()
	if err := a.bookkeeper(by); err != nil {
		return LedgerPage{}, err
	}
	return a.ledger(ctx, by.Account, q)
}

// Ledger returns entries of a parent's account book, the newest first. [ErrDisabled]; [ErrNotFound]; [ErrForbidden] for
// a child; other errors as of [Authenticator.Ledger].
func (h Host) Ledger(ctx context.Context, parent uuid.UUID, q LedgerQuery) (LedgerPage, error) {
	if err := h.bookOf(ctx, parent); err != nil {
		return LedgerPage{}, err
	}
	return h.auth.ledger(ctx, parent, q)
}

func (a *Authenticator) ledger(ctx context.Context, owner uuid.UUID, q LedgerQuery) (p LedgerPage, err error) {
	setZero(&q.Limit, 50)
	if q.Limit < 1 || q.Limit > 100 {
		return LedgerPage{}, ErrInvalidLimit
	}
	if !canon.ValidLine(string(q.Operation), 200) {
		return LedgerPage{}, ErrInvalidInput.WithField("operation").WithMessage("Invalid operation")
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.From.After(q.To) {
		return LedgerPage{}, ErrInvalidInput.WithField("range").WithMessage("Start must not be after end")
	}
	asked := ledgerAsked{Owner: owner, Operation: q.Operation, From: millis(q.From), To: millis(q.To), Oldest: q.Oldest, Limit: q.Limit}
	after, err := continued(a, sealLedger, q.Cursor, asked)
	if err != nil {
		return LedgerPage{}, err
	}
	rows, err := a.store.ListCredits(ctx, owner, store.CreditQuery{
		Operation: q.Operation, From: q.From, To: q.To, Newest: !q.Oldest, After: after.ID, Limit: q.Limit + 1,
	})
	if err != nil {
		return LedgerPage{}, err
	}
	p.Entries, p.Next, err = cut(a, sealLedger, rows, q.Limit, asked, func(e *LedgerEntry) store.Position {
		return store.Position{At: e.At, ID: e.ID}
	})
	return p, err
}

// UsageQuery selects days in UTC, both included, each by any moment of it.
type UsageQuery struct {
	From time.Time // zero: thirty days up to To
	To   time.Time // zero: today
}

// DayUsage is what the entries of one operation come to on one day in UTC.
type DayUsage = store.CreditDay

// Usage returns what happened in the caller's account book by day, the oldest first, and by operation, without days and
// operations that have no entry. Of a span it reads each entry once in the life of a process: days that are over are
// remembered, for some while. [ErrForbidden] for a child; [ErrLimitedSession]; [ErrDisabled]; [ErrInvalidInput] with
// [Error.Field] "range" for a span that ends before it begins, or has more than 400 days.
func (a *Authenticator) Usage(ctx context.Context, by *Identity, q UsageQuery) ([]DayUsage, error) {
	by = by.orNobody()
	if err := a.bookkeeper(by); err != nil {
		return nil, err
	}
	return a.usage(ctx, by.Account, q)
}

// Usage returns what happened in a parent's account book, as [Authenticator.Usage] does. [ErrDisabled]; [ErrNotFound];
// [ErrForbidden] for a child; [ErrInvalidInput] (range).
func (h Host) Usage(ctx context.Context, parent uuid.UUID, q UsageQuery) ([]DayUsage, error) {
	if err := h.bookOf(ctx, parent); err != nil {
		return nil, err
	}
	return h.auth.usage(ctx, parent, q)
}

const (
	oneDay    = 24 * time.Hour
	usageDays = 30

	// A day is over for good an hour after its end: a sign-in that was begun before may still be under way then, and
	// the clocks of other processes are a little behind.
	dayGrace = time.Hour

	mostUsageDays = 20_000 // remembered
)

// usage reads what is not remembered in one span, which is mostly today.
func (a *Authenticator) usage(ctx context.Context, owner uuid.UUID, q UsageQuery) (all []DayUsage, err error) {
	now := a.now()
	if q.To.IsZero() {
		q.To = now
	}
	if q.From.IsZero() {
		q.From = q.To.AddDate(0, 0, 1-usageDays)
	}
	first, last := q.From.UTC().Truncate(oneDay), q.To.UTC().Truncate(oneDay)
	if last.Before(first) || last.Sub(first) >= store.MostDays*oneDay {
		return nil, ErrInvalidInput.WithField("range").WithMessage("Send a span of 1 to 400 days")
	}
	known, missing := a.used.known(owner, first, last)
	if len(missing) > 0 {
		span := store.Days{First: missing[0], Last: missing[len(missing)-1]}
		fresh, err := a.store.SumCredits(ctx, owner, span)
		if err != nil {
			return nil, err
		}
		known = slices.DeleteFunc(known, func(u DayUsage) bool { return !u.Day.Before(span.First) && !u.Day.After(span.Last) })
		known = append(known, fresh...)
		a.used.remember(owner, span, fresh, now.Add(-oneDay-dayGrace))
	}
	slices.SortStableFunc(known, func(x, y DayUsage) int { return x.Day.Compare(y.Day) })
	return known, nil
}

// usedDays remembers what the days of account books came to that are over: that never changes.
type usedDays struct {
	mu   sync.Mutex
	days map[usedDay][]DayUsage
}

type usedDay struct {
	owner uuid.UUID
	day   time.Time
}

// known returns what is remembered of the span, and the days of it that are not.
func (u *usedDays) known(owner uuid.UUID, first, last time.Time) (known []DayUsage, missing []time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for day := first; !day.After(last); day = day.Add(oneDay) {
		if sums, ok := u.days[usedDay{owner, day}]; ok {
			known = append(known, sums...)
		} else {
			missing = append(missing, day)
		}
	}
	return known, missing
}

// remember keeps the sums of the days of the span that begin at or before over.
func (u *usedDays) remember(owner uuid.UUID, span store.Days, sums []DayUsage, over time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.days == nil || len(u.days)+store.MostDays > mostUsageDays {
		u.days = map[usedDay][]DayUsage{}
	}
	for day := span.First; !day.After(span.Last) && !day.After(over); day = day.Add(oneDay) {
		u.days[usedDay{owner, day}] = nil // also where nothing was used
	}
	for _, sum := range sums {
		if key := (usedDay{owner, sum.Day.UTC()}); !key.day.After(over) {
			u.days[key] = append(u.days[key], sum)
		}
	}
}

// farthest is how far a [Projection] looks.
const farthest = 100 * 365 * oneDay

// Projection returns when a balance comes to its end, if the days to come are as those of the usage: what was debited
// in the thirty days before now, less what was refunded. A book whose first day of the usage is later has had only the
// days since then, at least one. ok is false where nothing was used, and for an end in more than a hundred years.
func Projection(balance int64, usage []DayUsage, now time.Time) (end time.Time, ok bool) {
	begin := now.Add(-usageDays * oneDay)
	first, used := now, 0.0
	for _, u := range usage {
		if !u.Day.After(begin.Add(-oneDay)) || u.Day.After(now) {
			continue
		}
		if first.After(u.Day) {
			first = u.Day
		}
		if u.Operation != OpGrant && u.Operation != OpPackage {
			used -= float64(u.Credits)
		}
	}
	if used <= 0 {
		return time.Time{}, false
	}
	passed := min(max(now.Sub(first), oneDay), usageDays*oneDay)
	left := float64(max(0, balance)) / used * float64(passed)
	if left > float64(farthest) {
		return time.Time{}, false
	}
	return now.Add(time.Duration(left)), true
}
