package tollkeeper

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
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
	return a.queue(ctx, a.verificationMail(r.Scope.lookup(email), r.Audience, r.VerifyPath, r.Client, now))
}

// RequestOwnVerification mails the caller a new verification link. [ErrAlreadyVerified], [ErrInvalidInput],
// [ErrRateLimited].
func (a *Authenticator) RequestOwnVerification(ctx context.Context, by *Identity, verifyPath string, c Client) error {
	by = by.orNobody()
	if err := by.may(toBeProven); err != nil {
		return err
	}
	now := a.now()
	s, err := a.self(ctx, by)
	if err != nil {
		return err
	}
	if !s.Account.EmailProvenAt.IsZero() {
		return ErrAlreadyVerified
	}
	site := &s
	if !s.Child() {
		site = nil // the host's own: see inNameOf
	}
	if err := checkVerifyPath(verifyPath, site, a.cfg.BaseURL); err != nil {
		return err
	}
	scope := scopesOf(s)[0]
	if _, err := a.take(ctx, a.addressHits("verify", scope, s.Account.EmailKey, a.cfg.Limits.Resend), now); err != nil {
		return err
	}
	return a.queue(ctx, a.verificationMail(store.Lookup{ID: s.Account.ID}, by.Audience, verifyPath, c, now))
}

// VerifyRequest opens a mailed link.
type VerifyRequest struct {
	Token    SecretText
	By       *Identity // who asks, where they are signed in to the account. Nil: nobody
	Password Password  // of the account, instead; counted as an attempt. Empty: none
	Client   Client
}

// Verified is what became of a link.
type Verified struct {
	Proven bool // with a session or the password beside it the mailbox is proven, too
}

// VerifyEmail verifies the email that a link was mailed to; every credential stays. A session of the account or its
// password beside the token proves the mailbox, also after the token has verified it, until the token expires. Once, at
// success, the parent is charged if its balance covers it. [ErrInvalidInput]: not the form of a token;
// [ErrInvalidLink]; [ErrLinkExpired]; [ErrAlreadyVerified]: it is, and nothing beside the token could prove more;
// [ErrInvalidCredentials], [ErrLocked] for the password; [ErrLimitedSession]; [ErrRateLimited].
func (a *Authenticator) VerifyEmail(ctx context.Context, r VerifyRequest) (v Verified, err error) {
	now := a.now()
	if _, err := a.take(ctx, a.networkHits("confirm", AudienceHost, r.Client, a.cfg.Limits.Links), now); err != nil {
		return v, err
	}
	if !canon.ValidShortToken(string(r.Token)) && !canon.ValidToken(string(r.Token)) {
		return v, ErrInvalidInput.WithField("token").WithMessage("Invalid token format")
	}
	err = a.retry(func() (err error) {
		v, err = a.verifyBy(ctx, r, a.digests.secret(store.PurposeVerify, "", string(r.Token)), now)
		return err
	})
	return v, err
}

// verifyBy opens the link, and uses it up if that proves the mailbox. Plain ErrConflict: the account was changed
// meanwhile; reading the link again tells.
func (a *Authenticator) verifyBy(ctx context.Context, r VerifyRequest, proof store.Digest, now time.Time) (Verified, error) {
	_, s, err := a.byLink(ctx, store.PurposeVerify, proof, now)
	switch {
	case errors.Is(err, ErrLinkUsed) && !s.Account.EmailVerifiedAt.IsZero():
		return Verified{}, ErrAlreadyVerified
	case errors.Is(err, ErrLinkUsed):
		return Verified{}, ErrInvalidLink // voided by a change of the password or address
	case err != nil:
		return Verified{}, err
	}
	proves, err := a.check(ctx, ownWord{by: r.By, password: r.Password, client: r.Client}, &s.Account, toProve)
	if err != nil {
		return Verified{}, err
	}
	if !s.Account.EmailProvenAt.IsZero() || !proves && !s.Account.EmailVerifiedAt.IsZero() {
		return Verified{}, ErrAlreadyVerified
	}
	c := store.Change{Account: s.Account}
	c.Charge = a.verificationCharge(s)
	e := about(&s.Account, EventEmailVerified)
	e.Network, e.Method = r.Client.network(), "link"
	if proves {
		c.Proof, c.Void = proof, []store.Purpose{store.PurposeVerify}
		a.proveMailbox(&c, s, true, e, now)
	} else {
		c.Account.EmailVerifiedAt, c.Events = now, []Event{e}
	}
	_, _, err = a.update(ctx, c, now)
	if errors.Is(err, ErrInvalidLink) {
		err = ErrAlreadyVerified // the same link, a moment ago
	}
	if err == nil && proves {
		a.opened(ctx, s, r.Client)
	}
	return Verified{Proven: proves}, err
}

// Disown is the answer of a mailbox's owner to a link that they did not ask for: the account is not theirs. While the
// mailbox is not proven, the password, linked sign-ins, sessions, links and whatever was begun are gone, of a parent
// also its tenant key and what its organization had chosen ([Dropped]), which a mail tells, and the email is
// unverified; who owns the mailbox may come in by a code or a reset. [ErrAlreadyVerified]: it is proven, and nothing
// was done. Other errors as of [Authenticator.VerifyEmail].
func (a *Authenticator) Disown(ctx context.Context, token SecretText, c Client) error {
	now := a.now()
	if _, err := a.take(ctx, a.networkHits("confirm", AudienceHost, c, a.cfg.Limits.Links), now); err != nil {
		return err
	}
	if !canon.ValidShortToken(string(token)) && !canon.ValidToken(string(token)) {
		return ErrInvalidInput.WithField("token").WithMessage("Invalid token format")
	}
	proof := a.digests.secret(store.PurposeVerify, "", string(token))
	return a.retry(func() error {
		_, s, err := a.byLink(ctx, store.PurposeVerify, proof, now)
		if err != nil {
			return err
		}
		if !s.Account.EmailProvenAt.IsZero() {
			return ErrAlreadyVerified
		}
		change := store.Change{Account: s.Account, Proof: proof}
		a.drop(&change, s)
		change.Account.EmailVerifiedAt = time.Time{}
		e := about(&s.Account, EventEmailDisowned)
		e.Network, e.Method = c.network(), "link"
		change.Events = []Event{e}
		if _, _, err = a.update(ctx, change, now); errors.Is(err, ErrInvalidLink) {
			err = ErrLinkUsed
		}
		return err
	})
}

// verificationCharge is debited once per account and address, if the balance covers it (docs/WIRE.md 1.4).
func (a *Authenticator) verificationCharge(s Subject) store.Charge {
	if a.cfg.Credits == nil || a.cfg.Credits.Prices[OpVerify] == 0 {
		return store.Charge{}
	}
	address := a.digests.bucket("verify", s.Account.EmailKey) // the ledger holds no personal data
	c := store.Charge{
		Owner: s.Account.ID, Key: "verify:" + s.Account.ID.String() + ":" + hex.EncodeToString(address[:8]),
		Entry: a.idAt(a.now()), Operation: OpVerify, Price: a.cfg.Credits.Prices[OpVerify],
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
func (a *Authenticator) verificationMail(l store.Lookup, audience Audience, path string, c Client, now time.Time) store.QueuedMail {
	m := a.askedMail(MailVerify, l, c, now)
	m.Args[argAudience], m.Args[argPath] = string(audience), path
	return m
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
	LinkPath string   // as in [MailRequest]
	Client   Client
}

// RequestEmailChange mails a link to a new address of the caller; the change happens when it is followed
// ([Authenticator.ConfirmEmailChange]). Fresh proof is needed, as in [Authenticator.EnrolFactor]. Whether the address
// is taken is not told. [ErrInvalidEmail], [ErrInvalidInput] (linkPath), [ErrNotRecent], [ErrInvalidCredentials],
// [ErrLocked], [ErrRateLimited].
func (a *Authenticator) RequestEmailChange(ctx context.Context, by *Identity, r EmailChange) error {
	by = by.orNobody()
	if err := by.may(toBeProven); err != nil {
		return err
	}
	r.Email = strings.TrimSpace(r.Email)
	key, err := emailKey(r.Email)
	if err != nil {
		return err
	}
	if err := checkLinkPath(r.LinkPath); err != nil {
		return err
	}
	s, err := a.fresh(ctx, by, r.Password, r.Client)
	if err != nil {
		return err
	}
	if err := a.stillIn(ctx, by); err != nil {
		return err
	}
	now := a.now()
	list := a.addressHits("change-email", "", by.Account.String(), a.cfg.Limits.Resend).
		and(a.addressHits("change-email", scopesOf(s)[0], key, a.cfg.Limits.Resend))
	if _, err := a.take(ctx, list, now); err != nil {
		return err
	}
	m := a.askedMail(MailChangeEmail, store.Lookup{ID: s.Account.ID}, r.Client, now)
	m.To, m.Args[argEpoch], m.Args[argFrom] = r.Email, epochText(s.Account), s.Account.EmailKey
	if r.LinkPath != "" {
		m.Args[argPath] = r.LinkPath
	}
	return a.queue(ctx, m)
}

// EmailConfirmation makes a new address take effect, with the token of the link that was mailed there.
type EmailConfirmation struct {
	Token    SecretText
	By       *Identity         // who asks: a session of the account, or
	Password Password          // its password, counted as an attempt
	Keep     []store.IssuedKey // linked sign-ins that stay; all others are taken away
	Client   Client
}

// ConfirmEmailChange makes the address that the link was mailed to the account's, and proven. The link alone is not
// enough: whoever opens mail must not move an account, so a session or the password is shown in the same request. The
// old address is told; mailed codes and links are void. Linked sign-ins go with the old address unless Keep names them.
// [ErrNotRecent]: neither session nor password; [ErrInvalidCredentials], [ErrLocked], [ErrLimitedSession];
// [ErrInvalidLink], [ErrLinkExpired], [ErrLinkUsed], [ErrInactive], [ErrEmailTaken], [ErrRateLimited].
func (a *Authenticator) ConfirmEmailChange(ctx context.Context, r EmailConfirmation) error {
	now := a.now()
	if _, err := a.take(ctx, a.networkHits("confirm", AudienceHost, r.Client, a.cfg.Limits.Links), now); err != nil {
		return err
	}
	if !canon.ValidToken(string(r.Token)) {
		return ErrInvalidLink
	}
	return a.retry(func() error {
		return a.changeEmailBy(ctx, r, a.digests.secret(store.PurposeChangeEmail, "", string(r.Token)), now)
	})
}

// changeEmailBy uses the link up. Plain ErrConflict: the account was changed meanwhile; reading the link again tells.
func (a *Authenticator) changeEmailBy(ctx context.Context, r EmailConfirmation, proof store.Digest, now time.Time) error {
	secret, s, err := a.byLink(ctx, store.PurposeChangeEmail, proof, now)
	if err != nil {
		return err
	}
	if err := admitMail(s); err != nil {
		return err
	}
	own, err := a.check(ctx, ownWord{by: r.By, password: r.Password, client: r.Client}, &s.Account, toBeProven)
	if err != nil {
		return err
	}
	if !own {
		return ErrNotRecent
	}
	key, err := emailKey(secret.Address)
	if err != nil {
		return ErrInvalidLink.WithCause(err)
	}
	e := about(&s.Account, EventEmailChanged)
	e.Network = r.Client.network()
	c := store.Change{Account: s.Account, Proof: proof, Void: mailedPurposes}
	c.Events, c.Mail = []Event{e}, a.notice(s, noticeEmail)
	c.Account.Email, c.Account.EmailKey = secret.Address, key
	c.Account.EmailVerifiedAt, c.Account.EmailProvenAt = now, now
	for _, l := range s.Linked {
		if !slices.Contains(r.Keep, l.Key()) {
			c.Unlink = append(c.Unlink, l.Key())
		}
	}
	x, _, err := a.update(ctx, c, now)
	if errors.Is(err, ErrInvalidLink) {
		return ErrLinkUsed
	}
	if err == nil {
		s.Account = x
		a.opened(ctx, s, r.Client)
	}
	return err
}
