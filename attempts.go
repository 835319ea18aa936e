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

// hits are buckets as a store takes them, with what the refusal of each means.
type hits struct {
	buckets []store.Bucket
	rows    []*throttle // of each; nil: a rate
}

// usualHits are as many as a sign-in by default takes: they are in one piece of memory.
const usualHits = 6

func roomFor(n int) hits {
	if n > usualHits {
		return hits{make([]store.Bucket, 0, n), make([]*throttle, 0, n)}
	}
	room := new(struct {
		buckets [usualHits]store.Bucket
		rows    [usualHits]*throttle
	})
	return hits{room.buckets[:0], room.rows[:0]}
}

func (h *hits) add(b store.Bucket, row *throttle) {
	h.buckets, h.rows = append(h.buckets, b), append(h.rows, row)
}

// and adds those of more.
func (h hits) and(more hits) hits {
	return hits{append(h.buckets, more.buckets...), append(h.rows, more.rows...)}
}

// upTo returns the first n.
func (h hits) upTo(n int) hits { return hits{h.buckets[:n], h.rows[:n]} }

func (h *hits) kind(i int) int {
	if h.rows[i] == nil {
		return kindRate
	}
	return h.rows[i].kind
}

// holds reports whether that one holds a place for an attempt, and spares such networks.
func (h *hits) holds(i int, spares spared) bool {
	return h.rows[i] != nil && h.rows[i].spares == spares
}

// networkHits are rates of a network. An audience that shares one rate among its ways in does so by sharing the key.
func (a *Authenticator) networkHits(op string, audience Audience, c Client, rates []Limit) (list hits) {
	a.addNetworkHits(&list, op, audience, c.network(), c.Foreign, rates)
	return list
}

func (a *Authenticator) addNetworkHits(list *hits, op string, audience Audience, net string, foreign bool, rates []Limit) {
	if audience == AudiencePlatform {
		op = "any"
	}
	list.addRates(a.digests.bucket("rate", op, string(audience), net), net == "", rates)
	if !foreign {
		return
	}
	parts := make([]Limit, len(rates))
	for i, r := range rates {
		parts[i] = partOf(r)
	}
	list.addRates(a.digests.bucket("rate", "foreign", op, string(audience), net), net == "", parts)
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
func (a *Authenticator) addressHits(op, scope, email string, rates []Limit) (list hits) {
	for i, r := range rates {
		list.add(store.Bucket{Key: a.digests.bucket("mail", op, scope, email, strconv.Itoa(i)), Limit: r}, nil)
	}
	return list
}

// ask has the store count the hits, before anything expensive is done (R17, R21).
func (a *Authenticator) ask(ctx context.Context, list hits, now time.Time) (store.Decision, error) {
	d, err := a.attempts.Take(ctx, list.buckets, now)
	if err != nil {
		return d, err
	}
	if len(d.Outcomes) != len(list.buckets) {
		return d, ErrInternal
	}
	return d, nil
}

// take is ask, and a refusal is an error: ErrLocked or ErrRateLimited with RetryAfter. While attempts under way hold
// all places, it waits as long as for a place at the hasher: ErrBusy then, and nothing was counted.
func (a *Authenticator) take(ctx context.Context, list hits, now time.Time) (taken, error) {
	var busy *time.Timer // from the first time on that all places are held
	for tries := 0; ; tries++ {
		d, err := a.ask(ctx, list, now)
		switch {
		case err != nil:
			return taken{}, err
		case d.Allowed:
			return taken{hits: list, decision: d}, nil
		case !onlyFull(d):
			return taken{}, refusal(list, d, now)
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
func refusal(list hits, d store.Decision, now time.Time) error {
	waits := map[int]time.Duration{}
	for i, o := range d.Outcomes {
		if o.Refused {
			kind := list.kind(i)
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
