package rules

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Ready reports whether a mail that is due at dueAt may be claimed.
func Ready(dueAt, now time.Time) bool { return !dueAt.After(now) }

// Lease returns the mail as it stands after it was claimed: nobody else gets it before now+lease.
func Lease(m store.QueuedMail, lease time.Duration, now time.Time) store.QueuedMail {
	m.Tries++
	m.DueAt = Whole(now.Add(lease))
	m.Failure = ""
	return m
}

// Resumable reports whether a mail waits for another try; nil does not. What has no failure was not tried yet or is
// being sent: due anew it would be sent twice.
func Resumable(m *store.QueuedMail) bool { return m != nil && m.Failure != "" }

// Queued reports whether the mail belongs to the page or a later one.
func Queued(m *store.QueuedMail, q store.MailQuery) bool {
	return (q.ID == uuid.Nil || m.ID == q.ID) && (!q.Failed || m.Failure != "") &&
		store.Position{At: m.DueAt, ID: m.ID}.Compare(q.After) > 0
}

// Retried returns the mail as it stands after a try that failed.
func Retried(m store.QueuedMail, d store.Delivery) store.QueuedMail {
	m.DueAt, m.Failure = Whole(d.Retry), d.Failure
	if d.Args != nil {
		m.Args = d.Args
	}
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
