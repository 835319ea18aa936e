package passhash

import (
	"context"
	"errors"
	"time"
)

// ErrBusy: the gate has no place, and none came free in time. Nothing was run; the client may try again (503 with
// Retry-After).
var ErrBusy = errors.New("passhash: too many hashes at once")

// Gate bounds expensive work (SECURITY.md R11): so many run, so many wait, the rest is refused at once, so that a flood
// of sign-ins costs time and not memory. It is safe for concurrent use; waiting calls enter in their order of arrival.
// The zero Gate refuses everything: use [NewGate].
type Gate struct {
	running chan struct{} // holds one value for each call that runs
	waiting chan struct{} // holds one value for each call that waits
	wait    time.Duration
}

// NewGate returns a gate through which at most parallel calls run while at most queue others wait, each for at most
// wait. A parallel below one counts as one, a negative queue as none. With a queue of zero or a wait of zero or less
// nobody waits.
func NewGate(parallel, queue int, wait time.Duration) *Gate {
	if wait <= 0 {
		queue = 0
	}
	return &Gate{
		running: make(chan struct{}, max(parallel, 1)),
		waiting: make(chan struct{}, max(queue, 0)),
		wait:    wait,
	}
}

// Do runs f in the calling goroutine once there is a place, and returns nil. It returns [ErrBusy], without having run
// f, when the queue is full or the wait is over, and ctx's error when ctx ends before f starts. Once f runs, ctx has no
// say. A panic in f leaves the gate as if f had returned.
func (g *Gate) Do(ctx context.Context, f func()) error {
	if err := g.enter(ctx); err != nil {
		return err
	}
	defer func() { <-g.running }()
	// A place and the end of ctx may come together; nobody wants the result.
	if err := ctx.Err(); err != nil {
		return err
	}
	f()
	return nil
}

func (g *Gate) enter(ctx context.Context) error {
	select {
	case g.running <- struct{}{}:
		return nil
	default:
	}
	select {
	case g.waiting <- struct{}{}:
		defer func() { <-g.waiting }()
	default:
		return ErrBusy
	}
	timeout := time.NewTimer(g.wait)
	defer timeout.Stop()
	select {
	case g.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return ErrBusy
	}
}
