package postgres_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// enrolled gives the account so many passkeys.
func enrolled(t *testing.T, s store.Store, a store.Account, n int) (store.Account, []store.Factor) {
	t.Helper()
	list := make([]store.Factor, n)
	for i := range list {
		list[i] = passkey()
	}
	a, _, err := s.UpdateAccount(t.Context(), store.Change{Account: a, PutFactors: list}, at)
	ok(t, err)
	return a, list
}

// sides are two stores on one database: one commits each sign-in alone, the other some together.
func sides(t *testing.T) (alone, together *postgres.Store, pool *pgxpool.Pool) {
	t.Helper()
	c := database(t, "synchronous_commit=off")
	c.MaxConns = 20
	together, pool = migrated(t, c, postgres.SignInLanes(1))
	return postgres.New(pool, postgres.SignInLanes(0)), together, pool
}

// Nobody finds what a deleted account had, so that only its rows tell whether it is gone.
func TestDeletionLeavesNoSecretAndNoCredential(t *testing.T) {
	s, pool := migrated(t, database(t, "synchronous_commit=off"))
	p := parent(t, s, 1000)
	with := func() store.Account {
		a, _ := enrolled(t, s, child(t, s, p), 1)
		a, _, err := s.UpdateAccount(t.Context(), store.Change{Account: a, Link: []store.Linked{{Issuer: "i", Subject: a.ID.String()}}}, at)
		ok(t, err)
		x := store.Secret{Account: a.ID, Purpose: store.PurposeReset, Digest: store.Digest(append(a.ID[:], a.ID[:]...)), CreatedAt: at}
		ok(t, s.PutSecrets(t.Context(), []store.Secret{x}, at))
		return a
	}
	gone, stays := with(), with()
	ok(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: p.ID, ID: gone.ID}, at))
	for _, table := range []string{"secrets", "identities", "factors"} {
		var n, others int
		err := pool.QueryRow(t.Context(), "SELECT count(*), count(*) FILTER (WHERE account <> $1) FROM "+table, [16]byte(stays.ID)).Scan(&n, &others)
		if err != nil || n != 1 || others != 0 {
			t.Errorf("%s has %d rows, %d of others, %v, want the one of the account that stays", table, n, others, err)
		}
	}
}

// TestOneWinnerPerCounter lets forty goroutines use two factors of one account, each with one of three counters: of each
// factor and counter one wins at most, the highest one does, and whoever wins is charged. Some use them in a change.
func TestOneWinnerPerCounter(t *testing.T) {
	alone, together, _ := sides(t)
	p := parent(t, alone, 1_000_000)
	a, factors := enrolled(t, alone, child(t, alone, p), 2)
	charged := int64(0)
	for round := range 50 {
		var won [2][3]atomic.Int64
		var paid atomic.Int64
		var all sync.WaitGroup
		for g := range 40 {
			all.Go(func() {
				f, n := g%2, g/2%3
				use := store.Use{Factor: factors[f].ID, Counter: int64(3*round + n + 1)}
				s := alone
				if g%4 < 2 {
					s = together
				}
				var err error
				if g >= 36 {
					err = change(t, s, store.Change{Account: a, Use: use})
				} else {
					x := signIn(a, p.ID, true)
					x.Use, x.Events = use, logged(a)
					if _, err = s.CreateSession(t.Context(), x, at); err == nil {
						paid.Add(1)
					}
				}
				switch {
				case err == nil:
					won[f][n].Add(1)
				case !errors.Is(err, store.Conflict{}):
					t.Error(err)
				}
			})
			if g%8 == 0 { // sign-ins without a factor go on meanwhile
				all.Go(func() {
					if _, err := together.CreateSession(t.Context(), signIn(a, p.ID, true), at); err != nil {
						t.Error(err)
					}
					paid.Add(1)
				})
			}
		}
		all.Wait()
		for f := range won {
			for n := range won[f] {
				if w := won[f][n].Load(); w > 1 || n == 2 && w != 1 {
					t.Fatalf("round %d: counter %d of factor %d won %d times", round, n, f, w)
				}
			}
		}
		charged += paid.Load()
	}
	if n, sum := ledger(t, alone, p.ID, store.OpSignIn); n != charged || sum != -charged {
		t.Errorf("%d entries of %d for %d sign-ins", n, sum, charged)
	}
}

// change makes the change of the account as it stands; of a lost race it tries again.
func change(t *testing.T, s store.Store, c store.Change) error {
	for {
		subject, err := s.FindAccount(t.Context(), store.Lookup{ID: c.Account.ID, Credentials: true})
		if err != nil {
			return err
		}
		c.Account = subject.Account
		for _, f := range subject.Factors {
			if f.ID == c.Use.Factor && f.Counter >= c.Use.Counter {
				return store.Conflict{}
			}
		}
		if _, _, err = s.UpdateAccount(t.Context(), c, at); !errors.Is(err, store.Conflict{}) {
			return err
		}
	}
}

// TestNoSessionByAFactorThatIsGone takes factors away while they are used.
func TestNoSessionByAFactorThatIsGone(t *testing.T) {
	alone, together, _ := sides(t)
	p := parent(t, alone, 1_000_000)
	for range 20 {
		a, factors := enrolled(t, alone, child(t, alone, p), 1)
		var counter, late atomic.Int64
		var gone atomic.Bool
		var all sync.WaitGroup
		for g := range 16 {
			all.Go(func() {
				for range 4 {
					was := gone.Load()
					n := signIn(a, p.ID, true)
					n.Use = store.Use{Factor: factors[0].ID, Counter: counter.Add(1)}
					s := alone
					if g%2 == 0 {
						s = together
					}
					if _, err := s.CreateSession(t.Context(), n, at); err == nil && was {
						late.Add(1)
					}
				}
			})
		}
		all.Go(func() {
			_, _, err := alone.UpdateAccount(t.Context(), store.Change{Account: a, DropFactors: []uuid.UUID{factors[0].ID}}, at)
			if err != nil {
				t.Error(err)
			}
			gone.Store(true)
		})
		all.Wait()
		if late.Load() > 0 {
			t.Fatalf("%d sessions by a factor that is gone", late.Load())
		}
	}
}

// TestNeverMoreSessionsThanTheCap lets many sign in to one account at once, alone and together. However they meet, no
// more than the cap are live at the end, and just as many.
func TestNeverMoreSessionsThanTheCap(t *testing.T) {
	alone, together, _ := sides(t)
	p := parent(t, alone, 1_000_000)
	for _, most := range []int{1, 2, 7} {
		a := child(t, alone, p)
		for round := range 10 {
			var all sync.WaitGroup
			for g := range 24 {
				all.Go(func() {
					n := signIn(a, p.ID, true)
					n.Most, n.Events = most, logged(a)
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
			list, err := alone.ListSessions(t.Context(), a.ID, store.Page{Limit: 100}, at)
			if err != nil || len(list) != most {
				t.Fatalf("round %d: %d sessions live, want %d: %v", round, len(list), most, err)
			}
			ok(t, alone.RevokeSession(t.Context(), store.Revocation{Account: a.ID, Session: list[0].ID}, at))
		}
	}
}

// TestTwoAtTheCap: two sign-ins for which others must end do not overlook each other.
func TestTwoAtTheCap(t *testing.T) {
	alone, _, _ := sides(t)
	p := parent(t, alone, 1_000_000)
	a := child(t, alone, p)
	for round := range 100 {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				n := signIn(a, p.ID, true)
				n.Most = 1
				if _, err := alone.CreateSession(t.Context(), n, at); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if list, err := alone.ListSessions(t.Context(), a.ID, store.Page{Limit: 100}, at); err != nil || len(list) != 1 {
			t.Fatalf("round %d: %d sessions live, want 1: %v", round, len(list), err)
		}
	}
}

// TestARefusedSignInEndsNoOthers lets many over the cap race for the last credit: those who lose it leave the sessions
// that are live alone.
func TestARefusedSignInEndsNoOthers(t *testing.T) {
	alone, _, _ := sides(t)
	for round := range 10 {
		p := parent(t, alone, 3)
		a := child(t, alone, p)
		var won atomic.Int64
		try := func() {
			n := signIn(a, p.ID, true)
			n.Most = 2
			switch _, err := alone.CreateSession(t.Context(), n, at); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrInsufficientCredits):
				t.Error(err)
			}
		}
		try()
		try()
		var all sync.WaitGroup
		for range 16 {
			all.Go(try)
		}
		all.Wait()
		if list, err := alone.ListSessions(t.Context(), a.ID, store.Page{Limit: 100}, at); err != nil || len(list) != 2 || won.Load() != 3 {
			t.Fatalf("round %d: %d sessions live and %d made, want 2 and 3: %v", round, len(list), won.Load(), err)
		}
	}
}

// TestOnceOnce lets many present what serves once.
func TestOnceOnce(t *testing.T) {
	alone, together, _ := sides(t)
	p := parent(t, alone, 1000)
	a := child(t, alone, p)
	for range 10 {
		once := store.Once{Digest: random(), Until: at.Add(time.Minute)}
		var won atomic.Int64
		var all sync.WaitGroup
		for g := range 20 {
			all.Go(func() {
				n := signIn(a, p.ID, true)
				n.Once = once
				s := alone
				if g%2 == 0 {
					s = together
				}
				switch _, err := s.CreateSession(t.Context(), n, at); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, store.ErrProofSpent):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d won", won.Load())
		}
	}
}
