package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
	"github.com/tollkeeper/tollkeeper/store/storetest"
)

// open opens and migrates a store that is closed with the test.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func file(t testing.TB) string { return filepath.Join(t.TempDir(), "test.db") }

func TestContract(t *testing.T) {
	t.Parallel()
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		s := open(t, file(t))
		storetest.Run(t, func(*testing.T) store.Store { return s })
		t.Run("statements use indexes", func(t *testing.T) { wantPlans(t, s, 60) })
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		s := open(t, ":memory:")
		storetest.Run(t, func(*testing.T) store.Store { return s })
	})
}

// TestEveryStatementMayFail has each statement of each verb fail: the verb says so, and has done nothing.
func TestEveryStatementMayFail(t *testing.T) {
	t.Parallel()
	storetest.CompareFaults(t, 1, func(t *testing.T) (store.Store, *storetest.Faults) {
		s, f := open(t, file(t)), &storetest.Faults{}
		s.FailWhere(f.Next)
		return s, f
	})
}

// TestLongHistories compares with memory for as long as TOLLKEEPER_SOAK says.
func TestLongHistories(t *testing.T) {
	limit, err := time.ParseDuration(os.Getenv("TOLLKEEPER_SOAK"))
	if err != nil {
		t.Skip("TOLLKEEPER_SOAK is no time: the long test is not run")
	}
	s := open(t, ":memory:")
	for end := time.Now().Add(limit); time.Now().Before(end); {
		storetest.Compare(t, 10_000, func(t *testing.T) store.Store { return s })
	}
}

func TestMailIsCountedSoFar(t *testing.T) {
	s := open(t, file(t))
	mails := make([]store.QueuedMail, store.MostMail+1)
	for i := range mails {
		mails[i] = store.QueuedMail{ID: id(), DueAt: now}
	}
	if err := s.QueueMail(t.Context(), mails); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CountMail(t.Context()); err != nil || n.Waiting != store.MostMail || n.Failed != 0 || !n.Oldest.Equal(now) {
		t.Fatalf("%+v, %v", n, err)
	}
	wantPlans(t, s, 0)
}
