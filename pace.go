package tollkeeper

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	latestRefusal = 500 * time.Millisecond // no refusal is held back for longer
	maxHeld       = 4_096                  // refusals that are held back at once
	maxAwake      = 64                     // of them those that wait for their end awake
	coarse        = 2 * time.Millisecond   // a timer may be late by so much
)

// pace holds back the answers that a stranger may time, so that a branch that is quicker looks like one that is not:
// an account that is there or not, a code that is on its way or not, an imported hash or one of our own (R14, N06).
// They come not before a quarter more than the slow ones of late took, to the microsecond. What a throttle refused is
// not held: it depends on nothing but what was submitted.
type pace struct {
	least time.Duration // that hashing takes, whatever came of late
	slow  atomic.Int64  // nanoseconds: a slower answer draws it up by an eighth of the way, any other lets it sink a little
	held  atomic.Int64
	awake atomic.Int64
}

// hold returns err when it is time to. began is when the work began whose time would tell; time spent in a queue does
// not belong to it. [ErrBusy]: too many wait already. [ErrUnavailable]: ctx ended.
func (p *pace) hold(ctx context.Context, began time.Time, err error) error {
	end := began.Add(p.floor(time.Since(began)))
	rest := time.Until(end)
	if rest <= 0 {
		return err
	}
	defer p.held.Add(-1)
	if p.held.Add(1) > maxHeld {
		return ErrBusy
	}
	if rest > coarse && !sleep(ctx, rest-coarse) {
		return ErrUnavailable.WithCause(ctx.Err())
	}
	p.wait(end)
	return err
}

// sleep reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wait is for a moment that is near. An idle process sleeps by the millisecond (epoll), so that the end of a timer
// would tell when it was set: it stays awake, and lets others go first. Where many do, no processor is idle and timers
// are exact; where the clock stands still, as testing/synctest's does while anybody is awake, timers are all there is.
func (p *pace) wait(end time.Time) {
	defer p.awake.Add(-1)
	if p.awake.Add(1) <= maxAwake {
		for now, still := time.Now(), 0; still < 100; still++ {
			if !now.Before(end) {
				return
			}
			runtime.Gosched()
			if next := time.Now(); next != now {
				now, still = next, 0
			}
		}
	}
	time.Sleep(time.Until(end))
}

// floor counts an answer that took so long, and says how long any takes at least. That depends on those before it
// alone: it would tell how long it took.
func (p *pace) floor(took time.Duration) time.Duration {
	for {
		last := p.slow.Load()
		slow := last - last/256
		if gap := int64(min(took, latestRefusal)) - last; gap > 0 {
			slow = last + gap/8
		}
		if p.slow.CompareAndSwap(last, slow) {
			last = max(last, int64(p.least))
			return min(latestRefusal, time.Duration(last+last/4))
		}
	}
}
