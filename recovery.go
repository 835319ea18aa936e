package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// RequestReset mails a link with which the account's owner sets a new password. Every address gets the same answer:
// the worker finds out later who it is. [ErrInvalidEmail]; [ErrInvalidInput] (scope); [ErrParentKeyFormat],
// [ErrUnknownParent] (keys are public); [ErrRateLimited], counted for unknown addresses, too.
func (a *Authenticator) RequestReset(ctx context.Context, r MailRequest) error {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	// Families have rates of their own: what one counted must not decide in another.
	email, err := a.mailTo(ctx, &r, "reset:"+string(r.Audience), a.cfg.Limits.reset(r.Audience), now)
	if err != nil {
		return err
	}
	if err := a.checkKnown(ctx, r.Scope); err != nil {
		return err
	}
	m := a.askedMail(MailReset, r.Scope.lookup(email), r.Client, now)
	if err := a.queue(ctx, m); err != nil {
		return err
	}
	a.event(Event{Name: EventResetAsked, Audience: r.Audience, Network: r.Client.network()})
	return nil
}

// ResetRequest sets a new password with the token of a mailed link.
type ResetRequest struct {
	Token     SecretText
	Password  Password
	By        *Identity // who asks, where they are signed in to the account: a first proof then drops nothing. Nil: nobody
	ParentKey string    // a check, not a place: must be that of the account's parent. Empty: not checked
	Audience  Audience
	Client    Client
}

// ResetPassword sets a new password by the token of a mailed link. It proves the mailbox, ends every session, voids
// every other mailed secret, forgets the failures and tells the owner; it neither signs in nor touches the second
// factor or the status (R32). The first proof of a mailbox takes linked sign-ins away, which a stranger may have made
// (R34), and says so in the result. A password that the policy refuses does not use the link up. [ErrInvalidLink],
// [ErrLinkExpired], [ErrLinkUsed], [ErrWeakPassword], [ErrParentKeyFormat], [ErrUnknownParent], [ErrRateLimited].
func (a *Authenticator) ResetPassword(ctx context.Context, r ResetRequest) (Dropped, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if r.ParentKey != "" && !ValidPublicKey(r.ParentKey) {
		return Dropped{}, ErrParentKeyFormat
	}
	if _, err := a.take(ctx, a.networkHits("reset", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now); err != nil {
		return Dropped{}, err
	}
	if !canon.ValidToken(string(r.Token)) {
		return Dropped{}, ErrInvalidLink
	}
	var s Subject
	var dropped Dropped
	err := a.retry(func() (err error) {
		s, dropped, err = a.resetBy(ctx, r, a.digests.secret(store.PurposeReset, "", string(r.Token)), now)
		return err
	})
	if err != nil {
		return Dropped{}, err
	}
	a.opened(ctx, s, r.Client)
	return dropped, nil
}

// resetBy uses the link up. Plain ErrConflict: the account was changed meanwhile, perhaps by somebody with the same
// link; reading the link again tells.
func (a *Authenticator) resetBy(ctx context.Context, r ResetRequest, proof store.Digest, now time.Time) (Subject, Dropped, error) {
	_, s, err := a.byLink(ctx, store.PurposeReset, proof, now)
	if err != nil {
		return s, Dropped{}, err
	}
	if r.ParentKey != "" && (s.Parent == nil || s.Parent.House || s.Parent.PublicKey != r.ParentKey) {
		return s, Dropped{}, ErrUnknownParent
	}
	if err := a.checkNewPassword(ctx, r.Password, s.Account); err != nil {
		return s, Dropped{}, err
	}
	c := store.Change{Account: s.Account, Proof: proof, EndSessions: true}
	e := about(&s.Account, EventPasswordChanged)
	e.Audience, e.Network, e.Method = r.Audience, r.Client.network(), "reset"
	c.Events, c.Mail = []Event{e}, a.notice(s, noticePassword)
	before := s
	before.Account.Password = "" // it is replaced, which the notice of it tells
	dropped := a.proveMailbox(&c, before, isOwner(r.By, &s.Account), e, now)
	if c.Account, err = a.withPassword(ctx, c.Account, r.Password, now); err != nil {
		return s, dropped, err
	}
	if _, _, err = a.update(ctx, c, now); errors.Is(err, ErrInvalidLink) {
		err = ErrLinkUsed
	}
	return s, dropped, err
}
