package tollkeeper_test

import (
	"context"
	"strings"
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

// A link and a code that no mail brought are not good, and the next try of the mail brings others.
func TestUndeliveredSignUpsAreNotGood(t *testing.T) {
	var mu sync.Mutex
	var texts []string
	story(t, func(w *world) {
		n := newcomer{w, "n@example.com", tollkeeper.Scope{}}
		n.ask(tollkeeper.MailSignInLink, home)
		mailed := func(tries int) (token, code string) {
			for tried := 0; tried < tries; {
				time.Sleep(time.Second)
				mu.Lock()
				tried = len(texts)
				mu.Unlock()
			}
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			text := texts[tries-1]
			_, token, _ = strings.Cut(tokenLink.FindString(text), "token=")
			return token, sixDigits.FindString(text)
		}
		token, code := mailed(1)
		w.want(errOf(n.byCode(code, home)), tollkeeper.ErrInvalidCredentials)
		w.want(errOf(n.byCode(code, from("203.0.113.9"))), tollkeeper.ErrInvalidCredentials)
		w.want(errOf(n.byLink(token)), tollkeeper.ErrLinkUsed)
		token, code = mailed(2)
		w.ok(errOf(w.Auth.SignInLink(ctx, tollkeeper.LinkRequest{Token: tollkeeper.SecretText(token)})))
		w.ok(errOf(n.byCode(code, home)))
	}, unlimited, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if texts = append(texts, string(m.Text)); len(texts) == 1 {
				return errDriver
			}
			return nil
		})
	})
}
