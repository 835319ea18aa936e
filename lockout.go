package tollkeeper

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// guess is a try at an account, for the throttles.
type guess struct {
	scope    string // Scope.String()
	email    string // canonical, or the raw text of one that is none
	audience Audience
	client   Client
}

// Kinds of buckets. When both refuse, a lock is reported.
const (
	kindLock = iota
	kindRate
)

// hit is a bucket with what its refusal means.
type hit struct {
	store.Bucket
	kind    int
	forget  bool // by a success
	forgive bool // a success gives its own attempt back
}

// passwordHits are the buckets of a password attempt (SECURITY.md section 4, Lockout).
func (a *Authenticator) passwordHits(g guess) []hit {
	net, l, mark := g.client.network(), &a.cfg.Limits, a.markOf(g)
	rates := l.signIn(g.audience)
	hits := append(make([]hit, 0, 4+len(rates)), // in one piece of memory: each sign-in needs one
		hit{Bucket: store.Bucket{Key: a.digests.bucket("lock", g.scope, g.email, net), Limit: l.Lock}, forget: true},
		hit{Bucket: store.Bucket{Key: a.digests.bucket("pair", g.email, net), Limit: l.PairCeiling}, forgive: true},
		hit{Bucket: store.Bucket{Key: a.digests.bucket("account", g.scope, g.email), Limit: l.AccountCeiling, Waive: mark}, forgive: true},
		hit{Bucket: store.Bucket{Key: a.digests.bucket("email", g.email), Limit: l.EmailCeiling, Waive: mark}, forgive: true},
	)
	return append(hits, a.networkHits("sign-in", g.audience, g.client, rates)...)
}

// networkHits are rates of a network. An audience that shares one rate among its ways in does so by sharing the
// key. Callers without an address share a bucket a hundred times as large (R24).
func (a *Authenticator) networkHits(op string, audience Audience, c Client, rates []Limit) []hit {
	net := c.network()
	if audience == AudiencePlatform {
		op = "any"
	}
	hits := make([]hit, len(rates))
	key := a.digests.bucket("rate", op, string(audience), net)
	for i, r := range rates {
		if net == "" {
			r.Burst, r.Every = r.Burst*100, max(time.Millisecond, (r.Every/100).Truncate(time.Millisecond))
		}
		hits[i] = hit{Bucket: store.Bucket{Key: key, Limit: r}, kind: kindRate}
		key[0]++ // one digest for all: two of them are as far apart as any
	}
	return hits
}

// addressHits are rates of mail to one address.
func (a *Authenticator) addressHits(op, scope, email string, rates []Limit) []hit {
	hits := make([]hit, len(rates))
	for i, r := range rates {
		hits[i] = hit{Bucket: store.Bucket{Key: a.digests.bucket("mail", op, scope, email, strconv.Itoa(i)), Limit: r}, kind: kindRate}
	}
	return hits
}

// markOf names the network as recognised for this account.
func (a *Authenticator) markOf(g guess) store.Digest {
	return a.digests.bucket("mark", g.scope, g.email, g.client.neighbourhood())
}

// taken is what a Take counted, for releasing it later.
type taken struct {
	hits     []hit
	decision store.Decision
	guess    guess
	also     []store.Digest // further buckets that a success forgets
}

// ask has the store count the hits, before anything expensive is done (R17, R21).
func (a *Authenticator) ask(ctx context.Context, hits []hit, now time.Time) (store.Decision, error) {
	buckets := make([]store.Bucket, len(hits))
	for i, c := range hits {
		buckets[i] = c.Bucket
	}
	d, err := a.attempts.Take(ctx, buckets, now)
	if err != nil {
		return d, err
	}
	if len(d.Outcomes) != len(hits) {
		return d, ErrInternal
	}
	return d, nil
}

// take is ask, and a refusal is an error: ErrLocked or ErrRateLimited with RetryAfter.
func (a *Authenticator) take(ctx context.Context, hits []hit, now time.Time) (taken, error) {
	d, err := a.ask(ctx, hits, now)
	if err != nil {
		return taken{}, err
	}
	if !d.Allowed {
		return taken{}, refusal(hits, d, now)
	}
	return taken{hits: hits, decision: d}, nil
}

// refusal tells a lock before a rate, with the longest wait of its kind.
func refusal(hits []hit, d store.Decision, now time.Time) error {
	waits := map[int]time.Duration{}
	for i, o := range d.Outcomes {
		if o.Refused {
			waits[hits[i].kind] = max(waits[hits[i].kind], o.State.Until.Sub(now), time.Second)
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

const (
	rememberNetwork = 30 * 24 * time.Hour
	renewNetwork    = 15 * 24 * time.Hour
)

// earned is what a proven password means for the buckets that counted it.
func (t taken) earned() store.Release {
	s := store.Release{Forget: t.also}
	for i := range t.hits {
		c := &t.hits[i]
		switch {
		case !t.decision.Outcomes[i].Counted:
		case c.forget:
			s.Forget = append(s.Forget, c.Key)
		case c.forgive:
			if s.Forgive == nil {
				s.Forgive = make([]store.Bucket, 0, len(t.hits)-i)
			}
			s.Forgive = append(s.Forgive, c.Bucket)
		}
	}
	return s
}

// remembered reports whether the network is a recognised one, and long enough to need no new mark.
func (t taken) remembered(now time.Time) bool {
	for _, o := range t.decision.Outcomes {
		if !o.Marked.Before(now.Add(renewNetwork)) {
			return true
		}
	}
	return false
}

// release forgives apart from the session: where attempts live in another store, or where a right password did
// not lead to a session. Best effort: lost, the attempts stay counted, which is the strict side (R21).
func (a *Authenticator) release(ctx context.Context, s store.Release, now time.Time) {
	if s.Zero() {
		return
	}
	ctx, cancel := bestEffort(ctx)
	defer cancel()
	if err := a.attempts.Release(ctx, s, now); err != nil {
		a.cfg.Logger.Warn("tollkeeper: attempts not released", "error", err)
	}
}

// recognised reports whether the network was a known one of the account.
func (t taken) recognised() bool {
	for _, o := range t.decision.Outcomes {
		if !o.Marked.IsZero() {
			return true
		}
	}
	return false
}

// accountHits are the buckets of a password that a signed-in caller repeats: a lock of the account and network, and a
// ceiling of the account over all networks, so that a stolen session does not try passwords freely (R04, R17).
func (a *Authenticator) accountHits(by *Identity, c Client) []hit {
	id, l := by.Account.String(), a.cfg.Limits
	return []hit{
		{Bucket: store.Bucket{Key: a.digests.bucket("self", id, c.network()), Limit: l.Lock}, forget: true},
		{Bucket: store.Bucket{Key: a.digests.bucket("selves", id), Limit: l.EmailCeiling}, forgive: true},
	}
}

// takeFactor hits the second factor's own limiter (R41): proving the first factor again gives nothing back. The
// ceiling of consecutive tries stops codes of an app only, so that a recovery code can still open; its success forgets
// both.
func (a *Authenticator) takeFactor(ctx context.Context, account uuid.UUID, code string, now time.Time) (taken, error) {
	window := hit{Bucket: store.Bucket{Key: a.digests.bucket("factor", account.String()), Limit: a.cfg.Limits.Factor}, kind: kindRate, forget: true}
	ceiling := hit{Bucket: store.Bucket{Key: a.digests.bucket("factors", account.String()), Limit: a.cfg.Limits.FactorCeiling}, kind: kindRate, forget: true}
	if canon.ValidCode(code) {
		return a.take(ctx, []hit{window, ceiling}, now)
	}
	t, err := a.take(ctx, []hit{window}, now)
	t.also = []store.Digest{ceiling.Key}
	return t, err
}
