package store

import (
	"time"

	"github.com/google/uuid"
)

// Root is the scope of the accounts that have no parent.
var Root uuid.UUID

// Role says what an account may do in its scope. Only RoleAdmin has power; every other role is a label.
type Role string

// The roles that always exist. Config.Accounts.Labels adds more, without power.
const (
	RoleAdmin Role = "admin"
	RoleUser  Role = "user"
	RoleGuest Role = "guest"
)

// Status says whether an account may sign in.
type Status string

// The states of an account. StatusDeleted is a tombstone: personal data is gone, id, number and public key stay taken.
const (
	StatusActive   Status = "active"
	StatusDisabled Status = "disabled"
	StatusDeleted  Status = "deleted"
)

// Account is a person, or a parent that pays for persons. The tree has depth two: a root account (Parent is Root) may
// have children, a child may not.
//
// UpdateAccount writes Email, Username, Name, Role, Status, Password and what belongs to it, EmailVerifiedAt,
// GoogleSubject, TOTP, TOTPPending, KeyMaster, KeyVersion, OrganizationOwner, Organization and UpdatedAt.
// The store alone moves Number, TOTPStep, Epoch, Version and LastSignIn; ID, Parent, PublicKey, House and CreatedAt never change.
type Account struct {
	ID                uuid.UUID     // UUIDv7, made by the caller
	Number            int64         // from one sequence for all accounts, never reused; at most 2^53
	Parent            uuid.UUID     // Root for a root account
	Email             string        // as it was typed, for display and mail; empty for a house and a tombstone
	EmailKey          string        // canonical, unique per Parent; empty as Email
	Username          string        // unique per Parent by its lower-cased ASCII; may be empty
	Name              string        // for display
	Role              Role          //
	Status            Status        //
	House             bool          // made by Bootstrap: its children cost nothing and it cannot sign in
	PublicKey         string        // "APK_…": names a parent in public, is no secret
	Password          SecretText    // PHC string; empty: none set
	PasswordChangedAt time.Time     // zero: there is no password, and none expires
	PasswordTemporary bool          // serves only to choose another one
	PasswordHistory   []SecretText  // PHC strings of earlier passwords, newest first, at most 24
	EmailVerifiedAt   time.Time     // zero: never
	GoogleSubject     string        // unique per Parent; empty: not linked
	TOTP              SecretBytes   // sealed seed; empty: no second factor
	TOTPPending       SecretBytes   // sealed seed that waits for its first code
	TOTPStep          int64         // last accepted time step; only ever grows
	KeyMaster         string        // id of the master key that its tenant key is derived from
	KeyVersion        int           // of its tenant key
	Epoch             int64         // a session of another epoch is dead; starts at 1
	Version           int64         // what UpdateAccount compares; a sign-in does not move it; starts at 1
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
	KeyOwner     *Account      // whose public key or number was given; nil: none given
	Stray        bool          // found among children although no key was given (docs/WIRE.md 1.1 rule 4)
}

// Child reports whether the account has a parent.
func (s Subject) Child() bool { return s.Account.Parent != Root }
