package tollkeeper

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Mailer delivers one message. It may be called from several goroutines. An error means: try again later. A mailer that
// fails, hangs or panics delays its own mail only; it never changes an answer.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// MailerFunc makes a Mailer of a function.
type MailerFunc func(ctx context.Context, m Message) error

// Send calls f.
func (f MailerFunc) Send(ctx context.Context, m Message) error { return f(ctx, m) }

// Message is one mail, ready to send. No field holds CR, LF or NUL but Text and HTML.
type Message struct {
	ID      string // of the outbox row, the same when it is sent again: a Message-ID without its domain
	Kind    MailKind
	To      string // one address, as the account holder typed it
	Subject string
	Text    string
	HTML    string
}

// MailKind says what a mail is for.
type MailKind string

// The mails that the library sends.
const (
	MailSignInCode  MailKind = "sign-in-code"
	MailReset       MailKind = "reset"
	MailVerify      MailKind = "verify"
	MailChangeEmail MailKind = "change-email"
	MailNotice      MailKind = "notice"       // something about the account changed
	MailCreditAlert MailKind = "credit-alert" // to a parent
)

// QueuedMail says what to tell whom. It holds no secret: the worker makes the secret when it sends.
type QueuedMail struct {
	ID     uuid.UUID
	Kind   MailKind
	Lookup Lookup            // whom; nobody there when it is sent: nothing is sent
	To     string            // only where it is not the account's present address
	Args   map[string]string // for the template
	Tries  int               // how often it was claimed; also the fence of FinishMail
	DueAt  time.Time
}
