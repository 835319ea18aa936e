package tollkeeper

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const (
	pollEvery   = time.Second // for mail that other processes queued
	sweepEvery  = 10 * time.Minute
	sweepFor    = pollEvery / 10 // of each second while something is left
	sweepBatch  = 250            // rows of each kind; on SQLite sign-ins wait while they go
	monthsEvery = time.Hour
	maxTouches  = 10_000
)

// worker does what must not delay a request: it sends mail, notes that sessions were used, sweeps and settles months.
// Any number of processes may run one on the same store.
type worker struct {
	auth   *Authenticator
	wakeup chan struct{}
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
	ctx    context.Context // ends when Close gives up waiting
	cancel context.CancelFunc

	senders chan struct{}  // holds one value for each mail that is being sent, or may be
	sending sync.WaitGroup // the mails that are
	starved atomic.Bool    // mail may be due that found no sender

	mu      sync.Mutex
	touches map[uuid.UUID]store.Touch // bounded by maxTouches
	samples samples                   // of failures, to be written
}

func newWorker(a *Authenticator) *worker {
	w := &worker{auth: a, wakeup: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), touches: map[uuid.UUID]store.Touch{}, senders: make(chan struct{}, mailSenders)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	return w
}

func (w *worker) start() { go w.run() }

// wake makes the worker look at the outbox now.
func (w *worker) wake() {
	select {
	case w.wakeup <- struct{}{}:
	default:
	}
}

// touch remembers that a session was used, until the next round. Beyond the bound it forgets: nothing depends on it.
func (w *worker) touch(t store.Touch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.touches) < maxTouches {
		w.touches[t.Session] = t
	}
}

func (w *worker) close(ctx context.Context) error {
	w.once.Do(func() { close(w.stop) })
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		w.cancel()
		return ctx.Err()
	}
}

func (w *worker) run() {
	defer close(w.done)
	defer w.cancel()
	var sweep, settled time.Time
	for {
		w.round(&sweep, &settled)
		select {
		case <-w.stop:
			w.drain()
			w.touchAll()
			w.logFailures()
			return
		case <-w.wakeup:
		case <-time.After(pollEvery):
		}
	}
}

// round does what is due; sweep is when the next sweep is. A panic in a store ends the round, not the worker.
func (w *worker) round(sweep, settled *time.Time) {
	defer w.recoverPanic()
	w.sendDue()
	w.touchAll()
	w.logFailures()
	if now := time.Now(); !now.Before(*sweep) {
		*sweep = now.Add(sweepEvery)
		if w.sweep() {
			*sweep = now.Add(pollEvery)
		}
	}
	if now := time.Now(); now.Sub(*settled) >= monthsEvery {
		*settled = now
		w.settleMonths()
	}
}

// recoverPanic is deferred: a panic in a store costs what was under way, never the process.
func (w *worker) recoverPanic() {
	if r := recover(); r != nil {
		w.auth.cfg.Logger.Error("tollkeeper: worker panicked", "panic", r)
	}
}

func (w *worker) touchAll() {
	w.mu.Lock()
	touches := w.touches
	if len(touches) > 0 {
		w.touches = map[uuid.UUID]store.Touch{}
	} else {
		touches = nil // the map stays the worker's: only under the lock may it be looked at
	}
	w.mu.Unlock()
	for _, t := range touches {
		err := w.auth.store.TouchSession(w.ctx, t, w.auth.now())
		w.auth.live.sessionChanged(t.Account) // or what is remembered asks for the same again
		if err != nil && !errors.Is(err, ErrNotFound) {
			w.failed("session not touched", err)
			return
		}
	}
}

// logFailures writes the failures that were sampled since the last round.
func (w *worker) logFailures() {
	list := w.samples.take()
	if len(list) == 0 {
		return
	}
	if err := w.auth.store.AddEvents(w.ctx, list); err != nil {
		w.failed("failures not logged", err)
	}
}

// sweep removes what is over, and returns whether more is left when its time is up. However much ends at once, mail and
// sign-ins wait for little of it.
func (w *worker) sweep() (more bool) {
	for began := time.Now(); time.Since(began) < sweepFor && !w.stopping(); {
		var err error
		if more, err = w.auth.store.Sweep(w.ctx, sweepBatch, w.auth.now()); err != nil {
			w.failed("sweep failed", err)
			return false
		}
		if !more {
			return false
		}
	}
	return more
}

// settleMonths charges retention for every month that has ended. However many processes call it and whatever the clock
// did meanwhile, each parent pays each month once.
func (w *worker) settleMonths() {
	a := w.auth
	if a.cfg.Credits == nil {
		return
	}
	for !w.stopping() {
		now := a.now()
		c := store.Closing{Month: MonthOf(now) - 1, Price: a.cfg.Credits.Prices[OpRetention], Limit: 100}
		n, _, err := a.store.CloseMonths(w.ctx, c, now)
		if err != nil {
			w.failed("months not settled", err)
			return
		}
		if n == 0 {
			return
		}
	}
}

func (w *worker) stopping() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

func (w *worker) failed(what string, err error) {
	if w.ctx.Err() == nil {
		w.auth.cfg.Logger.Warn("tollkeeper: "+what, "error", err)
	}
}
