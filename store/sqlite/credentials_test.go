package sqlite_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Nobody finds what a deleted account had, so that only its rows tell whether it is gone.
func TestDeletionLeavesNoSecretAndNoCredential(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1<<20)
	with := func() store.Account {
		a := create(t, s, store.NewAccount{
			Account: blank(p.ID), Linked: []store.Linked{{Issuer: "i", Subject: id().String()}}, Factors: []store.Factor{{ID: id(), Kind: store.FactorTOTP}},
		})
		x := store.Secret{Account: a.ID, Purpose: store.PurposeReset, Digest: store.Digest(append(a.ID[:], a.ID[:]...)), CreatedAt: now}
		must(t, s.PutSecrets(t.Context(), []store.Secret{x}, now))
		return a
	}
	gone, stays := with(), with()
	must(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: p.ID, ID: gone.ID}, now))
	for _, table := range []string{"secrets", "identities", "factors"} {
		if got, err := s.Texts("SELECT hex(account) FROM " + table); err != nil || len(got) != 1 || !strings.EqualFold(got[0], hex.EncodeToString(stays.ID[:])) {
			t.Errorf("%s has %v, %v, want one of %x", table, got, err, stays.ID)
		}
	}
}

// TestOneUseOfACounterWins races for each counter of two factors of one account. None is left for a change.
func TestOneUseOfACounterWins(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1<<20)
	factors := []store.Factor{{ID: id(), Kind: store.FactorTOTP, CreatedAt: now}, {ID: id(), Kind: store.FactorPasskey, CreatedAt: now}}
	a := create(t, s, store.NewAccount{Account: blank(p.ID), Factors: factors})
	for round := range int64(50) {
		var won [2]atomic.Int64
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				use := store.Use{Factor: factors[i%2].ID, Counter: round + 1}
				n := signIn(a, p.ID)
				n.Use = use
				_, err := s.CreateSession(t.Context(), n, now)
				if i%10 == 9 { // and once more, for a change
					_, _, again := s.UpdateAccount(t.Context(), store.Change{Account: a, Use: use}, now)
					if again == nil || err != nil && !errors.Is(err, store.Conflict{}) {
						t.Error(again, err)
					}
				}
				if err == nil {
					won[i%2].Add(1)
				} else if !errors.Is(err, store.Conflict{}) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won[0].Load() != 1 || won[1].Load() != 1 {
			t.Fatalf("in round %d %d and %d won", round, won[0].Load(), won[1].Load())
		}
	}
}

// TestNeverMoreSessionsThanMost signs in by many at once, also while sessions end in other ways.
func TestNeverMoreSessionsThanMost(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1<<20)
	a := child(t, s, p)
	live := func() []store.Session {
		list, err := s.ListSessions(t.Context(), a.ID, store.Page{Limit: 1000}, now)
		must(t, err)
		return list
	}
	epoch := int64(1)
	for round := range 20 {
		most := 1 + round%4
		if round%5 == 4 {
			epoch++
			change := store.Change{Account: a, EndSessions: true, KeepSession: live()[0].ID}
			change.Account.Version = epoch - 1
			_, _, err := s.UpdateAccount(t.Context(), change, now)
			must(t, err)
			if len(live()) != 1 {
				t.Fatalf("%d live", len(live()))
			}
		}
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				n := signIn(a, p.ID)
				n.Most, n.Session.Epoch = most, epoch
				if i%3 == 0 { // it has ended by itself already
					n.Session.ExpiresAt = now
				}
				_, err := s.CreateSession(t.Context(), n, now)
				must(t, err)
				if i%7 == 0 {
					_ = s.RevokeSession(t.Context(), store.Revocation{Account: a.ID, Session: n.Session.ID}, now)
				}
				if list := live(); len(list) > most {
					t.Errorf("%d live, %d at most", len(list), most)
				}
			})
		}
		wg.Wait()
		for range most + 2 {
			n := signIn(a, p.ID)
			n.Most, n.Session.Epoch = most, epoch
			_, err := s.CreateSession(t.Context(), n, now.Add(time.Second))
			must(t, err)
			if list := live(); list[len(list)-1].ID != n.Session.ID || len(list) > most {
				t.Errorf("the newest of %d is %v, want %v", len(list), list[len(list)-1].ID, n.Session.ID)
			}
		}
		if len(live()) != most {
			t.Errorf("%d live, want %d", len(live()), most)
		}
	}
}

// TestOnceServesOnce races for it with sign-ins and changes, which are of other accounts, too.
func TestOnceServesOnce(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1<<20)
	for round := range byte(10) {
		var people []store.Account
		for range 20 {
			people = append(people, child(t, s, p))
		}
		once := store.Once{Digest: store.Digest{1, round}, Until: now.Add(time.Hour)}
		var won atomic.Int64
		var wg sync.WaitGroup
		for i, a := range people {
			wg.Go(func() {
				n := signIn(a, p.ID)
				n.Once = once
				do := func() error { _, err := s.CreateSession(t.Context(), n, now); return err }
				if (i+int(round))%2 == 0 {
					do = func() error {
						_, _, err := s.UpdateAccount(t.Context(), store.Change{Account: a, Once: once}, now)
						return err
					}
				}
				if err := do(); err == nil {
					won.Add(1)
				} else if !errors.Is(err, store.ErrProofSpent) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d won", won.Load())
		}
	}
}
