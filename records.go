package tollkeeper

import (
	"encoding/json"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// AccountRecord is an account on its way from or to another system: one line of JSON. Only Email is required.
// [Host.ImportAccounts] reads such lines and [Host.ExportAccounts] writes them; the record itself does not encode,
// because it holds a hash.
type AccountRecord struct {
	ID                uuid.UUID        `json:"id,omitzero"`         // kept, if it is a UUID that nobody has; zero: derived from ExternalID or Email
	ExternalID        string           `json:"externalId,omitzero"` // of the other system; the same one is the same account
	Email             string           `json:"email"`               // its domain may be an internationalised one
	Username          string           `json:"username,omitzero"`   // as at sign-up, and also with dots, hyphens and "@", up to 64
	Name              string           `json:"name,omitzero"`
	Role              Role             `json:"role,omitzero"`         // zero: user
	PasswordHash      SecretText       `json:"passwordHash,omitzero"` // PHC or one of the foreign forms of docs/guides/hashes.md; empty: none
	PasswordChangedAt RecordTime       `json:"passwordChangedAt,omitzero"`
	PasswordTemporary bool             `json:"passwordTemporary,omitzero"` // serves only to choose another one
	EmailVerified     bool             `json:"emailVerified,omitzero"`
	EmailProven       bool             `json:"emailProven,omitzero"` // its owner knows of the account (docs/WIRE.md 1.4); needed for Factors
	Disabled          bool             `json:"disabled,omitzero"`
	Locale            string           `json:"locale,omitzero"`
	Metadata          json.RawMessage  `json:"metadata,omitzero"` // a JSON object of the host's own, at most 4 KiB
	Identities        []RecordIdentity `json:"identities,omitzero"`
	CreatedAt         RecordTime       `json:"createdAt,omitzero"`
	PublicKey         string           `json:"publicKey,omitzero"` // of this library
	Factors           []RecordFactor   `json:"factors,omitzero"`
	KeyMaster         string           `json:"keyMaster,omitzero"` // with KeyVersion: keeps a parent's jwtSecret
	KeyVersion        int              `json:"keyVersion,omitzero"`
	Organization      *Organization    `json:"organization,omitzero"` // a parent's own; without EmailProven it lasts until the first proof
}

// RecordIdentity is a linked sign-in of an [AccountRecord].
type RecordIdentity struct {
	Issuer   string     `json:"issuer"`
	Subject  string     `json:"subject"`
	Email    string     `json:"email,omitzero"`
	LinkedAt RecordTime `json:"linkedAt,omitzero"`
	UsedAt   RecordTime `json:"usedAt,omitzero"`
}

// RecordFactor is a confirmed second factor of an [AccountRecord]: an authenticator app or a passkey.
type RecordFactor struct {
	ID         uuid.UUID   `json:"id"`            // with a Seed it may be zero
	Kind       FactorKind  `json:"kind,omitzero"` // zero: [FactorTOTP]
	Label      string      `json:"label,omitzero"`
	Seed       SecretText  `json:"seed,omitzero"`       // of another system's app, in base32: SHA-1, six digits, 30 seconds; in place of Sealed
	Sealed     SecretBytes `json:"sealed"`              // by this library, for the same account and ID, under one of [Config.Secrets]
	Credential []byte      `json:"credential,omitzero"` // a passkey's id, in base64; an app has none
	Counter    int64       `json:"counter,omitzero"`
	CreatedAt  RecordTime  `json:"createdAt,omitzero"`
	UsedAt     RecordTime  `json:"usedAt,omitzero"`
}

// exportLine is a record with what it hides elsewhere: an export carries hashes and sealed seeds.
type exportLine struct {
	AccountRecord
	PasswordHash string       `json:"passwordHash,omitzero"`
	Factors      []factorLine `json:"factors,omitzero"`
}

type factorLine struct {
	RecordFactor
	Seed   string `json:"seed,omitzero"` // none: an export has it sealed
	Sealed []byte `json:"sealed"`
}

func recordLine(r AccountRecord) exportLine {
	l := exportLine{AccountRecord: r, PasswordHash: string(r.PasswordHash)}
	for _, f := range r.Factors {
		l.Factors = append(l.Factors, factorLine{RecordFactor: f, Sealed: f.Sealed})
	}
	return l
}

// record is what an export writes of an account: the inverse of what an import makes of a record.
func record(s Subject) AccountRecord {
	x := &s.Account
	r := AccountRecord{
		ID: x.ID, Email: x.Email, Username: x.Username, Name: x.Name, Role: x.Role, Locale: x.Locale, Metadata: x.Metadata,
		PasswordHash: x.Password, PasswordChangedAt: recordTime(x.PasswordChangedAt), PasswordTemporary: x.PasswordTemporary,
		EmailVerified: !x.EmailVerifiedAt.IsZero(), EmailProven: !x.EmailProvenAt.IsZero(),
		Disabled: x.Status == StatusDisabled, CreatedAt: recordTime(x.CreatedAt),
		PublicKey: x.PublicKey, KeyMaster: x.KeyMaster, KeyVersion: x.KeyVersion, Organization: x.Organization,
	}
	for _, l := range s.Linked {
		r.Identities = append(r.Identities, RecordIdentity{Issuer: l.Issuer, Subject: l.Subject, Email: l.Email, LinkedAt: recordTime(l.LinkedAt), UsedAt: recordTime(l.UsedAt)})
	}
	for _, f := range confirmed(s.Factors) {
		kept := RecordFactor{
			ID: f.ID, Kind: f.Kind, Label: f.Label, Sealed: f.Sealed, Credential: f.Credential, Counter: f.Counter, CreatedAt: recordTime(f.CreatedAt), UsedAt: recordTime(f.UsedAt),
		}
		if f.Kind == store.FactorTOTP {
			kept.Kind, kept.Credential = "", nil // as lines had it before there were kinds
		}
		r.Factors = append(r.Factors, kept)
	}
	return r
}
