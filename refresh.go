package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// refreshClaims are what a refresh token says. The token is a MAC under an instance key over the session and its
// generation, not an opaque random value: nothing more is stored than the generation, garbage never reaches the store,
// and the token of a generation is always the same text, so that parallel tabs get the same successor.
type refreshClaims struct {
	Session    uuid.UUID `json:"s"`
	Account    uuid.UUID `json:"a"`
	Generation int       `json:"g"`
	Audience   Audience  `json:"f"`
	Scope      uuid.UUID `json:"p"` // of the account, for the log
	Absolute   int64     `json:"x"` // unix milliseconds; the session's end, however often it is refreshed
}

const sealRefresh = "refresh"

// refreshToken returns the refresh token of a session, or nothing when Config.Refresh is off.
func (a *Authenticator) refreshToken(s Session, scope uuid.UUID) (string, error) {
	if s.RefreshUntil.IsZero() {
		return "", nil
	}
	return a.seal(sealRefresh, refreshClaims{
		Session: s.ID, Account: s.Account, Generation: s.Generation, Audience: s.Audience, Scope: scope,
		Absolute: s.CreatedAt.Add(a.cfg.Refresh.Absolute).UnixMilli(),
	})
}

// Refresh exchanges a refresh token for a new access token and its successor. Within Config.Refresh.Grace after a
// refresh the old token gets the same successor; later, or an even older one, is reuse: somebody else has it, so the
// session ends, the host gets [EventRefreshReused] and the owner a mail (RFC 9700 4.14). A refresh costs nothing.
// [ErrInvalidToken] for whatever is wrong; [ErrDisabled] without [Config.Refresh].
func (a *Authenticator) Refresh(ctx context.Context, token SecretText, c Client) (SignInResult, error) {
	if a.cfg.Refresh.Idle <= 0 {
		return SignInResult{}, ErrDisabled
	}
	now := a.now()
	var claim refreshClaims
	if !a.keys.Open(sealRefresh, string(token), &claim) {
		return SignInResult{}, ErrInvalidToken
	}
	if err := a.mayRefresh(ctx, claim.Session, now); err != nil {
		return SignInResult{}, err
	}
	ext, err := a.beforeRefresh(ctx, claim, c)
	if err != nil {
		return SignInResult{}, err
	}
	absolute := time.UnixMilli(claim.Absolute).UTC()
	live, err := a.store.RotateSession(ctx, store.Rotation{
		Session: claim.Session, Generation: claim.Generation, Grace: a.cfg.Refresh.Grace,
		ExpiresAt:    earlier(now.Add(a.ttl(claim.Audience)), absolute),
		RefreshUntil: earlier(now.Add(a.cfg.Refresh.Idle), absolute),
		Moved:        []Event{a.refreshed(claim, EventRefreshed, c)}, Reused: []Event{a.refreshed(claim, EventRefreshReused, c)},
	}, now)
	a.live.sessionChanged(claim.Account)
	switch {
	case errors.Is(err, ErrConflict):
		a.reused(ctx, claim, now)
		return SignInResult{}, ErrInvalidToken
	case errors.Is(err, ErrNotFound):
		return SignInResult{}, ErrInvalidToken
	case err != nil:
		return SignInResult{}, err
	}
	key, ok := a.tokens.Named(live.Session.KeyID)
	if !ok || !key.CanSign() || key.IsTenant() && !isCurrent(key, &live) || live.Status != StatusActive || live.ParentStatus != StatusActive {
		return SignInResult{}, ErrInvalidToken
	}
	a.seen(&live, now)
	access, err := key.Sign(a.claimsOf(live.Session, live.Parent, ext, now))
	if err != nil {
		return SignInResult{}, ErrInternal.WithCause(err)
	}
	next, err := a.refreshToken(live.Session, live.Parent)
	if err != nil {
		return SignInResult{}, err
	}
	return SignInResult{
		Token: SecretText(access), Refresh: SecretText(next), ExpiresIn: live.Session.ExpiresAt.Sub(now),
		ExpiresAt: live.Session.ExpiresAt.Truncate(time.Second), Session: claim.Session, Limited: a.limitation(&live, now),
	}, nil
}

// mayRefresh refuses a session that is over by the configuration, before its token is used up.
func (a *Authenticator) mayRefresh(ctx context.Context, id uuid.UUID, now time.Time) error {
	if a.cfg.Tokens.Idle == 0 && a.cfg.Tokens.NotBefore.IsZero() {
		return nil
	}
	live, err := a.store.Session(ctx, id, now)
	if errors.Is(err, ErrNotFound) {
		return nil // ended, perhaps by reuse: the rotation tells
	}
	if err == nil && a.isOver(&live.Session, now) {
		return ErrInvalidToken
	}
	return err
}

// beforeRefresh asks the host, where it wants to be asked, before the token is used up. An account that is gone is for
// the rotation to tell.
func (a *Authenticator) beforeRefresh(ctx context.Context, claim refreshClaims, c Client) (string, error) {
	if a.cfg.Hooks.BeforeSession == nil {
		return "", nil
	}
	s, err := a.subject(ctx, store.Lookup{ID: claim.Account})
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return a.beforeSession(ctx, s.Account, SessionAttempt{Session: claim.Session, Method: "refresh", Audience: claim.Audience, Client: c})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (a *Authenticator) refreshed(claim refreshClaims, name EventName, c Client) Event {
	return Event{Name: name, Scope: claim.Scope, Account: claim.Account, Session: a.digests.session(claim.Session), Audience: claim.Audience, Network: c.network()}
}

// reused tells of a stolen token. The mail goes at most once an hour and account, or the thief could use it to annoy.
func (a *Authenticator) reused(ctx context.Context, claim refreshClaims, now time.Time) {
	limit := a.addressHits("reuse", "", claim.Account.String(), []Limit{Rate(1, time.Hour)})
	if _, err := a.take(ctx, limit, now); err != nil {
		return
	}
	s, err := a.subject(ctx, store.Lookup{ID: claim.Account})
	if err != nil {
		return
	}
	for _, m := range a.notice(s, noticeReuse) {
		a.queueBestEffort(ctx, m)
	}
}
