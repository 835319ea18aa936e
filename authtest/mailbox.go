package authtest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// mailbox keeps what was delivered, and what is queued: so a Kit knows when there is nothing left to wait for.
type mailbox struct {
	mu      sync.Mutex
	mails   []tollkeeper.Message
	queued  map[uuid.UUID]time.Time // when it is due
	changed chan struct{}           // closed, and replaced, at each change
}

// watched is a store that tells a mailbox what becomes of mail.
type watched struct {
	store.Store
	box *mailbox
}

// watch returns the store with a mailbox, the one it has if it came from another Kit.
func watch(kept store.Store) (store.Store, *mailbox) {
	if w, ok := kept.(*watched); ok {
		return w, w.box
	}
	w := &watched{kept, &mailbox{queued: map[uuid.UUID]time.Time{}, changed: make(chan struct{})}}
	return w, w.box
}

// capture is a Mailer that delivers to next, if there is one, and then into the box.
func capture(box *mailbox, next tollkeeper.Mailer) tollkeeper.Mailer {
	return tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
		if next != nil {
			if err := next.Send(ctx, m); err != nil {
				return err
			}
		}
		box.update(func() { box.mails = append(box.mails, m) })
		return nil
	})
}

func (b *mailbox) update(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	close(b.changed)
	b.changed = make(chan struct{})
}

// during notes the mail before the verb runs, because the worker may be done with it before the verb returns.
func (b *mailbox) during(mails []store.QueuedMail, verb func() error) {
	if len(mails) > 0 {
		b.update(func() {
			for _, m := range mails {
				b.queued[m.ID] = m.DueAt
			}
		})
	}
	if err := verb(); err != nil && len(mails) > 0 {
		b.update(func() {
			for _, m := range mails {
				delete(b.queued, m.ID)
			}
		})
	}
}

func (w *watched) QueueMail(ctx context.Context, m []store.QueuedMail) (err error) {
	w.box.during(m, func() error { err = w.Store.QueueMail(ctx, m); return err })
	return err
}

func (w *watched) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (a tollkeeper.Account, r store.Receipt, err error) {
	w.box.during(n.Mail, func() error { a, r, err = w.Store.CreateAccount(ctx, n, now); return err })
	return a, r, err
}

func (w *watched) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (a tollkeeper.Account, r store.Receipt, err error) {
	w.box.during(c.Mail, func() error { a, r, err = w.Store.UpdateAccount(ctx, c, now); return err })
	return a, r, err
}

func (w *watched) FinishMail(ctx context.Context, id uuid.UUID, tries int, retry time.Time) error {
	err := w.Store.FinishMail(ctx, id, tries, retry)
	w.box.update(func() {
		if retry.IsZero() {
			delete(w.box.queued, id)
		} else {
			w.box.queued[id] = retry
		}
	})
	return err
}

// due returns how much mail is due and not yet delivered, and what to wait for.
func (b *mailbox) due(now time.Time) (n int, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.queued {
		if !at.After(now) {
			n++
		}
	}
	return n, b.changed
}
