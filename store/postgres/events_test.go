package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func listed(t *testing.T, s store.Store, q store.EventQuery) []store.Event {
	t.Helper()
	q.Limit = 10_000
	list, err := s.ListEvents(t.Context(), q)
	ok(t, err)
	return list
}

// TestEachSignInIsLoggedOnce lets sign-ins race whose events have ids that are there, or that others of the same group
// have.
func TestEachSignInIsLoggedOnce(t *testing.T) {
	alone, together, _ := sides(t)
	p := parent(t, alone, 1_000_000)
	a := child(t, alone, p)
	shared := logged(a)
	ok(t, alone.AddEvents(t.Context(), shared))
	var all sync.WaitGroup
	const callers = 40
	for g := range callers {
		all.Go(func() {
			n := signIn(a, p.ID, true)
			if n.Events = logged(a); g%5 == 0 {
				n.Events = shared
			}
			s := alone
			if g%2 == 0 {
				s = together
			}
			if _, err := s.CreateSession(t.Context(), n, at); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	list := listed(t, alone, store.EventQuery{Account: a.ID})
	if want := callers - callers/5 + 1; len(list) != want {
		t.Errorf("%d events, want %d", len(list), want)
	}
	if last := list[len(list)-1]; last.ID != shared[0].ID || last.Count != 1 {
		t.Errorf("the one that was there: %+v", last)
	}
}

// TestEachCrossingIsToldOnce uses a balance up from all sides: three events and three mails, of three moments.
func TestEachCrossingIsToldOnce(t *testing.T) {
	alone, together, _ := sides(t)
	for range 4 {
		p := parent(t, alone, 100)
		var people [8]store.Account
		for i := range people {
			people[i] = child(t, alone, p)
		}
		var all sync.WaitGroup
		var left atomic.Int64
		left.Store(100)
		for g := range 30 {
			all.Go(func() {
				for left.Add(-1) >= 0 {
					s := alone
					if g%3 > 0 {
						s = together
					}
					n := signIn(people[g%8], p.ID, true)
					n.Charge = told(n.Charge)
					if _, err := s.CreateSession(t.Context(), n, at); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		got := map[string]int64{}
		for _, e := range listed(t, alone, store.EventQuery{Account: p.ID, Names: []store.EventName{store.EventCreditAlert}}) {
			got[e.Detail] = e.Credits + 1
		}
		mails, err := alone.ClaimMail(t.Context(), 100, time.Hour, at)
		if err != nil || len(mails) != 3 {
			t.Errorf("%d mails: %v", len(mails), err)
		}
		if len(got) != 3 || got["low"] != 26 || got["critical"] != 11 || got["depleted"] != 1 {
			t.Errorf("told %v", got)
		}
	}
}

// TestNothingOfAPersonStaysInTheLog looks into the tables: hiding is not erasing.
func TestNothingOfAPersonStaysInTheLog(t *testing.T) {
	s, pool := migrated(t, database(t))
	p, q := parent(t, s, 100), parent(t, s, 100)
	a, b := child(t, s, p), child(t, s, q)
	for _, who := range []store.Account{p, a, q, b} {
		ok(t, s.AddEvents(t.Context(), logged(who)))
	}
	traces := func(account uuid.UUID) (n int) {
		t.Helper()
		err := pool.QueryRow(t.Context(), "SELECT count(*) FROM events WHERE account = $1 AND (network IS NOT NULL OR detail IS NOT NULL OR salt IS NOT NULL)",
			account.String()).Scan(&n)
		ok(t, err)
		return n
	}
	ok(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: p.ID, ID: a.ID, Events: logged(a)}, at))
	ok(t, s.DeleteAccount(t.Context(), store.Deletion{ID: q.ID, Events: logged(q)}, at))
	ok(t, s.AddEvents(t.Context(), append(logged(a), logged(b)...)))
	for name, want := range map[uuid.UUID]int{p.ID: 1, a.ID: 0, q.ID: 0, b.ID: 1} {
		if got := traces(name); got != want {
			t.Errorf("%d lines tell of %v, want %d", got, name, want)
		}
	}
	for _, e := range listed(t, s, store.EventQuery{Account: b.ID}) {
		if e.Network != "" || e.Salt != [16]byte{} {
			t.Errorf("of a child of a deleted parent stands %+v", e)
		}
	}
	if _, err := s.Sweep(t.Context(), 10, at); err != nil || traces(b.ID) != 0 {
		t.Error("the sweep leaves something of it", err)
	}
}

// TestRoutineGoesSooner sweeps in steps that are smaller than what stays between, and again for what comes late.
func TestRoutineGoesSooner(t *testing.T) {
	s, _ := migrated(t, database(t))
	p := parent(t, s, 100)
	a := child(t, s, p)
	add := func(days int, name store.EventName, by func(store.Event) error) {
		t.Helper()
		e := logged(a)[0]
		first := rules.FirstID(at.AddDate(0, 0, -days))
		copy(e.ID[:6], first[:6])
		e.Name = name
		ok(t, by(e))
	}
	written := func(e store.Event) error { return s.AddEvents(t.Context(), []store.Event{e}) }
	withSignIn := func(e store.Event) error {
		n := signIn(a, p.ID, true)
		n.Events = []store.Event{e}
		_, err := s.CreateSession(t.Context(), n, at)
		return err
	}
	sweep := func(now time.Time) {
		t.Helper()
		for range 100 {
			more, err := s.Sweep(t.Context(), 3, now)
			ok(t, err)
			if !more {
				return
			}
		}
		t.Fatal("it does not end")
	}
	count := func(want int) {
		t.Helper()
		if got := len(listed(t, s, store.EventQuery{All: true})); got != want {
			t.Errorf("%d events stay, want %d", got, want)
		}
	}
	for day := 80; day < 110; day++ {
		add(day, "changed", written)
		add(day, store.EventSignIn, withSignIn)
	}
	add(401, "changed", written)
	sweep(at)
	count(30 + 11)
	for _, by := range []func(store.Event) error{written, withSignIn} { // where the sweep was before
		add(95, store.EventRefreshed, by)
		add(96, "changed", by)
		sweep(at)
	}
	count(30 + 11 + 2)
	sweep(at.AddDate(2, 0, 0))
	count(0)
	add(0, store.EventSignIn, withSignIn)
	sweep(at)
	count(1)
	sweep(at.AddDate(0, 0, 92))
	count(0)
}

// TestNothingIsWrittenForNothing: a sweep that has nothing to do leaves the mark of how far it came alone.
func TestNothingIsWrittenForNothing(t *testing.T) {
	s, pool := migrated(t, database(t))
	parent(t, s, 1)
	version := func() (v string) {
		t.Helper()
		ok(t, pool.QueryRow(t.Context(), "SELECT ctid::text FROM swept").Scan(&v))
		return v
	}
	for range 2 {
		_, err := s.Sweep(t.Context(), 10, at)
		ok(t, err)
	}
	was := version()
	_, err := s.Sweep(t.Context(), 10, at.Add(time.Minute))
	ok(t, err)
	if version() != was {
		t.Error("the mark was written again")
	}
	ok(t, postgres.New(pool).AddEvents(t.Context(), logged(store.Account{})))
	if version() != was {
		t.Error("an event of today moves the mark")
	}
}
