// Package verify checks access tokens of tollkeeper in another service, which has no store: with the public keys that
// the host publishes as a JWKS, or with the jwtSecret of a tenant. It needs golang-jwt, google/uuid and the standard
// library.
//
//	v, err := verify.New(verify.Config{
//		JWKSURL:   "https://app.example/.well-known/jwks.json",
//		Issuer:    "https://app.example",
//		Audiences: []string{"v1"},
//	})
//	claims, err := v.Verify(ctx, token)
//
// A token is a signed pointer to a session, and only the host knows what became of that session. Verify cannot see a
// sign-out, a changed password, a disabled account or a new role: a revoked token passes here until it expires, which
// is 24 hours after it was made unless the host set Config.Tokens.TTL, and 30 days at most. [Config.MaxAge] shortens
// that for this service. A service that must know at once asks the host, with the token, at one of its routes.
//
// To rotate keys without a refused token, the host lists the new key second for longer than [Config.Refresh], and then
// first: it is known here before it signs.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// Errors of [Verifier.Verify], to be compared with [errors.Is].
var (
	// ErrInvalidToken means that the token is no good, whatever the reason: it is not said, because whoever sent it
	// learns from it.
	ErrInvalidToken = errors.New("verify: invalid or expired token")

	// ErrUnavailable means that nobody can tell, because the keys cannot be fetched. Refuse, but do not call it
	// invalid.
	ErrUnavailable = errors.New("verify: the keys cannot be fetched")
)

// Config says whose tokens to take. Exactly one of JWKSURL and Secret is required, as are Issuer and
// Audiences.
type Config struct {
	// JWKSURL is where the host publishes its public keys: https, or http for localhost. Redirects are not followed.
	JWKSURL string

	// Secret is the jwtSecret of a tenant, for tokens of the audience "organization". Its text is the HMAC key as it
	// stands, and is not decoded. At least 32 bytes, not made of a
	// constant.
	Secret Secret

	Issuer    string   // the host's Config.Tokens.Issuer, which is its BaseURL unless set; compared exactly
	Audiences []string // taken, compared exactly: "host", "organization", "v1", "platform"

	// MaxAge refuses tokens that were made longer ago, and so bounds how long a revoked one passes. Zero: until it
	// expires.
	MaxAge time.Duration

	HTTPClient *http.Client     // for JWKSURL. Nil: one of its own
	Timeout    time.Duration    // of one fetch, at most. Zero: 5 seconds
	Refresh    time.Duration    // keys older than this are fetched again before they serve. Zero: 10 minutes
	Stale      time.Duration    // for so long after Refresh they serve if that fails. Zero: 24 hours; negative: not at all
	Interval   time.Duration    // between two fetches at least, also for unknown keys and after failures. Zero: 10 seconds
	Now        func() time.Time // the only clock. Nil: [time.Now]
	Logger     *slog.Logger     // gets which keys of JWKSURL cannot be used. Nil: [slog.Default]
}

// Secret is a key that shows itself nowhere: formatting, logging and JSON give "[redacted]" (SECURITY.md R86).
type Secret string

const redacted = "[redacted]"

// Format writes "[redacted]", for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Verifier checks tokens. It is safe for concurrent use and needs no closing: it fetches only while a caller waits.
type Verifier struct {
	issuer    string
	audiences []string
	maxAge    time.Duration
	now       func() time.Time
	keys      source
}

// source finds the keys that may have signed a token.
type source interface {
	find(ctx context.Context, u token.Unverified, now time.Time) ([]*token.Key, error)
}

// New makes a Verifier. It refuses what could only fail later, and fetches nothing yet.
func New(c Config) (*Verifier, error) {
	if (c.JWKSURL == "") == (c.Secret == "") {
		return nil, errors.New("verify: Config needs either JWKSURL or Secret")
	}
	if c.Issuer == "" {
		return nil, errors.New("verify: Config.Issuer is required")
	}
	if len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		return nil, errors.New("verify: Config.Audiences needs at least one, and none empty")
	}
	if c.MaxAge < 0 || c.Timeout < 0 || c.Refresh < 0 || c.Interval < 0 {
		return nil, errors.New("verify: Config has a negative MaxAge, Timeout, Refresh or Interval")
	}
	v := &Verifier{issuer: c.Issuer, audiences: slices.Clone(c.Audiences), maxAge: c.MaxAge, now: c.Now}
	if v.now == nil {
		v.now = time.Now
	}
	if c.Secret != "" {
		if len(c.Secret) < 32 {
			return nil, errors.New("verify: Config.Secret has less than 32 bytes")
		}
		if token.Guessable([]byte(c.Secret)) {
			return nil, errors.New("verify: Config.Secret is made of a constant, which everybody knows")
		}
		v.keys = &shared{token.NewSharedKey(string(c.Secret))}
		return v, nil
	}
	if !upstream.Secure(c.JWKSURL) {
		return nil, errors.New("verify: Config.JWKSURL must be an https URL, or an http one of localhost, without user and fragment")
	}
	v.keys = newRemote(c)
	return v, nil
}

// shared is the key of a tenant, whatever its kid: that names a version, which only the host can tell.
type shared struct{ key *token.Key }

func (s *shared) find(context.Context, token.Unverified, time.Time) ([]*token.Key, error) {
	return []*token.Key{s.key}, nil
}
