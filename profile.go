package tollkeeper

import (
	"context"
	"errors"
	"slices"
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
	s, err := a.self(ctx, by)
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

// ChangeUsername gives the caller another username, or none. [ErrInvalidUsername], [ErrUsernameTaken];
// [ErrRateLimited], as often as [Limits.SignUp], because the answer tells which names are taken.
func (a *Authenticator) ChangeUsername(ctx context.Context, by *Identity, username string) error {
	by = by.orNobody()
	if username != "" && !canon.ValidUsername(username) {
		return ErrInvalidUsername
	}
	if _, err := a.take(ctx, a.addressHits("username", "", by.Account.String(), a.cfg.Limits.SignUp), a.now()); err != nil {
		return err
	}
	return a.retry(func() error {
		s, err := a.self(ctx, by)
		if err != nil || s.Account.Username == username {
			return err
		}
		c := store.Change{Account: s.Account}
		c.Account.Username = username
		_, _, err = a.update(ctx, c, a.now())
		if err == nil {
			a.event(Event{Name: EventUsernameChanged, Account: by.Account, Parent: by.Parent})
		}
		return err
	})
}

// PersonalData is everything kept about a person, for their own copy of it. It holds no secrets and encodes as JSON.
type PersonalData struct {
	Account      PersonalAccount  `json:"account"`
	Organization *Organization    `json:"organization,omitempty"`
	Sessions     []SessionInfo    `json:"sessions"`
	Balance      *Balance         `json:"balance,omitempty"` // of a parent
	CreditMoves  []PersonalCredit `json:"creditMoves,omitempty"`
	ExportedAt   time.Time        `json:"exportedAt"`
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
	Verified          bool      `json:"emailVerified"`
	HasPassword       bool      `json:"hasPassword"`
	HasSecondFactor   bool      `json:"hasSecondFactor"`
	GoogleSubject     string    `json:"googleSubject,omitempty"`
	CreatedAt         time.Time `json:"createdAt"`
	UpdatedAt         time.Time `json:"updatedAt"`
	LastSignIn        time.Time `json:"lastSignIn,omitzero"`
	PasswordChangedAt time.Time `json:"passwordChangedAt,omitzero"`
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
	s, err := a.self(ctx, by)
	if err != nil {
		return PersonalData{}, err
	}
	d := PersonalData{Account: personal(s.Account), ExportedAt: a.now()}
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
	rows, err := a.store.ListCredits(ctx, s.Account.ID, "", store.Page{Limit: 1_000})
	for _, e := range rows {
		d.CreditMoves = append(d.CreditMoves, PersonalCredit{At: e.At, Operation: e.Operation, Credits: e.Amount, Balance: e.Balance})
	}
	return d, err
}

func personal(x Account) PersonalAccount {
	return PersonalAccount{
		ID: x.ID, Number: x.Number, Email: x.Email, Username: x.Username, Name: x.Name, Role: x.Role, Status: x.Status,
		PublicKey: x.PublicKey, Verified: !x.EmailVerifiedAt.IsZero(), HasPassword: x.Password != "", HasSecondFactor: len(x.TOTP) > 0,
		GoogleSubject: x.GoogleSubject, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, LastSignIn: x.LastSignIn, PasswordChangedAt: x.PasswordChangedAt,
	}
}

// DeleteAccount deletes the caller's own account with its personal data. A parent's children go with it. The password
// is asked again; an account without one is deleted on the word of a session not older than ten minutes.
// [ErrInvalidCredentials], [ErrNotRecent], [ErrLocked], [ErrLastAdmin].
func (a *Authenticator) DeleteAccount(ctx context.Context, by *Identity, password Password, c Client) error {
	by = by.orNobody()
	s, err := a.confirm(ctx, by, password, c)
	if errors.Is(err, ErrInvalidCredentials) && s.Account.Password == "" {
		if a.now().Sub(by.ProvedAt) > 10*time.Minute {
			return ErrNotRecent
		}
		err = nil
	}
	if err != nil {
		return err
	}
	return a.delete(ctx, s, by.Account)
}

// public returns the account without what no list may carry (R83).
func public(x Account) Account {
	x.Password, x.PasswordHistory, x.TOTP, x.TOTPPending = "", nil, nil, nil
	if x.Organization != nil {
		o := *x.Organization
		o.Authorized = slices.Clone(o.Authorized)
		x.Organization = &o
	}
	return x
}
