package redis

import (
	"context"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// Numbers per bucket that the scripts take, and that take.lua returns; the last two of those hold an owner.
const (
	perLimit   = 7
	perOutcome = 10
)

// Take meets [store.AttemptStore]. After an error of the network it may have counted all the same.
func (s *Store) Take(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	if len(buckets) == 0 {
		return store.Decision{Allowed: true}, ctx.Err()
	}
	keys, numbers := s.takeArguments(buckets, now)
	answer, err := s.run(ctx, takeScript, keys, []byte(numbers))
	switch {
	case err != nil && s.open && ctx.Err() == nil && away(err) && onlyRates(buckets):
		s.opened(err)
		return store.Decision{Allowed: true, Outcomes: make([]store.Outcome, len(buckets))}, nil
	case err != nil:
		return store.Decision{}, err
	case answer.len() != 1+perOutcome*len(buckets):
		return store.Decision{}, errReply
	}
	return decision(answer, now), nil
}

func (s *Store) takeArguments(buckets []store.Bucket, now time.Time) ([]string, packed) {
	keys := make([]string, len(buckets), 3*len(buckets))
	numbers := begin(now, len(buckets), perLimit*len(buckets))
	for i := range buckets {
		b := &buckets[i]
		keys[i] = s.counter(b.Key)
		pardon, mark := 0, 0
		if b.Pardon != (store.Digest{}) {
			keys = append(keys, s.pardon(b.Pardon))
			pardon = len(keys)
		}
		if b.Waive != (store.Digest{}) {
			keys = append(keys, s.mark(b.Waive))
			mark = len(keys)
		}
		numbers = numbers.limit(&b.Limit, pardon, mark)
	}
	return keys, numbers
}

// begin makes numbers for a script with size counters, and room for some more.
func begin(now time.Time, size, room int) packed {
	return make(packed, 0, 8*(4+room)).add(millis(now), slack.Milliseconds(), store.HeldFor.Milliseconds(), int64(size))
}

// limit adds a limit, and which of the keys are its pardon and its mark.
func (p packed) limit(l *store.Limit, pardon, mark int) packed {
	refuses, remembers := l.Longest()
	return p.add(int64(l.Kind()), int64(l.Free), l.Base.Milliseconds(), refuses.Milliseconds(), remembers.Milliseconds(), int64(pardon), int64(mark))
}

func decision(answer packed, now time.Time) store.Decision {
	d := store.Decision{Allowed: answer.at(0) == 1, Outcomes: make([]store.Outcome, answer.len()/perOutcome)}
	for i := range d.Outcomes {
		p, o := answer[8*(1+perOutcome*i):], &d.Outcomes[i]
		o.State = store.State{
			N: int(p.at(0)), Until: moment(p.at(1)), Expires: moment(p.at(2)), At: moment(p.at(3)), Held: int(p.at(4)), HeldUntil: moment(p.at(5)),
		}
		fits := p.at(6) == 1
		o.Counted, o.Marked = fits && d.Allowed, moment(p.at(7))
		copy(o.Owner[:], p[8*8:])
		rules.Judge(o, fits, now)
	}
	return d
}

func onlyRates(buckets []store.Bucket) bool {
	return !slices.ContainsFunc(buckets, func(b store.Bucket) bool { return b.Limit.Kind() != store.KindRate })
}
