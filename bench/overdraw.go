package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// overdraw asks for so many paid sessions from 64 goroutines and counts those that were granted.
func overdraw(ctx context.Context, s store.Store, a tollkeeper.Account, requests int) (granted int64, took time.Duration, err error) {
	var left, made atomic.Int64
	var failure atomic.Value
	var all sync.WaitGroup
	left.Store(int64(requests))
	start := time.Now()
	for range 64 {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				n := paid(a)
				switch _, err := s.CreateSession(ctx, n, n.Session.CreatedAt); {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, store.ErrInsufficientCredits):
					failure.CompareAndSwap(nil, err)
				}
			}
		})
	}
	all.Wait()
	took = time.Since(start)
	err, _ = failure.Load().(error)
	return made.Load(), took, err
}
