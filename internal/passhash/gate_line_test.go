package passhash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// visit is a call that comes to a gate, what it wants, and what became of it.
type visit struct {
	comes, holds, ends time.Duration // ends is when its ctx does; zero: never

	err error
	at  time.Duration // it began to run, or was refused
}

// street is a gate, written as one reads: a line, places, and a clock that goes from event to event.
type street struct {
	parallel, queue int
	wait            time.Duration

	visits  []visit
	line    []int
	running map[int]time.Duration // until when
	lasts   time.Duration
}

// predict fills in what becomes of the visits, which stand in the order in which they come.
func (s *street) predict() {
	s.running = map[int]time.Duration{}
	for next := 0; next < len(s.visits) || len(s.running) > 0; {
		now, what := time.Duration(1<<62), func() {}
		sooner := func(at time.Duration, do func()) {
			if at < now {
				now, what = at, do
			}
		}
		if next < len(s.visits) {
			sooner(s.visits[next].comes, func() { s.arrive(next, now); next++ })
		}
		for i, end := range s.running {
			sooner(end, func() { s.finish(i, now) })
		}
		for _, i := range s.line {
			sooner(s.visits[i].comes+s.wait, func() { s.drop(i, now, passhash.ErrBusy) })
			if end := s.visits[i].ends; end > 0 {
				sooner(end, func() { s.drop(i, now, context.DeadlineExceeded) })
			}
		}
		what()
	}
}

func (s *street) arrive(i int, now time.Duration) {
	v := &s.visits[i]
	switch {
	case v.ends > 0 && v.ends <= v.comes:
		v.at, v.err = now, context.DeadlineExceeded
	case len(s.running) < s.parallel:
		s.begin(i, now)
	case len(s.line) >= s.queue, len(s.line) >= 64 && time.Duration(len(s.line))*s.lasts/time.Duration(2*s.parallel) > s.wait:
		v.at, v.err = now, passhash.ErrBusy
	default:
		s.line = append(s.line, i)
	}
}

func (s *street) begin(i int, now time.Duration) {
	s.visits[i].at = now
	s.running[i] = now + s.visits[i].holds
}

func (s *street) finish(i int, now time.Duration) {
	delete(s.running, i)
	if took := s.visits[i].holds; s.lasts == 0 {
		s.lasts = took
	} else {
		s.lasts += (min(took, 2*s.lasts) - s.lasts) / 8
	}
	if len(s.line) > 0 {
		first := s.line[0]
		s.line = s.line[1:]
		s.begin(first, now)
	}
}

func (s *street) drop(i int, now time.Duration, err error) {
	s.line = slices.DeleteFunc(s.line, func(j int) bool { return i == j })
	s.visits[i].at, s.visits[i].err = now, err
}

// crowded makes a story in which some wait, some are refused and some give up. No two events are at one moment.
func crowded(r *rand.Rand) *street {
	upTo := func(d time.Duration) time.Duration { return time.Duration(1 + r.Int64N(int64(d))) }
	s := &street{parallel: 1 + r.IntN(4), queue: r.IntN(40), wait: upTo(2 * time.Second)}
	if r.IntN(3) == 0 {
		s.queue = 1 << 20 // only the estimate refuses
	}
	for range 200 {
		v := visit{comes: upTo(3 * time.Second), holds: upTo(200 * time.Millisecond)}
		if r.IntN(5) == 0 {
			v.ends = v.comes + upTo(2*time.Second)
		}
		s.visits = append(s.visits, v)
	}
	slices.SortFunc(s.visits, func(a, b visit) int { return int(a.comes - b.comes) })
	return s
}

// visit runs the story against a gate and returns what became of the visits.
func (s *street) visit(ctx context.Context) []visit {
	g := passhash.NewGate(s.parallel, s.queue, s.wait)
	got := slices.Clone(s.visits)
	start := time.Now()
	var all sync.WaitGroup
	for i := range got {
		v := &got[i]
		all.Go(func() {
			if v.ends > 0 {
				var cancel context.CancelFunc
				ctx, cancel := context.WithDeadline(ctx, start.Add(v.ends))
				defer cancel()
				v.come(ctx, g, start)
				return
			}
			v.come(ctx, g, start)
		})
	}
	all.Wait()
	return got
}

func (v *visit) come(ctx context.Context, g *passhash.Gate, start time.Time) {
	time.Sleep(v.comes)
	v.err = g.Do(ctx, func() {
		v.at = time.Since(start)
		time.Sleep(v.holds)
	})
	if v.err != nil {
		v.at = time.Since(start)
	}
}

// TestGateDoesAsPredicted: who runs, when, and who is refused or gives up, when, is as in the plain model: in the order of
// arrival, never after the wait, and nobody else is refused.
func TestGateDoesAsPredicted(t *testing.T) {
	outcomes := map[string]int{}
	for seed := range uint64(200) {
		s := crowded(rand.New(rand.NewPCG(seed, 1)))
		var got []visit
		synctest.Test(t, func(t *testing.T) { got = s.visit(t.Context()) })
		s.predict()
		for i, want := range s.visits {
			if !errors.Is(got[i].err, want.err) || got[i].at != want.at {
				t.Fatalf("seed %d: call %d comes at %v: %v at %v, want %v at %v", seed, i, want.comes, got[i].err, got[i].at, want.err, want.at)
			}
			outcomes[fmt.Sprint(got[i].err, got[i].at > want.comes)]++
		}
	}
	if len(outcomes) < 5 { // at once and later: served and refused; given up later
		t.Errorf("the stories are too plain: %v", outcomes)
	}
}

// TestGateNewcomersDoNotOvertake: who comes in the moment in which a place is given back runs after those in line.
func TestGateNewcomersDoNotOvertake(t *testing.T) {
	for range 300 {
		g := passhash.NewGate(1, 100, time.Hour)
		var order []string // written by who has the place
		held, free := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { g.Do(t.Context(), func() { close(held); <-free }) })
		<-held
		waits := &noticed{Context: t.Context(), asked: make(chan struct{})}
		all.Go(func() { g.Do(waits, func() { order = append(order, "first in line") }) })
		<-waits.asked
		for range 4 {
			all.Go(func() {
				<-free
				g.Do(t.Context(), func() { order = append(order, "newcomer") })
			})
		}
		close(free)
		all.Wait()
		if len(order) != 5 || order[0] != "first in line" {
			t.Fatal(order)
		}
	}
}

// noticed is a context that tells when a gate begins to wait for its end, which is in line.
type noticed struct {
	context.Context
	once  sync.Once
	asked chan struct{}
}

func (n *noticed) Done() <-chan struct{} {
	n.once.Do(func() { close(n.asked) })
	return n.Context.Done()
}

// TestGateRefusesOnlyWhoCannotBeServed: of a crowd that comes at once nobody is refused for whom a place would have
// come free within the wait, and most of the rest is refused without waiting for it.
func TestGateRefusesOnlyWhoCannotBeServed(t *testing.T) {
	const parallel, wait, lasts, crowd = 2, 2 * time.Second, 100 * time.Millisecond, 1000
	for name, quicker := range map[string]time.Duration{"as before": 1, "twice as quick as before": 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := passhash.NewGate(parallel, crowd, wait)
				if err := g.Do(t.Context(), func() { time.Sleep(lasts) }); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				var served, atOnce, late atomic.Int64
				for range crowd {
					go func() {
						err := g.Do(t.Context(), func() { time.Sleep(lasts/quicker + 1) })
						switch {
						case err == nil:
							served.Add(1)
						case time.Since(start) == 0:
							atOnce.Add(1)
						default:
							late.Add(1)
						}
					}()
				}
				time.Sleep(time.Minute)
				could := int64(wait/(lasts/quicker+1)+1) * parallel
				if served.Load() != could || atOnce.Load() < crowd*9/10 {
					t.Errorf("%d served of %d who could be, %d refused at once, %d later", served.Load(), could, atOnce.Load(), late.Load())
				}
			})
		})
	}
}

// TestGateForgetsAnOutlier: one call that took an hour, because the machine slept, refuses nobody afterwards.
func TestGateForgetsAnOutlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := passhash.NewGate(1, 1000, 2*time.Second)
		for _, took := range []time.Duration{10 * time.Millisecond, time.Hour} {
			if err := g.Do(t.Context(), func() { time.Sleep(took) }); err != nil {
				t.Fatal(err)
			}
		}
		var failed atomic.Int64
		for range 150 {
			go func() {
				if g.Do(t.Context(), func() { time.Sleep(10 * time.Millisecond) }) != nil {
					failed.Add(1)
				}
			}()
		}
		time.Sleep(time.Minute)
		if failed.Load() > 0 {
			t.Errorf("%d of 150 are refused", failed.Load())
		}
	})
}

// slow is a context whose end is long in being told, as a machine is that does other things.
type slow struct{ context.Context }

func (slow) Err() error {
	time.Sleep(200 * time.Millisecond)
	return context.Canceled
}

// TestGateServesNobodyAfterTheWait: not either where the timer that should have ended the wait is late.
func TestGateServesNobodyAfterTheWait(t *testing.T) {
	g := passhash.NewGate(1, 2, 100*time.Millisecond)
	held, free := make(chan struct{}), make(chan struct{})
	go g.Do(t.Context(), func() { close(held); <-free })
	<-held
	ahead := &noticed{Context: slow{t.Context()}, asked: make(chan struct{})}
	go g.Do(ahead, func() {})
	<-ahead.asked
	behind := &noticed{Context: t.Context(), asked: make(chan struct{})}
	go func() { <-behind.asked; close(free) }()
	if err := g.Do(behind, func() { t.Error("it ran after its wait") }); !errors.Is(err, passhash.ErrBusy) {
		t.Error(err)
	}
}
