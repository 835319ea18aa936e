package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Tokens are what a session is kept by.
type Tokens struct {
	Token        Secret    `json:"token"`
	RefreshToken Secret    `json:"refreshToken"` // empty: the service gives none, and the session ends with Token
	ExpiresAt    time.Time `json:"expiresAt"`    // of Token
}

// Session acts for somebody who is signed in. A sign-in makes it, or [Client.Resume]. It is safe for concurrent use.
// It exchanges its refresh token when the token is about to expire and when the service calls it expired, once for all
// calls that wait for it; the exchange goes on when their contexts end, for a minute at most, because its answer is
// the only one with the next refresh token. Afterwards it sends again what was refused. A Session that the service has
// ended says so by [ErrInvalidToken].
type Session struct {
	client *Client

	mu         sync.Mutex
	tokens     Tokens
	renewAt    time.Time // zero: when the service says so
	generation int       // of tokens, counted
	renewal    *renewal  // under way; nil: none
	keep       func(Tokens)
	over       bool
}

// renewal is one exchange of a refresh token.
type renewal struct {
	done chan struct{}
	err  error // once done
}

const (
	margin       = 30 * time.Second // before its end a token is exchanged; of a short one a tenth of its life
	exchangeTime = time.Minute      // for one exchange with its second try
)

// Resume continues a session from tokens that were kept. It asks nothing yet. Two Sessions with the same refresh token,
// also in two processes, end each other: the service takes a token that comes back late for a stolen one.
func (c *Client) Resume(t Tokens) *Session {
	s := &Session{client: c}
	s.take(t)
	if !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(c.now()) {
		s.renewAt = t.ExpiresAt
	}
	return s
}

// Tokens returns what the session is kept by now. They are zero once it was signed out.
func (s *Session) Tokens() Tokens {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}

// OnRefresh has keep called with the next tokens after each exchange, one call at a time, on a goroutine of the
// session's, before the calls that wait for them go on. It must not ask with the Session itself. Who keeps tokens over
// a restart writes them down there: those from before are of no use any more.
func (s *Session) OnRefresh(keep func(Tokens)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep = keep
}

// Format writes what it is, without its tokens, for every verb.
func (s *Session) Format(f fmt.State, _ rune) { io.WriteString(f, "client.Session") }

// LogValue is what it is, without its tokens.
func (s *Session) LogValue() slog.Value { return slog.StringValue("client.Session") }

// take has the session go on with t. Where the clock is so far ahead that a fresh token looks expired, only the service
// can tell when it is.
func (s *Session) take(t Tokens) {
	s.tokens, s.renewAt = t, time.Time{}
	s.generation++
	if left := t.ExpiresAt.Sub(s.client.now()); left > 0 {
		s.renewAt = t.ExpiresAt.Add(-min(margin, left/10))
	}
}

// end forgets the tokens: the service has ended the session.
func (s *Session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens, s.renewAt, s.over = Tokens{}, time.Time{}, true
}

// held is what a call goes with.
type held struct {
	token      Secret
	generation int
	renewAt    time.Time
	expiresAt  time.Time
}

func (s *Session) held() held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return held{s.tokens.Token, s.generation, s.renewAt, s.tokens.ExpiresAt}
}

var errOver = &Error{Status: http.StatusUnauthorized, Code: ErrInvalidToken, Detail: "This session has ended"}

// send is [Client.send] with the session's token.
func (s *Session) send(ctx context.Context, r request, out any) error {
	h := s.held()
	if now := s.client.now(); !h.renewAt.IsZero() && !now.Before(h.renewAt) {
		if err := s.renew(ctx, h.generation); err != nil && !final(err) && !now.Before(h.expiresAt) {
			return err
		}
		h = s.held()
	}
	if h.token == "" {
		return errOver
	}
	err := s.client.send(ctx, r, h.token, out)
	if !errors.Is(err, ErrInvalidToken) {
		return err
	}
	switch failed := s.renew(ctx, h.generation); {
	case failed == nil:
		if h = s.held(); h.token == "" {
			return errOver
		}
		return s.client.send(ctx, r, h.token, out)
	case final(failed):
		return err
	default: // the session may well live: nobody could say
		return failed
	}
}

var errNoRefresh = &Error{Status: http.StatusUnauthorized, Code: ErrInvalidToken, Detail: "This session has no refresh token"}

// final reports whether an exchange will not succeed later either.
func final(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status >= 400 && e.Status < 500 && e.Status != http.StatusTooManyRequests && e.Status != http.StatusRequestTimeout
}

// renew waits until the tokens are no longer those of the generation. Whoever comes first begins the exchange.
func (s *Session) renew(ctx context.Context, generation int) error {
	s.mu.Lock()
	switch {
	case s.over:
		s.mu.Unlock()
		return errOver
	case s.generation != generation:
		s.mu.Unlock()
		return nil
	case s.renewal == nil && s.tokens.RefreshToken == "":
		s.mu.Unlock()
		return errNoRefresh
	case s.renewal == nil:
		s.renewal = &renewal{done: make(chan struct{})}
		go s.exchange(context.WithoutCancel(ctx), s.renewal, s.tokens.RefreshToken)
	}
	r := s.renewal
	s.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return fmt.Errorf("client: %w", context.Cause(ctx))
	}
}

// exchange makes the renewal. An answer that was lost is asked for once more at once, as long as the service still
// gives the same successor.
func (s *Session) exchange(ctx context.Context, r *renewal, token Secret) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	next, err := s.client.Refresh(ctx, token)
	if _, answered := errors.AsType[*Error](err); err != nil && !answered {
		next, err = s.client.Refresh(ctx, token)
	}
	s.mu.Lock()
	keep := s.keep
	switch {
	case s.over:
		err, keep = errOver, nil
	case err == nil:
		s.take(next)
	case final(err):
		s.tokens.RefreshToken, s.renewAt = "", time.Time{}
	}
	s.mu.Unlock()
	if err == nil && keep != nil {
		keep(next)
	}
	s.mu.Lock()
	s.renewal, r.err = nil, err
	s.mu.Unlock()
	close(r.done)
}

// get asks for a T with the session.
func get[T any](ctx context.Context, s *Session, r request) (T, error) {
	var out T
	err := s.send(ctx, r, &out)
	return out, err
}
