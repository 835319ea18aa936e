package tollkeeper

import (
	"context"
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
	Text    SecretText
	HTML    SecretText
}
