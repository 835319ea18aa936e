package tollkeeper_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Who pays what, and who is refused when the balance does not cover it (docs/WIRE.md 1.1 rule 3, 1.3, 1.4, 1.7).
func TestPrices(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		costs := func(what string, price int64, do func() error) {
			w.Helper()
			before := w.Balance(p).Credits
			w.ok(do())
			if paid := before - w.Balance(p).Credits; paid != price {
				t.Errorf("%s cost %d, want %d", what, paid, price)
			}
		}
		if b := w.Balance(p); b.Credits != 3000 || b.FreeUsers != 1000 {
			w.Fatalf("at the start: %+v", b)
		}
		var c authtest.Account
		costs("a child's sign-up", 5, func() error { c = w.child(p, "c@example.com"); return nil })
		costs("a child's sign-in", 1, func() error { _, err := w.try(c, password); return err })
		costs("the parent's sign-in", 1, func() error { _, err := w.try(p, password); return err })
		costs("a child's confirmation", 2, func() error { w.confirmed(c); return nil })
		costs("a child's code", 1, func() error { _, err := w.verify(c, w.mailCode(c)); return err })
		costs("a wrong password", 0, func() error { _, _ = w.try(c, "wrong"); return nil })
		costs("a wrong code", 0, func() error { _, _ = w.verify(c, "12345"); return nil })
		costs("a taken email", 0, func() error {
			_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: c.Email, Password: password, Scope: tollkeeper.UnderKey(p.PublicKey)})
			w.want(err, tollkeeper.ErrEmailTaken)
			return nil
		})
		costs("a reset", 0, func() error {
			w.ok(w.requestReset(c))
			return w.reset(w.LastToken(c.Email, tollkeeper.MailReset), "another horse 9")
		})
		costs("a disabled child", 0, func() error {
			w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
			_, err := w.try(c, "another horse 9")
			w.want(err, tollkeeper.ErrInactive)
			return nil
		})
		if b := w.Balance(p); b.SignUps != 1 || b.SignIns != 3 || b.Verifications != 1 || b.Children != 1 {
			t.Errorf("%+v", b)
		}
	}, unlimited)
}

func TestAnEmptyBalance(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.drain(p)
		_, err := w.try(c, password)
		w.want(err, tollkeeper.ErrInsufficientCredits)
		_, err = w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "d@example.com", Password: password, Scope: tollkeeper.UnderKey(p.PublicKey)})
		w.want(err, tollkeeper.ErrInsufficientCredits)
		w.signIn(p)
		w.Identity(c.Token) // a session that was paid for goes on
		if b := w.Balance(p); b.Credits != 0 || b.Children != 1 {
			t.Errorf("%+v", b)
		}
		_, err = w.Auth.Host().Grant(ctx, p.ID, 1, "gift")
		w.ok(err)
		w.signIn(c)
		if b := w.Balance(p); b.Credits != 0 {
			t.Errorf("%+v", b)
		}
	})
}

// Exactly as many sign-ins succeed at once as there are credits (R78).
func TestTheLastCredits(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.drain(p)
		_, err := w.Auth.Host().Grant(ctx, p.ID, 7, "gift")
		w.ok(err)
		w.store.faults(together("CreateSession", 18), nil)
		got := tally(atOnce(18, func(i int) error { return w.guess(c, password, fmt.Sprintf("192.0.%d.1", i)) }))
		if got["ok"] != 7 || got["insufficient_credits"] != 11 || w.Balance(p).Credits != 0 {
			t.Errorf("%v, %+v", got, w.Balance(p))
		}
	}, unlimited)
}

// A grant that takes a parent out of what was told is told, too.
func TestAGrantTellsThatItRecovers(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		_, err := w.Auth.Host().Charge(ctx, p.ID, "render", "job")
		w.ok(err)
		for i, credits := range []int64{1, 100, 100} {
			_, err = w.Auth.Host().Grant(ctx, p.ID, credits, fmt.Sprint("gift ", i))
			w.ok(err)
		}
		var told []string
		for _, e := range w.Events(tollkeeper.EventCreditAlert) {
			told = append(told, e.Detail)
		}
		if !slices.Equal(told, []string{"low", "recovered"}) {
			t.Errorf("told %v", told)
		}
	}, func(c *tollkeeper.Config) {
		c.Credits.InitialCredits, c.Credits.Prices = 50, map[tollkeeper.Operation]int64{"render": 40}
	})
}

// Off, nobody is asked for anything.
func TestWithoutCredits(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.signIn(w.child(p, "c@example.com"))
		_, err := w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSignIn, "k")
		w.want(err, tollkeeper.ErrDisabled)
		_, err = w.Auth.Host().Refund(ctx, p.ID, "k")
		w.want(err, tollkeeper.ErrDisabled)
		_, err = w.Auth.Host().Grant(ctx, p.ID, 7, "gift")
		w.want(err, tollkeeper.ErrDisabled)
		_, err = w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "BASIC", TransactionID: "t"})
		w.want(err, tollkeeper.ErrDisabled)
		_, err = w.Auth.CreditAnalysis(ctx, p.Identity)
		w.want(err, tollkeeper.ErrDisabled)
		if b := w.Balance(p); b.Credits != 0 || b.Used != 0 {
			t.Errorf("%+v", b)
		}
	}, func(c *tollkeeper.Config) { c.Credits = nil })
}

func TestCharge(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		start := w.Balance(p).Credits
		for range 3 {
			b, err := w.Auth.Host().Charge(ctx, p.ID, "render", "job-1")
			w.ok(err)
			if b.Credits != start-40 {
				w.Fatalf("%+v", b)
			}
		}
		_, err := w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSignIn, "job-1")
		w.want(err, tollkeeper.ErrConflict)
		for range 3 {
			b, err := w.Auth.Host().Refund(ctx, p.ID, "job-1")
			w.ok(err)
			if b.Credits != start || b.Used != 3000-start {
				w.Fatalf("%+v", b)
			}
		}
		_, err = w.Auth.Host().Refund(ctx, p.ID, "job-2")
		w.want(err, tollkeeper.ErrNotFound)
		for _, key := range []string{"", "a\nb", string(make([]byte, 300)), "\xff"} {
			_, err = w.Auth.Host().Charge(ctx, p.ID, "render", key)
			w.want(err, tollkeeper.ErrInvalidInput)
		}
		_, err = w.Auth.Host().Charge(ctx, p.ID, "unheard of", "k")
		w.want(err, tollkeeper.ErrInvalidInput)
		_, err = w.Auth.Host().Charge(ctx, uuid.New(), "render", "k")
		w.want(err, tollkeeper.ErrNotFound)
		_, err = w.Auth.Host().Charge(ctx, c.ID, "render", "k")
		w.want(err, tollkeeper.ErrNotFound)
		w.drain(p)
		_, err = w.Auth.Host().Charge(ctx, p.ID, "render", "job-3")
		w.want(err, tollkeeper.ErrInsufficientCredits)
		b, err := w.Auth.Host().Charge(ctx, p.ID, "free", "job-4")
		w.ok(err)
		if b.Credits != 0 {
			t.Errorf("%+v", b)
		}
		w.Balance(p)
	}, func(c *tollkeeper.Config) { c.Credits.Prices = map[tollkeeper.Operation]int64{"render": 40, "free": 0} })
}

// Whatever key is taken is taken by every verb, so that no charge is made that nobody can take back.
func TestTheLongestKeyCanBeRefunded(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		start := w.Balance(p).Credits
		host := w.Auth.Host()
		for n := 185; n <= 200; n++ {
			key := strings.Repeat("k", n)
			verbs := []func() error{
				func() error { return errOf(host.Charge(ctx, p.ID, tollkeeper.OpSocial, key)) },
				func() error { return errOf(host.Refund(ctx, p.ID, key)) },
				func() error { return errOf(host.Grant(ctx, p.ID, 1, key)) },
				func() error {
					return errOf(host.GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: key}))
				},
			}
			for i, verb := range verbs {
				err := verb()
				if n <= 190 && err != nil || n > 190 && !errors.Is(err, tollkeeper.ErrInvalidInput) {
					t.Errorf("verb %d, %d bytes: %v", i, n, err)
				}
			}
		}
		if b := w.Balance(p); b.Credits != start+6*10_001 {
			t.Errorf("%+v", b)
		}
		for _, key := range []string{":", "a:", "refund:a"} { // a key is the host's own, whatever it looks like
			for _, verb := range []func() (tollkeeper.Balance, error){
				func() (tollkeeper.Balance, error) { return host.Charge(ctx, p.ID, tollkeeper.OpSocial, key) },
				func() (tollkeeper.Balance, error) { return host.Refund(ctx, p.ID, key) },
			} {
				_, err := verb()
				w.ok(err)
			}
		}
	})
}

// R79: the same key at once, from everywhere, and again after a lost answer, is one entry.
func TestIdempotentAtOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		start := w.Balance(p).Credits
		for i, err := range atOnce(60, func(i int) error {
			var err error
			switch i % 3 {
			case 0:
				_, err = w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSocial, "one")
			case 1:
				_, err = w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "GROWTH", TransactionID: "tx-1"})
			case 2:
				_, err = w.Auth.Host().Grant(ctx, p.ID, 10, "gift")
			}
			return err
		}) {
			if err != nil {
				t.Errorf("%d: %v", i, err)
			}
		}
		if b := w.Balance(p); b.Credits != start-3+55_000+10 || b.FreeUsers != 6000 || len(w.Ledger(p)) != 4 {
			t.Errorf("%+v", b)
		}
		w.store.faults(nil, failing("ApplyCredit"))
		_, err := w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSocial, "two")
		w.want(err, tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		_, err = w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSocial, "two")
		w.ok(err)
		if b := w.Balance(p); b.Credits != start-6+55_000+10 {
			t.Errorf("%+v", b)
		}
	})
}

func TestGrantPackage(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		_, err := w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: "tx-1"})
		w.ok(err)
		for _, other := range []string{"GROWTH", "TWIN"} { // of another price, and of the same amount
			_, err = w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: other, TransactionID: "tx-1"})
			w.want(err, tollkeeper.ErrConflict)
		}
		q := w.parent("q@example.com")
		before := w.Balance(q)
		for _, bundle := range []string{"STARTER", "TWIN", "GROWTH"} { // a payment serves one parent
			_, err = w.Auth.Host().GrantPackage(ctx, q.ID, tollkeeper.Purchase{Package: bundle, TransactionID: "tx-1"})
			w.want(err, tollkeeper.ErrConflict)
			if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "transaction" || w.Balance(q) != before {
				t.Errorf("%s: %v, %+v", bundle, err, w.Balance(q))
			}
		}
		_, err = w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "GOLD", TransactionID: "tx-2"})
		w.want(err, tollkeeper.ErrInvalidInput)
		_, err = w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "STARTER"})
		w.want(err, tollkeeper.ErrInvalidInput)
		for i := range 104 {
			w.Advance(time.Second)
			_, err = w.Auth.Host().GrantPackage(ctx, p.ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: fmt.Sprintf("buy-%d", i)})
			w.ok(err)
		}
		analysis, err := w.Auth.CreditAnalysis(ctx, p.Identity)
		w.ok(err)
		var shown, last []string
		for i, e := range analysis.Packages {
			shown, last = append(shown, e.Package.TransactionID), append(last, fmt.Sprintf("buy-%d", 103-i))
		}
		if len(shown) != 100 || !slices.Equal(shown, last) {
			t.Errorf("%d packages: %v", len(shown), shown)
		}
	}, func(c *tollkeeper.Config) {
		c.Credits.Packages = tollkeeper.DefaultPackages()
		c.Credits.Packages["TWIN"] = tollkeeper.Package{Type: "TWIN", Credits: 10_000, FreeUsers: 500}
	})
}

func TestAPaymentServesOneOfManyParents(t *testing.T) {
	story(t, func(w *world) {
		parents := []authtest.Account{w.parent("p@example.com"), w.parent("q@example.com"), w.parent("r@example.com")}
		got := tally(atOnce(30, func(i int) error {
			return errOf(w.Auth.Host().GrantPackage(ctx, parents[i%3].ID, tollkeeper.Purchase{Package: "STARTER", TransactionID: "tx-1"}))
		}))
		credits := int64(0)
		for _, p := range parents {
			credits += w.Balance(p).Granted - 3000
		}
		if got["ok"] != 10 || got["conflict"] != 20 || credits != 10_000 {
			t.Errorf("%v, %d credits", got, credits)
		}
	})
}

func TestCreditAnalysis(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.signIn(c)
		_, err := w.Auth.CreditAnalysis(ctx, c.Identity)
		w.want(err, tollkeeper.ErrForbidden)
		limited := *p.Identity
		limited.Limited = tollkeeper.LimitedUnverified
		_, err = w.Auth.CreditAnalysis(ctx, &limited)
		w.want(err, tollkeeper.ErrLimitedSession)
		got, err := w.Auth.CreditAnalysis(ctx, p.Identity)
		w.ok(err)
		if got.Balance != w.Balance(p) || got.Billable != 0 || got.Retention != 0 || got.Projected != 6*31 || got.Alerts != (tollkeeper.Alerts{}) {
			t.Errorf("%+v", got)
		}
	})
}

// The thresholds are exact, and crossed by the one debit that passes them.
func TestCrossed(t *testing.T) {
	for _, c := range []struct {
		granted, used, debit int64
		want                 string
	}{
		{100, 74, 1, "[]"}, {100, 75, 1, "[low]"}, {100, 76, 1, "[]"}, {100, 90, 1, "[critical]"}, {100, 89, 1, "[]"},
		{100, 100, 1, "[depleted]"}, {100, 100, 100, "[low critical depleted]"}, {7, 5, 1, "[]"}, {7, 6, 1, "[low]"}, {7, 7, 1, "[critical depleted]"},
		{1, 1, 1, "[low critical depleted]"}, {0, 0, 0, "[]"},
		{math.MaxInt64, 1, 1, "[]"}, {math.MaxInt64, math.MaxInt64 / 2, 5, "[]"}, {math.MaxInt64, math.MaxInt64 / 10 * 8, math.MaxInt64 / 10, "[low]"},
	} {
		b := tollkeeper.Balance{Granted: c.granted, Used: c.used, Credits: c.granted - c.used}
		before := b
		before.Used, before.Credits = b.Used-c.debit, b.Credits+c.debit
		if stored := rules.Crossed(before, b); fmt.Sprint(stored) != c.want {
			t.Errorf("the store tells of %v, want %s", stored, c.want)
		}
		if got := fmt.Sprint(tollkeeper.Crossed(before, b)); got != c.want {
			t.Errorf("%d of %d used, the last %d: %s, want %s", c.used, c.granted, c.debit, got, c.want)
		}
	}
}

// One event and one mail per crossing, however many debits run at once; and again after a top-up.
func TestAlerts(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		spend := func(from, to int) {
			for i, err := range atOnce(to-from, func(i int) error {
				_, err := w.Auth.Host().Charge(ctx, p.ID, tollkeeper.OpSignIn, fmt.Sprint(from+i))
				return err
			}) {
				if err != nil && !errors.Is(err, tollkeeper.ErrInsufficientCredits) {
					t.Errorf("%d: %v", i, err)
				}
			}
		}
		alerts := func(want int) {
			w.Helper()
			if e, m := w.Events(tollkeeper.EventCreditAlert), w.Mails(p.Email, tollkeeper.MailCreditAlert); len(e) != want || len(m) != want {
				t.Errorf("%d events, %d mails, want %d", len(e), len(m), want)
			}
		}
		alerts(0)
		spend(0, 74)
		alerts(0)
		spend(74, 89)
		alerts(1)
		spend(89, 130)
		alerts(3)
		_, err := w.Auth.Host().Grant(ctx, p.ID, 1000, "top-up")
		w.ok(err)
		alerts(4) // well again
		spend(200, 1000)
		alerts(5)
		spend(1000, 1300)
		alerts(7)
		w.Balance(p)
	}, func(c *tollkeeper.Config) { c.Credits.InitialCredits = 100 })
}
