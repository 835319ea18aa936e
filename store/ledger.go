package store

import (
	"time"

	"github.com/google/uuid"
)

// Operation is something that has a price. Hosts may name their own besides these.
type Operation string

// The operations of docs/WIRE.md 1.7.
const (
	OpSignIn    Operation = "sign-in"
	OpSignUp    Operation = "sign-up"
	OpVerify    Operation = "email-verification"
	OpSocial    Operation = "social-sign-in"
	OpRetention Operation = "retention"
	OpGrant     Operation = "grant"   // initial credits and what a host gives away
	OpPackage   Operation = "package" // credits that were paid for
	OpRefund    Operation = "refund"
)

// LedgerEntry is one line of a parent's account book. It holds ids only, no personal data, and outlives accounts.
// At every moment the balance of an owner is the sum of its entries.
type LedgerEntry struct {
	ID        uuid.UUID // UUIDv7, made by the caller
	Owner     uuid.UUID // the parent
	Key       string    // idempotency key, unique per owner, 1 to 200 bytes: "session:<id>", "account:<id>", "retention:2026-11", a transaction id
	Operation Operation
	Amount    int64     // credits; negative: a debit
	Balance   int64     // credits after it
	Subject   uuid.UUID // the account it was about; zero: none
	Refunds   string    // key of the debit that it takes back; empty: none
	Package   *Package
	At        time.Time
}

// Package is a bundle of credits that a host sells.
type Package struct {
	Type          string // "STARTER"
	Credits       int64
	FreeUsers     int64 // children without retention charge
	PriceCents    int64 // in hundredths of the host's currency
	TransactionID string
}

// Charge is a debit that a verb makes together with its own change. The zero Charge does nothing. A Key that already stands
// in the owner's ledger counts as paid: nothing is debited twice.
type Charge struct {
	Owner     uuid.UUID // who pays; zero: nobody
	Key       string    // idempotency key of the ledger row
	Entry     uuid.UUID // id of the ledger row
	Operation Operation
	Price     int64 // credits, above zero
	Required  bool  // true: when the balance does not cover it, nothing happens and the verb answers ErrInsufficientCredits; false: debit if it can
}

// Receipt is what became of a Charge.
type Receipt struct {
	Charged bool    // a ledger row stands
	Balance Balance // of the payer right after it; zero when nothing was charged
}

// Balance is a parent's row: its credits, and lifetime counters that make every figure O(1). A counter moves in the
// step that writes the ledger row it counts. Every root account has one.
type Balance struct {
	Credits   int64 // spendable, never below zero
	Granted   int64 // ever given or bought, refunds not included
	Used      int64 // ever debited, less refunds
	FreeUsers int64 // children without retention charge
	Children  int64 // accounts below it that are not deleted

	SignIns       int64 // paid ones, as all of these
	SignUps       int64
	Verifications int64
	Socials       int64
	Retained      int64 // credits paid for retention

	ClosedMonth int   // last month settled, year*12 + month-1
	ClosedUsed  int64 // Used at that moment
}

// Month is one closed month of a parent.
type Month struct {
	Owner      uuid.UUID
	Month      int   // year*12 + month-1
	Users      int64 // children at its end
	FreeUsers  int64
	Retention  int64 // credits debited for it
	Operations int64 // credits used in it by everything else
	Credits    int64 // balance after it
	At         time.Time
}

// MonthOf answers the month of t in UTC as Month counts them.
func MonthOf(t time.Time) int {
	t = t.UTC()
	return t.Year()*12 + int(t.Month()) - 1
}
