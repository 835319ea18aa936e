package tollkeeper_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// A mailer that hangs on some addresses delays nobody else's mail, and its own is not claimed twice meanwhile.
func TestHangingMailDelaysNobodyElse(t *testing.T) {
	calls := map[string]int{}
	var w *world
	story(t, func(made *world) {
		w = made
		for i := range 7 {
			stuck := w.parent(fmt.Sprintf("stuck%d@example.com", i))
			w.ok(w.requestReset(stuck))
		}
		synctest.Wait()
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		if len(w.sent(p.email, tollkeeper.MailSignInCode)) != 1 {
			t.Error("the code waits for others")
		}
		time.Sleep(19 * time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		for to, n := range calls {
			if n != 1 {
				t.Errorf("%d deliveries to %s under way", n, to)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) {
		good := c.Mail.Mailer
		c.Mail.Mailer = tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
			if contains(m.To, "stuck") {
				w.mu.Lock()
				calls[m.To]++
				w.mu.Unlock()
				<-ctx.Done()
				return ctx.Err()
			}
			return good.Send(ctx, m)
		})
	})
}

// More mail than there are senders goes out without waiting for the next look at the outbox.
func TestManyMailsAreSentAtOnce(t *testing.T) {
	story(t, func(w *world) {
		start := time.Now()
		var queued []store.QueuedMail
		p := w.parent("p@example.com")
		for range 100 {
			queued = append(queued, store.QueuedMail{ID: uuid.New(), Kind: tollkeeper.MailReset, Lookup: store.Lookup{ID: p.Account}, DueAt: w.now()})
		}
		w.ok(w.store.QueueMail(ctx, queued))
		w.ok(w.requestReset(p))
		if n := len(w.sent(p.email, tollkeeper.MailReset)); n != 101 || time.Since(start) > 0 {
			t.Errorf("%d after %v", n, time.Since(start))
		}
	})
}

// panicking is a store that panics where the worker calls it.
type panicking struct{ store.Store }

func (panicking) FinishMail(context.Context, uuid.UUID, int, time.Time) error { panic("store") }

func (panicking) Sweep(context.Context, int, time.Time) (bool, error) { panic("store") }

// A store that panics costs the round, not the process.
func TestWorkerSurvivesAPanickingStore(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		synctest.Wait()
		w.store.Store = panicking{w.store.Store}
		w.ok(w.requestReset(p))
		if len(w.sent(p.email, tollkeeper.MailReset)) != 1 {
			t.Error("no mail")
		}
		time.Sleep(time.Hour)
		w.signIn(p)
		if n := len(w.sent(p.email, tollkeeper.MailReset)); n < 2 {
			t.Errorf("%d mails: the worker is dead", n)
		}
	})
}
