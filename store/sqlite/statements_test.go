package sqlite_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/store"
)

// TestStatementsOfASignIn: so many and no more, BEGIN and COMMIT counted. Each costs a sign-in more than its decision.
func TestStatementsOfASignIn(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1000)
	f := store.Factor{ID: id(), Kind: store.FactorTOTP, Sealed: make([]byte, 60), CreatedAt: now}
	a := create(t, s, store.NewAccount{Account: blank(p.ID), Factors: []store.Factor{f}})
	paid := func() store.NewSession { return signIn(a, p.ID) }
	free := func() store.NewSession {
		n := paid()
		n.Charge = store.Charge{}
		return n
	}
	logged := func(n store.NewSession) store.NewSession {
		n.Events = []store.Event{{ID: id(), At: now, Name: store.EventSignIn, Scope: p.ID, Account: a.ID}}
		return n
	}
	used := func(n store.NewSession) store.NewSession {
		n.Use = store.Use{Factor: f.ID, Counter: 7}
		return n
	}
	capped := func(n store.NewSession) store.NewSession {
		n.Most = 100
		return n
	}
	_, err := s.CreateSession(t.Context(), logged(paid()), now) // the first of a day and of a month writes more
	must(t, err)
	count := 0
	s.FailWhere(func() bool { count++; return false })
	for _, c := range []struct {
		name string
		n    store.NewSession
		want int
	}{
		{"free", free(), 5},
		{"free, logged", logged(free()), 6},
		{"paid", paid(), 7},
		{"paid, logged", logged(paid()), 8},
		{"paid, logged, capped", capped(logged(paid())), 8},
		{"paid, logged, with a factor", used(logged(paid())), 9},
	} {
		count = 0
		_, err := s.CreateSession(t.Context(), c.n, now)
		must(t, err)
		if count != c.want {
			t.Errorf("%s: %d statements, want %d", c.name, count, c.want)
		}
	}
}
