package authtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// mailbox keeps what was delivered, and what is queued: so a Kit knows when there is nothing left to wait for.
type mailbox struct {
	mu      sync.Mutex
	mails   []tollkeeper.Message
	queued  map[uuid.UUID]time.Time // when it is due
	sending map[uuid.UUID]bool      // claimed, and not yet told of
	claims  int                     // that are being made
	ended   int                     // events of deliveries that the store has written
	told    int                     // of them those that an Authenticator has told
	done    map[uuid.UUID]bool
	changed chan struct{} // closed, and replaced, at each change
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
	w := &watched{kept, &mailbox{queued: map[uuid.UUID]time.Time{}, sending: map[uuid.UUID]bool{}, done: map[uuid.UUID]bool{}, changed: make(chan struct{})}}
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
	w.charged(n.Charge, r, now)
	return a, r, err
}

func (w *watched) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (a tollkeeper.Account, r store.Receipt, err error) {
	w.box.during(c.Mail, func() error { a, r, err = w.Store.UpdateAccount(ctx, c, now); return err })
	w.charged(c.Charge, r, now)
	return a, r, err
}

func (w *watched) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (r store.Receipt, err error) {
	w.box.during(n.Mail, func() error { r, err = w.Store.CreateSession(ctx, n, now); return err })
	w.charged(n.Charge, r, now)
	return r, err
}

func (w *watched) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) (err error) {
	w.box.during(d.Mail, func() error { err = w.Store.DeleteAccount(ctx, d, now); return err })
	return err
}

func (w *watched) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	e, b, fresh, err := w.Store.ApplyCredit(ctx, p)
	if fresh && p.Tell.Mail {
		w.alerted(e, b, e.At)
	}
	return e, b, fresh, err
}

func (w *watched) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	n, charged, err := w.Store.CloseMonths(ctx, c, now)
	for _, x := range charged {
		month := x.Balance.ClosedMonth
		e := store.LedgerEntry{Owner: x.Owner, Key: fmt.Sprintf("retention:%d-%02d", month/12, month%12+1), Amount: -x.Debit}
		w.alerted(e, x.Balance, now)
	}
	return n, charged, err
}

func (w *watched) charged(c store.Charge, r store.Receipt, now time.Time) {
	if r.Charged && c.Tell.Mail {
		w.alerted(store.LedgerEntry{Owner: c.Owner, Key: c.Key, Amount: -c.Price}, r.Balance, now)
	}
}

// alerted notes the mail that the store has queued by itself, because the entry crossed a threshold.
func (w *watched) alerted(e store.LedgerEntry, after store.Balance, now time.Time) {
	before := after
	before.Credits -= e.Amount
	if e.Refunds != "" || e.Amount < 0 {
		before.Used += e.Amount
	} else {
		before.Granted -= e.Amount
	}
	for _, level := range rules.Crossed(before, after) {
		id := rules.DerivedID(e.Owner, "mail:"+level+":"+e.Key, now)
		w.box.update(func() {
			if !w.box.done[id] {
				w.box.queued[id] = now
			}
		})
	}
}

func (w *watched) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]store.QueuedMail, error) {
	w.box.update(func() { w.box.claims++ })
	defer w.box.update(func() { w.box.claims-- })
	list, err := w.Store.ClaimMail(ctx, limit, lease, now)
	w.box.update(func() {
		for _, m := range list {
			w.box.sending[m.ID] = true
		}
	})
	return list, err
}

func (w *watched) FinishMail(ctx context.Context, d store.Delivery) error {
	err := w.Store.FinishMail(ctx, d)
	w.box.update(func() {
		delete(w.box.sending, d.ID)
		if err == nil {
			w.box.ended += len(d.Events)
		}
		if d.Retry.IsZero() {
			delete(w.box.queued, d.ID)
			w.box.done[d.ID] = true
		} else {
			w.box.queued[d.ID] = d.Retry
		}
	})
	return err
}

// due is how much mail is due and not yet delivered. The caller holds the lock.
func (b *mailbox) due(now time.Time) (n int) {
	for _, at := range b.queued {
		if !at.After(now) {
			n++
		}
	}
	return n
}

// until waits until so it is, which is asked under the lock at each change. False: it was not within that time.
func (b *mailbox) until(longest time.Duration, so func() bool) bool {
	timeout := time.After(longest)
	for {
		b.mu.Lock()
		is, changed := so(), b.changed
		b.mu.Unlock()
		if is {
			return true
		}
		select {
		case <-changed:
		case <-timeout:
			return false
		}
	}
}

// heard waits until what became of mail has been told, which is right after it is written. It gives up after a moment.
func (b *mailbox) heard() {
	b.until(patience/5, func() bool { return b.told >= b.ended })
}

// settled waits until no mail is due and none is on its way. It gives up after a moment, for a broken store.
func (b *mailbox) settled(now time.Time) {
	if !b.until(patience/5, func() bool { return b.due(now)+b.claims+len(b.sending) == 0 }) {
		b.update(func() { clear(b.sending) })
	}
}
