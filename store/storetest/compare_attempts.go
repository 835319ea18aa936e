package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func (w *twins) take() {
	some := w.attempted.pick(w.d)
	w.both("Take", some, func(s store.Store, i int) (any, error) {
		d, err := s.Take(w.ctx, some, w.at)
		if i == 1 {
			w.tookOne(d)
		}
		return d, err
	})
}

func (w *twins) tookOne(d store.Decision) {
	for _, o := range d.Outcomes {
		switch {
		case o.Refused:
			w.met("Take", "refused")
		case o.Full:
			w.met("Take", "full")
		case o.Waived:
			w.met("Take", "waived")
		}
	}
}

func (w *twins) ease() {
	t := w.release()
	w.both("Release", t, func(s store.Store, _ int) (any, error) { return nil, s.Release(w.ctx, t, w.at) })
}

func (w *twins) release() store.Release { return w.attempted.release(w.d, w.at, w.span()-time.Second) }
