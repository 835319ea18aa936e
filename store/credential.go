package store

import (
	"time"

	"github.com/google/uuid"
)

// Linked is who an account is to another issuer: any number per account, each unique in its scope.
type Linked struct {
	Account  uuid.UUID
	Scope    uuid.UUID // the account's parent, which never changes; set by the store
	Issuer   string    // as its tokens name it (the iss claim)
	Subject  string    // the issuer's id of the person, never reused
	Email    string    // that the issuer named when it was linked, for display; empty: none
	LinkedAt time.Time
	UsedAt   time.Time // of the last sign-in by it; zero: never
}

// Key returns what is unique of it.
func (l Linked) Key() IssuedKey { return IssuedKey{l.Issuer, l.Subject} }

// IssuedKey names a person as an issuer does.
type IssuedKey struct{ Issuer, Subject string }

// FactorKind is what a [Factor] is.
type FactorKind string

// The kinds of factors.
const (
	FactorTOTP    FactorKind = "totp"    // codes of an authenticator app (RFC 6238)
	FactorPasskey FactorKind = "passkey" // WebAuthn
)

// FactorSet is a set of kinds.
type FactorSet uint32

// The kinds as members of a set.
const (
	HasTOTP FactorSet = 1 << iota
	HasPasskey
)

// Kinds returns the members of the set.
func (s FactorSet) Kinds() (list []FactorKind) {
	if s&HasTOTP != 0 {
		list = append(list, FactorTOTP)
	}
	if s&HasPasskey != 0 {
		list = append(list, FactorPasskey)
	}
	return list
}

// Factor is something that an account's owner has: any number per account.
type Factor struct {
	ID           uuid.UUID // UUIDv7, made by the caller; names a factor of its Account only
	Account      uuid.UUID
	Kind         FactorKind
	Label        string      // for its owner
	Sealed       SecretBytes // what it is checked with, sealed by the caller
	Credential   []byte      // a passkey's id, chosen by the client; unique per scope, pending or not; empty: none
	Counter      int64       // last accepted time step or signature counter; only ever grows
	CreatedAt    time.Time
	UsedAt       time.Time // zero: never
	PendingUntil time.Time // begun; callers take it for void from then on, [Sweeper.Sweep] removes it. Zero: confirmed
}

// Use is one use of a confirmed factor. It is accepted when Counter is greater than the row's, or both are zero:
// passkeys that are synced between devices never count. Of many uses of one counter at once one wins.
type Use struct {
	Factor  uuid.UUID // zero: none is used
	Counter int64
}

// Once is something that serves once, such as a sealed challenge. A verb that fails leaves it unused.
type Once struct {
	Digest Digest    // unique in the store; zero: none
	Until  time.Time // it is forgotten at that time: by then it must be worth nothing by itself
}
