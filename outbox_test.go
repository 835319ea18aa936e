package tollkeeper_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
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
	}, unlimited)
}

// A mailer that fails, panics or hangs changes no answer and no timing (R15); the mail is tried again, later each time.
func TestMailerTroubles(t *testing.T) {
	troubles := map[string]tollkeeper.MailerFunc{
		"fails":              func(context.Context, tollkeeper.Message) error { return errors.New("550 no") },
		"panics":             func(context.Context, tollkeeper.Message) error { panic("mailer") },
		"hangs":              func(ctx context.Context, _ tollkeeper.Message) error { <-ctx.Done(); return ctx.Err() },
		"does not come back": func(context.Context, tollkeeper.Message) error { time.Sleep(time.Minute); return errors.New("late") },
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
		if got := tollkeeper.Backoff(tollkeeper.MailReset, tries); got != want {
			t.Errorf("after try %d: %v, want %v", tries, got, want)
		}
		if got := tollkeeper.Backoff(tollkeeper.MailSignInCode, tries); got != min(want, 2*time.Minute) {
			t.Errorf("a code after try %d: %v", tries, got)
		}
	}
}

// TestMailIsTriedWhileItIsWorthIt, and not after: a code for ten minutes, which outlasts a server that greylists, a
// link for a day, a notice for three. Waits grow, and each try makes its own secret. Then the host is told.
func TestMailIsTriedWhileItIsWorthIt(t *testing.T) {
	for kind, c := range map[tollkeeper.MailKind]struct {
		ask   func(w *world, p authtest.Account)
		worth time.Duration
		tries int
	}{
		tollkeeper.MailSignInCode: {func(w *world, p authtest.Account) { w.ok(w.requestCode(p)) }, 10 * time.Minute, 10},
		tollkeeper.MailReset:      {func(w *world, p authtest.Account) { w.ok(w.requestReset(p)) }, 24 * time.Hour, 34},
		tollkeeper.MailNotice: {func(w *world, p authtest.Account) {
			w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
		}, 3 * 24 * time.Hour, 80},
	} {
		t.Run(string(kind), func(t *testing.T) {
			var mu sync.Mutex
			var at []time.Time
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				start := time.Now()
				c.ask(w, p)
				time.Sleep(c.worth + time.Minute)
				mu.Lock()
				defer mu.Unlock()
				if len(at) != c.tries || at[len(at)-1].After(start.Add(c.worth)) || at[len(at)-1].Before(start.Add(c.worth*4/5)) {
					t.Errorf("%d tries, the last after %v", len(at), at[len(at)-1].Sub(start))
				}
				for i := 2; i < len(at); i++ {
					if at[i].Sub(at[i-1]) < at[i-1].Sub(at[i-2])-2*time.Second {
						t.Errorf("the wait before try %d is shorter", i+1)
					}
				}
				if e := w.Events(tollkeeper.EventMailDropped); len(e) != 1 || e[0].Code != tollkeeper.MailLate || e[0].Detail != string(kind) {
					t.Errorf("%+v", e)
				}
			}, func(c *tollkeeper.Config) {
				c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
					mu.Lock()
					defer mu.Unlock()
					if m.Kind == kind {
						at = append(at, time.Now())
					}
					return errors.New("450 later")
				})
			})
		})
	}
}

// A greylisting server takes the code that comes after five minutes, and it is good.
func TestGreylistedCodesArrive(t *testing.T) {
	var first time.Time
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email, Client: home}))
		time.Sleep(9 * time.Minute)
		_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: tollkeeper.Tenants, Email: p.Email, Code: tollkeeper.SecretText(w.LastCode(p.Email)), Client: home})
		w.ok(err)
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error {
			if first.IsZero() {
				first = time.Now()
			}
			if time.Since(first) < 5*time.Minute {
				return errors.New("450 4.2.0 greylisted")
			}
			return nil
		})
	})
}

// What waited in the outbox while no process ran is sent only if it is still worth it.
func TestMailThatWaitedTooLongIsNotSent(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.Auth.Close(ctx))
		w.ok(w.requestCode(p))
		w.ok(w.requestReset(p))
		time.Sleep(time.Hour)
		w.Another()
		if n, m := len(w.Mails(p.Email, tollkeeper.MailSignInCode)), len(w.Mails(p.Email, tollkeeper.MailReset)); n != 0 || m != 1 {
			t.Errorf("%d codes of an hour ago, %d resets", n, m)
		}
	})
}

// refusal is an error of a mailer that says whether trying again helps, and repeats what it was given.
type refusal struct {
	text string
	good bool
}

func (e refusal) Error() string   { return e.text }
func (e refusal) Permanent() bool { return e.good }

// A mail that was refused for good is given up at once, which the host is told, and one that was refused for now is
// not. The log has the mailer's words, but neither the address nor the secret.
func TestRefusedMail(t *testing.T) {
	for _, good := range []bool{true, false} {
		var tries atomic.Int64
		var log bytes.Buffer
		var secrets []string
		story(t, func(w *world) {
			p := w.parent("p@example.com")
			w.ok(w.requestCode(p))
			w.ok(w.requestReset(p))
			time.Sleep(time.Minute)
			dropped := w.Events(tollkeeper.EventMailDropped)
			if n := tries.Load(); good != (n == 2) || good != (len(dropped) == 2) {
				t.Errorf("for good %t: %d tries, %+v", good, n, dropped)
			}
			for _, e := range dropped {
				if e.Code != tollkeeper.MailRefused || e.Account != p.ID {
					t.Errorf("%+v", e)
				}
			}
			w.ok(w.Auth.Close(ctx))
			for _, hidden := range append(secrets, p.Email) {
				if strings.Contains(log.String(), hidden) {
					t.Errorf("the log has %q: %s", hidden, log.String())
				}
			}
			if !strings.Contains(log.String(), "mail.example:587 answers 550 for") || !strings.Contains(log.String(), "kind=reset") {
				t.Errorf("the log is %s", log.String())
			}
		}, func(c *tollkeeper.Config) {
			c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			var mu sync.Mutex
			c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
				mu.Lock()
				defer mu.Unlock()
				tries.Add(1)
				said := sixDigits.FindString(string(m.Text))
				if _, token, ok := strings.Cut(tokenLink.FindString(string(m.Text)), "token="); ok {
					said = token
				}
				secrets = append(secrets, said)
				return fmt.Errorf("sending: %w", refusal{"mail.example:587 answers 550 for " + m.To + ", " + said, good})
			})
		})
	}
}

// A mailer may have had to spell address and secret in another way than it was given them: a server's answer in lower
// case, the URL of a request, its JSON. The log has none of these.
func TestTheLogHasNoOtherSpellingEither(t *testing.T) {
	const address = "Tom+Jerry&Co@Home.example"
	lower := "tom+jerry&co@home.example"
	for name, spell := range map[string]func(string) string{
		"lower case": strings.ToLower, "upper case": strings.ToUpper, "a query": url.QueryEscape, "a path": url.PathEscape,
		"a query in lower case": func(s string) string { return strings.ToLower(url.QueryEscape(s)) },
		"only the at sign":      func(s string) string { return strings.ReplaceAll(s, "@", "%40") },
		"a query in a query":    func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
		"each byte":             func(s string) string { return regexp.MustCompile(`.`).ReplaceAllStringFunc(s, hexed) },
		"JSON":                  func(s string) string { b, _ := json.Marshal(s); return string(b) },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			story(t, func(w *world) {
				p := w.parent(address)
				w.ok(w.requestCode(p))
				w.ok(w.requestReset(p))
				w.ok(w.Auth.Close(ctx))
				text := strings.ToLower(log.String())
				if n := strings.Count(text, "answers for [address], [redacted]."); n != 2 || strings.Contains(text, lower) {
					t.Errorf("%d errors are clean, the log is %s", n, log.String())
				}
			}, func(c *tollkeeper.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
				c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
					said := sixDigits.FindString(string(m.Text))
					if _, token, ok := strings.Cut(tokenLink.FindString(string(m.Text)), "token="); ok {
						said = token
					}
					bare := func(s string) string { return strings.Trim(spell(s), `"`) }
					return fmt.Errorf("it answers for %s, %s.", bare(m.To), bare(said))
				})
			})
		})
	}
}

// hexed is a byte as a URL may always spell it.
func hexed(s string) string { return fmt.Sprintf("%%%02X", s[0]) }

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
		w.Advance(time.Hour)
		w.ok(w.requestReset(p)) // nobody sends it
		time.Sleep(time.Hour)
		if n := sent.Load(); n != 1 {
			t.Errorf("a closed worker sent mail: %d", n)
		}
		w.Another()
		if n := len(w.Mails(p.Email, tollkeeper.MailReset)); n != 2 {
			t.Errorf("the next process sent it %d times", n-1)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { sent.Add(1); return nil })
	})
}
