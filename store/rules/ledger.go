package rules

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const day = 24 * time.Hour

// Between returns the ids between which the entries of a page and of all later ones are: exclusive both, and uuid.Max
// is nobody's.
func Between(q store.CreditQuery) (above, below uuid.UUID) {
	above, below = uuid.Nil, uuid.Max
	if !q.From.IsZero() {
		above = LastBefore(firstID(q.From))
	}
	if !q.To.IsZero() {
		below = firstID(q.To)
	}
	switch {
	case q.After == uuid.Nil:
	case !q.Newest && bytes.Compare(q.After[:], above[:]) > 0:
		above = q.After
	case q.Newest && bytes.Compare(q.After[:], below[:]) < 0:
		below = q.After
	}
	return above, below
}

// firstID is the lowest id of a millisecond. Ids begin with 48 bits of it: what was before 1970 has none, and what is
// behind them all has the last one.
func firstID(t time.Time) (id uuid.UUID) {
	ms := t.UnixMilli()
	if !t.Truncate(time.Millisecond).Equal(t) {
		ms++ // ids of the millisecond are before t
	}
	switch {
	case ms <= 0:
		return uuid.Nil
	case ms >= 1<<48:
		return uuid.Max
	}
	binary.BigEndian.PutUint64(id[:8], uint64(ms)<<16)
	return id
}

// LastBefore returns the id right before another one; before the first there is none, and it is returned.
func LastBefore(id uuid.UUID) uuid.UUID {
	if id == uuid.Nil {
		return id
	}
	for i := len(id) - 1; ; i-- {
		if id[i]--; id[i] != 0xff {
			return id
		}
	}
}

// Span returns the midnights in UTC of the days. ErrInvalid: they end before they begin, or are too many.
func Span(d store.Days) ([]time.Time, error) {
	first, last := midnight(d.First), midnight(d.Last)
	if last.Before(first) || last.Sub(first) > (store.MostDays-1)*day {
		return nil, store.ErrInvalid
	}
	var days []time.Time
	for ; !first.After(last); first = first.AddDate(0, 0, 1) {
		days = append(days, first)
	}
	return days, nil
}

func midnight(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// DayIDs returns the ids between which the entries of a day are, as [Between] does.
func DayIDs(midnight time.Time) (above, below uuid.UUID) {
	return Between(store.CreditQuery{From: midnight, To: midnight.Add(day)})
}

// DayOf returns the midnight of an entry's day.
func DayOf(id uuid.UUID) time.Time {
	return midnight(time.UnixMilli(int64(binary.BigEndian.Uint64(id[:8]) >> 16)))
}

// InOrder sorts sums as SumCredits returns them.
func InOrder(sums []store.CreditDay) {
	slices.SortFunc(sums, func(a, b store.CreditDay) int {
		if c := a.Day.Compare(b.Day); c != 0 {
			return c
		}
		return bytes.Compare([]byte(a.Operation), []byte(b.Operation))
	})
}
