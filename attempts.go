package tollkeeper

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// networkHits are rates of a network. An audience that shares one rate among its ways in does so by sharing the key.
func (a *Authenticator) networkHits(op string, audience Audience, c Client, rates []Limit) []hit {
	return a.addNetworkHits(nil, op, audience, c.network(), c.Foreign, rates)
}

func (a *Authenticator) addNetworkHits(hits []hit, op string, audience Audience, net string, foreign bool, rates []Limit) []hit {
	if audience == AudiencePlatform {
		op = "any"
	}
	hits = addRateHits(hits, a.digests.bucket("rate", op, string(audience), net), net == "", rates)
	if !foreign {
		return hits
	}
	parts := make([]Limit, len(rates))
	for i, r := range rates {
		parts[i] = partOf(r)
	}
	return addRateHits(hits, a.digests.bucket("rate", "foreign", op, string(audience), net), net == "", parts)
}

// partOf is what pages of other origins get of a rate or a ceiling: two thirds, at least one. What refuses them counts
// nothing, so that the rest is left for the service's own pages and for programs.
func partOf(l Limit) Limit {
	if l.Burst > 0 {
		l.Burst, l.Every = max(1, l.Burst*2/3), min(longest, (l.Every*3/2).Truncate(time.Millisecond))
	}
	if l.Free > 0 {
		l.Free = max(1, l.Free*2/3)
	}
	return l
}

// addressHits are rates of mail to one address.
func (a *Authenticator) addressHits(op, scope, email string, rates []Limit) []hit {
	hits := make([]hit, len(rates))
	for i, r := range rates {
		hits[i] = hit{Bucket: store.Bucket{Key: a.digests.bucket("mail", op, scope, email, strconv.Itoa(i)), Limit: r}}
	}
	return hits
}

// bucketsOf returns them as a store takes them.
func bucketsOf(hits []hit) []store.Bucket {
	buckets := make([]store.Bucket, len(hits))
	for i := range hits {
		buckets[i] = hits[i].Bucket
	}
	return buckets
}

// ask has the store count the hits, before anything expensive is done (R17, R21).
func (a *Authenticator) ask(ctx context.Context, hits []hit, now time.Time) (store.Decision, error) {
	return a.count(ctx, bucketsOf(hits), now)
}

func (a *Authenticator) count(ctx context.Context, buckets []store.Bucket, now time.Time) (store.Decision, error) {
	d, err := a.attempts.Take(ctx, buckets, now)
	if err != nil {
		return d, err
	}
	if len(d.Outcomes) != len(buckets) {
		return d, ErrInternal
	}
	return d, nil
}

// take is ask, and a refusal is an error: ErrLocked or ErrRateLimited with RetryAfter. While attempts under way hold
// all places, it waits as long as for a place at the hasher: ErrBusy then, and nothing was counted.
func (a *Authenticator) take(ctx context.Context, hits []hit, now time.Time) (taken, error) {
	buckets := bucketsOf(hits)
	var busy *time.Timer // from the first time on that all places are held
	for tries := 0; ; tries++ {
		d, err := a.count(ctx, buckets, now)
		switch {
		case err != nil:
			return taken{}, err
		case d.Allowed:
			return taken{hits: hits, buckets: buckets, decision: d}, nil
		case !onlyFull(d):
			return taken{}, refusal(hits, d, now)
		}
		if busy == nil {
			busy = time.NewTimer(a.cfg.Passwords.Hash.Wait)
			defer busy.Stop()
		}
		select {
		case <-time.After(pause(tries)):
			now = a.now()
		case <-busy.C:
			return taken{}, ErrBusy
		case <-ctx.Done():
			return taken{}, ErrUnavailable.WithCause(ctx.Err())
		}
	}
}

// onlyFull reports whether nothing refused the attempt but a want of places.
func onlyFull(d store.Decision) bool {
	return !slices.ContainsFunc(d.Outcomes, func(o store.Outcome) bool { return o.Refused })
}

// pause grows from some 5 ms to 80 ms, and is never the same for two who wait.
func pause(tries int) time.Duration {
	most := 10 * time.Millisecond << min(tries, 4)
	return most/2 + random.Duration(most/2)
}

// refusal tells a lock before a rate, with the longest wait of its kind.
func refusal(hits []hit, d store.Decision, now time.Time) error {
	waits := map[int]time.Duration{}
	for i, o := range d.Outcomes {
		if o.Refused {
			kind := hits[i].kind()
			waits[kind] = max(waits[kind], o.State.Until.Sub(now), time.Second)
		}
	}
	if wait, locked := waits[kindLock]; locked {
		return ErrLocked.WithRetryAfter(wait)
	}
	return ErrRateLimited.WithRetryAfter(waits[kindRate])
}

// refusedOnly reports whether the refusal came from just the buckets from index on.
func refusedOnly(d store.Decision, from int) bool {
	for i, o := range d.Outcomes {
		if o.Refused && i < from {
			return false
		}
	}
	return !d.Allowed
}

// settle says what became of an attempt that ended with an error: a failure, if the proof was wrong.
func (a *Authenticator) settle(ctx context.Context, t taken, err error) {
	if errors.Is(err, ErrInvalidCredentials) || errors.Is(err, ErrInvalidCode) {
		a.release(ctx, t.failed())
		return
	}
	a.release(ctx, t.undecided())
}

// release settles apart from the session: where attempts live in another store, or where there is none. Best effort:
// lost, the places become failures, which is the strict side (R21).
func (a *Authenticator) release(ctx context.Context, s store.Release) {
	if s.Zero() {
		return
	}
	ctx, cancel := bestEffort(ctx)
	defer cancel()
	if err := a.attempts.Release(ctx, s, a.now()); err != nil {
		a.cfg.Logger.Warn("tollkeeper: attempts not released", "error", err)
	}
}
