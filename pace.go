package tollkeeper

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	latestRefusal = 500 * time.Millisecond // no refusal is held back for longer
	maxHeld       = 4_096                  // refusals that are held back at once
)

// pace holds back the answers that a stranger may time, so that a branch that is quicker looks like one that is not:
// an account that is there or not, a code that is on its way or not, an imported hash or one of our own (R14, N06).
// They come not before a quarter more than the slow ones of late took. What a throttle refused is not held: it depends
// on nothing but what was submitted.
type pace struct {
	least time.Duration // that hashing takes, whatever came of late
	slow  atomic.Int64  // nanoseconds: a slower answer draws it up by an eighth of the way, any other lets it sink a little
	held  atomic.Int64
}

// hold returns err when it is time to. began is when the work began whose time would tell; time spent in a queue does
// not belong to it. [ErrBusy]: too many wait already. [ErrUnavailable]: ctx ended.
func (p *pace) hold(ctx context.Context, began time.Time, err error) error {
	took := time.Since(began)
	rest := p.floor(took) - took
	if rest <= 0 {
		return err
	}
	defer p.held.Add(-1)
	if p.held.Add(1) > maxHeld {
		return ErrBusy
	}
	over := time.NewTimer(rest)
	defer over.Stop()
	select {
	case <-over.C:
		return err
	case <-ctx.Done():
		return ErrUnavailable.WithCause(ctx.Err())
	}
}

// floor counts an answer that took so long, and says how long it takes at least.
func (p *pace) floor(took time.Duration) time.Duration {
	for {
		last := p.slow.Load()
		slow := last - last/256
		if gap := int64(min(took, latestRefusal)) - last; gap > 0 {
			slow = last + gap/8
		}
		if p.slow.CompareAndSwap(last, slow) {
			slow = max(slow, int64(p.least))
			return min(latestRefusal, time.Duration(slow+slow/4))
		}
	}
}
