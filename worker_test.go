package tollkeeper_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// panicking is a store that panics where the worker calls it.
type panicking struct{ store.Store }

// A store that panics costs the round, not the process.
func TestWorkerSurvivesAPanickingStore(t *testing.T) {
	var sent atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		synctest.Wait()
		w.store.Store = panicking{w.store.Store}
		w.ok(w.requestReset(p))
		synctest.Wait()
		if n := sent.Load(); n != 1 {
			t.Errorf("%d mails", n)
		}
		time.Sleep(time.Hour)
		w.signIn(p)
		if n := sent.Load(); n < 2 {
			t.Errorf("%d mails: the worker is dead", n)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { sent.Add(1); return nil })
	})
}

// heap is a store with much that is over: so many calls of Sweep, each of which takes a while.
type heap struct {
	store.Store
	calls, left atomic.Int64
}

func (h *heap) Sweep(context.Context, int, time.Time) (bool, error) {
	time.Sleep(30 * time.Millisecond)
	h.calls.Add(1)
	return h.left.Add(-1) > 0, nil
}

// However much is over, the store is swept for a tenth of each second until nothing is left, and mail goes out meanwhile.
func TestALongSweepIsSpread(t *testing.T) {
	var sent atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		synctest.Wait()
		h := &heap{Store: w.store.Store}
		h.left.Store(100)
		w.store.Store = h
		w.ok(w.requestReset(p)) // wakes the worker, which so sees the store
		synctest.Wait()
		for h.calls.Load() == 0 {
			time.Sleep(time.Second)
		}
		for range 5 {
			before := h.calls.Load()
			time.Sleep(10 * time.Second)
			if n := h.calls.Load() - before; n < 36 && h.left.Load() > 0 || n > 40 {
				t.Errorf("%d calls of 30 ms in ten seconds", n)
			}
		}
		if n := h.calls.Load(); n != 100 {
			t.Errorf("%d calls, want 100: until nothing is left, and then no more", n)
		}
		h.left.Store(1_000)
		for n := h.calls.Load(); n == h.calls.Load(); {
			time.Sleep(10 * time.Millisecond)
		}
		began := sent.Load()
		w.ok(w.requestReset(p))
		time.Sleep(200 * time.Millisecond)
		if n := sent.Load() - began; n != 1 {
			t.Errorf("%d mails within 200 ms of a long sweep", n)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { sent.Add(1); return nil })
	})
}

// One that panics while a mail is prepared costs a try, not the mail.
func TestMailSurvivesAPanickingStore(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		var panicked atomic.Bool
		w.store.faults(func(verb string) error {
			if verb == "worker.FindAccount" && !panicked.Swap(true) {
				panic("store")
			}
			return nil
		}, nil)
		w.ok(w.requestReset(p))
		if n := len(w.Mails(p.Email, tollkeeper.MailReset)); n != 0 || !panicked.Load() {
			t.Errorf("%d mails at the first try", n)
		}
		w.Advance(time.Minute)
		if n := len(w.Mails(p.Email, tollkeeper.MailReset)); n != 1 || len(w.Events(tollkeeper.EventMailFailed)) != 1 {
			t.Errorf("%d mails at the second try", n)
		}
	})
}

// Retention is settled by whichever worker comes first, once per parent and month, whatever clocks and processes do: here
// three processes run, all of them stop for three months, and one of them runs behind.
func TestRetentionIsSettledOncePerMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Now, c.Credits.InitialFreeUsers = time.Now, -1 }))
		kept := first.Store
		kits := []*authtest.Kit{first, first.Another(), first.Another()}
		kits[2].Advance(-12 * time.Hour)
		parent, buyer := kits[0].Parent(), kits[0].Parent()
		for range 4 {
			kits[0].Child(parent)
		}
		user := kits[0].User()
		start := time.Now()
		for _, jump := range []time.Duration{40 * 24 * time.Hour, 100 * 24 * time.Hour, 10 * 24 * time.Hour} {
			first.Advance(jump)       // the clocks of the others are this one and their own lead
			first.SignIn(buyer)       // months close up to the newest entry
			time.Sleep(3 * time.Hour) // workers look every hour
		}
		passed := tollkeeper.MonthOf(kits[0].Now()) - tollkeeper.MonthOf(start)
		months, err := kept.ListMonths(ctx, parent.ID, 0, 1<<30, 100)
		if err != nil || len(months) != passed {
			t.Fatalf("%d months settled, %v; want %d", len(months), err, passed)
		}
		entries, err := kept.ListCredits(ctx, parent.ID, store.CreditQuery{Operation: tollkeeper.OpRetention, Limit: 100})
		if err != nil || len(entries) != passed {
			t.Fatalf("%d retention entries, %v; want %d", len(entries), err, passed)
		}
		for _, e := range entries {
			if e.Amount != -4 {
				t.Errorf("%s: %d credits, want 4 for 4 children", e.Key, -e.Amount)
			}
		}
		if b, err := kept.Balance(ctx, parent.ID); err != nil || b.Credits != 3000-4*int64(passed) || b.Retained != 4*int64(passed) {
			t.Errorf("%+v, %v", b, err)
		}
		if rows, err := kept.ListCredits(ctx, user.Parent, store.CreditQuery{Limit: 10}); err != nil || len(rows) != 0 {
			t.Errorf("the app paid for its own users: %v, %v", rows, err)
		}
		history, err := kits[0].Auth.BillingHistory(ctx, kits[0].Identity(string(kits[0].SignIn(parent).Token)), tollkeeper.BillingQuery{Limit: 2})
		if err != nil || len(history) != 2 || history[0].Month != history[1].Month+1 || history[0].Retention != 4 {
			t.Errorf("history: %+v, %v", history, err)
		}
	})
}

// A clock that is 90 days ahead for one look at the months: no month is charged that has not come for the store.
func TestAClockThatIsAheadChargesNoMonthToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Now, c.Credits.InitialFreeUsers = time.Now, -1 }))
		ahead := k.Another()
		parent, buyer := k.Parent(), k.Parent()
		k.Child(parent)
		start := k.Now()
		closed := func() int {
			months, err := k.Store.ListMonths(ctx, parent.ID, 0, 1<<30, 100)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := k.Store.Balance(ctx, parent.ID); err != nil || b.Retained != int64(len(months)) {
				t.Errorf("%+v, %v; %d months are closed", b, err, len(months))
			}
			return len(months)
		}
		ahead.Advance(90 * 24 * time.Hour)
		time.Sleep(3 * time.Hour) // workers look every hour
		if n := closed(); n != 0 {
			t.Errorf("%d months are charged before they came", n)
		}
		k.Advance(32 * 24 * time.Hour)
		k.SignIn(buyer)
		time.Sleep(3 * time.Hour)
		if n, passed := closed(), tollkeeper.MonthOf(k.Now())-tollkeeper.MonthOf(start); n != passed || n == 0 {
			t.Errorf("%d months are charged, %d have passed", n, passed)
		}
	})
}

// Debits as far as the balance goes: there is no debt.
func TestRetentionStopsAtZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Now, c.Credits.InitialFreeUsers, c.Credits.InitialCredits = time.Now, -1, 3
		}))
		parent, buyer := k.Parent(), k.Parent()
		for range 5 {
			k.Child(parent)
		}
		k.Advance(70 * 24 * time.Hour)
		k.SignIn(buyer)
		time.Sleep(3 * time.Hour)
		b, err := k.Store.Balance(ctx, parent.ID)
		if err != nil || b.Credits != 0 || b.Retained != 3 || b.Used != 3 {
			t.Fatalf("%+v, %v", b, err)
		}
		if n := len(k.Mails(parent.Email)); n != 3 {
			t.Fatalf("%d alert mails, want one for each threshold", n)
		}
	})
}

func (panicking) FinishMail(context.Context, store.Delivery) error { panic("store") }

func (panicking) Sweep(context.Context, int, time.Time) (bool, error) { panic("store") }
