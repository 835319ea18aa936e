package store

import (
	"time"

	"github.com/google/uuid"
)

// Purpose of a secret. Each has a digest key of its own, so that none serves for another.
type Purpose string

// The purposes.
const (
	PurposeSignIn      Purpose = "sign-in"      // six digits by mail
	PurposeReset       Purpose = "reset"        // link
	PurposeVerify      Purpose = "verify"       // link
	PurposeChangeEmail Purpose = "change-email" // link to the new address
	PurposeRecovery    Purpose = "recovery"     // codes on paper, instead of the second factor
)

// Digest is a keyed digest (HMAC-SHA-256). Nothing that was mailed or typed can be read from it.
type Digest [32]byte

// Secret is what a store keeps of a secret that was mailed or shown. It is live while UsedAt is zero, ExpiresAt is
// zero or in the future and its tries are not used up.
type Secret struct {
	Account   uuid.UUID
	Purpose   Purpose
	Address   string // canonical address that it was mailed to; empty: not mailed
	Digest    Digest // unique per account: the same digest again renews the row
	Tries     int
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // used or voided; zero: not yet
}

// Claim is a try at a short code.
type Claim struct {
	Purpose Purpose
	Lookup  Lookup
	Digest  Digest
	Tries   int  // allowed per code; a try counts on every live code. Zero: unlimited and not counted
	Single  bool // a match uses up just itself (recovery codes); otherwise every live code of the purpose
}
