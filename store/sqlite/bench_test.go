package sqlite_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

var now = time.Date(2044, 5, 6, 7, 8, 9, 0, time.UTC)

func id() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// parent makes a root account with credits, child an account below it.
func parent(t testing.TB, s *sqlite.Store, credits int64) store.Account {
	t.Helper()
	a := blank(store.Root)
	grant := &store.LedgerEntry{ID: id(), Owner: a.ID, Key: "grant", Operation: store.OpGrant, Amount: credits, At: now}
	return create(t, s, store.NewAccount{Account: a, Grant: grant})
}

func child(t testing.TB, s *sqlite.Store, p store.Account) store.Account {
	t.Helper()
	return create(t, s, store.NewAccount{Account: blank(p.ID)})
}

func blank(parent uuid.UUID) store.Account {
	a := store.Account{ID: id(), Parent: parent, Role: store.RoleUser, Status: store.StatusActive, CreatedAt: now, UpdatedAt: now}
	a.Email = a.ID.String() + "@example.com"
	a.EmailKey, a.PublicKey = a.Email, "APK_"+a.ID.String()
	a.Password = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b5dWRWJTmaaMBI7xFbG5fv9OM8"
	return a
}

func create(t testing.TB, s *sqlite.Store, n store.NewAccount) store.Account {
	t.Helper()
	a, _, err := s.CreateAccount(t.Context(), n, now)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// signIn is a sign-in of the account that its payer must pay.
func signIn(a store.Account, payer uuid.UUID) store.NewSession {
	x := store.Session{
		ID: id(), Account: a.ID, Epoch: 1, Audience: store.AudienceOrganization, KeyID: "key-of-the-tenant", Network: "192.0.2.0/24",
		Agent: "Mozilla/5.0 (X11; Linux x86_64)", CreatedAt: now, SeenAt: now, ProvedAt: now, ExpiresAt: now.Add(24 * time.Hour),
	}
	return store.NewSession{Session: x, Effects: store.Effects{Charge: store.Charge{
		Owner: payer, Key: "session:" + x.ID.String(), Entry: id(), Operation: store.OpSignIn, Price: 1, Required: true,
	}}}
}

// BenchmarkCreateSession is a paid sign-in by 64 callers. Compare together with one by one, in one run.
func BenchmarkCreateSession(b *testing.B) {
	const callers = 64
	for _, parents := range []int{callers, 1} {
		for _, mode := range []string{"one by one", "together"} {
			b.Run(fmt.Sprintf("parents=%d/%s", parents, mode), func(b *testing.B) {
				s := open(b, file(b))
				var people, payers []store.Account
				for range parents {
					payers = append(payers, parent(b, s, 1<<40))
				}
				for i := range callers {
					people = append(people, child(b, s, payers[i%parents]))
				}
				var single sync.Mutex
				each(b, callers, func(i int) error {
					if mode == "one by one" {
						single.Lock()
						defer single.Unlock()
					}
					_, err := s.CreateSession(b.Context(), signIn(people[i], people[i].Parent), now)
					return err
				})
			})
		}
	}
}

// BenchmarkTake is an attempt with three buckets from 64 callers.
func BenchmarkTake(b *testing.B) {
	s := open(b, file(b))
	rate := store.Limit{Every: time.Microsecond * 1000, Burst: 1 << 40}
	each(b, 64, func(i int) error {
		var buckets [3]store.Bucket
		for j := range buckets {
			buckets[j] = store.Bucket{Key: store.Digest{byte(i), byte(j)}, Limit: rate}
		}
		_, err := s.Take(b.Context(), buckets[:], now)
		return err
	})
}

// BenchmarkSession is the look-up behind each authenticated request.
func BenchmarkSession(b *testing.B) {
	s := open(b, file(b))
	a := child(b, s, parent(b, s, 1<<40))
	n := signIn(a, a.Parent)
	if _, err := s.CreateSession(b.Context(), n, now); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Session(b.Context(), n.Session.ID, now); err != nil {
			b.Fatal(err)
		}
	}
}

// each shares b.N calls among callers.
func each(b *testing.B, callers int, do func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
