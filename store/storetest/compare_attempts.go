package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func (w *twins) take() {
	some := pick(w.d, w.buckets, w.marks)
	w.both("Take", some, func(s store.Store, i int) (any, error) {
		d, err := s.Take(w.ctx, some, w.at)
		if !d.Allowed && i == 1 {
			w.met("Take", "refused")
		}
		return d, err
	})
}

func (w *twins) ease() {
	t := w.release()
	w.both("Release", t, func(s store.Store, _ int) (any, error) { return nil, s.Release(w.ctx, t, w.at) })
}

func (w *twins) release() store.Release {
	t := store.Release{Mark: w.marks[w.d.roll(len(w.marks))]}
	if t.Mark != (store.Digest{}) {
		t.Until = w.at.Add(w.span() - time.Second)
	}
	some := pick(w.d, w.buckets, w.marks)
	half := w.d.roll(len(some) + 1)
	for _, b := range some[:half] {
		t.Forget = append(t.Forget, b.Key)
	}
	t.Forgive = some[half:]
	return t
}
