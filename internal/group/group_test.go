package group_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/group"
)

type result = group.Result[int]

// double answers twice each request after d, and keeps the batches it saw.
type double struct {
	d       time.Duration
	mu      sync.Mutex
	batches [][]int
}

func (d *double) run(_ context.Context, batch []int) []result {
	d.mu.Lock()
	d.batches = append(d.batches, slices.Clone(batch))
	d.mu.Unlock()
	time.Sleep(d.d)
	out := make([]result, len(batch))
	for i, n := range batch {
		out[i].Value = 2 * n
		if n < 0 {
			out[i] = result{Err: fmt.Errorf("refused %d", n)}
		}
	}
	return out
}

func (d *double) seen() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprint(d.batches)
}

// start calls Do in a goroutine and waits until it runs or is queued.
func start(t *testing.T, g *group.Group[int, int], ctx context.Context, n int) <-chan result {
	t.Helper()
	c := make(chan result, 1)
	go func() {
		v, err := g.Do(ctx, n)
		c <- result{Value: v, Err: err}
	}()
	synctest.Wait()
	return c
}

func TestDo(t *testing.T) {
	t.Run("one alone runs at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := &double{}
			g := group.New(group.Config[int]{}, d.run)
			begin := time.Now()
			if v, err := g.Do(t.Context(), 21); v != 42 || err != nil {
				t.Fatalf("got %d, %v", v, err)
			}
			if time.Since(begin) != 0 {
				t.Error("it waited")
			}
		})
	})
	t.Run("a batch is what queued, in order and bounded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := &double{d: time.Second}
			g := group.New(group.Config[int]{Batch: 3}, d.run)
			var all []<-chan result
			for n := range 6 {
				all = append(all, start(t, g, t.Context(), n))
			}
			for n, c := range all {
				if r := <-c; r.Value != 2*n || r.Err != nil {
					t.Errorf("%d: got %v", n, r)
				}
			}
			if got, want := d.seen(), "[[0] [1 2 3] [4 5]]"; got != want {
				t.Errorf("batches %s, want %s", got, want)
			}
		})
	})
	t.Run("each gets its own truth", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := &double{d: time.Second}
			g := group.New(group.Config[int]{}, d.run)
			start(t, g, t.Context(), 0)
			good, bad := start(t, g, t.Context(), 4), start(t, g, t.Context(), -4)
			if r := <-good; r.Value != 8 || r.Err != nil {
				t.Errorf("good: %v", r)
			}
			if r := <-bad; r.Err == nil || r.Value != 0 {
				t.Errorf("bad: %v", r)
			}
		})
	})
	t.Run("keys of different lanes do not wait for each other", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := &double{d: time.Second}
			g := group.New(group.Config[int]{Lanes: 2, Key: func(n int) uint64 { return uint64(n) }}, d.run)
			begin := time.Now()
			a, b := start(t, g, t.Context(), 0), start(t, g, t.Context(), 1)
			<-a
			<-b
			if got := time.Since(begin); got != time.Second {
				t.Errorf("took %v", got)
			}
		})
	})
}

func TestContext(t *testing.T) {
	t.Run("already ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := &double{}
		if _, err := group.New(group.Config[int]{}, d.run).Do(ctx, 1); !errors.Is(err, context.Canceled) || d.seen() != "[]" {
			t.Errorf("got %v, batches %s", err, d.seen())
		}
	})
	t.Run("ends while queued: no effect", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := &double{d: time.Second}
			g := group.New(group.Config[int]{}, d.run)
			first := start(t, g, t.Context(), 1)
			ctx, cancel := context.WithCancel(t.Context())
			var gone []<-chan result
			gone = append(gone, start(t, g, ctx, 2))
			stays := start(t, g, t.Context(), 3)
			gone = append(gone, start(t, g, ctx, 4), start(t, g, ctx, 5))
			cancel()
			for _, c := range gone {
				if r := <-c; !errors.Is(r.Err, context.Canceled) {
					t.Errorf("got %v", r)
				}
			}
			if got := d.seen(); got != "[[1]]" {
				t.Errorf("the answer waited for the batch: %s", got)
			}
			<-first
			if r := <-stays; r.Value != 6 {
				t.Errorf("got %v", r)
			}
			if got := d.seen(); got != "[[1] [3]]" {
				t.Errorf("batches %s", got)
			}
		})
	})
	t.Run("ends while its batch runs: the true answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := &double{d: time.Second}
			g := group.New(group.Config[int]{}, d.run)
			ctx, cancel := context.WithCancel(t.Context())
			first := start(t, g, ctx, 1)
			second := start(t, g, ctx, 2)
			time.AfterFunc(1500*time.Millisecond, cancel)
			if r := <-first; r.Value != 2 || r.Err != nil {
				t.Errorf("got %v", r)
			}
			if r := <-second; r.Value != 4 || r.Err != nil {
				t.Errorf("got %v", r)
			}
		})
	})
}

func TestContextOfTheLeaderDoesNotReachRun(t *testing.T) {
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), keyOfTest{}, "v"))
	g := group.New(group.Config[int]{}, func(ctx context.Context, _ []int) []result {
		cancel()
		if ctx.Err() != nil || ctx.Value(keyOfTest{}) != "v" {
			t.Errorf("run saw %v, %v", ctx.Err(), ctx.Value(keyOfTest{}))
		}
		return []result{{Value: 7}}
	})
	if v, err := g.Do(ctx, 1); v != 7 || err != nil {
		t.Errorf("got %d, %v", v, err)
	}
}

type keyOfTest struct{}

func TestBrokenRun(t *testing.T) {
	for name, bad := range map[string]func() []result{
		"panic":         func() []result { panic("boom") },
		"too few":       func() []result { return nil },
		"leaves Goexit": func() []result { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var breaks atomic.Bool
				g := group.New(group.Config[int]{}, func(_ context.Context, batch []int) []result {
					time.Sleep(time.Second)
					if breaks.Load() {
						return bad()
					}
					return make([]result, len(batch))
				})
				start(t, g, t.Context(), 0)
				breaks.Store(true)
				start(t, g, t.Context(), 1)
				second := start(t, g, t.Context(), 2)
				time.Sleep(1500 * time.Millisecond)
				third := start(t, g, t.Context(), 3)
				if r := <-second; !errors.Is(r.Err, group.ErrBroken) {
					t.Errorf("got %v", r)
				}
				breaks.Store(false)
				if r := <-third; r.Err != nil {
					t.Errorf("the lane is lost: %v", r.Err)
				}
			})
		})
	}
}

func TestManyCallers(t *testing.T) {
	for _, lanes := range []int{1, 4} {
		t.Run(fmt.Sprint(lanes, " lanes"), func(t *testing.T) {
			var effects, running atomic.Int64
			g := group.New(group.Config[int]{Lanes: lanes, Batch: 8, Key: func(n int) uint64 { return uint64(n) }},
				func(_ context.Context, batch []int) []result {
					if running.Add(1) > int64(lanes) {
						t.Error("more runs than lanes")
					}
					defer running.Add(-1)
					effects.Add(int64(len(batch)))
					runtime.Gosched()
					out := make([]result, len(batch))
					for i, n := range batch {
						out[i].Value = n
					}
					return out
				})
			answered := storm(t, g)
			if effects.Load() != answered {
				t.Errorf("%d effects, %d answers", effects.Load(), answered)
			}
		})
	}
}

// storm calls Do from 32 goroutines, a third with contexts that end at some moment, and counts the answers without error.
func storm(t *testing.T, g *group.Group[int, int]) int64 {
	var answered atomic.Int64
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			for i := range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if w%3 == 0 {
					go cancel()
				}
				n := w*1000 + i
				v, err := g.Do(ctx, n)
				if cancel(); err == nil {
					answered.Add(1)
					if v != n {
						t.Errorf("%d got the answer of %d", n, v)
					}
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return answered.Load()
}

func BenchmarkDo(b *testing.B) {
	g := group.New(group.Config[int]{}, func(_ context.Context, batch []int) []result { return make([]result, len(batch)) })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Do(b.Context(), 1); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCrowd: callers who ask again as soon as they are answered come together in one batch, not in two by turns.
func TestCrowd(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const callers, rounds = 8, 40
	batches, sum := 0, 0
	g := group.New(group.Config[int]{}, func(_ context.Context, batch []int) []result {
		batches++
		sum += len(batch)
		time.Sleep(100 * time.Microsecond)
		return make([]result, len(batch))
	})
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			for range rounds {
				if _, err := g.Do(t.Context(), n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if sum != callers*rounds || batches > rounds*3/2 {
		t.Errorf("%d requests of %d, %d batches in %d rounds", sum, callers*rounds, batches, rounds)
	}
}
