package store

import "github.com/google/uuid"

// Lookup names one account: by ID, by Number, by PublicKey, or inside a scope by Credential, by Issuer and Subject, by
// Email, or by Username. What is set first, in the order of the fields, counts alone; only the identity and Email go
// together: the first is tried, then the second. An empty Lookup finds nobody, and half an identity is none.
//
// The scope is the root account whose public key is ScopeKey or whose number is ScopeNumber; without either it is
// Scope. A disabled root account is a scope still. A house is reached by its ID, and is a scope by Scope, alone: no
// number and no key names it.
//
// Two look-ups go beyond their scope, each for a rule that the documented APIs need, and none of them by a Username:
//
//   - Widget: the pages of an organization serve its children and, because tenants sign in there too, root accounts.
//     Where no child has the identity, a root account that has it is found; then the same with the email.
//   - Stray: callers that cannot name their parent are found by the email alone. Where no root account has it, it is
//     the one child that has. Of two nobody is found. Children of houses do not count.
type Lookup struct {
	ID        uuid.UUID `json:",omitzero"`
	Number    int64     `json:",omitzero"`
	PublicKey string    `json:",omitzero"`

	Credential  []byte    `json:",omitzero"` // of a confirmed factor
	Issuer      string    `json:",omitzero"`
	Subject     string    `json:",omitzero"`
	Email       string    `json:",omitzero"` // canonical
	Username    string    `json:",omitzero"` // its ASCII lower-cased, as it is unique
	ScopeKey    string    `json:",omitzero"`
	ScopeNumber int64     `json:",omitzero"`
	Scope       uuid.UUID `json:",omitzero"` // Root: the root accounts
	Widget      bool      `json:",omitzero"` // only with ScopeKey or ScopeNumber; not with Credential
	Stray       bool      `json:",omitzero"` // only with Scope Root

	Credentials bool `json:",omitzero"` // the [Subject] comes with its identities and factors
}
