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
	PurposeSignIn      Purpose = "sign-in"      // six digits by mail, or a link: one that is used uses all of them up
	PurposeReset       Purpose = "reset"        // link
	PurposeVerify      Purpose = "verify"       // link
	PurposeChangeEmail Purpose = "change-email" // link to the new address
	PurposeRecovery    Purpose = "recovery"     // codes on paper, instead of the second factor
)

// Digest is a keyed digest (HMAC-SHA-256). Nothing that was mailed or typed can be read from it.
type Digest [32]byte

// Secret is what a store keeps of a secret that was mailed or shown. It is live while UsedAt is zero and
// ExpiresAt is zero or in the future.
type Secret struct {
	Account   uuid.UUID
	Purpose   Purpose
	Address   string    // canonical address that it was mailed to; empty: not mailed
	Asker     Digest    // network that asked for it, which has tries of its own (see Claim); zero: nobody
	Mail      uuid.UUID // mail that brings it: a later secret of that mail replaces it; zero: none
	Digest    Digest    // unique per account: the same digest again renews the row
	Tries     int       // of the Asker
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	UsedAt    time.Time // used or voided; zero: not yet
}

// Claim is a try at a short code. A caller whose network asked for codes is compared with those alone, and each counts
// the try. All others are compared with every live code, and none counts it: they are limited elsewhere, so that
// nobody uses up the tries of somebody else.
type Claim struct {
	Purpose Purpose
	Lookup  Lookup
	Digest  Digest
	Asker   Digest  // the network, if it asked; zero: anybody
	Tries   int     // of an Asker at each code. Zero: unlimited and not counted
	Single  bool    // a match uses up just itself (recovery codes); otherwise every live code of the purpose
	Events  []Event // written when it matches; one without Account is about the account that was found
}

// SecretStore keeps digests of what was mailed.
type SecretStore interface {
	// PutSecrets adds them all or none, with Tries and [Secret.UsedAt] zero whatever is passed in. A digest that the
	// account has is replaced, and so is live again; of two in one call the last counts. What the account had of the
	// same [Secret.Mail] before the call is removed. [ErrNotFound]: an account is gone.
	PutSecrets(ctx context.Context, s []Secret, now time.Time) error

	// Secret returns a secret without using it, whatever its state, until [Sweeper.Sweep] takes it. Its Subject comes
	// with the identities and factors. Should several accounts have the digest, it is that of the lowest account id.
	// [ErrNotFound]: there is none of that purpose.
	Secret(ctx context.Context, p Purpose, d Digest) (Secret, Subject, error)

	// ConsumeSecret finds the account as [AccountStore.FindAccount] does. It looks at the secrets of the account and
	// purpose that are not used and were sent to the account's present address, or to none. With [Claim.Asker] it
	// compares only the live ones of that Asker which have tries left, and counts the try on each; else it compares all
	// live ones and counts nothing. If one that it compares has the digest, it uses up all that it looks at, also those
	// that are over, or with [Claim.Single] just that one. Of many claims at once one wins. The try of an Asker is
	// written whether it counts at a secret or not: one that counts nowhere in a row that nobody reads (rules.Unread),
	// so that its time does not tell whether a code is on its way.
	//
	// Errors, the first wins:
	//   - Those of [AccountStore.FindAccount].
	//   - [ErrNotFound], with the Subject: none has the digest. The try is counted.
	ConsumeSecret(ctx context.Context, c Claim, now time.Time) (Subject, error)

	// CountSecrets returns how many secrets of the account and purpose are neither used nor over. An account that is
	// gone has none.
	CountSecrets(ctx context.Context, account uuid.UUID, p Purpose, now time.Time) (int, error)
}
