package passhash_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// occupy runs a call through g that holds its place for d.
func occupy(g *passhash.Gate, d time.Duration) {
	go g.Do(context.Background(), func() { time.Sleep(d) })
	synctest.Wait()
}

func TestGateRunsAtMostParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parallel, queue = 3, 20
		g := passhash.NewGate(parallel, queue, time.Hour)
		var running, most, ran, busy atomic.Int64
		for range 50 {
			go func() {
				err := g.Do(t.Context(), func() {
					now := running.Add(1)
					for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
					}
					time.Sleep(time.Second)
					running.Add(-1)
					ran.Add(1)
				})
				if errors.Is(err, passhash.ErrBusy) {
					busy.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			}()
		}
		synctest.Wait()
		if n := busy.Load(); n != 50-parallel-queue {
			t.Errorf("%d were refused at once, want %d", n, 50-parallel-queue)
		}
		start := time.Now()
		time.Sleep(time.Minute)
		synctest.Wait()
		if ran.Load() != parallel+queue || most.Load() != parallel {
			t.Errorf("%d ran, %d at once, in %v", ran.Load(), most.Load(), time.Since(start))
		}
	})
}

func TestGateRefusesAfterTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := passhash.NewGate(1, 1, 2*time.Second)
		occupy(g, 5*time.Second)
		start := time.Now()
		err := g.Do(t.Context(), func() { t.Error("ran") })
		if !errors.Is(err, passhash.ErrBusy) || time.Since(start) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		time.Sleep(time.Hour)
		ran := false
		if err := g.Do(t.Context(), func() { ran = true }); err != nil || !ran {
			t.Errorf("a free gate: %v", err)
		}
	})
}

func TestGateWaitingCallRunsWhenAPlaceIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := passhash.NewGate(1, 1, 2*time.Second)
		occupy(g, time.Second)
		start := time.Now()
		var began time.Duration
		if err := g.Do(t.Context(), func() { began = time.Since(start) }); err != nil {
			t.Fatal(err)
		}
		if began != time.Second {
			t.Errorf("began after %v", began)
		}
	})
}

func TestGateQueueKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := passhash.NewGate(1, 10, time.Hour)
		occupy(g, time.Second)
		var order []int
		for i := range 10 {
			go g.Do(t.Context(), func() { order = append(order, i) })
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(order) != 10 || !slices.IsSorted(order) {
			t.Errorf("ran in the order %v", order)
		}
	})
}

func TestGateHonoursContext(t *testing.T) {
	t.Run("canceled while waiting", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := passhash.NewGate(1, 1, time.Hour)
			occupy(g, 2*time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			err := g.Do(ctx, func() { t.Error("ran") })
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
			// Its place in the queue is free again.
			if err := g.Do(t.Context(), func() {}); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	})
	t.Run("canceled before", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := passhash.NewGate(1, 0, 0)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := g.Do(ctx, func() { t.Error("ran") }); !errors.Is(err, context.Canceled) {
				t.Errorf("Do = %v", err)
			}
			if err := g.Do(t.Context(), func() {}); err != nil {
				t.Errorf("the place was not given back: %v", err)
			}
		})
	})
	t.Run("canceled while running", func(t *testing.T) {
		g := passhash.NewGate(1, 0, 0)
		ctx, cancel := context.WithCancel(t.Context())
		if err := g.Do(ctx, cancel); err != nil {
			t.Errorf("Do = %v", err)
		}
	})
}

func TestGatePanicReleasesThePlace(t *testing.T) {
	g := passhash.NewGate(1, 0, 0)
	for range 3 {
		func() {
			defer func() {
				if r := recover(); r != "broken" {
					t.Errorf("recovered %v", r)
				}
			}()
			g.Do(t.Context(), func() { panic("broken") })
		}()
	}
	if err := g.Do(t.Context(), func() {}); err != nil {
		t.Errorf("Do = %v", err)
	}
}

func TestGateWithoutQueueRefusesAtOnce(t *testing.T) {
	gates := map[string]*passhash.Gate{
		"no queue":       passhash.NewGate(1, 0, time.Hour),
		"negative queue": passhash.NewGate(1, -1, time.Hour),
		"no wait":        passhash.NewGate(1, 5, 0),
		"no parallel":    passhash.NewGate(0, 0, 0),
	}
	for name, g := range gates {
		t.Run(name, func(t *testing.T) {
			err := g.Do(t.Context(), func() {
				if err := g.Do(t.Context(), func() {}); !errors.Is(err, passhash.ErrBusy) {
					t.Errorf("a second call: %v", err)
				}
			})
			if err != nil {
				t.Errorf("the first call: %v", err)
			}
		})
	}
	t.Run("zero", func(t *testing.T) {
		var g passhash.Gate
		if err := g.Do(t.Context(), func() { t.Error("ran") }); !errors.Is(err, passhash.ErrBusy) {
			t.Errorf("Do = %v", err)
		}
	})
}
