package tollkeeper

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// verificationMail asks the worker for a confirmation link.
func (a *Authenticator) verificationMail(l store.Lookup, audience Audience, path string, now time.Time) store.QueuedMail {
	return store.QueuedMail{
		ID: newID(), Kind: MailVerify, Lookup: l, DueAt: now,
		Args: map[string]string{argAudience: string(audience), argPath: path},
	}
}

// VerifyEmail verifies the email that a link was mailed to. It keeps the credentials of the sign-up that mailed it. Once,
// at success, the parent is charged if his balance covers it. ErrInvalidInput: not the form of a token; ErrInvalidLink;
// ErrLinkExpired; ErrAlreadyVerified: a used token, within its life; ErrRateLimited.
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
