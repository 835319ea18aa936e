package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// MailKind says what a mail is for.
type MailKind string

// The mails that the library sends.
const (
	MailSignInCode  MailKind = "sign-in-code"
	MailSignInLink  MailKind = "sign-in-link" // perhaps with a code beside it
	MailReset       MailKind = "reset"
	MailVerify      MailKind = "verify"
	MailChangeEmail MailKind = "change-email"
	MailNotice      MailKind = "notice"        // something about the account changed
	MailCreditAlert MailKind = "credit-alert"  // to a parent
	MailSignUpTried MailKind = "sign-up-tried" // somebody asked for an account with the address of this one
)

// QueuedMail says what to tell whom. It holds no secret: the worker makes the secret when it sends.
type QueuedMail struct {
	ID     uuid.UUID
	Kind   MailKind
	Lookup Lookup            // whom; nobody there when it is sent: nothing is sent
	To     string            // only where it is not the account's present address
	Args   map[string]string // for the template
	Tries  int               // how often it was claimed; also the fence of [OutboxStore.FinishMail]
	DueAt  time.Time

	// Failure is why the last try failed, while the mail waits for another one. It is empty before the first try, and
	// while the mail is leased; QueueMail does not look at it.
	Failure string `json:",omitzero"`
}

// Delivery is the end of a try to send a mail.
type Delivery struct {
	ID      uuid.UUID
	Tries   int               // as it was claimed
	Retry   time.Time         // when it is due again; zero: it is done
	Args    map[string]string // with Retry: the mail's from now on; nil: they stay
	Failure string            // with Retry: the mail's from now on
	Events  []Event           // written unless nothing happens
}

// MailQuery selects mail that waits.
type MailQuery struct {
	ID     uuid.UUID // this one alone; zero: all of it
	Failed bool      // only what has a [QueuedMail.Failure]
	After  Position  // of DueAt and ID, exclusive; zero: from the start
	Limit  int       // rows, above zero
}

// MostMail is how far mail is counted: more of it is told as so much, so that a page is not the slower the more waits.
const MostMail = 10_000

// MailCounts says how much mail waits.
type MailCounts struct {
	Waiting int64     // all of it, what is leased too, up to [MostMail]
	Failed  int64     // of it, what has a [QueuedMail.Failure], up to [MostMail]
	Oldest  time.Time // the earliest DueAt; zero: nothing waits
}

// Resumption is what becomes of a mail that waits for another try.
type Resumption struct {
	ID     uuid.UUID
	DueAt  time.Time // when it is due; zero: it is given up, and removed
	Events []Event
}

// OutboxStore keeps mail that waits to be sent.
type OutboxStore interface {
	// QueueMail adds what is not there yet. An id that is there stays as it is.
	QueueMail(ctx context.Context, m []QueuedMail) error

	// ClaimMail leases up to limit mails that are due, oldest first, of equals the lowest id: nobody else gets them
	// before now+lease, which is their [QueuedMail.DueAt]. Tries is one more than before, and Failure is empty.
	ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]QueuedMail, error)

	// FinishMail removes the mail, or with Retry makes it due then, with Args, if any, in the place of its own, and
	// with the Failure. Nothing happens when it is gone, or when Tries is not the claimed one any more: another caller
	// has taken it over.
	FinishMail(ctx context.Context, d Delivery) error

	// ListMail returns up to q.Limit mails by DueAt, of equals by id.
	ListMail(ctx context.Context, q MailQuery) ([]QueuedMail, error)

	// CountMail returns how much mail waits. It reads no more than [MostMail] lines of an index for each number.
	CountMail(ctx context.Context) (MailCounts, error)

	// ResumeMail makes a mail due, or gives it up. [ErrNotFound]: it is gone, or has no [QueuedMail.Failure]: it was
	// not tried yet, or somebody is sending it, and would send it twice.
	ResumeMail(ctx context.Context, r Resumption) error
}
