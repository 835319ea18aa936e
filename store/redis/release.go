package redis

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Release meets [store.AttemptStore]. After an error of the network it may have happened all the same; lost, the
// attempts stay counted.
func (s *Store) Release(ctx context.Context, t store.Release, now time.Time) error {
	if t.Zero() {
		return ctx.Err()
	}
	keys, args := s.releaseArguments(t, now)
	_, err := s.run(ctx, releaseScript, keys, args...)
	return err
}

func (s *Store) releaseArguments(t store.Release, now time.Time) (keys []string, args []any) {
	list := rules.Settlings(t)
	for _, x := range list {
		keys = append(keys, s.counter(x.Bucket.Key))
	}
	for _, d := range t.Marks {
		keys = append(keys, s.mark(d))
	}
	for _, d := range t.Pardon {
		keys = append(keys, s.pardon(d))
	}
	numbers := begin(now, len(list), 4+(perLimit+3)*len(list))
	numbers = numbers.add(millis(t.Until), int64(len(t.Marks)), millis(t.PardonUntil), int64(len(t.Pardon)))
	for _, x := range list {
		pardon := 0
		if x.Bucket.Pardon != (store.Digest{}) {
			keys = append(keys, s.pardon(x.Bucket.Pardon))
			pardon = len(keys)
		}
		numbers = numbers.limit(&x.Bucket.Limit, pardon, 0).add(number(x.Fail), number(x.Forgive), number(x.Forget))
	}
	return keys, []any{[]byte(numbers), t.Owner[:]}
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
