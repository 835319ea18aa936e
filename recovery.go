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
	m := store.QueuedMail{ID: newID(), Kind: MailReset, Lookup: r.Scope.lookup(email), Args: map[string]string{argAudience: string(r.Audience)}, DueAt: now}
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
	ParentKey string // a check, not a place: must be that of the account's parent. Empty: not checked
	Audience  Audience
	Client    Client
}

// ResetPassword sets a new password by the token of a mailed link. It proves the mailbox, ends every session, voids
// every other mailed secret, forgets the failures and tells the owner; it neither signs in nor touches the second
// factor or the status (R32). An account whose email was not verified loses, with its old password, its second factor
// and linked sign-ins, which a stranger may have made (R34). A password that the policy refuses does not use the link
// up. [ErrInvalidLink], [ErrLinkExpired], [ErrLinkUsed], [ErrWeakPassword], [ErrParentKeyFormat], [ErrUnknownParent],
// [ErrRateLimited].
func (a *Authenticator) ResetPassword(ctx context.Context, r ResetRequest) error {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if r.ParentKey != "" && !ValidPublicKey(r.ParentKey) {
		return ErrParentKeyFormat
	}
	if _, err := a.take(ctx, a.networkHits("reset", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now); err != nil {
		return err
	}
	if !canon.ValidToken(string(r.Token)) {
		return ErrInvalidLink
	}
	var s Subject
	err := a.retry(func() (err error) {
		s, err = a.resetBy(ctx, r, a.digests.secret(store.PurposeReset, "", string(r.Token)), now)
		return err
	})
	if err != nil {
		return err
	}
	a.forget(ctx, s, r.Client, now)
	a.event(Event{Name: EventPasswordChanged, Account: s.Account.ID, Parent: s.Account.Parent, Audience: r.Audience, Network: r.Client.network(), Method: "reset"})
	return nil
}

// resetBy uses the link up. Plain ErrConflict: the account was changed meanwhile, perhaps by somebody with the same
// link; reading the link again tells.
func (a *Authenticator) resetBy(ctx context.Context, r ResetRequest, proof store.Digest, now time.Time) (Subject, error) {
	_, s, err := a.byLink(ctx, store.PurposeReset, proof, now)
	if err != nil {
		return s, err
	}
	if r.ParentKey != "" && (s.Parent == nil || s.Parent.House || s.Parent.PublicKey != r.ParentKey) {
		return s, ErrUnknownParent
	}
	if err := a.checkNewPassword(ctx, r.Password, s.Account); err != nil {
		return s, err
	}
	c := store.Change{Proof: proof, EndSessions: true, Void: mailedPurposes, Mail: a.notice(s, noticePassword)}
	if c.Account, err = a.withPassword(ctx, provenMailbox(s.Account, now), r.Password, now); err != nil {
		return s, err
	}
	if s.Account.EmailVerifiedAt.IsZero() {
		c.Void = allPurposes
	}
	if _, _, err = a.update(ctx, c, now); errors.Is(err, ErrInvalidLink) {
		err = ErrLinkUsed
	}
	return s, err
}

// forget clears the locks of an account for the network that has just reset its password.
func (a *Authenticator) forget(ctx context.Context, s Subject, c Client, now time.Time) {
	var f store.Release
	for _, scope := range scopesOf(s) {
		f.Forget = append(f.Forget, a.digests.bucket("lock", scope, s.Account.EmailKey, c.network()))
	}
	a.release(ctx, f, now)
}
