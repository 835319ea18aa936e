package tollkeeper

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const (
	mailSenders = 8
	mailLease   = 30 * time.Second // a process that is killed delays its mail by that much
	mailTimeout = 20 * time.Second
	firstRetry  = 2 * time.Second
	lastRetry   = time.Hour
	mailTries   = 80 // of a row that does not say when it was asked for, too: some three days

	codeWorth = 2 * CodeTTL // servers that greylist ask for five minutes
	linkWorth = 24 * time.Hour
	newsWorth = 3 * 24 * time.Hour
)

// Why a mail was given up: the Code of an [EventMailDropped]. Beyond [Limits].Mail it is that of [ErrRateLimited].
const (
	MailRefused Code = "mail_refused" // for good, by its mailer
	MailLate    Code = "mail_late"    // not worth sending any more: what signs in after ten minutes, another link after a day, a notice after three
)

// lastTry is until when a mail is worth sending; zero: it does not say when it was asked for.
func lastTry(m store.QueuedMail) time.Time {
	asked, err := strconv.ParseInt(m.Args[argAsked], 10, 64)
	if err != nil {
		return time.Time{}
	}
	at := time.UnixMilli(asked)
	switch m.Kind {
	case MailSignInCode, MailSignInLink:
		return at.Add(codeWorth)
	case MailNotice, MailCreditAlert:
		return at.Add(newsWorth)
	}
	return at.Add(linkWorth)
}

// late reports whether a mail is not worth sending at that time.
func late(m store.QueuedMail, at time.Time) bool {
	last := lastTry(m)
	return m.Tries > mailTries || !last.IsZero() && at.After(last)
}

// queue writes mail durably and wakes the worker. The row is the same for every address, known or not.
func (a *Authenticator) queue(ctx context.Context, m store.QueuedMail) error {
	if err := a.store.QueueMail(ctx, []store.QueuedMail{m}); err != nil {
		return err
	}
	a.worker.wake()
	return nil
}

// sendDue begins to send what is due, as far as senders are free, and returns how many it began. Mail is claimed only
// when it can be sent at once: no lease runs out while it waits, and a mailer that hangs keeps its own place and nobody
// else's. Once what hangs has all mailSenders places, the rest waits for its turn, mailTimeout for each so many.
func (w *worker) sendDue() (began int) {
	for w.ctx.Err() == nil {
		free := w.reserve()
		if free == 0 {
			return began
		}
		batch, err := w.auth.store.ClaimMail(w.ctx, free, mailLease, w.auth.now())
		w.release(free - len(batch))
		if err != nil {
			w.failed("outbox not read", err)
			return began
		}
		if len(batch) == 0 {
			return began
		}
		began += len(batch)
		for _, m := range batch {
			w.sending.Go(func() {
				defer w.release(1)
				defer w.recoverPanic()
				w.deliver(m)
			})
		}
	}
	return began
}

// reserve takes every sender that is free. Without one, the next to come free wakes the worker.
func (w *worker) reserve() (free int) {
	for {
		select {
		case w.senders <- struct{}{}:
			free++
			continue
		default:
		}
		if free == 0 && w.starved.CompareAndSwap(false, true) {
			continue // one may have come free just before it could know
		}
		return free
	}
}

func (w *worker) release(n int) {
	for range n {
		<-w.senders
	}
	if n > 0 && w.starved.CompareAndSwap(true, false) {
		w.wake()
	}
}

// drain sends all that is due, and waits for it.
func (w *worker) drain() {
	defer w.recoverPanic()
	for {
		w.sending.Wait()
		if w.sendDue() == 0 {
			return
		}
	}
}

// deliver sends one row and says what becomes of it.
func (w *worker) deliver(m store.QueuedMail) {
	a := w.auth
	to, sent, err := w.prepare(&m)
	d := store.Delivery{ID: m.ID, Tries: m.Tries}
	tell := func(name EventName, why Code) {
		e := about(&to, name)
		e.Detail, e.Code = string(m.Kind), why
		d.Events = []Event{e}
	}
	retry := a.now().Add(backoff(m))
	told := []any{"kind", string(m.Kind), "id", m.ID, "tries", m.Tries, "error", err}
	switch {
	case err == nil && sent:
		tell(EventMailSent, "")
	case err == nil:
	case errors.Is(err, errOverBudget):
		tell(EventMailDropped, ErrRateLimited.Code) // no line in the log: strangers would fill it
	case isPermanent(err):
		tell(EventMailDropped, MailRefused)
		a.cfg.Logger.Error("tollkeeper: mail refused for good, given up", told...)
	case errors.Is(err, errLate) || late(m, retry) || m.Tries >= mailTries:
		tell(EventMailDropped, MailLate)
		a.cfg.Logger.Error("tollkeeper: mail given up", told...)
	default:
		d.Retry, d.Args, d.Failure = retry, m.Args, failureOf(err)
		tell(EventMailFailed, "")
		if w.ctx.Err() == nil {
			a.cfg.Logger.Warn("tollkeeper: mail not sent, will be tried again", append(told, "at", retry)...)
		}
	}
	if err := a.store.FinishMail(w.ctx, d); err != nil {
		w.failed("outbox not written", err) // the lease runs out: it is sent once more, at-least-once
	}
}

// isPermanent reports whether the mailer says that trying again does not help.
func isPermanent(err error) bool {
	p, ok := errors.AsType[interface {
		error
		Permanent() bool
	}](err)
	return ok && p.Permanent()
}

// backoff is how long a mail waits for its next try. It doubles from two seconds to an hour, for what signs in to two
// minutes.
func backoff(m store.QueuedMail) time.Duration {
	most := lastRetry
	if m.Kind == MailSignInCode || m.Kind == MailSignInLink {
		most = codeWorth / 5
	}
	if m.Tries < 1 || m.Tries > 11 {
		return most
	}
	return min(firstRetry<<(m.Tries-1), most)
}

var (
	errOvertaken  = errors.New("mail: the account changed while its secret was made")
	errOverBudget = errors.New("mail: its address has had its mails")
	errLate       = errors.New("mail: it comes too late")
)

// prepare finds out whom the mail is for, makes the secret, stores its digest and sends. Nobody there, or nothing to
// tell them: not sent, no error. Once the mail has been counted, it says so.
func (w *worker) prepare(row *store.QueuedMail) (to Account, sent bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("mail: panic: %v", r)
		}
	}()
	a, m := w.auth, *row
	s, err := a.store.FindAccount(w.ctx, m.Lookup)
	found := err == nil
	if !found && !errors.Is(err, ErrNotFound) {
		return to, false, err
	}
	to = s.Account
	if late(m, a.now()) {
		if !found {
			return to, false, nil
		}
		return to, false, errLate
	}
	newcomer := !found && m.Args[argSignUp] != ""
	if ok, err := a.inBudget(w.ctx, m, s, found); err != nil || !found && !newcomer {
		return to, false, err
	} else if !ok {
		return to, false, errOverBudget
	}
	row.Args = maps.Clone(m.Args)
	if row.Args == nil {
		row.Args = map[string]string{}
	}
	row.Args[argCounted] = "counted"
	if newcomer {
		return w.invite(m)
	}
	out, ok := a.letterFor(s, m)
	if !ok {
		return to, false, nil
	}
	if len(out.secrets) > 0 {
		defer func() {
			if !sent || err != nil {
				w.undelivered(out.secrets)
			}
		}()
		if err := a.store.PutSecrets(w.ctx, out.secrets, a.now()); err != nil {
			return to, false, err
		}
		// What voids the account's secrets may have come just before this one: it is sent only if it came after.
		if s, err = a.store.FindAccount(w.ctx, m.Lookup); err != nil || overtaken(m, s.Account) {
			return to, false, err
		}
		if s.Account.Epoch != to.Epoch {
			return to, false, errOvertaken
		}
	}
	sent, err = w.write(m, out)
	return to, sent, err
}

// write renders the mail and hands it over.
func (w *worker) write(m store.QueuedMail, out outgoing) (sent bool, err error) {
	l, err := w.auth.mails.Render(string(m.Kind), out.lang, out.data)
	if err != nil {
		return false, err
	}
	x := message(l, m.Kind)
	x.ID, x.To = m.ID.String(), out.to
	return true, out.unsaid(w.send(x))
}

// unsaid is a mailer's error as it may be told: without the mail's address and secrets, which a mailer may repeat as
// it had to spell them: an address in lower case, or in the URL or the JSON of a request.
func (o *outgoing) unsaid(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	safe := spellings(o.to).ReplaceAllString(text, "[address]")
	for _, value := range o.values {
		safe = spellings(value).ReplaceAllString(safe, redacted)
	}
	return &unsaidError{text: safe, err: err}
}

// spellings finds a text in any letter case, with any of its characters escaped as in a URL, also more than once, or as
// in JSON.
func spellings(text string) *regexp.Regexp {
	b := []byte("(?i)")
	for _, c := range []byte(text) {
		b = fmt.Appendf(b, `(?:%s|%%(?:25)*%02x|\\u00%02[2]x)`, regexp.QuoteMeta(string(rune(c))), c)
	}
	return regexp.MustCompile(string(b))
}

// unsaidError is what a mailer said, as it may be told.
type unsaidError struct {
	text string
	err  error
}

func (e *unsaidError) Error() string { return e.text }
func (e *unsaidError) Unwrap() error { return e.err }

// undelivered ends the life of secrets that no mail brought: they are live before it is sent, so that nobody who reads
// the mail is too early, and from then on only if it was. The next try brings others, which replace whatever is left
// of these; so does the next claim of the row, should this process end before it gets here. It does not replace what
// another sender of the same mail, who took this one for dead, has made live meanwhile.
func (w *worker) undelivered(list []store.Secret) {
	for i := range list {
		list[i].Mail, list[i].ExpiresAt = uuid.Nil, list[i].CreatedAt
	}
	ctx, cancel := bestEffort(w.ctx) // also where Close has given up waiting
	defer cancel()
	if err := w.auth.store.PutSecrets(ctx, list, w.auth.now()); err != nil && !errors.Is(err, ErrNotFound) {
		w.failed("secret of a mail that was not sent not ended", err)
	}
}

// send calls the Mailer, for so long. One that does not come back is left behind.
func (w *worker) send(m Message) error {
	ctx, cancel := context.WithTimeout(w.ctx, mailTimeout)
	defer cancel()
	result := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				result <- fmt.Errorf("mailer panicked: %v", r)
			}
		}()
		result <- w.auth.cfg.Mail.Mailer.Send(ctx, m)
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
