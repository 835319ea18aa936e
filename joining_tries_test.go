package tollkeeper_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// R26 for newcomers: five tries at each code for who asked, five for all others together; a new code has five of its
// own, and the one before it is none any more.
func TestSignUpCodesAreTriedFewTimes(t *testing.T) {
	const strangers = "203.0.113.9"
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		miss := func(code string, times int, from tollkeeper.Client) {
			w.Helper()
			for range times {
				w.want(errOf(n.byCode(not(code), from)), tollkeeper.ErrInvalidCredentials)
			}
		}
		n.ask(tollkeeper.MailSignInCode, home)
		first := w.LastCode(n.email)
		miss(first, 5, from(strangers))
		w.want(errOf(n.byCode(first, from(strangers))), tollkeeper.ErrInvalidCredentials) // right, and too late
		miss(first, 5, home)
		w.want(errOf(n.byCode(first, home)), tollkeeper.ErrInvalidCredentials)
		n.ask(tollkeeper.MailSignInCode, home)
		second := w.LastCode(n.email)
		if first == second {
			t.Skip("the same code twice, once in a million")
		}
		w.want(errOf(n.byCode(first, home)), tollkeeper.ErrInvalidCredentials)
		miss(second, 3, home)
		w.ok(errOf(n.byCode(second, home)))
	}, unlimited)
	t.Run("at once", func(t *testing.T) {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInCode, home)
			code := w.LastCode(n.email)
			if got := tally(atOnce(100, func(int) error { return errOf(n.byCode(not(code), home)) })); got["invalid_credentials"] != 100 {
				t.Error(got)
			}
			w.want(errOf(n.byCode(code, home)), tollkeeper.ErrInvalidCredentials)
		}, unlimited)
	})
	t.Run("on another device", func(t *testing.T) {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInCode, home)
			w.ok(errOf(n.byCode(w.LastCode(n.email), from(strangers))))
		}, unlimited)
	})
	t.Run("without a network", func(t *testing.T) {
		story(t, func(w *world) {
			n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
			n.ask(tollkeeper.MailSignInCode, tollkeeper.Client{})
			w.ok(errOf(n.byCode(w.LastCode(n.email), tollkeeper.Client{})))
		}, unlimited)
	})
}

// A code that no mail brought is not good, and the next try of the mail brings another.
func TestAnUndeliveredSignUpCodeIsNotGood(t *testing.T) {
	var mu sync.Mutex
	var codes []string
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		n.ask(tollkeeper.MailSignInCode, home)
		for want := 1; want <= 2; want++ {
			for tried := 0; tried < want; {
				time.Sleep(time.Second)
				mu.Lock()
				tried = len(codes)
				mu.Unlock()
			}
			synctest.Wait()
			mu.Lock()
			first, last := codes[0], codes[len(codes)-1]
			mu.Unlock()
			for _, from := range []tollkeeper.Client{home, from("203.0.113.9")} {
				if want == 1 {
					w.want(errOf(n.byCode(first, from)), tollkeeper.ErrInvalidCredentials)
				}
			}
			if want == 2 {
				w.ok(errOf(n.byCode(last, home)))
			}
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if codes = append(codes, sixDigits.FindString(string(m.Text))); len(codes) == 1 {
				return errDriver
			}
			return nil
		})
	})
}
