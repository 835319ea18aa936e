package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// A mailer that hangs on some addresses delays nobody else's mail, and its own is not claimed twice meanwhile.
func TestHangingMailDelaysNobodyElse(t *testing.T) {
	var mu sync.Mutex
	calls := map[string]int{}
	story(t, func(w *world) {
		for i := range 7 {
			stuck := w.parent(fmt.Sprintf("stuck%d@example.com", i))
			w.ok(w.requestReset(stuck))
		}
		synctest.Wait()
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		synctest.Wait()
		mu.Lock()
		if calls[p.Email] != 1 {
			t.Error("the code waits for others")
		}
		mu.Unlock()
		time.Sleep(19 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		for to, n := range calls {
			if n != 1 {
				t.Errorf("%d deliveries to %s under way", n, to)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
			mu.Lock()
			calls[m.To]++
			mu.Unlock()
			if !contains(m.To, "stuck") {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
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
			queued = append(queued, store.QueuedMail{ID: uuid.New(), Kind: tollkeeper.MailReset, Lookup: store.Lookup{ID: p.ID}, DueAt: w.Now()})
		}
		w.ok(w.Store.QueueMail(ctx, queued))
		w.ok(w.requestReset(p))
		if n := len(w.Mails(p.Email, tollkeeper.MailReset)); n != 101 || time.Since(start) > 0 {
			t.Errorf("%d after %v", n, time.Since(start))
		}
	})
}

// A mailer that fails, panics or hangs changes no answer and no timing (R15); the mail is tried again, later each time.
func TestMailerTroubles(t *testing.T) {
	troubles := map[string]tollkeeper.MailerFunc{
		"fails":  func(context.Context, tollkeeper.Message) error { return errors.New("550 no") },
		"panics": func(context.Context, tollkeeper.Message) error { panic("mailer") },
		"hangs":  func(ctx context.Context, _ tollkeeper.Message) error { <-ctx.Done(); return ctx.Err() },
	}
	for name, mailer := range troubles {
		t.Run(name, func(t *testing.T) {
			var tries, told atomic.Int64
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				start := time.Now()
				w.ok(w.requestReset(p))
				w.ok(w.requestCode(authtest.Account{Email: "nobody@example.com"}))
				if d := time.Since(start); d != 0 {
					t.Errorf("the answer took %v", d)
				}
				w.signIn(p)
				time.Sleep(10 * time.Minute)
				if n := tries.Load(); n < 4 || n > 10 {
					t.Errorf("%d tries in ten minutes", n)
				}
				if told.Load() == 0 {
					t.Error("nobody was told")
				}
			}, func(c *tollkeeper.Config) {
				c.Events = func(e tollkeeper.Event) {
					if e.Name == tollkeeper.EventMailFailed {
						told.Add(1)
					}
				}
				c.Mail.Mailer = tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
					tries.Add(1)
					return mailer(ctx, m)
				})
			})
		})
	}
}

func TestBackoff(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 11: 2048 * time.Second, 12: time.Hour, 1 << 30: time.Hour, 0: time.Hour, -1: time.Hour} {
		if got := tollkeeper.Backoff(tries); got != want {
			t.Errorf("after try %d: %v, want %v", tries, got, want)
		}
	}
}

// A code that comes late is of no use: it is given up after minutes, a reset after a day. Each try makes its own secret.
func TestMailIsGivenUp(t *testing.T) {
	var codes atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		time.Sleep(5 * time.Minute)
		if n := codes.Load(); n != 6 || len(w.Events(tollkeeper.EventMailDropped)) != 1 {
			t.Errorf("%d tries", n)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { codes.Add(1); return errors.New("450 later") })
	})
}

// A code is live while a mail brings it, and not when none did: of three tries two failed, and only the third's code is
// any good.
func TestUndeliveredCodesAreNotLive(t *testing.T) {
	var mu sync.Mutex
	var codes []string
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		for tried := 0; tried < 2; {
			time.Sleep(time.Second)
			mu.Lock()
			tried = len(codes)
			mu.Unlock()
		}
		synctest.Wait()
		mu.Lock()
		tried := codes
		mu.Unlock()
		for _, code := range tried {
			_, err := w.verify(p, code)
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(codes) != 3 {
			w.Fatalf("%d tries", len(codes))
		}
		for i, code := range codes {
			if _, err := w.verify(p, code); (err == nil) != (i == 2) {
				t.Errorf("code %d: %v", i+1, err)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if m.Kind != tollkeeper.MailSignInCode {
				return nil
			}
			codes = append(codes, sixDigits.FindString(string(m.Text)))
			if len(codes) < 3 {
				return errors.New("450 later")
			}
			return nil
		})
	})
}

// Close sends what is due and leaves the rest for the next process.
func TestCloseDrains(t *testing.T) {
	var sent atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestReset(p))
		for range 2 {
			w.ok(w.Auth.Close(ctx))
		}
		if len(w.Mails(p.Email, tollkeeper.MailReset)) != 1 {
			t.Error("the mail was not sent")
		}
		w.ok(w.requestCode(p)) // nobody sends it
		time.Sleep(time.Hour)
		if n := sent.Load(); n != 1 {
			t.Errorf("a closed worker sent mail: %d", n)
		}
		w.Another()
		if n := len(w.Mails(p.Email, tollkeeper.MailSignInCode)); n != 1 {
			t.Errorf("the next process sent it %d times", n)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { sent.Add(1); return nil })
	})
}
