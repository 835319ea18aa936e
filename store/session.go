package store

import (
	"time"

	"github.com/google/uuid"
)

// Audience names the family of routes that a session belongs to. It is the token's aud claim.
type Audience string

// The audiences of the three documented HTTP families, and the one of hosts that call the library directly.
const (
	AudienceHost         Audience = "host" // the default of a request that names none
	AudienceOrganization Audience = "organization"
	AudienceV1           Audience = "v1"
	AudiencePlatform     Audience = "platform"
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
	Agent        string    // User-Agent, cut to 256 bytes
	CreatedAt    time.Time
	SeenAt       time.Time // moved at most every few minutes
	ProvedAt     time.Time // when its owner last proved who he is
	ExpiresAt    time.Time // no access token of it is good at or after this time
	RefreshUntil time.Time // no refresh token is; zero: the session has none
}

// EndsAt answers when nothing of the session is good any more.
func (s Session) EndsAt() time.Time {
	if s.RefreshUntil.After(s.ExpiresAt) {
		return s.RefreshUntil
	}
	return s.ExpiresAt
}

// Live is a session with what Authenticate decides on, from one look-up. It is small, because it is copied on each request.
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
	ParentStatus      Status // StatusActive for a root account
	PasswordChangedAt time.Time
	PasswordTemporary bool
	Verified          bool   // the account's email
	HasFactor         bool   // TOTP is enrolled
	MustVerify        bool   // of the organization: its own, its owner's or its parent's
	MustFactor        bool   // the same
	KeyMaster         string // of its tenant's key as it is now: the account's own, or its parent's
	KeyVersion        int    // the same
}

// NewSession is a sign-in about to happen.
type NewSession struct {
	Session  Session
	Charge   Charge
	TOTPStep int64      // must be later than the account's; zero: none was used
	Settle   Settlement // of the attempts; done in the same step. Zero where attempts live in another store
}

// Rotation is one use of a refresh token.
type Rotation struct {
	Session      uuid.UUID
	Generation   int           // that the token shows
	ExpiresAt    time.Time     // of the next access token
	RefreshUntil time.Time     // of the next refresh token
	Grace        time.Duration // for so long after a rotation the previous generation answers the same successor
}

// Touch says that a session was used.
type Touch struct {
	Account, Session uuid.UUID
	Proved           bool // its owner proved again who he is: ProvedAt moves too
}
