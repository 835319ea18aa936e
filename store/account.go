package store

import (
	"bytes"
	"cmp"
	"context"
	"time"

	"github.com/google/uuid"
)

// Root is the scope of the accounts that have no parent.
var Root uuid.UUID

// Role says what an account may do in its scope. Only [RoleAdmin] has power; every other role is a label.
type Role string

// The roles that always exist. Config.Accounts.Labels adds more, without power.
const (
	RoleAdmin Role = "admin"
	RoleUser  Role = "user"
	RoleGuest Role = "guest"
)

// Status says whether an account may sign in.
type Status string

// The states of an account. [StatusDeleted] is a tombstone: personal data is gone, id, number and public key stay
// taken.
const (
	StatusActive   Status = "active"
	StatusDisabled Status = "disabled"
	StatusDeleted  Status = "deleted"
)

// Account is a person, or a parent that pays for persons. The tree has depth two: a root account (Parent is [Root]) may
// have children, a child may not.
//
// [AccountStore.UpdateAccount] writes Email, Username, Name, Locale, Role, Status, Password and what belongs to it,
// EmailVerifiedAt, EmailProvenAt, Metadata, Factors, KeyMaster, KeyVersion, OrganizationOwner, Organization and
// UpdatedAt. The store alone moves Number, Epoch, Version and LastSignIn. ID, Parent, PublicKey, House and CreatedAt
// never change.
//
// Credentials are rows of their own: [Linked] and [Factor].
type Account struct {
	ID                uuid.UUID     // UUIDv7, made by the caller
	Number            int64         // from one sequence for all accounts, never reused; at most 2^53
	Parent            uuid.UUID     // Root for a root account
	Email             string        // as it was typed, for display and mail; empty for a house and a tombstone
	EmailKey          string        // canonical, unique per Parent; empty as Email
	Username          string        // unique per Parent by its lower-cased ASCII; may be empty
	Name              string        // for display
	Locale            string        // language tag (BCP 47); empty: unknown
	Role              Role          //
	Status            Status        //
	House             bool          // a root account that nobody is: its children cost nothing, no number or key finds it
	PublicKey         string        // "APK_…": names a parent in public, is no secret
	Password          SecretText    // PHC string; empty: none set
	PasswordChangedAt time.Time     // zero: there is no password, and none expires
	PasswordTemporary bool          // serves only to choose another one
	PasswordHistory   []SecretText  // PHC strings of earlier passwords, newest first, at most 24
	EmailVerifiedAt   time.Time     // its link was opened, by whomever; zero: never
	EmailProvenAt     time.Time     // whoever owns the mailbox has shown that the account is theirs; zero: never
	Metadata          []byte        // a JSON object of the host's own, kept byte by byte, at most 4 KiB; empty: none
	Factors           FactorSet     // kinds of its confirmed factors, as the caller says; exact because of Version
	KeyMaster         string        // id of the master key that its tenant key is derived from
	KeyVersion        int           // of its tenant key
	Epoch             int64         // a session of another epoch is dead; starts at 1
	Version           int64         // what [AccountStore.UpdateAccount] compares; a sign-in does not move it; starts at 1
	OrganizationOwner uuid.UUID     // whose organization a root account belongs to; its own id for an owner; zero: none
	Organization      *Organization // set on an owner only
	CreatedAt         time.Time     //
	UpdatedAt         time.Time     //
	LastSignIn        time.Time     // zero: never
}

// Subject is an account with everything that decides about it, from one look-up.
type Subject struct {
	Account      Account
	Parent       *Account      // nil for a root account
	Organization *Organization // its own, that of its owner, or its parent's; nil: none
	Linked       []Linked      // its identities, where asked for ([Lookup.Credentials]), by LinkedAt, Issuer and Subject
	Factors      []Factor      // its factors, where asked for, pending ones too, by CreatedAt and ID
	KeyOwner     *Account      // whose public key or number was given; nil: none given
	Stray        bool          // found among children although no key was given (docs/WIRE.md 1.1 rule 4)
}

// Child reports whether the account has a parent.
func (s Subject) Child() bool { return s.Account.Parent != Root }

// NewAccount is an account with everything that starts with it.
type NewAccount struct {
	Account Account
	Linked  []Linked     // of this account
	Factors []Factor     // of this account
	Grant   *LedgerEntry // the initial credits of a root account, with their free users in Package; nil: none
	Effects              // its Charge is the parent's; zero for a root account
}

// Change is what [AccountStore.UpdateAccount] does in one step. Account carries the new values whole, and the Version
// that was read.
type Change struct {
	Account     Account
	Proof       Digest      // of a live secret of this account, used up by the change; zero: none needed
	Use         Use         // of a factor of this account
	Once        Once        // used up by the change
	EndSessions bool        // Epoch+1: every session is dead, and every pending factor that it does not put goes
	KeepSession uuid.UUID   // with EndSessions: this one, if it is the account's and not dead, lives on in the new epoch
	Void        []Purpose   // every secret of these purposes is voided, also one that is over: a clock may go back
	Secrets     []Secret    // of any accounts; put as [SecretStore.PutSecrets] does, after the voiding
	Unlink      []IssuedKey // identities that it loses; what is not there is no error
	Link        []Linked    // identities that it gets; one that it has is replaced
	DropFactors []uuid.UUID // factors that it loses, also the one that it uses; what is not there is no error
	PutFactors  []Factor    // factors that it gets; one that it has is replaced, but Counter and UsedAt never go back
	Effects
}

// Deletion is what [AccountStore.DeleteAccount] does in one step.
type Deletion struct {
	Scope, ID uuid.UUID
	Mail      []QueuedMail
	Events    []Event // without Network and Detail: those go at once
}

// Position is a place in a list in order of creation: right behind what was made then and has that id. Where the time
// is the same the id decides. The zero Position is before everything.
type Position struct {
	At time.Time
	ID uuid.UUID
}

// IsZero reports whether the position is before everything.
func (p Position) IsZero() bool { return p.At.IsZero() && p.ID == uuid.Nil }

// Compare returns -1 if p comes before q, 0 if they are the same place, and 1 otherwise.
func (p Position) Compare(q Position) int {
	switch z := q.IsZero(); {
	case p.IsZero() && z:
		return 0
	case p.IsZero():
		return -1
	case z:
		return 1
	}
	return cmp.Or(p.At.Compare(q.At), bytes.Compare(p.ID[:], q.ID[:]))
}

// Page of a list in order of creation: by time, and by id where that is the same. Whoever goes on after the last row
// of a page meets each row that stays there once; also what is added meanwhile, if its place is not before that one.
type Page struct {
	After  Position  // exclusive; zero: from the start
	Limit  int       // rows, above zero
	Newest bool      // the other way round: the newest first, and After is what the rows are before
	Search string    // prefix of the email key or the lower-cased username, canonical; empty: all
	Role   Role      // of accounts; empty: every one
	Status Status    // of accounts, active or disabled; empty: both
	From   time.Time // created at or after; zero: no bound
	To     time.Time // created before; zero: no bound
}

// AccountStore keeps the tree of accounts.
type AccountStore interface {
	// CreateAccount makes an account. It sets Number, Epoch 1 and [Account.Version] 1, opens the [Balance] of a root
	// account with its [NewAccount.Grant], counts a child at its parent, debits the Charge and queues the Mail. An id
	// that exists returns the account as it stands, a tombstone too, and a Receipt of the Charge if its key stands.
	//
	// Errors, the first wins:
	//   - [ErrInvalid]: the id is zero, or the status is deleted.
	//   - [ErrNoParent]: the parent is no active root account.
	//   - [ErrInvalid]: a Grant for a child, a negative one, or one with negative free users or a
	//     [Package.TransactionID]; a Charge whose Owner is not the parent; credentials that make no sense in a
	//     [Change].
	//   - Those of a Charge.
	//   - Conflict with [Conflict.Field] "email", "username", "identity", "credential" or "client", in this order.
	//   - Conflict: an account, also a deleted one, has the public key.
	CreateAccount(ctx context.Context, a NewAccount, now time.Time) (Account, Receipt, error)

	// FindAccount returns the account with its parent, organization and key owner, whatever its status unless deleted.
	//
	// Errors, the first wins:
	//   - [ErrNoParent]: [Lookup.ScopeKey] or [Lookup.ScopeNumber] is nobody's, a child's, a house's or a deleted
	//     account's.
	//   - [ErrNotFound]: nobody is there.
	FindAccount(ctx context.Context, l Lookup) (Subject, error)

	// UpdateAccount replaces the account's values and returns it as it then stands. [Account] says which values; the
	// others that the Change carries are not looked at. Version grows by one. Everything else that the Change names
	// happens in the same step. The credentials of a change are the account's own, whatever account they name.
	//
	// Errors, the first wins:
	//   - [ErrNotFound]: the account is gone.
	//   - Conflict: another [Account.Version] stands.
	//   - [ErrInvalid]: the new status is deleted, which is for DeleteAccount; an identity to link without issuer
	//     or subject, or a factor to put without id; one that is linked or put twice, or unlinked, dropped or used; a
	//     credential that is put twice.
	//   - [ErrProofSpent]: the Proof is not a live secret of the account.
	//   - Conflict: the Use is of no confirmed factor of the account, or its Counter is not accepted.
	//   - [ErrProofSpent]: the Once was used before.
	//   - [ErrLastAdmin]: the last active admin of a parent's children would cease to be one. Root accounts are not
	//     guarded.
	//   - [ErrNotFound]: the account of a new secret is gone.
	//   - Those of a Charge.
	//   - Conflict with [Conflict.Field] "email", "username", "identity", "credential" or "client", in this order:
	//     another account of the scope has it, or another factor of this one would have the credential after the
	//     change, too; of a client another organization of the store: one that is enabled at its issuer and not shared.
	UpdateAccount(ctx context.Context, c Change, now time.Time) (Account, Receipt, error)

	// DeleteAccount makes a tombstone of the account with that id below scope. Email, username, name, passwords,
	// credentials, metadata, organization and secrets go now, its events lose what tells of a person, its sessions are
	// dead, and its parent counts one child less. The children of a deleted parent are gone at once; [Sweeper.Sweep]
	// erases them later.
	//
	// Errors, the first wins:
	//   - [ErrNotFound]: there is no such account in the scope, or it is gone.
	//   - [ErrLastAdmin], as for UpdateAccount.
	DeleteAccount(ctx context.Context, d Deletion, now time.Time) error

	// ListAccounts returns up to p.Limit accounts of the scope in order of creation, or against it: by
	// [Account.CreatedAt], then by id, without houses. Callers choose both, so accounts that come from elsewhere stand
	// at their time. An unknown scope has none.
	ListAccounts(ctx context.Context, scope uuid.UUID, p Page) ([]Account, error)

	// CountAccounts returns how many accounts of the scope have signed in at or after since. An unknown scope has none.
	// It may read an index of all of them: callers remember the number for a while.
	CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error)
}
