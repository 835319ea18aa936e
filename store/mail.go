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
}

// Delivery is the end of a try to send a mail.
type Delivery struct {
	ID     uuid.UUID
	Tries  int               // as it was claimed
	Retry  time.Time         // when it is due again; zero: it is done
	Args   map[string]string // with Retry: the mail's from now on; nil: they stay
	Events []Event           // written unless nothing happens
}

// OutboxStore keeps mail that waits to be sent.
type OutboxStore interface {
	// QueueMail adds what is not there yet. An id that is there stays as it is.
	QueueMail(ctx context.Context, m []QueuedMail) error

	// ClaimMail leases up to limit mails that are due, oldest first, of equals the lowest id: nobody else gets them
	// before now+lease, which is their [QueuedMail.DueAt]. Tries is one more than before.
	ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]QueuedMail, error)

	// FinishMail removes the mail, or with Retry makes it due then, with Args, if any, in the place of its own. Nothing
	// happens when it is gone, or when Tries is not the claimed one any more: another caller has taken it over.
	FinishMail(ctx context.Context, d Delivery) error
}
