// Package group commits together what waits together.
//
// A batch is what queued while the batch before it ran, and what those who were answered then ask at once: its leader
// steps behind the goroutines that can run. There is no timer. A request that meets an idle lane runs at once, and
// alone unless others come in the same moment. Nothing is answered before run, which commits, has returned.
package group

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// ErrBroken is the error of every request of a batch whose run did not answer each of them. Whether it committed is
// unknown.
var ErrBroken = errors.New("group: run did not answer its batch")

// Result is the truth about one request.
type Result[Res any] struct {
	Value Res
	Err   error
}

// Config shapes a Group. The zero Config is one lane with batches of up to 128.
type Config[Req any] struct {
	Batch int // most requests in one run; zero means 128
	Lanes int // runs at the same time; zero means 1

	// Key chooses the lane: requests of one key share one, in the order they arrived. A payer's id as key gives a hot
	// payer one lane, so that its row is not fought over, while other payers commit beside it. Nil: every request has
	// the same key. It is called in the caller's goroutine and must not block.
	Key func(Req) uint64
}

// Group turns concurrent calls of [Group.Do] into batches. It has no goroutine of its own: one of the callers runs the
// batch for all. It is safe for concurrent use and needs no closing.
type Group[Req, Res any] struct {
	run   func(context.Context, []Req) []Result[Res]
	key   func(Req) uint64
	batch int
	lanes []lane[Req, Res]
}

// New makes a Group around run, which does a batch in order and returns one [Result] for each request, in the same
// order. run is never called twice at once for one lane. Its context carries the values of one caller and is never
// cancelled, because a batch belongs to several: run bounds its own time. It must not keep the slice.
func New[Req, Res any](c Config[Req], run func(context.Context, []Req) []Result[Res]) *Group[Req, Res] {
	if c.Batch <= 0 {
		c.Batch = 128
	}
	if c.Lanes <= 0 || c.Key == nil {
		c.Lanes = 1
	}
	return &Group[Req, Res]{run: run, key: c.Key, batch: c.Batch, lanes: make([]lane[Req, Res], c.Lanes)}
}

// Do returns what run made of req. When ctx ends before req's batch runs, req is taken out, has no effect and the
// answer is ctx.Err(); from then on Do waits for the true answer. When run panics or leaves requests out, each of its
// batch gets an error that is [ErrBroken], and the lane goes on.
func (g *Group[Req, Res]) Do(ctx context.Context, req Req) (Res, error) {
	if err := ctx.Err(); err != nil {
		var none Res
		return none, err
	}
	l := g.lane(req)
	w := &waiter[Req, Res]{req: req}
	if l.enter(w) {
		g.lead(ctx, l, w)
		return w.res.Value, w.res.Err
	}
	select {
	case <-w.wake:
	case <-ctx.Done():
		if l.leave(w) {
			var none Res
			return none, ctx.Err()
		}
		<-w.wake
	}
	if !w.done {
		if err := ctx.Err(); err != nil {
			l.pass()
			return w.res.Value, err
		}
		g.lead(ctx, l, w)
	}
	return w.res.Value, w.res.Err
}

func (g *Group[Req, Res]) lane(req Req) *lane[Req, Res] {
	if len(g.lanes) == 1 {
		return &g.lanes[0]
	}
	return &g.lanes[g.key(req)%uint64(len(g.lanes))]
}

// lead runs one batch, of which the leader's own request is the first, and hands the lane on. The hand-over is
// deferred so that no panic and no Goexit in run can keep the lane.
func (g *Group[Req, Res]) lead(ctx context.Context, l *lane[Req, Res], first *waiter[Req, Res]) {
	runtime.Gosched() // so that those who were just answered come along, and do not wait for this batch to pass
	batch := l.take(first, g.batch)
	for _, w := range batch {
		w.res.Err = ErrBroken
	}
	defer func() {
		for _, w := range batch[1:] {
			w.done = true
			close(w.wake)
		}
		l.pass()
	}()
	reqs := make([]Req, len(batch))
	for i, w := range batch {
		reqs[i] = w.req
	}
	results, err := g.guarded(ctx, reqs)
	for i, w := range batch {
		switch {
		case err != nil:
			w.res.Err = err
		case len(results) == len(batch):
			w.res = results[i]
		}
	}
}

func (g *Group[Req, Res]) guarded(ctx context.Context, reqs []Req) (results []Result[Res], err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: panic: %v\n%s", ErrBroken, v, debug.Stack())
		}
	}()
	return g.run(context.WithoutCancel(ctx), reqs), nil
}
