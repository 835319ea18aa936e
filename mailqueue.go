package tollkeeper

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// MailQuery selects mail that waits to be sent.
type MailQuery struct {
	Failed bool   // only what failed and waits for another try
	Limit  int    // 1..100; zero: 50
	Cursor string // of the page before; bound to everything above
}

// MailPage is a page of the mail that waits.
type MailPage struct {
	Mails  []WaitingMail // what is due first comes first
	Next   string        // cursor of the next page; empty: there is none
	Counts MailCounts    // of all that waits
}

// MailCounts says how much mail waits: all of it, what failed and waits for another try, and since when the first is
// due.
type MailCounts = store.MailCounts

// MostMail is how far mail is counted: a number in [MailCounts] that is as much means as much, or more.
const MostMail = store.MostMail

// WaitingMail is a mail that waits to be sent. It holds no secret: that is made when it is sent.
type WaitingMail struct {
	ID      uuid.UUID
	Kind    MailKind
	Account uuid.UUID // zero: whom it is for is looked up by the address when it is sent; perhaps nobody is there
	Address string    // where the mail names one; else it goes to the account's present one
	DueAt   time.Time // while it is being sent: when it would be tried once more
	Tries   int       // how often sending it was begun
	Failure string    // why the last try failed, at most 200 bytes without address and secret; empty: none did yet, or it is being sent
}

// MailWithdrawn is the Code of an [EventMailDropped] of a mail that the host gave up ([Host.DropMail]).
const MailWithdrawn Code = "mail_withdrawn"

// mailAsked is what selects a page, as its cursor has it.
type mailAsked struct {
	Failed bool `json:"f"`
	Limit  int  `json:"l"`
}

// MailQueue returns the mail that waits. What was refused for good or came too late waits no more: the log has an
// [EventMailDropped] of it, with the kind as its Detail. [ErrInvalidLimit]; [ErrInvalidCursor].
func (h Host) MailQueue(ctx context.Context, q MailQuery) (p MailPage, err error) {
	a := h.auth
	setZero(&q.Limit, 50)
	if q.Limit < 1 || q.Limit > 100 {
		return MailPage{}, ErrInvalidLimit
	}
	asked := mailAsked{Failed: q.Failed, Limit: q.Limit}
	after, err := continued(a, sealMail, q.Cursor, asked)
	if err != nil {
		return MailPage{}, err
	}
	rows, err := a.store.ListMail(ctx, store.MailQuery{Failed: q.Failed, After: after, Limit: q.Limit + 1})
	if err != nil {
		return MailPage{}, err
	}
	if p.Counts, err = a.store.CountMail(ctx); err != nil {
		return MailPage{}, err
	}
	rows, p.Next, err = cut(a, sealMail, rows, q.Limit, asked, func(m *store.QueuedMail) store.Position {
		return store.Position{At: m.DueAt, ID: m.ID}
	})
	for _, m := range rows {
		w := WaitingMail{ID: m.ID, Kind: m.Kind, Account: m.Lookup.ID, Address: m.To, DueAt: m.DueAt, Tries: m.Tries, Failure: m.Failure}
		if w.Address == "" {
			w.Address = m.Lookup.Email
		}
		p.Mails = append(p.Mails, w)
	}
	return p, err
}

// RetryMail has a mail that failed be tried again now. What is not worth sending any more is given up then, as ever.
// [ErrNotFound]: it is gone, was not tried yet, or is being sent.
func (h Host) RetryMail(ctx context.Context, id uuid.UUID) error {
	err := h.resumeMail(ctx, id, store.Resumption{ID: id, DueAt: h.auth.now()}, Event{Name: EventMailRetried})
	if err == nil {
		h.auth.worker.wake()
	}
	return err
}

// DropMail gives a mail up that failed. [ErrNotFound]: it is gone, was not tried yet, or is being sent.
func (h Host) DropMail(ctx context.Context, id uuid.UUID) error {
	return h.resumeMail(ctx, id, store.Resumption{ID: id}, Event{Name: EventMailDropped, Code: MailWithdrawn})
}

// resumeMail does it, with an event about whom the mail is for.
func (h Host) resumeMail(ctx context.Context, id uuid.UUID, r store.Resumption, e Event) error {
	ctx = h.acting(ctx)
	a := h.auth
	rows, err := a.store.ListMail(ctx, store.MailQuery{ID: id, Limit: 1})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return ErrNotFound
	}
	e.Detail = string(rows[0].Kind)
	s, err := a.store.FindAccount(ctx, rows[0].Lookup)
	switch {
	case err == nil:
		e.Scope, e.Account = s.Account.Parent, s.Account.ID
	case !errors.Is(err, ErrNotFound):
		return err
	}
	r.Events = []Event{e}
	return a.store.ResumeMail(ctx, r)
}

// maxFailure is how much of a failure is kept, in bytes.
const maxFailure = 200

// failureOf says why a mail was not sent. Only what the mailer said is kept, without address and secrets; what failed
// before may name what nobody is to read.
func failureOf(err error) string {
	said, ok := errors.AsType[*unsaidError](err)
	switch {
	case ok:
		return shortened(said.text)
	case errors.Is(err, errOvertaken):
		return errOvertaken.Error()
	}
	return string(codeOf(err))
}

// shortened makes a line of at most maxFailure bytes, which is not empty.
func shortened(text string) string {
	line := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	for len(line) > maxFailure {
		_, n := utf8.DecodeLastRuneInString(line)
		line = line[:len(line)-n]
	}
	if line = strings.TrimSpace(line); line == "" {
		return string(ErrInternal.Code)
	}
	return line
}
