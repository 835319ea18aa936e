package passhash

import (
	linked "container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// ErrBusy: the gate has no place, and none came free in time. Nothing was run; the client may try again (503 with
// Retry-After).
var ErrBusy = errors.New("passhash: too many hashes at once")

// Gate bounds expensive work (SECURITY.md R11): so many calls run, others wait in line, and those for whom no place can
// come free in time are refused at once, so that a flood of sign-ins costs time and not memory. It is safe for
// concurrent use. The zero Gate refuses everything: use [NewGate].
//
// Calls enter in their order of arrival. A call that ends hands its place to the first in line, so that a newcomer
// never takes it before them.
type Gate struct {
	parallel int
	queue    int
	wait     time.Duration

	mu      sync.Mutex
	running int
	line    linked.List   // of *waiter; empty while a place is free
	lasts   time.Duration // what a call took of late, as a moving mean. Zero: none has ended
}

// waiter is a call in line. Its turn gets one value, under the lock of the gate: nil with a place, or why there is
// none.
type waiter struct {
	ctx   context.Context
	until time.Time
	turn  chan error
}

// NewGate returns a gate through which at most parallel calls run while at most queue others wait, each for at most
// wait. A parallel below one counts as one, a negative queue as none. With a queue of zero or a wait of zero or less
// nobody waits.
func NewGate(parallel, queue int, wait time.Duration) *Gate {
	if wait <= 0 {
		queue = 0
	}
	return &Gate{parallel: max(parallel, 1), queue: max(queue, 0), wait: wait}
}

// Do runs f in the calling goroutine once there is a place, and returns nil. It returns [ErrBusy], without having run
// f, when the wait is over; at once, when queue calls wait, or 64 and so many that there would be no place within the
// wait even if calls took half of what they took of late. It returns ctx's error when ctx ends before f starts. Once f
// runs, ctx has no say. A panic in f leaves the gate as if f had returned.
func (g *Gate) Do(ctx context.Context, f func()) error {
	if err := g.enter(ctx); err != nil {
		return err
	}
	var took time.Duration
	defer func() { g.leave(took) }()
	// A place and the end of ctx may come together; nobody wants the result.
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	defer func() { took = time.Since(began) }()
	f()
	return nil
}

func (g *Gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.running < g.parallel {
		g.running++
		g.mu.Unlock()
		return nil
	}
	if g.hopeless() {
		g.mu.Unlock()
		return ErrBusy
	}
	w := &waiter{ctx: ctx, until: time.Now().Add(g.wait), turn: make(chan error, 1)}
	place := g.line.PushBack(w)
	g.mu.Unlock()

	timeout := time.NewTimer(g.wait)
	defer timeout.Stop()
	select {
	case err := <-w.turn:
		return err
	case <-ctx.Done():
		return g.giveUp(place, ctx.Err())
	case <-timeout.C:
		return g.giveUp(place, ErrBusy)
	}
}

// patient is how many may wait whatever calls took of late: so few cost no memory to speak of.
const patient = 64

// hopeless reports whether one more call could not get a place in time. How long calls will take is not known, only how
// long they took, and other work of the machine may end: so it counts with half of that. Who waits in vain is told so
// later than they might be; nobody is refused whose turn would have come.
func (g *Gate) hopeless() bool {
	ahead := g.line.Len()
	return ahead >= g.queue || ahead >= patient && time.Duration(ahead)*g.lasts/time.Duration(2*g.parallel) > g.wait
}

// giveUp takes a waiter out of the line and returns why, unless their turn came at the same moment.
func (g *Gate) giveUp(place *linked.Element, why error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case err := <-place.Value.(*waiter).turn:
		return err
	default:
		g.line.Remove(place)
		return why
	}
}

// leave hands the place of a call that took so long to the first in line who still wants it and whose wait is not over:
// a timer may be late.
func (g *Gate) leave(took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.observe(took)
	for first := g.line.Front(); first != nil; first = g.line.Front() {
		w := g.line.Remove(first).(*waiter)
		err := w.ctx.Err()
		if err == nil && time.Now().After(w.until) {
			err = ErrBusy
		}
		w.turn <- err
		if err == nil {
			return
		}
	}
	g.running--
}

// observe brings the moving mean an eighth of the way to a call that took so long, and counts no call as more than
// twice the mean: a process that was stopped for an hour does not refuse people afterwards. Zero: f was not run.
func (g *Gate) observe(took time.Duration) {
	switch {
	case took <= 0:
	case g.lasts == 0:
		g.lasts = took
	default:
		g.lasts += (min(took, 2*g.lasts) - g.lasts) / 8
	}
}
