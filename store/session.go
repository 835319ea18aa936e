package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Audience names the family of routes that a session belongs to. It is the token's aud claim.
type Audience string

// The audiences of the three documented HTTP families, of hosts that call the library directly, and of an app's own
// users over HTTP.
const (
	AudienceHost         Audience = "host" // the default of a request that names none
	AudienceOrganization Audience = "organization"
	AudienceV1           Audience = "v1"
	AudiencePlatform     Audience = "platform"
	AudienceApp          Audience = "app"
)

// Session is the truth behind a token; the token is a signed pointer to it. What stands here wins over every claim.
type Session struct {
	ID           uuid.UUID // the sid claim
	Account      uuid.UUID
	Epoch        int64 // of the account when it was made; another epoch: the session is dead
	Audience     Audience
	KeyID        string    // of the key that signs its tokens; a token signed with another one is refused
	Generation   int       // of the refresh token, a MAC over (id, generation); starts at 0
	RotatedAt    time.Time // of the last refresh; zero: never
	Network      string    // masked address, for the account's owner to read; empty: unknown
	Agent        string    // User-Agent, any bytes, at most 256
	CreatedAt    time.Time
	SeenAt       time.Time // moved at most every few minutes
	ProvedAt     time.Time // when its owner last proved who they are
	ExpiresAt    time.Time // no access token of it is good at or after this time
	RefreshUntil time.Time // no refresh token is; zero: the session has none
}

// EndsAt returns when nothing of the session is good any more.
func (s Session) EndsAt() time.Time {
	if s.RefreshUntil.After(s.ExpiresAt) {
		return s.RefreshUntil
	}
	return s.ExpiresAt
}

// Live is a session with what Authenticate decides on, from one look-up. It is small, because it is copied on each
// request.
type Live struct {
	Session           Session
	Parent            uuid.UUID
	Number            int64
	Email             string
	Username          string
	Name              string
	PublicKey         string
	Role              Role
	Status            Status
	ParentStatus      Status // [StatusActive] for a root account
	PasswordChangedAt time.Time
	PasswordTemporary bool
	Verified          bool   // the account's email
	Proven            bool   // the account's mailbox
	HasFactor         bool   // [Account].Factors is not empty
	MustVerify        bool   // of the organization: its own, its owner's or its parent's
	MustFactor        bool   // the same
	KeyMaster         string // of its tenant's key as it is now: the account's own, or its parent's
	KeyVersion        int    // the same
}

// NewSession is a sign-in about to happen.
type NewSession struct {
	Session Session
	Use     Use       // of a factor of the account
	Once    Once      // used up by the sign-in
	By      IssuedKey // an identity of the account, whose UsedAt moves to now; one that it has not is left out
	Most    int       // live sessions of the account with this one: of the others the oldest end. Zero: any
	Release Release   // of the attempts, in the same step; zero where they are counted by another store
	Effects
}

// Rotation is one use of a refresh token.
type Rotation struct {
	Session      uuid.UUID
	Generation   int           // that the token shows
	ExpiresAt    time.Time     // of the next access token
	RefreshUntil time.Time     // of the next refresh token
	Grace        time.Duration // for so long after a rotation the generation before gets the same successor
	Moved        []Event       // written when the generation moves
	Reused       []Event       // written when the session ends by reuse
}

// Touch says that a session was used.
type Touch struct {
	Account, Session uuid.UUID
	Proved           bool // its owner proved again who they are: [Session.ProvedAt] moves too
	Events           []Event
}

// Revocation ends a session.
type Revocation struct {
	Account, Session uuid.UUID
	Events           []Event
}

// SessionStore keeps sessions. All sessions of an account end by [Change].EndSessions: one row, also with a million
// sessions.
//
// A session is live until [Session.EndsAt], unless it was revoked, reused, or its account is gone or has another epoch.
// A session of a disabled account is live, and says so.
type SessionStore interface {
	// CreateSession makes the session, moves [Account.LastSignIn] to now and the Counter and UsedAt of the factor that
	// was used, and does the Release and the Effects. Of many at once with Most never more than Most are live. It does
	// not move the account's [Account.Version]. An id that the account has returns the Receipt of the Charge if its key
	// stands, and changes nothing.
	//
	// Errors, the first wins:
	//   - Conflict: another account has the id.
	//   - [ErrNotFound]: the account or its parent is not active, or the account has another epoch.
	//   - Conflict: the Use is of no confirmed factor of the account, or its Counter is not accepted.
	//   - [ErrProofSpent]: the Once was used before.
	//   - Those of a Charge.
	CreateSession(ctx context.Context, s NewSession, now time.Time) (Receipt, error)

	// Session returns a live session, else [ErrNotFound].
	Session(ctx context.Context, id uuid.UUID, now time.Time) (Live, error)

	// RotateSession moves Generation one on and [Session.RotatedAt] to now, if the current Generation is shown;
	// [Session.SeenAt] stays. The one just before it moves nothing and returns the same, while now is before
	// RotatedAt+Grace. Any other one is reuse, which ends the session.
	//
	// Errors, the first wins:
	//   - Conflict: the session ended by reuse, and another Generation than its current one is shown.
	//   - [ErrNotFound]: the session is not live, now is not before its RefreshUntil, or its account or parent is not
	//     active. Nothing moves, so the token serves again when they are active.
	//   - Conflict: reuse.
	RotateSession(ctx context.Context, r Rotation, now time.Time) (Live, error)

	// TouchSession moves [Session.SeenAt], and [Session.ProvedAt] if asked. [ErrNotFound]: it is no live session of the
	// account.
	TouchSession(ctx context.Context, t Touch, now time.Time) error

	// RevokeSession ends a session. [ErrNotFound]: it is no live session of the account.
	RevokeSession(ctx context.Context, r Revocation, now time.Time) error

	// ListSessions returns up to p.Limit live sessions of the account in order of creation: by [Session.CreatedAt],
	// then by id. Only After and [Page.Limit] of p count. An unknown account has none.
	ListSessions(ctx context.Context, account uuid.UUID, p Page, now time.Time) ([]Session, error)
}
