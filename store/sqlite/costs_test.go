package sqlite_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// BenchmarkSignInCosts is a paid sign-in by 64 callers, of 6,400 accounts below 64 parents: plain, with one event, and
// with one of the account's two factors used. Passes take turns; what is reported is the median of their ratios.
//
//	go test -run '^$' -bench SignInCosts -benchtime 12x ./store/sqlite
func BenchmarkSignInCosts(b *testing.B) {
	s := open(b, file(b))
	town := settle(b, s, 64, 100)
	variants := []struct {
		name string
		n    func(*resident) store.NewSession
	}{
		{"plain", (*resident).signIn},
		{"event", (*resident).signInWithEvent},
		{"factor", (*resident).signInWithFactor},
		{"capped", (*resident).signInCapped},
	}
	wall, processor := make([][]float64, len(variants)), make([][]float64, len(variants))
	for b.Loop() {
		var w, p [4]float64
		for _, v := range rand.Perm(len(variants)) {
			w[v], p[v] = pass(b, s, town, variants[v].n)
		}
		for v := range variants {
			wall[v], processor[v] = append(wall[v], w[v]/w[0]), append(processor[v], p[v]/p[0])
		}
	}
	for v := range variants[1:] {
		b.ReportMetric(median(wall[v+1]), variants[v+1].name+"/plain")
		b.ReportMetric(median(processor[v+1]), variants[v+1].name+"/plain-processor")
	}
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// resident is an account that signs in.
type resident struct {
	store.Account
	factor  store.Factor
	counter atomic.Int64
}

func settle(b *testing.B, s *sqlite.Store, parents, each int) (town []*resident) {
	for range parents {
		p := parent(b, s, 1<<40)
		for range each {
			factors := []store.Factor{{ID: id(), Kind: store.FactorTOTP, Sealed: make([]byte, 60), CreatedAt: now}}
			factors = append(factors, store.Factor{ID: id(), Kind: store.FactorPasskey, Sealed: make([]byte, 60), CreatedAt: now})
			a := create(b, s, store.NewAccount{Account: blank(p.ID), Factors: factors})
			town = append(town, &resident{Account: a, factor: factors[1]})
		}
	}
	return town
}

func (r *resident) signIn() store.NewSession { return signIn(r.Account, r.Parent) }

func (r *resident) signInWithEvent() store.NewSession {
	n := r.signIn()
	n.Events = []store.Event{{
		ID: id(), At: now, Name: store.EventSignIn, Scope: r.Parent, Account: r.ID, Session: "0123456789abcdef0123456789abcdef",
		Audience: store.AudienceOrganization, Method: "password", Credits: 1, Network: n.Session.Network, Salt: [16]byte{1}, Commitment: [16]byte{2},
	}}
	return n
}

func (r *resident) signInWithFactor() store.NewSession {
	n := r.signIn()
	n.Use = store.Use{Factor: r.factor.ID, Counter: r.counter.Add(1)}
	return n
}

func (r *resident) signInCapped() store.NewSession {
	n := r.signIn()
	n.Most = 1 << 20
	return n
}

// pass returns the seconds of a sign-in, on the wall and of the processor.
func pass(b *testing.B, s *sqlite.Store, town []*resident, n func(*resident) store.NewSession) (wall, processor float64) {
	begin, used := time.Now(), processorTime()
	var done atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for time.Since(begin) < 150*time.Millisecond {
				if _, err := s.CreateSession(b.Context(), n(town[rand.IntN(len(town))]), now); err == nil {
					done.Add(1)
				} else if err != (store.Conflict{}) { // two used one counter in the wrong order
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin).Seconds() / float64(done.Load()), (processorTime() - used).Seconds() / float64(done.Load())
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
