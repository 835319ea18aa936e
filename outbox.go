package tollkeeper

import (
	"context"
	"errors"
	"fmt"
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
	mailTries   = 24
	codeRetries = 6 // a code that comes after minutes is of no use
)

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
// else's.
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
	to, sent, err := w.prepare(m)
	d := store.Delivery{ID: m.ID, Tries: m.Tries}
	tell := func(name EventName) {
		e := about(&to, name)
		e.Detail = string(m.Kind)
		d.Events = []Event{e}
	}
	switch tries := mailTries; {
	case err == nil && sent:
		tell(EventMailSent)
	case err == nil:
	default:
		if m.Kind == MailSignInCode {
			tries = codeRetries
		}
		if m.Tries >= tries {
			tell(EventMailDropped)
			a.cfg.Logger.Error("tollkeeper: mail given up", "kind", string(m.Kind), "id", m.ID, "error", err)
			break
		}
		d.Retry = a.now().Add(backoff(m.Tries))
		tell(EventMailFailed)
		w.failed("mail not sent, will be tried again", err)
	}
	if err := a.store.FinishMail(w.ctx, d); err != nil {
		w.failed("outbox not written", err) // the lease runs out: it is sent once more, at-least-once
	}
}

// backoff doubles from two seconds to an hour.
func backoff(tries int) time.Duration {
	if tries < 1 || tries > 11 {
		return lastRetry
	}
	return min(firstRetry<<(tries-1), lastRetry)
}

var errOvertaken = errors.New("mail: the account changed while its secret was made")

// prepare finds out whom the mail is for, makes the secret, stores its digest and sends. Nobody there, or nothing to
// tell them: not sent, no error.
func (w *worker) prepare(m store.QueuedMail) (to Account, sent bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("mail: panic: %v", r)
		}
	}()
	a := w.auth
	s, err := a.store.FindAccount(w.ctx, m.Lookup)
	if errors.Is(err, ErrNotFound) {
		return to, false, nil
	}
	if err != nil {
		return to, false, err
	}
	to = s.Account
	out, ok := a.letterFor(s, m)
	if !ok {
		return to, false, nil
	}
	if out.secret.Purpose != "" {
		if err := a.store.PutSecrets(w.ctx, []store.Secret{out.secret}, a.now()); err != nil {
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
	l, err := a.mails.Render(string(m.Kind), out.data)
	if err != nil {
		return to, false, err
	}
	err = w.send(Message{ID: m.ID.String(), Kind: m.Kind, To: out.to, Subject: l.Subject, Text: SecretText(l.Text), HTML: SecretText(l.HTML)})
	if err != nil && out.secret.Purpose != "" {
		w.undelivered(out.secret)
	}
	return to, true, err
}

// undelivered ends the life of a secret that no mail brought: it is live before it is sent, so that nobody who reads
// the mail is too early, and from then on only if it was. The next try brings another, which replaces whatever is left
// of this one; so does the next claim of the row, should this process end before it gets here. It does not replace
// what another sender of the same mail, who took this one for dead, has made live meanwhile.
func (w *worker) undelivered(x store.Secret) {
	x.Mail, x.ExpiresAt = uuid.Nil, x.CreatedAt
	if err := w.auth.store.PutSecrets(w.ctx, []store.Secret{x}, w.auth.now()); err != nil {
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
