package redis

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Settle meets [store.AttemptStore]. After an error of the network it may have happened all the same; lost, the
// attempts stay counted.
func (s *Store) Settle(ctx context.Context, t store.Settlement, now time.Time) error {
	keys, numbers := s.settleArguments(t, now)
	if len(keys) == 0 {
		return ctx.Err()
	}
	_, err := s.run(ctx, settleScript, keys, numbers)
	return err
}

func (s *Store) settleArguments(t store.Settlement, now time.Time) ([]string, packed) {
	keys := make([]string, 0, len(t.Forget)+len(t.Forgive)+1)
	for _, d := range t.Forget {
		keys = append(keys, s.counter(d))
	}
	var free packed
	for i := range t.Forgive {
		if b := &t.Forgive[i]; b.Limit.Every <= 0 {
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
