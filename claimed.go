package tollkeeper

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// signUpClaimed makes an account of an address that the issuer names without vouching for it, as a sign-up would: it is
// neither verified nor proven, and whoever has the address already keeps it. What the visitor hears of that is what
// [Authenticator.SignUp] tells: nothing, where the address must be verified.
func (a *Authenticator) signUpClaimed(ctx context.Context, in issued, now time.Time) (Subject, arrival, error) {
	s := Subject{Parent: &in.owner.Account, Organization: in.owner.Organization}
	neutral := mustVerify(s, a.cfg.Accounts.RequireVerified)
	r := SignUpRequest{Scope: in.visitor.scope, Audience: in.visitor.audience, Client: in.visitor.client, Neutral: neutral}
	_, quiet, err := a.takeSignUp(ctx, r, in.claimed, now)
	if err != nil {
		return s, arrival{}, err
	}
	n, err := a.issuedNewcomer(ctx, in, now)
	if err != nil {
		return s, arrival{}, err
	}
	if neutral {
		n.Mail = []store.QueuedMail{a.verificationMail(store.Lookup{ID: n.Account.ID}, r.Audience, "", r.Client, now)}
	}
	made, err := a.createIssued(ctx, in, n, now)
	if err == nil {
		a.worker.wake()
		if neutral {
			err = ErrUnverified // here, so that nothing of the account's can make it another answer
		}
		return made, arrival{paid: true}, err
	}
	if !errors.Is(err, ErrEmailTaken) && !errors.Is(err, ErrConflict) {
		return s, arrival{}, err
	}
	// The same visitor may have come twice at the same moment, or have claimed the address before.
	known, missing := a.store.FindAccount(ctx, store.Lookup{Issuer: in.key.Issuer, Subject: in.key.Subject, Scope: in.owner.Account.ID, Credentials: true})
	held := missing == nil && a.merelyClaimed(known, in.key)
	switch {
	case missing == nil && !held:
		return known, arrival{}, nil
	case missing != nil && !errors.Is(missing, ErrNotFound):
		return s, arrival{}, missing
	case held || neutral && errors.Is(err, ErrEmailTaken):
		err = a.tellOwner(ctx, in, &n.Account, told{again: held && known.Account.EmailKey == in.claimed, quiet: quiet}, now)
	}
	return s, arrival{}, err
}

// told is what the owner of an address hears of a sign-up with it.
type told struct {
	again bool // by whom it was claimed first: it can still be verified
	quiet bool // nothing: they have had their mails
}

// tellOwner has the owner of a taken address told by mail that somebody tried to sign up with it, or sends the link to
// verify it once more, and returns what whoever tried hears.
func (a *Authenticator) tellOwner(ctx context.Context, in issued, tried *Account, how told, now time.Time) error {
	l := store.Lookup{Email: in.claimed, Scope: in.owner.Account.ID}
	s, err := a.subject(ctx, l)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	e := about(tried, EventSignUpTried)
	e.Account, e.Audience, e.Network, e.Method = s.Account.ID, in.visitor.audience, in.visitor.client.network(), "identity"
	a.event(e)
	if how.quiet {
		return ErrUnverified
	}
	m := a.askedMail(MailSignUpTried, l, in.visitor.client, now)
	if how.again {
		m = a.verificationMail(l, in.visitor.audience, "", in.visitor.client, now)
	}
	if err := a.queue(ctx, m); err != nil {
		return err
	}
	return ErrUnverified
}

// merelyClaimed reports whether the identity made the account by naming an address that has to be verified and was not
// since. Such a link leads nowhere until then, and no answer may tell it from none: the address was free, which is
// nobody's to know.
func (a *Authenticator) merelyClaimed(s Subject, key IssuedKey) bool {
	x := &s.Account
	if !mustVerify(s, a.cfg.Accounts.RequireVerified) || x.Password != "" || !x.EmailVerifiedAt.IsZero() || !x.EmailProvenAt.IsZero() {
		return false
	}
	return slices.ContainsFunc(s.Linked, func(l Linked) bool {
		named, err := emailKey(l.Email)
		return l.Key() == key && err == nil && named == x.EmailKey && l.LinkedAt.Equal(x.CreatedAt)
	})
}

// letGo takes a link away that a mere claim has made, once its issuer says something else of the same person: they are
// then whoever comes for the first time. The account stays the mailbox's. ErrConflict: look again, whatever came of it.
func (a *Authenticator) letGo(ctx context.Context, s Subject, key IssuedKey, from Client, now time.Time) error {
	e := about(&s.Account, EventIdentityRemoved)
	e.Network, e.Method, e.Detail = from.network(), "identity", key.Issuer
	c := store.Change{Account: s.Account, Unlink: []IssuedKey{key}, Effects: store.Effects{Events: []Event{e}}}
	if _, _, err := a.update(ctx, c, now); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return ErrConflict
}
