package sqlite_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/tollkeeper/tollkeeper/store"
)

// TestSpoiledBatch has every other caller fail after it began to write: each of the others must get its own truth.
func TestSpoiledBatch(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1000)
	a := child(t, s, p)
	first := signIn(a, p.ID)
	_, err := s.CreateSession(t.Context(), first, now)
	must(t, err)
	const callers = 64
	errs := make([]error, callers)
	sessions := make([]store.NewSession, callers)
	var wg sync.WaitGroup
	for i := range callers {
		sessions[i] = signIn(a, p.ID)
		if i%2 == 0 {
			sessions[i].Charge.Entry = first.Charge.Entry // the ledger has it under another key
		}
		wg.Go(func() { _, errs[i] = s.CreateSession(t.Context(), sessions[i], now) })
	}
	wg.Wait()
	for i, err := range errs {
		_, missing := s.Session(t.Context(), sessions[i].Session.ID, now)
		if i%2 == 0 && (!errors.Is(err, store.Conflict{}) || !errors.Is(missing, store.ErrNotFound)) {
			t.Errorf("spoiled %d: %v, session %v", i, err, missing)
		}
		if i%2 == 1 && (err != nil || missing != nil) {
			t.Errorf("good %d: %v, session %v", i, err, missing)
		}
	}
	wantBooks(t, s, p.ID, 1000-1-callers/2)
}

// TestFullDisk takes away the room to grow: verbs answer what SQLite says and leave nothing half done.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 100000)
	a := child(t, s, p)
	pages, err := s.Pragma("PRAGMA page_count")
	must(t, err)
	_, err = s.Pragma("PRAGMA max_page_count = " + pages)
	must(t, err)
	done := int64(0)
	for {
		n := signIn(a, p.ID)
		_, err = s.CreateSession(t.Context(), n, now)
		if err != nil {
			if _, missing := s.Session(t.Context(), n.Session.ID, now); !errors.Is(missing, store.ErrNotFound) {
				t.Errorf("session %v", missing)
			}
			break
		}
		done++
	}
	if e, ok := errors.AsType[*driver.Error](err); !ok || e.Code() != lib.SQLITE_FULL {
		t.Errorf("got %v, want SQLITE_FULL", err)
	}
	wantBooks(t, s, p.ID, 100000-done)
	_, err = s.Pragma("PRAGMA max_page_count = 1000000")
	must(t, err)
	_, err = s.CreateSession(t.Context(), signIn(a, p.ID), now)
	must(t, err)
	wantBooks(t, s, p.ID, 100000-done-1)
}

func TestEndedContextDoesNothing(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1000)
	a := child(t, s, p)
	var wg sync.WaitGroup
	var mu sync.Mutex
	paid := int64(0)
	for range 32 {
		wg.Go(func() {
			for range 10 {
				ctx, cancel := context.WithCancel(t.Context())
				go cancel()
				_, err := s.CreateSession(ctx, signIn(a, p.ID), now)
				mu.Lock()
				if err == nil {
					paid++
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	wantBooks(t, s, p.ID, 1000-paid)
}

// wantBooks wants the balance, and the sum of the ledger, to be credits.
func wantBooks(t *testing.T, s store.CreditStore, owner uuid.UUID, credits int64) {
	t.Helper()
	b, err := s.Balance(t.Context(), owner)
	must(t, err)
	sum, page := int64(0), store.CreditQuery{Limit: 500}
	for {
		entries, err := s.ListCredits(t.Context(), owner, page)
		must(t, err)
		for _, e := range entries {
			sum += e.Amount
			page.After = e.ID
		}
		if len(entries) == 0 {
			break
		}
	}
	if b.Credits != credits || sum != credits {
		t.Errorf("balance %d, ledger %d, want %d", b.Credits, sum, credits)
	}
}
