package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// What the library's worker does: so many rows of each kind at a time, for so long of each second.
const (
	sweepBatch = 250
	sweepFor   = 100 * time.Millisecond
)

const (
	besideEvery = 5 * time.Millisecond // between two sign-ins beside a sweep
	besideCalls = 16                   // of them that may wait at once
)

// latencies are times of single calls, shortest first.
type latencies []time.Duration

func (w latencies) at(share float64) string {
	if len(w) == 0 {
		return ""
	}
	return duration(float64(w[min(len(w)-1, int(share*float64(len(w))))]))
}

func (w latencies) sum() (all time.Duration) {
	for _, d := range w {
		all += d
	}
	return all
}

// sweep sweeps at the population's time until nothing is left, one call after the other. With spread it rests as the
// worker does, and ends after so long.
func (p *population) sweep(ctx context.Context, spread time.Duration) (calls latencies, err error) {
	began := time.Now()
	for more, second := true, began; more && (spread == 0 || time.Since(began) < spread); {
		start := time.Now()
		if more, err = p.s.Sweep(ctx, sweepBatch, p.now()); err != nil {
			return nil, err
		}
		calls = append(calls, time.Since(start))
		if spread > 0 && time.Since(second) >= sweepFor {
			time.Sleep(time.Second)
			second = time.Now()
		}
	}
	slices.Sort(calls)
	return calls, nil
}

// beside signs people in at a steady rate while do works. A wait counts from the moment when its call was due, so that
// a store that stands still is seen by all who come meanwhile.
func (p *population) beside(ctx context.Context, do func() error) (calls latencies, err error) {
	times, failures := make([]latencies, besideCalls), make([]error, besideCalls+1)
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
// over, and when the log's are. For the time of rest it sweeps as the worker does, and then at a stretch.
func (p *population) sweeps(ctx context.Context, rest time.Duration) (string, error) {
	t := newSheet("swept", "calls", "time in them", "median call", "99th percentile", "longest", "sign-ins beside it: median", "99th percentile", "longest")
	quiet, err := p.beside(ctx, func() error { time.Sleep(rest); return nil })
	if err != nil {
		return "", err
	}
	t.row("nothing at all", "", "", "", "", "", quiet.at(0.5), quiet.at(0.99), quiet.at(1))
	for _, step := range []struct {
		what   string
		moved  time.Duration
		spread time.Duration
		times  int
	}{
		{"all rows are good", 0, 0, 50},
		{"all sessions and counters are over: as the worker does", 2 * scaleLife, rest, 1}, {"the rest of them at a stretch", 0, 0, 1},
		{"nothing is left", 0, 0, 50},
		{"all sign-ins of the log are over: as the worker does", 90 * 24 * time.Hour, rest, 1}, {"the rest of them at a stretch", 0, 0, 1},
		{"nothing is left", 0, 0, 50},
	} {
		p.moved += step.moved
		var calls latencies
		beside, err := p.beside(ctx, func() error {
			for range step.times {
				some, err := p.sweep(ctx, step.spread)
				if err != nil {
					return err
				}
				calls = append(calls, some...)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		slices.Sort(calls)
		t.row(step.what, thousands(len(calls)), duration(float64(calls.sum())), calls.at(0.5), calls.at(0.99), calls.at(1),
			beside.at(0.5), beside.at(0.99), beside.at(1))
	}
	return t.String(), nil
}
