package store

import (
	"time"

	"github.com/google/uuid"
)

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
