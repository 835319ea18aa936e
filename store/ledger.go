package store

import (
	"context"
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

// LedgerEntry is one line of a parent's account book. It holds ids only, no personal data, and outlives accounts. At
// every moment the balance of an owner is the sum of its entries.
type LedgerEntry struct {
	ID        uuid.UUID // UUIDv7 of At, made by the caller: the order of ids is the order of entries
	Owner     uuid.UUID // the parent
	Key       string    // idempotency key, unique per owner, 1 to 200 bytes: "session:<id>", "retention:2026-11"
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
	FreeUsers     int64  // children without retention charge
	PriceCents    int64  // in hundredths of the host's currency
	TransactionID string // of the payment, served once in the whole store; empty: it was not paid for
}

// Charge is a debit that a verb makes in its own step. The zero Charge does nothing. The package comment says which
// of its errors wins.
type Charge struct {
	Owner     uuid.UUID // who pays; zero: nobody
	Key       string    // idempotency key of the ledger row: one that stands is paid
	Entry     uuid.UUID // id of the ledger row, a UUIDv7 of the moment
	Operation Operation
	Price     int64 // credits; zero: no charge
	Required  bool  // without the credits the verb is [ErrInsufficientCredits]; else it goes on without the charge
	Tell      Telling
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
	LatestMonth int   // month of its newest ledger entry but for retention, year*12 + month-1; zero: it has none
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

// CreditQuery selects entries of an account book. The time of an entry is that of its id.
type CreditQuery struct {
	Operation Operation // empty: every one
	From      time.Time // at or after; zero: no bound
	To        time.Time // before; zero: no bound
	Newest    bool      // the newest first; else the oldest
	After     uuid.UUID // goes on behind this one; zero: from the start
	Limit     int       // rows, above zero
}

// Days is a span of days in UTC, both included, each named by any moment of it.
type Days struct{ First, Last time.Time }

// MostDays is how long a span of [Days] may be.
const MostDays = 400

// CreditDay is what the entries of one operation come to on one day. The time of an entry is that of its id.
type CreditDay struct {
	Day       time.Time // its midnight in UTC
	Operation Operation
	Entries   int64
	Credits   int64 // their sum; negative: debited
}

// Posting is an entry that is added to an account book.
type Posting struct {
	Entry  LedgerEntry
	Tell   Telling
	Events []Event // written with a fresh entry
}

// Closing says which months are settled.
type Closing struct {
	Month int   // the newest one, as [Month] counts them, by the caller's clock
	Price int64 // credits of a child beyond the free ones
	Limit int   // owners
	Tell  Telling
	Log   bool // an [EventMonthClosed] for each owner that was charged
}

// MonthOf returns the month of t in UTC as [Month] counts them.
func MonthOf(t time.Time) int {
	t = t.UTC()
	return t.Year()*12 + int(t.Month()) - 1
}

// CreditStore keeps the account books. A root account has one, also when it is deleted.
type CreditStore interface {
	// ApplyCredit adds the entry once per Owner and Key, with the free users of its [Package]. A Key that stands
	// returns the first entry, the balance as it is now and fresh false, and changes nothing.
	//
	// With Refunds the entry reverses the debit of that key: the store sets [LedgerEntry.Amount], and [Balance.Used]
	// falls by it.
	//
	// A payment serves once: of all entries of all owners, deleted ones too, one has the [Package.TransactionID]. It is
	// compared byte for byte.
	//
	// Errors, the first wins:
	//   - [ErrNotFound]: the owner has no Balance.
	//   - Conflict: the Key stands with another operation, [LedgerEntry.Refunds] or, but for a refund, amount.
	//   - Conflict with [Conflict.Field] "transaction": another entry has the TransactionID, whoever its owner is.
	//   - [ErrNotFound]: there is no such debit to refund.
	//   - Conflict with [Conflict.Field] "refund": it was refunded under another key.
	//   - [ErrInsufficientCredits]: a debit beyond the balance.
	//   - [ErrInvalid]: a sum of credits or free users would overflow, or the free users fall below zero.
	//   - Conflict: another entry of the owner has the ID.
	ApplyCredit(ctx context.Context, p Posting) (entry LedgerEntry, b Balance, fresh bool, err error)

	// Balance returns the owner's row. [ErrNotFound]: it has none.
	Balance(ctx context.Context, owner uuid.UUID) (Balance, error)

	// ListCredits returns up to q.Limit entries of the owner in id order, which is that of their times, see
	// [LedgerEntry.ID], or against it. An unknown owner has none.
	ListCredits(ctx context.Context, owner uuid.UUID, q CreditQuery) ([]LedgerEntry, error)

	// SumCredits returns what the entries of the owner come to on each day of the span, for each operation: by day,
	// then by the bytes of the operation, without those that have no entry. It reads a line of an index for each entry
	// of the span: callers remember the days that are over. An unknown owner has none. [ErrInvalid]: the span ends
	// before it begins, or has more than [MostDays] days.
	SumCredits(ctx context.Context, owner uuid.UUID, d Days) ([]CreditDay, error)

	// ListMonths returns the closed months from..to, both included, newest first, at most limit. An unknown owner has
	// none.
	ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]Month, error)

	// CloseMonths settles the oldest open month of up to c.Limit owners for whom that is c.Month or an earlier one:
	// those who are furthest behind first, then by id. It debits c.Price for each child beyond the free ones, as far as
	// the balance goes, under the key "retention:<year>-<month>", and writes the [Month]. A debit of zero has no entry.
	// No caller makes the id of an entry: it is a UUIDv7 of now, derived from owner and key as rules.Due does it.
	// Houses, deleted accounts and months whose key stands are settled without debit. Each month of an owner is settled
	// once, however many processes call.
	//
	// A month is settled only when some owner of the store has a [Balance.LatestMonth] after it: a process whose clock
	// is ahead charges nobody for months that have not come for the store. A quiet store, in which nobody buys or pays
	// for anything, closes its months with its next entry. Retention is no evidence: its moment is the closing clock's.
	//
	// It returns how many it settled, zero when nothing is left, and whom it charged. [ErrInvalid]: a negative price.
	CloseMonths(ctx context.Context, c Closing, now time.Time) (settled int, charged []Settled, err error)
}

// Settled is a parent whose month [CreditStore.CloseMonths] charged.
type Settled struct {
	Owner   uuid.UUID
	Debit   int64
	Balance Balance // right after it
}
