package tollkeeper

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// Profile is what an account may know of itself. A child gets no Balance and no Packages: nothing of its
// parent's.
type Profile struct {
	Subject  Subject
	Details  OrganizationDetails // without tenant key; for a child of its parent
	Balance  Balance             // of a parent
	Packages []LedgerEntry       // bought by a parent, newest first, at most 100
}

// Profile returns the caller's own.
func (a *Authenticator) Profile(ctx context.Context, by *Identity) (Profile, error) {
	by = by.orNobody()
	if err := by.may(toRead); err != nil {
		return Profile{}, err
	}
	s, err := a.withCredentials(ctx, by)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{Subject: s, Details: details(s)}
	if s.Child() {
		return p, nil
	}
	if p.Balance, err = a.store.Balance(ctx, s.Account.ID); err != nil && !errors.Is(err, ErrNotFound) {
		return p, err
	}
	p.Packages, err = a.packages(ctx, s.Account.ID)
	return p, err
}

// ProfilePatch changes what is not nil; empty takes it away.
type ProfilePatch struct {
	Username *string
	Name     *string // for display, as at sign-up
	Locale   *string // a language tag (BCP 47), looked at for its form only
}

// UpdateProfile changes what the patch names of the caller's own account: all of it or nothing. A username that an
// import brought along may be named again, whatever it is made of. [ErrInvalidUsername],
// [ErrUsernameTaken]; [ErrInvalidInput] (name, locale); [ErrRateLimited] for usernames only, as often as
// [Limits.SignUp], because the answer tells which are taken.
func (a *Authenticator) UpdateProfile(ctx context.Context, by *Identity, p ProfilePatch) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	if p.Username != nil {
		if _, err := a.take(ctx, a.addressHits("username", "", by.Account.String(), a.cfg.Limits.SignUp), a.now()); err != nil {
			return err
		}
	}
	return a.retry(func() error {
		s, err := a.self(ctx, by)
		if err != nil {
			return err
		}
		if p.Username != nil && *p.Username != "" && *p.Username != s.Account.Username && !canon.ValidUsername(*p.Username) {
			return ErrInvalidUsername // only who has brought such a name along may keep it
		}
		c := store.Change{Account: s.Account}
		if c.Events = p.apply(&c.Account); len(c.Events) == 0 {
			return nil
		}
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}

func (p ProfilePatch) check() error {
	if p.Username != nil && *p.Username != "" && !canon.KnownUsername(*p.Username) {
		return ErrInvalidUsername
	}
	if p.Name != nil {
		if err := checkName(*p.Name); err != nil {
			return err
		}
	}
	if p.Locale != nil && !canon.ValidLocale(*p.Locale) {
		return ErrInvalidInput.WithField("locale").WithMessage("Locale must be a language tag of at most 35 bytes")
	}
	return nil
}

// apply changes the account and returns the events of what is another now.
func (p ProfilePatch) apply(x *Account) (events []Event) {
	set := func(field, to *string) bool {
		if to == nil || *field == *to {
			return false
		}
		*field = *to
		return true
	}
	if set(&x.Username, p.Username) {
		events = append(events, about(x, EventUsernameChanged))
	}
	e := about(x, EventProfileChanged)
	if set(&x.Name, p.Name) {
		e.Detail = "name"
	}
	if set(&x.Locale, p.Locale) {
		e.Detail = strings.TrimSpace(e.Detail + " locale")
	}
	if e.Detail != "" {
		events = append(events, e)
	}
	return events
}

// PersonalData is everything kept about a person, for their own copy of it. It holds no secrets and encodes as JSON.
type PersonalData struct {
	Account      PersonalAccount    `json:"account"`
	Identities   []PersonalIdentity `json:"identities,omitempty"`
	Factors      []PersonalFactor   `json:"factors,omitempty"`
	Organization *Organization      `json:"organization,omitempty"`
	Sessions     []SessionInfo      `json:"sessions"`
	Balance      *Balance           `json:"balance,omitempty"` // of a parent
	CreditMoves  []PersonalCredit   `json:"creditMoves,omitempty"`
	ExportedAt   time.Time          `json:"exportedAt"`
}

// PersonalAccount is an account as its owner may have it.
type PersonalAccount struct {
	ID                uuid.UUID `json:"id"`
	Number            int64     `json:"number"`
	Email             string    `json:"email"`
	Username          string    `json:"username,omitempty"`
	Name              string    `json:"name,omitempty"`
	Role              Role      `json:"role"`
	Status            Status    `json:"status"`
	PublicKey         string    `json:"publicKey"`
	Locale            string    `json:"locale,omitempty"`
	Verified          bool      `json:"emailVerified"`
	Proven            bool      `json:"emailProven"`
	HasPassword       bool      `json:"hasPassword"`
	HasSecondFactor   bool      `json:"hasSecondFactor"`
	CreatedAt         time.Time `json:"createdAt"`
	UpdatedAt         time.Time `json:"updatedAt"`
	LastSignIn        time.Time `json:"lastSignIn,omitzero"`
	PasswordChangedAt time.Time `json:"passwordChangedAt,omitzero"`
}

// PersonalIdentity is who a person is to another issuer.
type PersonalIdentity struct {
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email,omitempty"`
	LinkedAt time.Time `json:"linkedAt"`
	UsedAt   time.Time `json:"usedAt,omitzero"`
}

// PersonalFactor is a second factor, without what it is checked with.
type PersonalFactor struct {
	Kind      string    `json:"kind"`
	Label     string    `json:"label"`
	CreatedAt time.Time `json:"createdAt"`
	UsedAt    time.Time `json:"usedAt,omitzero"`
}

// PersonalCredit is a line of a parent's account book.
type PersonalCredit struct {
	At        time.Time `json:"at"`
	Operation Operation `json:"operation"`
	Credits   int64     `json:"credits"`
	Balance   int64     `json:"balance"`
}

// Export returns the caller's own data: account, organization, live sessions and, for a parent, the figures and the
// first thousand lines of its account book.
func (a *Authenticator) Export(ctx context.Context, by *Identity) (PersonalData, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return PersonalData{}, err
	}
	s, err := a.withCredentials(ctx, by)
	if err != nil {
		return PersonalData{}, err
	}
	d := PersonalData{Account: personal(s.Account), ExportedAt: a.now()}
	d.credentials(s)
	if d.Sessions, err = a.Sessions(ctx, by); err != nil {
		return d, err
	}
	if s.Child() {
		return d, nil
	}
	d.Organization = s.Account.Organization
	b, err := a.store.Balance(ctx, s.Account.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return d, err
	}
	d.Balance = &b
	rows, err := a.store.ListCredits(ctx, s.Account.ID, store.CreditQuery{Limit: 1_000})
	for _, e := range rows {
		d.CreditMoves = append(d.CreditMoves, PersonalCredit{At: e.At, Operation: e.Operation, Credits: e.Amount, Balance: e.Balance})
	}
	return d, err
}

func (d *PersonalData) credentials(s Subject) {
	for _, l := range s.Linked {
		d.Identities = append(d.Identities, PersonalIdentity{Issuer: l.Issuer, Subject: l.Subject, Email: l.Email, LinkedAt: l.LinkedAt, UsedAt: l.UsedAt})
	}
	for _, f := range confirmed(s.Factors) {
		d.Factors = append(d.Factors, PersonalFactor{Kind: string(f.Kind), Label: f.Label, CreatedAt: f.CreatedAt, UsedAt: f.UsedAt})
	}
}

func personal(x Account) PersonalAccount {
	return PersonalAccount{
		ID: x.ID, Number: x.Number, Email: x.Email, Username: x.Username, Name: x.Name, Role: x.Role, Status: x.Status,
		PublicKey: x.PublicKey, Verified: !x.EmailVerifiedAt.IsZero(), Proven: !x.EmailProvenAt.IsZero(), Locale: x.Locale,
		HasPassword: x.Password != "", HasSecondFactor: x.Factors != 0, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, LastSignIn: x.LastSignIn, PasswordChangedAt: x.PasswordChangedAt,
	}
}

// DeleteAccount deletes the caller's own account with its personal data. A parent's children go with it. The password
// is asked again; an account without one is deleted on the word of a session that was proved within ten minutes.
// [ErrInvalidCredentials], [ErrNotRecent], [ErrLocked], [ErrLastAdmin].
func (a *Authenticator) DeleteAccount(ctx context.Context, by *Identity, password Password, c Client) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if password == "" { // no guess at one, where there is none
		if s, err := a.selfNow(ctx, by); err != nil || s.Account.Password == "" {
			return a.deleteFresh(ctx, by, s, err)
		}
	}
	s, err := a.confirm(ctx, by, password, c)
	if errors.Is(err, ErrInvalidCredentials) && s.Account.Password == "" {
		return a.deleteFresh(ctx, by, s, a.stillIn(ctx, by))
	}
	if err != nil {
		return err
	}
	return a.delete(ctx, s, by.Account)
}

// DeleteOwnAccount is [Authenticator.DeleteAccount] by any proof that [Authenticator.Reauthenticate] takes, shown in
// the same call: an account with a password is deleted without it by a mailed code or a passkey. Errors as of both.
func (a *Authenticator) DeleteOwnAccount(ctx context.Context, by *Identity, r Confirmation) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if err := a.Reauthenticate(ctx, by, r); err != nil {
		return err
	}
	s, err := a.selfNow(ctx, by)
	if err != nil {
		return err
	}
	return a.delete(ctx, s, by.Account)
}

// deleteFresh deletes on the word of a session that was proved lately.
func (a *Authenticator) deleteFresh(ctx context.Context, by *Identity, s Subject, err error) error {
	if err == nil {
		err = a.RequireRecent(by, 2*freshFor)
	}
	if err != nil {
		return err
	}
	return a.delete(ctx, s, by.Account)
}

// public returns the account without what no list may carry (R83).
func public(x Account) Account {
	x.Password, x.PasswordHistory = "", nil
	if x.Organization != nil {
		o := *x.Organization
		o.Authorized, o.Issuers = slices.Clone(o.Authorized), slices.Clone(o.Issuers)
		x.Organization = &o
	}
	return x
}
