package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Store is everything the library remembers: five roles, an outbox and a sweeper, 26 verbs.
//
// Every verb is atomic and linearizable: it happened or it did not, also when ctx ends or the process dies. Reads see
// every verb that returned before them. A verb is one round trip to a database. Nothing here reads a clock: now comes
// in, in UTC and whole milliseconds, and every time a store answers is so, too.
//
// Errors, always compared with errors.Is: what is absent is ErrNotFound; a duplicate is ErrConflict with the Field
// ("email", "username", "google"); a lost race is ErrConflict without one; refused by a rule that only the store can
// decide is ErrLastAdmin or ErrInsufficientCredits. After any error nothing was changed, but for what a verb says of
// counted tries and of reuse. A request that makes no sense (a zero id, a negative price) is ErrInvalidInput. An error of the
// driver is returned as it came.
//
// Every id is made by the caller, so that a retry after a lost answer is told apart from a second try: creating the
// same id again changes nothing and answers what stands.
//
// What people choose (email, username, Google account) is looked up in a scope; what we made (ids, numbers, public
// keys, digests) needs none. Stores compare bytes; keys arrive canonical. What a caller passes in may be changed by him
// afterwards, and what a store answers is his: neither may reach into the store's memory.
//
// The conformance kit store/storetest states all of this in tests. A store is safe for concurrent use.
type Store interface {
	AccountStore
	SessionStore
	SecretStore
	AttemptStore
	CreditStore
	OutboxStore
	Sweeper
}

// Lookup names one account: by ID, by Number, by PublicKey, or inside a scope by GoogleSubject or Email.
//
// The scope is that of the root account whose public key is ScopeKey or whose number is ScopeNumber; without either it
// is Scope. With both GoogleSubject and Email the first is tried, then the second. Deleted accounts are never found, and
// neither are children of a deleted parent, by any verb.
type Lookup struct {
	ID        uuid.UUID `json:",omitzero"`
	Number    int64     `json:",omitzero"`
	PublicKey string    `json:",omitzero"`

	GoogleSubject string    `json:",omitzero"`
	Email         string    `json:",omitzero"` // canonical
	Scope         uuid.UUID `json:",omitzero"` // Root: the root accounts
	ScopeKey      string    `json:",omitzero"`
	ScopeNumber   int64     `json:",omitzero"`
	Widget        bool      `json:",omitzero"` // with ScopeKey: when no child has it, a root account that has
	Stray         bool      `json:",omitzero"` // with Scope Root: when no root account has it and exactly one child does, that child; houses' children do not count
}

// NewAccount is an account with everything that starts with it.
type NewAccount struct {
	Account Account
	Charge  Charge       // the parent's; zero for a root account
	Grant   *LedgerEntry // the initial credits of a root account, with their free users in Package; nil: none
	Mail    []QueuedMail
}

// Change is what UpdateAccount does in one step. Account carries the new values whole, and the Version that was read.
type Change struct {
	Account     Account
	Proof       Digest    // of a live secret of this account, used up by the change; zero: none needed
	TOTPStep    int64     // must be later than the account's; zero: none was used
	EndSessions bool      // Epoch+1: every session is dead
	KeepSession uuid.UUID // with EndSessions: this one lives on in the new epoch
	Void        []Purpose // every live secret of these purposes is voided
	Secrets     []Secret  // added after the voiding
	Charge      Charge
	Mail        []QueuedMail
}

// Page of a list in id order, which is the order of creation.
type Page struct {
	After  uuid.UUID // exclusive; zero: from the start
	Limit  int       // rows, above zero
	Search string    // prefix of the email or username key, canonical; empty: all
	From   time.Time // created at or after; zero: no bound
	To     time.Time // created before; zero: no bound
}

// AccountStore keeps the tree of accounts.
type AccountStore interface {
	// CreateAccount makes the account, or nothing: it charges the parent, counts the child, opens a root account's
	// Balance with its grant and queues the mail in the same step. The parent must exist as an active root account: else
	// ErrNotFound with Field "parent". ErrConflict with Field "email" or "username" undoes the charge; ErrInsufficientCredits.
	// The store sets Number, Epoch 1 and Version 1. An id that exists answers the account as it stands, whatever its state.
	CreateAccount(ctx context.Context, a NewAccount, now time.Time) (Account, Receipt, error)

	// FindAccount answers the account with its parent, organization and key owner. An unknown ScopeKey or ScopeNumber
	// (none, a child's, a deleted account's) is ErrNotFound with Field "parent"; a known one without the account
	// is plain ErrNotFound.
	FindAccount(ctx context.Context, l Lookup) (Subject, error)

	// UpdateAccount replaces the account's values (see Account for which), if Version is still the one that was
	// read: else ErrConflict. ErrNotFound: it is gone or deleted. ErrInvalidLink: Proof is not live. ErrConflict with Field: another
	// account has the email, username or Google subject. ErrConflict also when TOTPStep is not later. ErrLastAdmin: the
	// account is the last active admin of its scope and would cease to be one; a child's scope is its parent,
	// and root accounts are not guarded. Answers the account as it now stands.
	UpdateAccount(ctx context.Context, c Change, now time.Time) (Account, Receipt, error)

	// DeleteAccount makes a tombstone of the account with that id below that parent: email, username, name, passwords,
	// Google subject, seeds, organization and secrets go now, its sessions are dead, the parent's count of children falls
	// by one. Id, number, public key and ledger stay. Sweep erases the children of a deleted parent later; they cannot
	// be found or live from now on. ErrNotFound: gone already. ErrLastAdmin as above.
	DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error

	// ListAccounts answers up to p.Limit accounts of the scope that are not deleted.
	ListAccounts(ctx context.Context, scope uuid.UUID, p Page) ([]Account, error)

	// CountAccounts answers how many accounts of the scope that are not deleted have signed in at or after since. It may
	// read an index of all of them: callers remember the answer for a while.
	CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error)
}

// SessionStore keeps sessions. All sessions of an account end by Change.EndSessions: one row, also with a million sessions.
type SessionStore interface {
	// CreateSession charges, writes the ledger row and the session, moves LastSignIn and TOTPStep and settles the
	// attempts, or does nothing. ErrNotFound: the account is gone, not active or of another epoch, or its parent is gone or
	// not active. ErrConflict: TOTPStep is not later. ErrInsufficientCredits. It must not move Account.Version.
	CreateSession(ctx context.Context, s NewSession, now time.Time) (Receipt, error)

	// Session answers a session that is live at now: not ended, of its account's epoch, with something of it (EndsAt) in
	// the future, of an account that is not deleted. Otherwise ErrNotFound.
	Session(ctx context.Context, id uuid.UUID, now time.Time) (Live, error)

	// RotateSession moves Generation one on and RotatedAt to now, if the one shown is current. The one just before it
	// answers the same, without moving anything, while now is before RotatedAt+Grace. Any other one is reuse: the session ends and the answer is
	// ErrConflict, also when it is asked again. SeenAt stays. ErrNotFound: the session is not live, its account or parent is
	// not active, or now is not before its RefreshUntil; nothing moves then.
	RotateSession(ctx context.Context, r Rotation, now time.Time) (Live, error)

	// TouchSession moves SeenAt of a live session of the account, and ProvedAt if asked. ErrNotFound if there is none.
	TouchSession(ctx context.Context, t Touch, now time.Time) error

	// RevokeSession ends one live session of the account; ErrNotFound if there is none.
	RevokeSession(ctx context.Context, account, id uuid.UUID, now time.Time) error

	// ListSessions answers up to p.Limit live sessions of the account in id order; only After and Limit of p count.
	ListSessions(ctx context.Context, account uuid.UUID, p Page, now time.Time) ([]Session, error)
}

// SecretStore keeps digests of what was mailed.
type SecretStore interface {
	// PutSecrets adds them all or none. A digest that the account already has is made live again. ErrNotFound: an
	// account is gone or deleted.
	PutSecrets(ctx context.Context, s []Secret, now time.Time) error

	// Secret reads the secret of a link without using it, whatever its state, until Sweep takes it a day after its expiry.
	// Deleted accounts have none.
	Secret(ctx context.Context, p Purpose, d Digest) (Secret, Subject, error)

	// ConsumeSecret looks the account up as FindAccount does, counts the try on every live secret of the account and purpose
	// that was sent to its present address (or to none), and uses up the matching one and, unless Single, all of them.
	// Concurrent claims have exactly one winner. No match: ErrNotFound, with the Subject when the account exists.
	ConsumeSecret(ctx context.Context, c Claim, now time.Time) (Subject, error)
}

// AttemptStore counts attempts. It may be another server than the rest (Config.Limits.Attempts).
type AttemptStore interface {
	// Take charges every bucket, in the order given, or, if one refuses, none. A waived bucket cannot refuse, and is charged if
	// its own state lets it. Keys within one call are distinct. It is never undone by what follows.
	Take(ctx context.Context, b []Bucket, now time.Time) (Decision, error)

	// Settle does what s says: forget, forgive, mark. What is not there is no error.
	Settle(ctx context.Context, s Settlement, now time.Time) error
}

// CreditStore keeps the account books.
type CreditStore interface {
	// ApplyCredit adds an entry once per (Owner, Key), with Package.FreeUsers if it has one. Again with the same key: answers
	// the first one, fresh false, nothing changes; but ErrConflict if operation, amount or Refunds differ. A debit beyond the
	// balance: ErrInsufficientCredits. With Refunds it reverses the debit of that key: Amount is then the store's to set,
	// Used falls by it; ErrNotFound if there is no such debit, ErrConflict with Field "refund" if it was already refunded
	// under another key. An owner without Balance: ErrNotFound.
	ApplyCredit(ctx context.Context, e LedgerEntry) (entry LedgerEntry, b Balance, fresh bool, err error)

	// Balance answers the owner's row.
	Balance(ctx context.Context, owner uuid.UUID) (Balance, error)

	// ListCredits answers entries of the owner in id order; op empty: of every operation. Of p, After and Limit count.
	ListCredits(ctx context.Context, owner uuid.UUID, op Operation, p Page) ([]LedgerEntry, error)

	// ListMonths answers closed months from..to, both included, newest first, at most limit.
	ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]Month, error)

	// CloseMonths settles, for up to limit parents that are behind, their oldest open month if it is month or earlier:
	// debits price for each child beyond the free ones, as far as the balance goes; writes the ledger row "retention:<year>-<month>"
	// if the debit is above zero; writes the Month. Answers the owners it charged with their receipts, for alerts, and
	// how many it settled: zero means that nothing is left. Any number of processes may call it at once: each
	// parent and month is settled once. Houses and deleted accounts are settled without debit.
	CloseMonths(ctx context.Context, month int, price int64, limit int, now time.Time) (settled int, charged []Settled, err error)
}

// Settled is a parent whose month CloseMonths charged.
type Settled struct {
	Owner   uuid.UUID
	Debit   int64
	Balance Balance // right after it
}

// OutboxStore keeps mail that is still to be sent.
type OutboxStore interface {
	// QueueMail adds what is not there yet; an id that is there stays as it is.
	QueueMail(ctx context.Context, m []QueuedMail) error

	// ClaimMail leases up to limit rows that are due, oldest first: nobody else gets them before now+lease. Tries is
	// one more than before.
	ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]QueuedMail, error)

	// FinishMail with zero retry removes the row; else it is due at retry. Nothing happens when Tries is not
	// the claimed one any more: another has taken it over.
	FinishMail(ctx context.Context, id uuid.UUID, tries int, retry time.Time) error
}

// Sweeper removes what nobody can use any more.
type Sweeper interface {
	// Sweep removes up to limit rows of each kind that ended a day before now (sessions, secrets, dead attempts), and
	// erases up to limit children of deleted parents. more: call again.
	Sweep(ctx context.Context, limit int, now time.Time) (more bool, err error)
}
