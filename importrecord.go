package tollkeeper

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// recorded is a record, read and checked: the account that it asks for.
type recorded struct {
	record  AccountRecord
	account Account // its Password is empty as long as nobody needs it
	linked  []store.Linked
	factors []store.Factor
	hash    foreignHash
	changed time.Time // when the record says that the password was chosen; zero: it does not
	reset   error     // why the account comes without its password; nil: it does not
}

var importSpace = uuid.MustParse("3f0d2c39-5a3b-5f4c-8d0d-0d7c1f8f6a11")

// recorded checks a record, and hashes nothing.
func (a *Authenticator) recorded(parent uuid.UUID, r AccountRecord, o ImportOptions, now time.Time) (recorded, error) {
	x, err := a.named(r, now)
	if err != nil {
		return recorded{}, err
	}
	in := recorded{record: r, account: x}
	if err := in.dates(o.Zone); err != nil {
		return in, err
	}
	if len(r.ExternalID) > 255 {
		return in, ErrInvalidInput.WithField("externalId")
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return in, err
	}
	if !canon.ValidLocale(r.Locale) {
		return in, ErrInvalidInput.WithField("locale")
	}
	if err := in.password(a, o); err != nil {
		return in, err
	}
	in.states(parent, o, now)
	if in.account.ID == houseID || in.account.ID == nobody.Account {
		return in, ErrInvalidInput.WithField("id")
	}
	if in.account, err = a.restored(in.account, r); err != nil {
		return in, err
	}
	if err := in.credentials(a, o.Zone); err != nil {
		return in, err
	}
	in.account.Factors = kinds(in.factors)
	return in, nil
}

// named is an account of what identifies it in the record.
func (a *Authenticator) named(r AccountRecord, now time.Time) (Account, error) {
	x, err := a.newAccount(canon.ASCIIAddress(r.Email), "", r.Name, now)
	if err != nil {
		return x, err
	}
	if r.Username != "" && !canon.KnownUsername(r.Username) {
		return x, ErrInvalidUsername.WithMessage("Username must be 1 to 64 letters, digits, underscores, dots, hyphens or @")
	}
	x.Username = r.Username
	if r.Role != "" {
		x.Role, err = a.role(r.Role)
	}
	return x, err
}

func (in *recorded) dates(zone *time.Location) error {
	for _, date := range []struct {
		name string
		from RecordTime
		to   *time.Time
	}{{"createdAt", in.record.CreatedAt, &in.account.CreatedAt}, {"passwordChangedAt", in.record.PasswordChangedAt, &in.changed}} {
		moment, err := date.from.in(zone)
		if err != nil {
			return ErrInvalidInput.WithField(date.name).WithMessage("Date: " + err.Error())
		}
		if !moment.IsZero() {
			*date.to = moment
		}
	}
	return nil
}

// password reads the hash. What is in no known format refuses the line, or is left out, as the options say.
func (in *recorded) password(a *Authenticator, o ImportOptions) (err error) {
	x := &in.account
	if in.record.PasswordHash == "" {
		x.PasswordChangedAt = time.Time{}
		return nil
	}
	in.hash, err = a.hasher.foreign(in.record, o)
	if err != nil {
		err = ErrInvalidInput.WithField("passwordHash").WithMessage("Password hash: " + err.Error())
		if o.PasswordsUnknown != PasswordsReset {
			return err
		}
		in.reset, in.hash, in.record.PasswordHash, x.PasswordChangedAt = err, foreignHash{}, "", time.Time{}
		return nil
	}
	if a.hasher.undeclared(in.hash.parsed) {
		a.cfg.Logger.Warn("tollkeeper: the time of a wrong password tells who has such a hash: declare it in Config.Passwords.Imported", "hash", in.hash.parsed.Scheme())
	}
	if !in.changed.IsZero() {
		x.PasswordChangedAt = in.changed
	}
	return nil
}

// states takes over what the record says of the account's state.
func (in *recorded) states(parent uuid.UUID, o ImportOptions, now time.Time) {
	r, x := &in.record, &in.account
	x.Parent, x.Locale, x.Metadata = parent, r.Locale, r.Metadata
	x.PasswordTemporary = r.PasswordTemporary && r.PasswordHash != ""
	if r.Disabled {
		x.Status = StatusDisabled
	}
	r.EmailProven = r.EmailProven || r.EmailVerified && o.VerifiedIsProven
	if r.EmailVerified || r.EmailProven {
		x.EmailVerifiedAt = now
	}
	if r.EmailProven {
		x.EmailProvenAt = now
	}
	x.ID = r.identity(parent, x.EmailKey)
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

// credentials reads the identities and factors of the record.
func (in *recorded) credentials(a *Authenticator, zone *time.Location) error {
	for _, l := range in.record.Identities {
		refused := ErrInvalidInput.WithField("identities")
		linkedAt, err := l.LinkedAt.in(zone)
		usedAt, err2 := l.UsedAt.in(zone)
		if err := errors.Join(err, err2); err != nil {
			return refused.WithMessage("Date: " + err.Error())
		}
		if l.Issuer == "" || l.Subject == "" || !canon.ValidLine(l.Issuer, 256) || !canon.ValidLine(l.Subject, 255) || !canon.ValidLine(l.Email, 254) {
			return refused
		}
		for _, other := range in.linked {
			if other.Issuer == l.Issuer && other.Subject == l.Subject {
				return refused.WithMessage("The same identity twice")
			}
		}
		setZero(&linkedAt, in.account.CreatedAt)
		in.linked = append(in.linked, store.Linked{Issuer: l.Issuer, Subject: l.Subject, Email: l.Email, LinkedAt: linkedAt, UsedAt: usedAt})
	}
	if len(in.record.Factors) > 0 && in.account.EmailProvenAt.IsZero() {
		return ErrInvalidInput.WithField("factors").WithMessage("A second factor needs a proven mailbox")
	}
	for place, f := range in.record.Factors {
		kept, err := a.recordedFactor(&in.account, f, place, zone)
		if err != nil {
			return err
		}
		for _, other := range in.factors {
			if other.ID == kept.ID || len(kept.Credential) > 0 && string(other.Credential) == string(kept.Credential) {
				return ErrInvalidInput.WithField("factors").WithMessage("The same second factor twice")
			}
		}
		in.factors = append(in.factors, kept)
		if countKind(in.factors, kept.Kind) > mostOf[kept.Kind] {
			return ErrInvalidInput.WithField("factors").WithMessage("More second factors than an account may have")
		}
	}
	return nil
}

// recordedFactor takes over a factor of the account x, the one at that place of its record: one that can be read with
// these secrets, or the seed of an app. One that cannot be read must not be left out: without it the password alone
// would sign in.
func (a *Authenticator) recordedFactor(x *Account, f RecordFactor, place int, zone *time.Location) (store.Factor, error) {
	kept := store.Factor{ID: f.ID, Account: x.ID, Kind: f.Kind, Label: f.Label, Sealed: f.Sealed, Credential: f.Credential, Counter: f.Counter}
	refused := ErrInvalidInput.WithField("factors")
	var err, err2 error
	kept.CreatedAt, err = f.CreatedAt.in(zone)
	kept.UsedAt, err2 = f.UsedAt.in(zone)
	if err := errors.Join(err, err2); err != nil {
		return kept, refused.WithMessage("Date: " + err.Error())
	}
	setZero(&kept.Kind, store.FactorTOTP)
	setZero(&kept.CreatedAt, x.CreatedAt)
	if !canon.ValidLine(f.Label, 64) {
		return kept, refused
	}
	if f.Seed != "" {
		return a.brought(kept, f, place)
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

// brought seals the seed of another system's authenticator app. Its id is the same for the same place of the same
// account, so that an import can be repeated.
func (a *Authenticator) brought(f store.Factor, r RecordFactor, place int) (store.Factor, error) {
	refused := ErrInvalidInput.WithField("factors")
	if f.Kind != store.FactorTOTP || len(f.Sealed) > 0 || len(f.Credential) > 0 {
		return f, refused.WithMessage("A seed is of an authenticator app, and nothing besides")
	}
	text := strings.ToUpper(strings.TrimRight(strings.NewReplacer(" ", "", "-", "").Replace(string(r.Seed)), "="))
	seed, err := base32Plain.DecodeString(text)
	if err != nil || len(seed) < 10 || len(seed) > 64 {
		return f, refused.WithMessage("A seed is 10 to 64 bytes in base32")
	}
	if f.ID == uuid.Nil {
		f.ID = uuid.NewSHA1(importSpace, fmt.Appendf(nil, "%s/totp/%d", f.Account, place))
	}
	if f.Sealed, err = a.keys.Encrypt(boxTOTP, seed, sealedFor(f)); err != nil {
		return f, ErrInternal.WithCause(err)
	}
	return f, nil
}
