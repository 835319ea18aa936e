package tollkeeper

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/passhash"
)

// AccountRecord is an account on its way from or to another system: one line of JSON. Only Email is required.
// [Host.ImportAccounts] reads such lines and [Host.ExportAccounts] writes them; the record itself does not encode,
// because it holds a hash.
type AccountRecord struct {
	ID                uuid.UUID     `json:"id,omitzero"`         // kept, if it is a UUID that nobody has; zero: derived from ExternalID or Email
	ExternalID        string        `json:"externalId,omitzero"` // of the other system; the same one is the same account
	Email             string        `json:"email"`
	Username          string        `json:"username,omitzero"`
	Name              string        `json:"name,omitzero"`
	Role              Role          `json:"role,omitzero"`         // zero: user
	PasswordHash      SecretText    `json:"passwordHash,omitzero"` // PHC or one of the foreign forms that [Host.ImportAccounts] lists; empty: none
	PasswordChangedAt time.Time     `json:"passwordChangedAt,omitzero"`
	PasswordTemporary bool          `json:"passwordTemporary,omitzero"` // serves only to choose another one
	EmailVerified     bool          `json:"emailVerified,omitzero"`
	Disabled          bool          `json:"disabled,omitzero"`
	GoogleSubject     string        `json:"googleSubject,omitzero"`
	CreatedAt         time.Time     `json:"createdAt,omitzero"`
	PublicKey         string        `json:"publicKey,omitzero"`    // of this library
	SecondFactor      SecretBytes   `json:"secondFactor,omitzero"` // sealed by this library for the same ID, under one of [Config.Secrets]
	KeyMaster         string        `json:"keyMaster,omitzero"`    // with KeyVersion: keeps a parent's jwtSecret
	KeyVersion        int           `json:"keyVersion,omitzero"`
	Organization      *Organization `json:"organization,omitzero"` // a parent's own
}

// exportLine is a record with what it hides elsewhere: an export carries hashes and sealed seeds.
type exportLine struct {
	AccountRecord
	PasswordHash string `json:"passwordHash,omitzero"`
	SecondFactor []byte `json:"secondFactor,omitzero"`
}

func recordLine(r AccountRecord) exportLine {
	return exportLine{AccountRecord: r, PasswordHash: string(r.PasswordHash), SecondFactor: r.SecondFactor}
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
		if _, err := passhash.Parse(string(r.PasswordHash)); err != nil {
			return x, ErrInvalidInput.WithField("passwordHash").WithMessage("Password hash: " + err.Error())
		}
	}
	if !canon.ValidLine(r.GoogleSubject, 255) || len(r.ExternalID) > 255 {
		return x, ErrInvalidInput.WithField("googleSubject")
	}
	for _, t := range []time.Time{r.CreatedAt, r.PasswordChangedAt} {
		if y := t.UTC().Year(); y < 0 || y > 9999 { // RFC 3339 with an offset reaches what no JSON can say in UTC, as an export must
			return x, ErrInvalidInput.WithField("createdAt")
		}
	}
	x.Parent, x.Password, x.GoogleSubject = parent, r.PasswordHash, r.GoogleSubject
	x.PasswordTemporary = r.PasswordTemporary && r.PasswordHash != ""
	if r.Disabled {
		x.Status = StatusDisabled
	}
	if r.EmailVerified {
		x.EmailVerifiedAt = now
	}
	if !r.CreatedAt.IsZero() {
		x.CreatedAt = r.CreatedAt.UTC().Truncate(time.Millisecond)
	}
	if r.PasswordHash == "" {
		x.PasswordChangedAt = time.Time{}
	} else if !r.PasswordChangedAt.IsZero() {
		x.PasswordChangedAt = r.PasswordChangedAt.UTC().Truncate(time.Millisecond)
	}
	x.ID = r.identity(parent, x.EmailKey)
	return a.restored(x, r)
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
	if len(r.SecondFactor) > 0 {
		if _, ok := a.keys.Decrypt(boxTOTP, r.SecondFactor, x.ID[:]); !ok {
			return x, ErrInvalidInput.WithField("secondFactor").WithMessage("Second factor was not sealed for this account with these secrets")
		}
		x.TOTP = r.SecondFactor
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

// record is the inverse of recorded.
func record(x Account) AccountRecord {
	return AccountRecord{
		ID: x.ID, Email: x.Email, Username: x.Username, Name: x.Name, Role: x.Role,
		PasswordHash: x.Password, PasswordChangedAt: x.PasswordChangedAt, PasswordTemporary: x.PasswordTemporary, EmailVerified: !x.EmailVerifiedAt.IsZero(),
		Disabled: x.Status == StatusDisabled, GoogleSubject: x.GoogleSubject, CreatedAt: x.CreatedAt,
		PublicKey: x.PublicKey, SecondFactor: x.TOTP, KeyMaster: x.KeyMaster, KeyVersion: x.KeyVersion, Organization: x.Organization,
	}
}
