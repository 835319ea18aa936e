package tollkeeper

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// RequestVerification mails a new verification link. The same answer goes to unknown and verified addresses.
// [ErrInvalidEmail], [ErrParentKeyFormat], [ErrUnknownParent], [ErrInvalidInput] (scope, verify path),
// [ErrRateLimited].
func (a *Authenticator) RequestVerification(ctx context.Context, r MailRequest) error {
	now := a.now()
	email, err := a.mailTo(ctx, &r, "verify", a.cfg.Limits.Resend, now)
	if err != nil {
		return err
	}
	var owner *Subject
	if r.Scope.way == byKey {
		if owner, err = a.ownerOf(ctx, r.Scope); err != nil && !errors.Is(err, ErrParentInactive) {
			return err
		}
	}
	if err := checkVerifyPath(r.VerifyPath, owner, a.cfg.BaseURL); err != nil {
		return err
	}
	return a.queue(ctx, a.verificationMail(r.Scope.lookup(email), r.Audience, r.VerifyPath, now))
}

// RequestOwnVerification mails the caller a new verification link. [ErrAlreadyVerified], [ErrInvalidInput],
// [ErrRateLimited].
func (a *Authenticator) RequestOwnVerification(ctx context.Context, by *Identity, verifyPath string, c Client) error {
	by = by.orNobody()
	now := a.now()
	s, err := a.self(ctx, by)
	if err != nil {
		return err
	}
	if !s.Account.EmailVerifiedAt.IsZero() {
		return ErrAlreadyVerified
	}
	if err := checkVerifyPath(verifyPath, &s, a.cfg.BaseURL); err != nil {
		return err
	}
	scope := scopesOf(s)[0]
	if _, err := a.take(ctx, a.addressHits("verify", scope, s.Account.EmailKey, a.cfg.Limits.Resend), now); err != nil {
		return err
	}
	return a.queue(ctx, a.verificationMail(store.Lookup{ID: s.Account.ID}, by.Audience, verifyPath, now))
}

// VerifyEmail verifies the email that a link was mailed to. It keeps the credentials of the sign-up that mailed it.
// Once, at success, the parent is charged if its balance covers it. [ErrInvalidInput]: not the form of a token;
// [ErrInvalidLink]; [ErrLinkExpired]; [ErrAlreadyVerified]: a used token, within its life; [ErrRateLimited].
func (a *Authenticator) VerifyEmail(ctx context.Context, token SecretText, c Client) error {
	now := a.now()
	if _, err := a.take(ctx, a.networkHits("confirm", AudienceHost, c, a.cfg.Limits.Links), now); err != nil {
		return err
	}
	if !canon.ValidShortToken(string(token)) && !canon.ValidToken(string(token)) {
		return ErrInvalidInput.WithField("token").WithMessage("Invalid token format")
	}
	return a.retry(func() error { return a.verifyBy(ctx, a.digests.secret(store.PurposeVerify, "", string(token)), c, now) })
}

// verifyBy uses the link up. Plain ErrConflict: the account was changed meanwhile; reading the link again tells.
func (a *Authenticator) verifyBy(ctx context.Context, proof store.Digest, c Client, now time.Time) error {
	_, s, err := a.byLink(ctx, store.PurposeVerify, proof, now)
	if errors.Is(err, ErrLinkUsed) && !s.Account.EmailVerifiedAt.IsZero() {
		return ErrAlreadyVerified
	}
	if errors.Is(err, ErrLinkUsed) {
		return ErrInvalidLink // voided by a change of the password or address
	}
	if err != nil {
		return err
	}
	if !s.Account.EmailVerifiedAt.IsZero() {
		return ErrAlreadyVerified
	}
	change := store.Change{Account: s.Account, Proof: proof, Void: []store.Purpose{store.PurposeVerify}, Charge: a.verificationCharge(s)}
	change.Account.EmailVerifiedAt = now
	_, receipt, err := a.update(ctx, change, now)
	if errors.Is(err, ErrInvalidLink) {
		return ErrAlreadyVerified // the same link, a moment ago
	}
	if err != nil {
		return err
	}
	a.event(Event{Name: EventEmailVerified, Account: s.Account.ID, Parent: s.Account.Parent, Network: c.network(), Method: "link"})
	a.alert(ctx, change.Charge.Owner, change.Charge.Price, receipt)
	return nil
}

// verificationCharge is debited once per account and address, if the balance covers it (docs/WIRE.md 1.4).
func (a *Authenticator) verificationCharge(s Subject) store.Charge {
	if a.cfg.Credits == nil || a.cfg.Credits.Prices[OpVerify] == 0 {
		return store.Charge{}
	}
	address := a.digests.bucket("verify", s.Account.EmailKey) // the ledger holds no personal data
	c := store.Charge{
		Owner: s.Account.ID, Key: "verify:" + s.Account.ID.String() + ":" + hex.EncodeToString(address[:8]),
		Entry: newID(), Operation: OpVerify, Price: a.cfg.Credits.Prices[OpVerify],
	}
	if s.Parent != nil {
		if s.Parent.House {
			return store.Charge{}
		}
		c.Owner = s.Parent.ID
	}
	return c
}

// verificationMail asks the worker for a verification link.
func (a *Authenticator) verificationMail(l store.Lookup, audience Audience, path string, now time.Time) store.QueuedMail {
	return store.QueuedMail{
		ID: newID(), Kind: MailVerify, Lookup: l, DueAt: now,
		Args: map[string]string{argAudience: string(audience), argPath: path},
	}
}

// checkVerifyPath accepts nothing, a safe path, or a URL of the organization's own origin (docs/WIRE.md 1.3, R71).
func checkVerifyPath(path string, owner *Subject, baseURL string) error {
	site := baseURL
	if owner != nil && owner.Organization != nil && owner.Organization.URL != "" {
		site = owner.Organization.URL
	}
	if path == "" || canon.ValidPath(path) || canon.IsPageOf(site, path) {
		return nil
	}
	return ErrInvalidInput.WithField("verifyAuthPath").WithMessage("Invalid verify path")
}

// EmailChange asks for a new address.
type EmailChange struct {
	Email    string
	Password Password // fresh proof, as in [Authenticator.EnrolFactor]; empty: the session was proved within five minutes
	Client   Client
}

// RequestEmailChange mails a link to a new address of the caller; the change happens when it is followed
// ([Authenticator.ConfirmEmailChange]). Fresh proof is needed, as in [Authenticator.EnrolFactor]. Whether the address
// is taken is not told. [ErrInvalidEmail], [ErrNotRecent], [ErrInvalidCredentials], [ErrLocked], [ErrRateLimited].
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

// ConfirmEmailChange makes the address that the link was mailed to the account's. The old one is told; mailed codes and
// links are void. [ErrInvalidLink], [ErrLinkExpired], [ErrLinkUsed], [ErrEmailTaken], [ErrRateLimited].
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
