package tollkeeper_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// freely lifts every rate but that of mail to one address.
func freely(c *tollkeeper.Config) {
	unlimited(c)
	many := c.Limits.Links
	c.Limits.Mail, c.Limits.Resend, c.Limits.CodeAddress = nil, many, many
	c.Limits.Reset = map[tollkeeper.Audience][]tollkeeper.Limit{}
	for audience := range c.Limits.SignIn {
		c.Limits.Reset[audience] = many
	}
}

// askForAll asks for each mail that a stranger can have sent to an address in a scope.
func (w *world) askForAll(scope tollkeeper.Scope, email string) {
	w.Helper()
	r := tollkeeper.MailRequest{Scope: scope, Email: email}
	w.ok(w.Auth.RequestCode(ctx, r))
	w.ok(w.Auth.RequestReset(ctx, r))
	w.ok(w.Auth.RequestVerification(ctx, r))
}

// TestOneAddressHasOneBudget: whoever owns twenty tenants sends no more to a stranger than whoever owns one, by codes,
// links, sign-ups and notices together. Every request has the same answer, and others have their mail.
func TestOneAddressHasOneBudget(t *testing.T) {
	story(t, func(w *world) {
		const victim = "victim@home.example"
		var children []authtest.Account
		for i := range 20 {
			p := w.parent(fmt.Sprintf("p%d@evil.example", i))
			children = append(children, w.child(p, victim))
		}
		got := func() int { return len(w.Mails(victim)) }
		for minute := range 60 {
			for _, c := range children {
				w.askForAll(keyed(c), victim)
				if minute == 0 {
					w.ok(w.Auth.ChangePassword(ctx, c.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
				}
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if n := got(); n < 10 || n > 20 {
			t.Errorf("%d mails in an hour", n)
		}
		for range 23 {
			for _, c := range children {
				w.askForAll(keyed(c), victim)
			}
			time.Sleep(time.Hour)
		}
		if n := got(); n < 25 || n > 50 {
			t.Errorf("%d mails in a day", n)
		}
		other := w.parent("other@home.example")
		w.askForAll(tollkeeper.Tenants, other.Email)
		if n := len(w.Mails(other.Email)); n != 3 {
			t.Errorf("another address has %d mails", n)
		}
		for _, e := range w.Events(tollkeeper.EventMailDropped) {
			if e.Code != tollkeeper.ErrRateLimited.Code {
				t.Fatalf("%+v", e)
			}
		}
	}, freely)
}

// TestABudgetIsSpentForUnknownAddressesToo, step by step as for known ones: nothing that anybody may see of it, a later
// sign-up among it, tells who has an account.
func TestABudgetIsSpentForUnknownAddressesToo(t *testing.T) {
	story(t, func(w *world) {
		takes := map[bool]int{}
		for _, known := range []bool{true, false} {
			email := fmt.Sprintf("known-%t@home.example", known)
			if known {
				w.parent(email)
			}
			w.store.watch()
			for range 5 {
				w.askForAll(tollkeeper.Tenants, email)
			}
			synctest.Wait()
			w.store.mu.Lock()
			for _, verb := range w.store.calls {
				if verb == "worker.Take" {
					takes[known]++
				}
			}
			w.store.mu.Unlock()
			_ = w.Auth.Host().DeleteAccount(ctx, w.idOf(email)) // of the unknown one there is none
			p := w.parent(email)
			w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
			synctest.Wait()
			if n := len(w.Events(tollkeeper.EventMailDropped)); n == 0 {
				t.Errorf("known %t: the budget is not spent", known)
			}
		}
		if takes[true] != takes[false] || takes[true] != 15 {
			t.Errorf("%v", takes)
		}
	}, freely)
}

// idOf is the account of a parent; zero: nobody.
func (w *world) idOf(email string) uuid.UUID {
	s, _ := w.Auth.Host().FindByEmail(ctx, tollkeeper.Tenants, email)
	return s.Account.ID
}

// TestASpentBudgetShutsNoOwnerOut: whoever has proven the mailbox has a link to a new password, whatever strangers have
// asked for below tenants of theirs, and is told what was done in the account. Strangers gain no way to send more.
func TestASpentBudgetShutsNoOwnerOut(t *testing.T) {
	story(t, func(w *world) {
		owner := w.tenant("owner@home.example")
		evil := w.child(w.parent("p@evil.example"), owner.Email)
		for range 10 {
			w.askForAll(keyed(evil), owner.Email)
		}
		time.Sleep(time.Second)
		before := len(w.Mails(owner.Email))
		for range 10 { // of these, one
			w.ok(w.requestReset(owner))
			w.askForAll(keyed(evil), owner.Email)
		}
		if n := len(w.Mails(owner.Email)) - before; n != 1 {
			t.Errorf("beyond the budget go %d mails", n)
		}
		w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(owner.Email, tollkeeper.MailReset)), Password: "another staple 8"})))
		if m := w.LastMail(owner.Email); m.Kind != tollkeeper.MailNotice {
			t.Errorf("the owner is told of no new password but has %s", m.Kind)
		}
		for range 40 { // a link is always live
			time.Sleep(31 * time.Minute)
			w.askForAll(keyed(evil), owner.Email)
			before := len(w.Mails(owner.Email, tollkeeper.MailReset))
			w.ok(w.requestReset(owner))
			if n := len(w.Mails(owner.Email, tollkeeper.MailReset)) - before; n != 1 {
				t.Fatalf("%d resets", n)
			}
		}
	}, freely)
}

// TestNoticesToAnOwnerAreBounded: who rules a scope may change a role and change it back for ever.
func TestNoticesToAnOwnerAreBounded(t *testing.T) {
	story(t, func(w *world) {
		p := w.tenant("p@evil.example")
		c := w.Child(p)
		for i := range 60 {
			role := []tollkeeper.Role{tollkeeper.RoleGuest, tollkeeper.RoleUser}[i%2]
			w.ok(errOf(w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Account: c.ID, Role: role})))
		}
		if n := len(w.Mails(c.Email)); n != 10 {
			t.Errorf("%d notices", n)
		}
	}, freely)
}

// TestAlertsCountToWhomTheyTell: those to a mailbox that nobody has proven count with what strangers cause, because
// whoever signed up with the address of another causes them. Those to an owner count apart.
func TestAlertsCountToWhomTheyTell(t *testing.T) {
	for _, proven := range []bool{false, true} {
		story(t, func(w *world) {
			p := w.parent("p@home.example")
			if proven {
				w.confirmed(p)
			}
			before := len(w.Mails(p.Email))
			var alerts []store.QueuedMail
			for range 15 {
				alerts = append(alerts, store.QueuedMail{
					ID: uuid.New(), Kind: tollkeeper.MailCreditAlert, Lookup: store.Lookup{ID: p.ID}, Args: map[string]string{"level": "low", "credits": "9"}, DueAt: w.Now(),
				})
			}
			w.ok(w.Store.QueueMail(ctx, alerts))
			time.Sleep(2 * time.Second)
			for range 2 { // beyond the budget goes one of each kind
				w.askForAll(tollkeeper.Tenants, p.Email)
			}
			synctest.Wait()
			other := len(w.Mails(p.Email)) - before - len(w.Mails(p.Email, tollkeeper.MailCreditAlert))
			if n := len(w.Mails(p.Email, tollkeeper.MailCreditAlert)); n != 10 || other != map[bool]int{true: 4}[proven] {
				t.Errorf("proven %t: %d alerts, %d other mails", proven, n, other)
			}
		}, freely)
	}
}

// TestTriesOfOneMailCountOnce: a server that takes nothing for a while uses nobody's budget up.
func TestTriesOfOneMailCountOnce(t *testing.T) {
	var down atomic.Bool // the worker asks, too
	down.Store(true)
	story(t, func(w *world) {
		p := w.parent("p@home.example")
		for range 3 {
			w.ok(w.requestReset(p))
		}
		time.Sleep(time.Hour) // some thirty tries
		down.Store(false)
		w.ok(w.requestReset(p))
		time.Sleep(time.Hour)
		if n := len(w.Mails(p.Email, tollkeeper.MailReset)); n != 4 {
			t.Errorf("%d mails", n)
		}
	}, freely, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error {
			if down.Load() {
				return fmt.Errorf("450 later")
			}
			return nil
		})
	})
}

// TestAMailThatCouldNotBeCountedIsCountedLater, once: neither does it pass by the budget, nor is it counted at each try.
func TestAMailThatCouldNotBeCountedIsCountedLater(t *testing.T) {
	for _, lost := range []func(string) error{failing("worker.Take"), failing("worker.Take", "worker.FinishMail")} {
		story(t, func(w *world) {
			p := w.parent("p@home.example")
			w.store.faults(lost, nil)
			for range 15 {
				w.ok(w.requestReset(p))
			}
			time.Sleep(5 * time.Second)
			w.store.faults(nil, nil)
			time.Sleep(5 * time.Minute)
			if n, dropped := len(w.Mails(p.Email, tollkeeper.MailReset)), len(w.Events(tollkeeper.EventMailDropped)); n != 10 || dropped != 5 {
				t.Errorf("%d mails, %d dropped", n, dropped)
			}
		}, freely)
	}
}

// TestABudgetThatCannotBeReadDropsNoMail: the mail waits until it can be counted.
func TestABudgetThatCannotBeReadDropsNoMail(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@home.example")
		w.store.faults(failing("worker.Take"), nil)
		w.ok(w.requestReset(p))
		synctest.Wait()
		w.store.faults(nil, nil)
		if n := len(w.Events(tollkeeper.EventMailDropped)); n != 0 {
			t.Errorf("%d were dropped", n)
		}
		time.Sleep(time.Minute)
		if n := len(w.Mails(p.Email, tollkeeper.MailReset)); n != 1 {
			t.Errorf("%d mails", n)
		}
	}, freely)
}
