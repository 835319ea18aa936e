package bench

import (
	"context"
	"runtime"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func scaleMemory(ctx context.Context, s Setup, rows int) (map[string]string, error) {
	kept := memory.New()
	p, err := newPopulation(ctx, kept, rows)
	if err != nil {
		return nil, err
	}
	sizes, paces := newSheet("one of each", "heap"), newPaces()
	before := heap()
	for _, step := range []struct {
		what string
		n    int
		do   func(i int) error
		each int // rows that a call makes
	}{
		{"account", rows, func(i int) error { return p.born(ctx, i) }, 1},
		{"session", rows, func(i int) error { return p.signIn(ctx, i, signing{}) }, 1},
		{"row of the ledger", rows, func(i int) error { return p.pay(ctx, i) }, 1},
		{"line of the log", rows, func(i int) error { return kept.AddEvents(ctx, []store.Event{p.event(i)}) }, 1},
		{"counter of attempts", rows / 3, func(int) error { return p.attempt(ctx, kept.Take) }, 3},
	} {
		took, err := crowded(step.n, step.do)
		if err != nil {
			return nil, err
		}
		after := heap()
		sizes.row(step.what, each(after-before, step.n*step.each))
		paces.pace(step.what, step.n*step.each, took)
		before = after
	}
	sizes.row("all of them, the whole process", size(float64(before)))
	sweeps, err := p.sweeps(ctx, restOf(s))
	if err != nil {
		return nil, err
	}
	sizes.row("after the sweeps, the whole process", size(float64(heap())))
	runtime.KeepAlive(p)
	return map[string]string{"memory": sizes.String() + "\n" + paces.String() + "\n" + sweeps}, nil
}

// pay is a charge that no sign-in comes with.
func (p *population) pay(ctx context.Context, i int) error {
	e := tollkeeper.LedgerEntry{
		ID: p.id(), Owner: p.parents[i%len(p.parents)], Operation: tollkeeper.OpSignIn, Amount: -1, Subject: p.people[i], At: p.now(),
	}
	e.Key = "session:" + e.ID.String()
	_, _, _, err := p.s.ApplyCredit(ctx, store.Posting{Entry: e})
	return err
}

// restOf is for how long sign-ins are measured with nothing beside them.
func restOf(s Setup) time.Duration {
	if s.Small {
		return 50 * time.Millisecond
	}
	return 10 * time.Second
}
