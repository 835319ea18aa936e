package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	sweepBatch  = 1_000                // rows of each kind that the library's worker asks for at a time
	besideEvery = 5 * time.Millisecond // between two sign-ins beside a sweep
	besideCalls = 16                   // of them that may wait at once
)

// waits are times of single calls, shortest first.
type waits []time.Duration

func (w waits) at(share float64) string {
	if len(w) == 0 {
		return ""
	}
	return duration(float64(w[min(len(w)-1, int(share*float64(len(w))))]))
}

func (w waits) sum() (all time.Duration) {
	for _, d := range w {
		all += d
	}
	return all
}

// sweep sweeps at the population's time until nothing is left, one call after the other.
func (p *population) sweep(ctx context.Context) (calls waits, err error) {
	for more := true; more; {
		began := time.Now()
		if more, err = p.s.Sweep(ctx, sweepBatch, p.now()); err != nil {
			return nil, err
		}
		calls = append(calls, time.Since(began))
	}
	slices.Sort(calls)
	return calls, nil
}

// beside signs people in at a steady rate while do works. A wait counts from the moment when its call was due, so that
// a store that stands still is seen by all who come meanwhile.
func (p *population) beside(ctx context.Context, do func() error) (calls waits, err error) {
	times, failures := make([]waits, besideCalls), make([]error, besideCalls+1)
	done := make(chan struct{})
	var all sync.WaitGroup
	start := time.Now()
	for k := range besideCalls {
		all.Go(func() {
			for n := k; ; n += besideCalls {
				due := start.Add(time.Duration(n) * besideEvery)
				select {
				case <-done:
					return
				case <-time.After(time.Until(due)):
				}
				if failures[k] = p.signIn(ctx, p.anybody(n), signing{paid: true, told: true}); failures[k] != nil {
					return
				}
				times[k] = append(times[k], time.Since(due))
			}
		})
	}
	failures[besideCalls] = do()
	close(done)
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	calls = slices.Concat(times...)
	slices.Sort(calls)
	return calls, nil
}

// sweeps measures what the sweeper does with rows of each kind: while all are good, when all sessions and counters are
// over, and when the log's are.
func (p *population) sweeps(ctx context.Context, rest time.Duration) (string, error) {
	t := newSheet("what is over", "calls of 1,000", "all of them", "median call", "99th percentile", "longest",
		"sign-ins beside it: median", "99th percentile", "longest")
	quiet, err := p.beside(ctx, func() error { time.Sleep(rest); return nil })
	if err != nil {
		return "", err
	}
	t.row("no sweep at all", "", "", "", "", "", quiet.at(0.5), quiet.at(0.99), quiet.at(1))
	for _, step := range []struct {
		what  string
		moved time.Duration
	}{
		{"nothing, all rows are good", 0}, {"all sessions and counters", 5 * 24 * time.Hour}, {"nothing, right after that", 0},
		{"all sign-ins of the log, after 90 days", 90 * 24 * time.Hour}, {"nothing, right after that", 0},
	} {
		p.moved += step.moved
		var calls waits
		sweep := func() (err error) { calls, err = p.sweep(ctx); return err }
		if step.moved == 0 {
			if calls, err = p.idle(ctx); err != nil {
				return "", err
			}
			t.row(step.what, thousands(len(calls)), duration(float64(calls.sum())), calls.at(0.5), calls.at(0.99), calls.at(1), "", "", "")
			continue
		}
		beside, err := p.beside(ctx, sweep)
		if err != nil {
			return "", err
		}
		t.row(step.what, thousands(len(calls)), duration(float64(calls.sum())), calls.at(0.5), calls.at(0.99), calls.at(1),
			beside.at(0.5), beside.at(0.99), beside.at(1))
	}
	return t.String(), nil
}

// idle sweeps when nothing is due.
func (p *population) idle(ctx context.Context) (calls waits, err error) {
	for range 50 {
		more, err := p.sweep(ctx)
		if err != nil {
			return nil, err
		}
		calls = append(calls, more...)
	}
	slices.Sort(calls)
	return calls, nil
}
