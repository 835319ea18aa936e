package rules

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Ready reports whether a mail that is due at dueAt may be claimed.
func Ready(dueAt, now time.Time) bool { return !dueAt.After(now) }

// Lease returns the mail as it stands after it was claimed: nobody else gets it before now+lease.
func Lease(m store.QueuedMail, lease time.Duration, now time.Time) store.QueuedMail {
	m.Tries++
	m.DueAt = Whole(now.Add(lease))
	return m
}

// Finished is what becomes of a mail.
type Finished int

// The ends of a try.
const (
	Left    Finished = iota // nothing happens: it is not there, or another has taken it over
	Removed                 // it was sent
	Delayed                 // it is due again at Retry
)

// Finish decides about the end of a try. m is nil when the mail is not there.
func Finish(m *store.QueuedMail, d store.Delivery) Finished {
	switch {
	case m == nil || m.Tries != d.Tries:
		return Left
	case d.Retry.IsZero():
		return Removed
	}
	return Delayed
}
