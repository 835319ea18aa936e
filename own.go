package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// EmailChange asks for a new address.
type EmailChange struct {
	Email    string
	Password Password // fresh proof, as in EnrolFactor; empty: the session was proved within five minutes
	Client   Client
}

// RequestEmailChange mails a link to a new address of the caller; the change happens when it is followed ([Authenticator.ConfirmEmailChange]). Fresh
// proof is needed, as in EnrolFactor. Whether the address is taken is not told. ErrInvalidEmail, ErrNotRecent,
// ErrInvalidCredentials, ErrLocked, ErrRateLimited.
func (a *Authenticator) RequestEmailChange(ctx context.Context, by *Identity, r EmailChange) error {
	by = by.orNobody()
	key, err := emailKey(r.Email)
	if err != nil {
		return err
	}
	s, err := a.fresh(ctx, by, r.Password, r.Client)
	if err != nil {
		return err
	}
	now := a.now()
	hits := append(a.addressHits("change-email", "", by.Account.String(), a.cfg.Limits.Resend),
		a.addressHits("change-email", scopesOf(s)[0], key, a.cfg.Limits.Resend)...)
	if _, err := a.take(ctx, hits, now); err != nil {
		return err
	}
	return a.queue(ctx, store.QueuedMail{
		ID: newID(), Kind: MailChangeEmail, Lookup: store.Lookup{ID: s.Account.ID}, To: r.Email, DueAt: now,
		Args: map[string]string{argEpoch: epochText(s.Account), argFrom: s.Account.EmailKey},
	})
}

// ConfirmEmailChange makes the address that the link was mailed to the account's. The old one is told; mailed codes and links
// are void. ErrInvalidLink, ErrLinkExpired, ErrLinkUsed, ErrEmailTaken, ErrRateLimited.
func (a *Authenticator) ConfirmEmailChange(ctx context.Context, token SecretText, c Client) error {
	now := a.now()
	if _, err := a.take(ctx, a.networkHits("confirm", AudienceHost, c, a.cfg.Limits.Links), now); err != nil {
		return err
	}
	if !canon.ValidToken(string(token)) {
		return ErrInvalidLink
	}
	var s Subject
	err := a.retry(func() (err error) {
		s, err = a.changeEmailBy(ctx, a.digests.secret(store.PurposeChangeEmail, "", string(token)), now)
		return err
	})
	if err != nil {
		return err
	}
	a.event(Event{Name: EventEmailChanged, Account: s.Account.ID, Parent: s.Account.Parent, Network: c.network()})
	return nil
}

// changeEmailBy uses the link up. Plain ErrConflict: the account was changed meanwhile; reading the link again tells.
func (a *Authenticator) changeEmailBy(ctx context.Context, proof store.Digest, now time.Time) (Subject, error) {
	secret, s, err := a.byLink(ctx, store.PurposeChangeEmail, proof, now)
	if err != nil {
		return s, err
	}
	key, err := emailKey(secret.Address)
	if err != nil {
		return s, ErrInvalidLink.WithCause(err)
	}
	change := store.Change{Account: s.Account, Proof: proof, Void: mailedPurposes, Mail: a.notice(s, noticeEmail)}
	change.Account.Email, change.Account.EmailKey, change.Account.EmailVerifiedAt = secret.Address, key, now
	if _, _, err = a.update(ctx, change, now); errors.Is(err, ErrInvalidLink) {
		err = ErrLinkUsed
	}
	return s, err
}

// ChangeUsername gives the caller another username, or none. ErrInvalidUsername, ErrUsernameTaken; ErrRateLimited, as often as
// Limits.SignUp, because the answer tells which names are taken.
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

// PersonalData is everything kept about a person, for his own copy of it. It holds no secrets and encodes as JSON.
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

// Export answers the caller's own data: account, organization, live sessions and, for a parent, the figures and the first
// thousand lines of his account book.
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
		return d, unavailable(err)
	}
	d.Balance = &b
	rows, err := a.store.ListCredits(ctx, s.Account.ID, "", store.Page{Limit: 1_000})
	for _, e := range rows {
		d.CreditMoves = append(d.CreditMoves, PersonalCredit{At: e.At, Operation: e.Operation, Credits: e.Amount, Balance: e.Balance})
	}
	return d, unavailable(err)
}

func personal(x Account) PersonalAccount {
	return PersonalAccount{
		ID: x.ID, Number: x.Number, Email: x.Email, Username: x.Username, Name: x.Name, Role: x.Role, Status: x.Status,
		PublicKey: x.PublicKey, Verified: !x.EmailVerifiedAt.IsZero(), HasPassword: x.Password != "", HasSecondFactor: len(x.TOTP) > 0,
		GoogleSubject: x.GoogleSubject, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, LastSignIn: x.LastSignIn, PasswordChangedAt: x.PasswordChangedAt,
	}
}
