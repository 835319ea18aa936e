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
	Delayed                 // it is due again at retry
)

// Finish decides about a mail whose sender claimed it as its tries-th try. m is nil when it is not there.
func Finish(m *store.QueuedMail, tries int, retry time.Time) Finished {
	switch {
	case m == nil || m.Tries != tries:
		return Left
	case retry.IsZero():
		return Removed
	}
	return Delayed
}
