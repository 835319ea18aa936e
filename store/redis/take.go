package redis

import (
	"context"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Numbers per bucket that take.lua takes and returns.
const (
	perLimit   = 7
	perOutcome = 5
)

// What take.lua did to a counter.
const (
	refused = 1
	counted = 2
)

// Take meets [store.AttemptStore]. After an error of the network it may have counted all the same.
func (s *Store) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	if len(buckets) == 0 {
		return store.Decision{Allowed: true}, ctx.Err()
	}
	keys, numbers := s.takeArguments(buckets, now)
	answer, err := s.run(ctx, takeScript, keys, numbers)
	switch {
	case err != nil && s.open && ctx.Err() == nil && away(err) && onlyRates(buckets):
		s.opened(err)
		return store.Decision{Allowed: true, Outcomes: make([]store.Outcome, len(buckets))}, nil
	case err != nil:
		return store.Decision{}, err
	case answer.len() != 1+perOutcome*len(buckets):
		return store.Decision{}, errReply
	}
	return decision(answer), nil
}

func (s *Store) takeArguments(buckets []store.Bucket, now time.Time) ([]string, packed) {
	keys := make([]string, len(buckets), 2*len(buckets))
	numbers := make(packed, 0, 8*(3+perLimit*len(buckets)))
	numbers = numbers.add(millis(now), slack.Milliseconds(), int64(len(buckets)))
	for i := range buckets {
		b := &buckets[i]
		keys[i] = s.counter(b.Key)
		mark := 0
		if b.Waive != (store.Digest{}) {
			keys = append(keys, s.mark(b.Waive))
			mark = len(keys)
		}
		l := &b.Limit
		numbers = numbers.add(l.Every.Milliseconds(), int64(l.Burst), int64(l.Free),
			l.Base.Milliseconds(), l.Max.Milliseconds(), l.Window.Milliseconds(), int64(mark))
	}
	return keys, numbers
}

func decision(answer packed) store.Decision {
	d := store.Decision{Allowed: answer.at(0) == 1, Outcomes: make([]store.Outcome, answer.len()/perOutcome)}
	for i := range d.Outcomes {
		o := answer[8*(1+perOutcome*i):]
		d.Outcomes[i] = store.Outcome{
			State:   store.State{N: int(o.at(0)), Until: moment(o.at(1)), Expires: moment(o.at(2))},
			Refused: o.at(3) == refused,
			Counted: o.at(3) == counted,
			Marked:  moment(o.at(4)),
		}
	}
	return d
}

func onlyRates(buckets []store.Bucket) bool {
	return !slices.ContainsFunc(buckets, func(b store.Bucket) bool { return b.Limit.Kind() != store.KindRate })
}
