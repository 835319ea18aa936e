package store

import (
	"context"
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

// Secret is what a store keeps of a secret that was mailed or shown. It is live while UsedAt is zero and
// ExpiresAt is zero or in the future. For a [Claim] its tries must be left, too.
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

// SecretStore keeps digests of what was mailed.
type SecretStore interface {
	// PutSecrets adds them all or none, with Tries and [Secret.UsedAt] zero whatever is passed in. A digest that the
	// account has is replaced, and so is live again; of two in one call the last counts. [ErrNotFound]: an account is
	// gone.
	PutSecrets(ctx context.Context, s []Secret, now time.Time) error

	// Secret returns a secret without using it, whatever its state, until [Sweeper.Sweep] takes it. Should several
	// accounts have the digest, it is that of the lowest account id. [ErrNotFound]: there is none of that purpose.
	Secret(ctx context.Context, p Purpose, d Digest) (Secret, Subject, error)

	// ConsumeSecret finds the account as [AccountStore.FindAccount] does. It counts the try on every live secret of the
	// account and purpose that was sent to the account's present address, or to none. If one of them has the digest, it
	// uses up all of them, or with [Claim.Single] just that one. Of many claims at once one wins.
	//
	// Errors, the first wins:
	//   - Those of [AccountStore.FindAccount].
	//   - [ErrNotFound], with the Subject: none has the digest. The try is counted.
	ConsumeSecret(ctx context.Context, c Claim, now time.Time) (Subject, error)
}
