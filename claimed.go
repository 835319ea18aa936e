package tollkeeper

import (
	"context"
	"errors"
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
		n.Mail = []store.QueuedMail{a.verificationMail(store.Lookup{ID: n.Account.ID}, r.Audience, "", now)}
	}
	s, err = a.createIssued(ctx, in, n, now)
	if err == nil {
		a.worker.wake()
		return s, arrival{paid: true}, nil
	}
	if !errors.Is(err, ErrEmailTaken) && !errors.Is(err, ErrConflict) {
		return s, arrival{}, err
	}
	// The same visitor may have come twice at the same moment.
	known, missing := a.store.FindAccount(ctx, store.Lookup{Issuer: in.key.Issuer, Subject: in.key.Subject, Scope: in.owner.Account.ID, Credentials: true})
	switch {
	case missing == nil:
		return known, arrival{}, nil
	case !errors.Is(missing, ErrNotFound):
		return s, arrival{}, missing
	case neutral && errors.Is(err, ErrEmailTaken):
		err = a.tellOwner(ctx, in, &n.Account, quiet, now)
	}
	return s, arrival{}, err
}

// tellOwner has the owner of a taken address told by mail that somebody tried to sign up with it, unless that is quiet,
// and returns what whoever tried hears.
func (a *Authenticator) tellOwner(ctx context.Context, in issued, tried *Account, quiet bool, now time.Time) error {
	l := store.Lookup{Email: in.claimed, Scope: in.owner.Account.ID}
	s, err := a.subject(ctx, l)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	e := about(tried, EventSignUpTried)
	e.Account, e.Audience, e.Network, e.Method = s.Account.ID, in.visitor.audience, in.visitor.client.network(), "identity"
	a.event(e)
	if !quiet {
		if err := a.queue(ctx, newMail(MailSignUpTried, l, now)); err != nil {
			return err
		}
	}
	return ErrUnverified
}
