package tollkeeper

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/remember"
	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/store"
)

// Authenticate returns who a token speaks for. The token must have a good signature of one of our keys and be in its
// time; then its session decides: alive, of the same key, account and audience, its account and parent active. Role,
// status and limitations are the store's of now, never a claim's (R52–R54). [ErrInvalidToken] for whatever is wrong
// with it; [ErrUnavailable] when the store does not answer: it fails closed. One look-up in the store, none within
// Config.Tokens.Staleness.
//
// An Identity that is [Identity.Limited] serves only the account's own business; hosts must check it, as httpadapter
// does.
func (a *Authenticator) Authenticate(ctx context.Context, token SecretText) (*Identity, error) {
	now := a.now()
	var fresh genuineToken
	known, seen, ok := a.tokens.Check(string(token), now, &fresh)
	if !ok {
		return nil, ErrInvalidToken
	}
	var live store.Live
	err := a.live.get(ctx, known.Claims.Session, known.Claims.Subject, now, &live)
	if err == nil && a.isOver(&live.Session, now) && a.live.kept != nil { // it may have been used since it was remembered
		a.live.sessionChanged(known.Claims.Subject)
		err = a.live.get(ctx, known.Claims.Session, known.Claims.Subject, now, &live)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, ErrInvalidToken
	}
	if err != nil {
		return nil, err
	}
	if !sessionMatches(&live, &known.Claims, known.Key, now) || a.isOver(&live.Session, now) {
		return nil, ErrInvalidToken
	}
	a.seen(&live, now)
	return a.identityOf(known, seen, &live, now), nil
}

// identityOf returns the identity that was seen with the token before, as long as nothing about its session has
// changed. seen is nil for a token that is not remembered.
func (a *Authenticator) identityOf(g *genuineToken, seen *atomic.Pointer[seenIdentity], l *store.Live, now time.Time) *Identity {
	limited := a.limitation(l, now)
	if seen != nil {
		if s := seen.Load(); s != nil && s.id.Limited == limited && s.live == *l {
			return s.id
		}
	}
	id := identity(l, g.Claims.ExpiresAt, limited)
	if !g.Key.IsTenant() {
		id.Claims = claimsIn(g.Claims.Ext)
	}
	if seen != nil {
		seen.Store(&seenIdentity{live: *l, id: id})
	}
	return id
}

// sessionMatches reports whether the session's row stands behind the token. The row wins over every claim, and a
// tenant's key signs for nothing but organization sessions of its own accounts (R50, R51).
func sessionMatches(l *store.Live, c *token.Claims, k *token.Key, now time.Time) bool {
	s := &l.Session
	if s.KeyID != k.ID() || s.Account != c.Subject || string(s.Audience) != c.Audience || !now.Before(s.ExpiresAt) {
		return false
	}
	if k.IsTenant() != (s.Audience == AudienceOrganization) {
		return false
	}
	if k.IsTenant() && !isCurrent(k, l) {
		return false
	}
	return l.Status == StatusActive && l.ParentStatus == StatusActive
}

// isOver reports whether the session is too old for the configuration, or was left alone for too long.
func (a *Authenticator) isOver(s *store.Session, now time.Time) bool {
	t := &a.cfg.Tokens
	return s.CreatedAt.Before(t.NotBefore) || t.Idle > 0 && now.Sub(s.SeenAt) >= t.Idle
}

// isCurrent reports whether a tenant key is the one that the session's tenant has now: an older one ended with
// RotateTenantKey, for its children's sessions, too.
func isCurrent(k *token.Key, l *store.Live) bool {
	tenant := l.Parent
	if tenant == Root {
		tenant = l.Session.Account
	}
	return k.IsTenantOf(l.KeyMaster, tenant, l.KeyVersion)
}

// identity is what the row says of the caller.
func identity(l *store.Live, exp int64, limited Limitation) *Identity {
	until := time.Unix(exp, 0).UTC()
	if l.Session.ExpiresAt.Before(until) {
		until = l.Session.ExpiresAt
	}
	return &Identity{
		Account: l.Session.Account, Parent: l.Parent, Session: l.Session.ID, Number: l.Number,
		Email: l.Email, Username: l.Username, Name: l.Name, PublicKey: l.PublicKey, Role: l.Role,
		Audience: l.Session.Audience, Limited: limited, HasFactor: l.HasFactor, Verified: l.Verified, Proven: l.Proven,
		ProvedAt: l.Session.ProvedAt, ExpiresAt: until,
	}
}

const touchEvery = 15 * time.Minute

// seen lets the worker note, off the request's path, that a session was used.
func (a *Authenticator) seen(l *store.Live, now time.Time) {
	every := touchEvery
	if idle := a.cfg.Tokens.Idle; idle > 0 {
		every = min(every, idle/4)
	}
	if now.Sub(l.Session.SeenAt) >= every {
		a.worker.touch(store.Touch{Account: l.Session.Account, Session: l.Session.ID})
	}
}

const (
	staleBytes = 32 << 20
	staleCost  = 1 << 10
	staleSlots = 4096
)

// liveSessions returns sessions, from memory for as long as Config.Tokens.Staleness allows. A change made by this
// process counts at once, also against a look-up that began before it: each entry carries the change counts it was
// loaded under, and is good only while they stand.
type liveSessions struct {
	store     store.SessionStore // the host's own: errorsOf would copy what is large once more on each request
	staleness time.Duration
	kept      *remember.Cache[uuid.UUID, staleLive] // nil: each time from the store
	accounts  [staleSlots]atomic.Uint64             // changes of accounts, by hash
	parents   atomic.Uint64                         // changes of any root account: they reach its children
}

type staleLive struct {
	live            store.Live
	at              time.Time
	account, parent uint64
}

func newLiveSessions(s store.SessionStore, staleness time.Duration) *liveSessions {
	l := &liveSessions{store: s, staleness: staleness}
	if staleness > 0 {
		l.kept = remember.New[uuid.UUID, staleLive](staleBytes, func(seed maphash.Seed, id uuid.UUID) uint64 { return maphash.Bytes(seed, id[:]) })
	}
	return l
}

// get puts the session that a token of the account points to into live, which spares a copy of something large.
func (l *liveSessions) get(ctx context.Context, id, account uuid.UUID, now time.Time, live *store.Live) (err error) {
	if l.kept == nil {
		*live, err = l.store.Session(ctx, id, now)
		return asError(err)
	}
	mine, all := l.slot(account).Load(), l.parents.Load()
	if e, ok := l.kept.Get(id); ok && e.account == mine && e.parent == all && !now.Before(e.at) && now.Sub(e.at) < l.staleness {
		*live = e.live
		return nil
	}
	*live, err = l.store.Session(ctx, id, now)
	if err == nil && live.Session.Account == account {
		l.kept.Put(id, staleLive{live: *live, at: now, account: mine, parent: all}, staleCost)
	}
	return asError(err)
}

// sessionChanged voids what is remembered of an account's sessions.
func (l *liveSessions) sessionChanged(account uuid.UUID) { l.slot(account).Add(1) }

// accountChanged voids what is remembered of an account, and of everybody when it is a root account.
func (l *liveSessions) accountChanged(account, parent uuid.UUID) {
	l.slot(account).Add(1)
	if parent == Root {
		l.parents.Add(1)
	}
}

func (l *liveSessions) slot(account uuid.UUID) *atomic.Uint64 {
	return &l.accounts[binary.BigEndian.Uint16(account[14:])%staleSlots] // the random end of a UUIDv7
}
