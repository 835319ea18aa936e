package tollkeeper

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/passhash"
	"github.com/tollkeeper/tollkeeper/store"
)

// AccountRecord is an account on its way from or to another system: one line of JSON. Only Email is required.
// [Host.ImportAccounts] reads such lines and [Host.ExportAccounts] writes them; the record itself does not encode,
// because it holds a hash.
type AccountRecord struct {
	ID                uuid.UUID        `json:"id,omitzero"`         // kept, if it is a UUID that nobody has; zero: derived from ExternalID or Email
	ExternalID        string           `json:"externalId,omitzero"` // of the other system; the same one is the same account
	Email             string           `json:"email"`
	Username          string           `json:"username,omitzero"`
	Name              string           `json:"name,omitzero"`
	Role              Role             `json:"role,omitzero"`         // zero: user
	PasswordHash      SecretText       `json:"passwordHash,omitzero"` // PHC or one of the foreign forms that [Host.ImportAccounts] lists; empty: none
	PasswordChangedAt time.Time        `json:"passwordChangedAt,omitzero"`
	PasswordTemporary bool             `json:"passwordTemporary,omitzero"` // serves only to choose another one
	EmailVerified     bool             `json:"emailVerified,omitzero"`
	EmailProven       bool             `json:"emailProven,omitzero"` // its owner knows of the account (docs/WIRE.md 1.4); needed for Factors
	Disabled          bool             `json:"disabled,omitzero"`
	Locale            string           `json:"locale,omitzero"`
	Metadata          json.RawMessage  `json:"metadata,omitzero"` // a JSON object of the host's own, at most 4 KiB
	Identities        []RecordIdentity `json:"identities,omitzero"`
	CreatedAt         time.Time        `json:"createdAt,omitzero"`
	PublicKey         string           `json:"publicKey,omitzero"` // of this library
	Factors           []RecordFactor   `json:"factors,omitzero"`
	KeyMaster         string           `json:"keyMaster,omitzero"` // with KeyVersion: keeps a parent's jwtSecret
	KeyVersion        int              `json:"keyVersion,omitzero"`
	Organization      *Organization    `json:"organization,omitzero"` // a parent's own; without EmailProven it lasts until the first proof
}

// RecordIdentity is a linked sign-in of an [AccountRecord].
type RecordIdentity struct {
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email,omitzero"`
	LinkedAt time.Time `json:"linkedAt,omitzero"`
	UsedAt   time.Time `json:"usedAt,omitzero"`
}

// RecordFactor is a confirmed second factor of an [AccountRecord]: an authenticator app or a passkey.
type RecordFactor struct {
	ID         uuid.UUID   `json:"id"`
	Kind       FactorKind  `json:"kind,omitzero"` // zero: [FactorTOTP]
	Label      string      `json:"label,omitzero"`
	Sealed     SecretBytes `json:"sealed"`              // by this library, for the same account and ID, under one of [Config.Secrets]
	Credential []byte      `json:"credential,omitzero"` // a passkey's id, in base64; an app has none
	Counter    int64       `json:"counter,omitzero"`
	CreatedAt  time.Time   `json:"createdAt,omitzero"`
	UsedAt     time.Time   `json:"usedAt,omitzero"`
}

// exportLine is a record with what it hides elsewhere: an export carries hashes and sealed seeds.
type exportLine struct {
	AccountRecord
	PasswordHash string       `json:"passwordHash,omitzero"`
	Factors      []factorLine `json:"factors,omitzero"`
}

type factorLine struct {
	RecordFactor
	Sealed []byte `json:"sealed"`
}

func recordLine(r AccountRecord) exportLine {
	l := exportLine{AccountRecord: r, PasswordHash: string(r.PasswordHash)}
	for _, f := range r.Factors {
		l.Factors = append(l.Factors, factorLine{RecordFactor: f, Sealed: f.Sealed})
	}
	return l
}

var importSpace = uuid.MustParse("3f0d2c39-5a3b-5f4c-8d0d-0d7c1f8f6a11")

// recorded checks the record and makes an account of it.
func (a *Authenticator) recorded(parent uuid.UUID, r AccountRecord, now time.Time) (Account, error) {
	x, err := a.newAccount(r.Email, r.Username, r.Name, now)
	if err != nil {
		return x, err
	}
	if r.Role != "" {
		if x.Role, err = a.role(r.Role); err != nil {
			return x, err
		}
	}
	if r.PasswordHash != "" {
		hash, err := passhash.Parse(string(r.PasswordHash))
		if err != nil {
			return x, ErrInvalidInput.WithField("passwordHash").WithMessage("Password hash: " + err.Error())
		}
		if a.hasher.undeclared(hash) {
			a.cfg.Logger.Warn("tollkeeper: the time of a wrong password tells who has such a hash: declare it in Config.Passwords.Imported", "hash", hash.Scheme())
		}
	}
	if len(r.ExternalID) > 255 {
		return x, ErrInvalidInput.WithField("externalId")
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return x, err
	}
	if !canon.ValidLocale(r.Locale) {
		return x, ErrInvalidInput.WithField("locale")
	}
	if !exportable(r.CreatedAt, r.PasswordChangedAt) {
		return x, ErrInvalidInput.WithField("createdAt")
	}
	x.Parent, x.Password, x.Locale, x.Metadata = parent, r.PasswordHash, r.Locale, r.Metadata
	x.PasswordTemporary = r.PasswordTemporary && r.PasswordHash != ""
	if r.Disabled {
		x.Status = StatusDisabled
	}
	if r.EmailVerified || r.EmailProven {
		x.EmailVerifiedAt = now
	}
	if r.EmailProven {
		x.EmailProvenAt = now
	}
	if !r.CreatedAt.IsZero() {
		x.CreatedAt = r.CreatedAt.UTC().Truncate(time.Millisecond)
	}
	if r.PasswordHash == "" {
		x.PasswordChangedAt = time.Time{}
	} else if !r.PasswordChangedAt.IsZero() {
		x.PasswordChangedAt = r.PasswordChangedAt.UTC().Truncate(time.Millisecond)
	}
	if x.ID = r.identity(parent, x.EmailKey); x.ID == houseID || x.ID == nobody.Account {
		return x, ErrInvalidInput.WithField("id")
	}
	return a.restored(x, r)
}

// exportable reports whether an export can write them: RFC 3339 with an offset reaches what no JSON can say in UTC.
func exportable(dates ...time.Time) bool {
	return !slices.ContainsFunc(dates, func(t time.Time) bool {
		y := t.UTC().Year()
		return y < 0 || y > 9999
	})
}

// identity is the same for the same record, so that an import can be repeated.
func (r AccountRecord) identity(parent uuid.UUID, email string) uuid.UUID {
	switch {
	case r.ID != uuid.Nil:
		return r.ID
	case r.ExternalID != "":
		return uuid.NewSHA1(importSpace, []byte(parent.String()+"/id/"+r.ExternalID))
	}
	return uuid.NewSHA1(importSpace, []byte(parent.String()+"/email/"+email))
}

// restored takes over what only this library could have written.
func (a *Authenticator) restored(x Account, r AccountRecord) (Account, error) {
	if r.PublicKey != "" {
		if !ValidPublicKey(r.PublicKey) {
			return x, ErrInvalidInput.WithField("publicKey")
		}
		x.PublicKey = r.PublicKey
	}
	if r.KeyMaster != "" {
		x.KeyMaster, x.KeyVersion = canon.Lower(r.KeyMaster), r.KeyVersion
		if _, ok := a.tenantKey(&x); !ok {
			return x, ErrInvalidInput.WithField("keyMaster").WithMessage("Tenant key is not of these secrets")
		}
	}
	if r.Organization != nil {
		if x.Parent != Root {
			return x, ErrInvalidInput.WithField("organization")
		}
		if err := checkOrganization(*r.Organization); err != nil {
			return x, err
		}
		x.Organization, x.OrganizationOwner = r.Organization, x.ID
	}
	return x, nil
}

// credentials returns the identities and factors of a record whose account is x.
func (a *Authenticator) credentials(x Account, r AccountRecord) (linked []store.Linked, factors []store.Factor, err error) {
	for _, l := range r.Identities {
		if l.Issuer == "" || l.Subject == "" || !canon.ValidLine(l.Issuer, 256) || !canon.ValidLine(l.Subject, 255) || !canon.ValidLine(l.Email, 254) || !exportable(l.LinkedAt, l.UsedAt) {
			return nil, nil, ErrInvalidInput.WithField("identities")
		}
		setZero(&l.LinkedAt, x.CreatedAt)
		linked = append(linked, store.Linked{Issuer: l.Issuer, Subject: l.Subject, Email: l.Email, LinkedAt: l.LinkedAt, UsedAt: l.UsedAt})
	}
	if len(r.Factors) > 0 && x.EmailProvenAt.IsZero() {
		return nil, nil, ErrInvalidInput.WithField("factors").WithMessage("A second factor needs a proven mailbox")
	}
	for _, f := range r.Factors {
		kept, err := a.restoredFactor(x, f)
		if err != nil {
			return nil, nil, err
		}
		factors = append(factors, kept)
	}
	return linked, factors, nil
}

// restoredFactor takes over a factor of the account x that can be read with these secrets. One that cannot be read must
// not be left out: without it the password alone would sign in.
func (a *Authenticator) restoredFactor(x Account, f RecordFactor) (store.Factor, error) {
	kept := store.Factor{
		ID: f.ID, Account: x.ID, Kind: f.Kind, Label: f.Label, Sealed: f.Sealed, Credential: f.Credential, Counter: f.Counter, CreatedAt: f.CreatedAt, UsedAt: f.UsedAt,
	}
	setZero(&kept.Kind, store.FactorTOTP)
	setZero(&kept.CreatedAt, x.CreatedAt)
	refused := ErrInvalidInput.WithField("factors")
	if !exportable(f.CreatedAt, f.UsedAt) || !canon.ValidLine(f.Label, 64) {
		return kept, refused
	}
	readable := false
	switch kept.Kind {
	case store.FactorTOTP:
		if len(f.Credential) > 0 {
			return kept, refused.WithMessage("Only a passkey has a credential")
		}
		_, readable = a.openSeed(kept)
	case store.FactorPasskey:
		if len(f.Credential) == 0 || len(f.Credential) > maxCredential {
			return kept, refused.WithMessage("A passkey needs its credential, of at most 1,023 bytes")
		}
		if f.Counter < 0 || f.Counter > math.MaxUint32 {
			return kept, refused.WithMessage("The counter of a passkey has 32 bits")
		}
		_, readable = a.openPasskey(kept)
	default:
		return kept, refused.WithMessage("Second factor is of an unknown kind")
	}
	if !readable {
		return kept, refused.WithMessage("Second factor was not sealed for this account with these secrets")
	}
	return kept, nil
}

// record is the inverse of recorded.
func record(s Subject) AccountRecord {
	x := &s.Account
	r := AccountRecord{
		ID: x.ID, Email: x.Email, Username: x.Username, Name: x.Name, Role: x.Role, Locale: x.Locale, Metadata: x.Metadata,
		PasswordHash: x.Password, PasswordChangedAt: x.PasswordChangedAt, PasswordTemporary: x.PasswordTemporary,
		EmailVerified: !x.EmailVerifiedAt.IsZero(), EmailProven: !x.EmailProvenAt.IsZero(),
		Disabled: x.Status == StatusDisabled, CreatedAt: x.CreatedAt,
		PublicKey: x.PublicKey, KeyMaster: x.KeyMaster, KeyVersion: x.KeyVersion, Organization: x.Organization,
	}
	for _, l := range s.Linked {
		r.Identities = append(r.Identities, RecordIdentity{Issuer: l.Issuer, Subject: l.Subject, Email: l.Email, LinkedAt: l.LinkedAt, UsedAt: l.UsedAt})
	}
	for _, f := range confirmed(s.Factors) {
		kept := RecordFactor{
			ID: f.ID, Kind: f.Kind, Label: f.Label, Sealed: f.Sealed, Credential: f.Credential, Counter: f.Counter, CreatedAt: f.CreatedAt, UsedAt: f.UsedAt,
		}
		if f.Kind == store.FactorTOTP {
			kept.Kind, kept.Credential = "", nil // as lines had it before there were kinds
		}
		r.Factors = append(r.Factors, kept)
	}
	return r
}
