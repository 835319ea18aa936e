package redis

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Release meets [store.AttemptStore]. After an error of the network it may have happened all the same; lost, the
// attempts stay counted.
func (s *Store) Release(ctx context.Context, t store.Release, now time.Time) error {
	keys, numbers := s.releaseArguments(t, now)
	if len(keys) == 0 {
		return ctx.Err()
	}
	_, err := s.run(ctx, releaseScript, keys, numbers)
	return err
}

func (s *Store) releaseArguments(t store.Release, now time.Time) ([]string, packed) {
	keys := make([]string, 0, len(t.Forget)+len(t.Forgive)+1)
	for _, d := range t.Forget {
		keys = append(keys, s.counter(d))
	}
	var free packed
	for i := range t.Forgive {
		if b := &t.Forgive[i]; b.Limit.Forgives() {
			keys = append(keys, s.counter(b.Key))
			free = free.add(int64(b.Limit.Free))
		}
	}
	if t.Mark != (store.Digest{}) {
		keys = append(keys, s.mark(t.Mark))
	}
	var numbers packed
	numbers = numbers.add(millis(now), slack.Milliseconds(), int64(len(t.Forget)), millis(t.Until), int64(free.len()))
	return keys, append(numbers, free...)
}
