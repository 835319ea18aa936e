package rules

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Logged returns the event as it is kept.
func Logged(e store.Event) store.Event {
	e.At, e.Count = Whole(e.At), max(1, e.Count)
	return e
}

// Again returns an event that is there after another one of its ID was added.
func Again(was, next store.Event) store.Event {
	was.Count += max(1, next.Count)
	return was
}

// Erased returns what stays of an event when its account is deleted: the fact.
func Erased(e store.Event) store.Event {
	e.Network, e.Detail, e.Salt = "", "", [16]byte{}
	return e
}

// Routine reports whether the event is one of those that are many and soon of no interest.
func Routine(n store.EventName) bool { return n == store.EventSignIn || n == store.EventRefreshed }

const (
	keepRoutine = 90 * 24 * time.Hour
	keepEvents  = 400 * 24 * time.Hour
)

// OldEvents returns the smallest id of the first day (UTC) whose events are kept at now: what is below it goes. It
// moves once a day.
func OldEvents(routine bool, now time.Time) uuid.UUID {
	keep := keepEvents
	if routine {
		keep = keepRoutine
	}
	return FirstID(now.Add(-keep).UTC().Truncate(24 * time.Hour))
}

// FirstID returns the smallest UUIDv7 of a moment.
func FirstID(t time.Time) uuid.UUID {
	var id uuid.UUID
	stamp(&id, t)
	id[6], id[8] = 0x70, 0x80
	return id
}

func stamp(id *uuid.UUID, t time.Time) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	copy(id[:6], ms[2:])
}

// DerivedID returns the id of what no caller names: a UUIDv7 of now whose rest is of the SHA-256 of owner and text,
// which SQL can make, too.
func DerivedID(owner uuid.UUID, text string, now time.Time) uuid.UUID {
	id := uuid.NewHash(sha256.New(), owner, []byte(text), 7)
	stamp(&id, now)
	return id
}

// Selects reports whether the query selects the event, leaving q.Limit aside.
func Selects(q store.EventQuery, e *store.Event) bool {
	switch {
	case q.All:
	case q.Account != uuid.Nil && e.Account != q.Account:
		return false
	case q.Account == uuid.Nil && e.Scope != q.Scope:
		return false
	}
	return (len(q.Names) == 0 || slices.Contains(q.Names, e.Name)) &&
		(q.From.IsZero() || !e.At.Before(q.From)) &&
		(q.To.IsZero() || e.At.Before(q.To)) &&
		(q.Before == uuid.Nil || string(e.ID[:]) < string(q.Before[:]))
}

// Crossed returns the thresholds that a payment crossed, in this order: "low" (75 % of everything ever granted is
// used), "critical" (90 %), "depleted" (nothing is left), "recovered" (one of them was crossed before and none is any
// more). Payments of one owner follow each other, so each crossing is seen by exactly one of them.
func Crossed(before, after store.Balance) (levels []string) {
	was, is := passed(before), passed(after)
	for i, name := range [...]string{"low", "critical", "depleted"} {
		if is[i] && !was[i] {
			levels = append(levels, name)
		}
	}
	if was != [3]bool{} && is == [3]bool{} {
		levels = append(levels, "recovered")
	}
	return levels
}

// passed is written so that no figure overflows.
func passed(b store.Balance) [3]bool {
	if b.Granted <= 0 {
		return [3]bool{}
	}
	return [3]bool{b.Used >= b.Granted-b.Granted/4, b.Used >= b.Granted-b.Granted/10, b.Credits == 0}
}

// Told is what is told of crossings and of closed months.
type Told struct {
	Events []store.Event
	Mail   []store.QueuedMail
}

// tell tells of what the payment of an entry crossed: an event and a mail for each level, whose ids are derived from
// the level and the entry's Key.
func tell(t store.Telling, e *store.LedgerEntry, before, after store.Balance) (told Told) {
	if t == (store.Telling{}) {
		return told
	}
	for _, level := range Crossed(before, after) {
		if t.Log {
			told.Events = append(told.Events, store.Event{
				ID: DerivedID(e.Owner, "alert:"+level+":"+e.Key, e.At), At: e.At, Name: store.EventCreditAlert, Scope: store.Root,
				Account: e.Owner, Credits: after.Credits, Count: 1, Detail: level,
			})
		}
		if t.Mail {
			told.Mail = append(told.Mail, store.QueuedMail{
				ID: DerivedID(e.Owner, "mail:"+level+":"+e.Key, e.At), Kind: store.MailCreditAlert, Lookup: store.Lookup{ID: e.Owner}, DueAt: e.At,
				Args: map[string]string{"level": level, "credits": strconv.FormatInt(after.Credits, 10)},
			})
		}
	}
	return told
}
