package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// IDTokenVerifier checks ID tokens of an issuer (OpenID Connect Core 3.1.3.7). The nested module oidc has one for any
// issuer. It returns an error that is [ErrUpstream] when the issuer cannot be reached; any other means that the token
// is no good.
type IDTokenVerifier interface {
	// VerifyIDToken checks signature, issuer, audience, time and, unless it is empty, the nonce.
	VerifyIDToken(ctx context.Context, token, clientID, nonce string) (IDToken, error)
}

// IDToken is what an issuer says of a person.
type IDToken struct {
	Subject       string // the issuer's id of the person, never reused
	Email         string
	EmailVerified bool
	Name          string
}

// GoogleRequest is a sign-in with a Google ID token below a parent whose organization has turned it on.
type GoogleRequest struct {
	IDToken  SecretText
	Nonce    SecretText // of the flow that fetched the token; empty: not checked
	Scope    Scope
	Audience Audience
	Client   Client
}

// SignInWithGoogle signs a child in by Google, and up at the first time. An account of the same email is linked if its
// email is verified; otherwise it loses what was set up before anyone had shown to own the address (R34).
// [ErrParentKeyNeeded]: of [Tenants]; [ErrUnknownParent]; [ErrDisabled]: the organization has not turned it on, or
// there is none, as for the app's own users; [ErrSignUpClosed]: only where an account would be made;
// [ErrInvalidCredentials]: the token is not good for it; [ErrUpstream]; then as [Authenticator.SignIn] and
// [Authenticator.SignUp].
func (a *Authenticator) SignInWithGoogle(ctx context.Context, r GoogleRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return SignInResult{}, err
	}
	if a.cfg.Social.Google == nil {
		return SignInResult{}, ErrDisabled
	}
	g := guess{scope: r.Scope.String(), audience: r.Audience, client: r.Client}
	t, err := a.take(ctx, a.networkHits("google", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now)
	if err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	owner, err := a.googleOwner(ctx, r.Scope)
	if err != nil {
		return SignInResult{}, err
	}
	token, email, err := a.verifyGoogle(ctx, r, owner)
	if err != nil {
		return SignInResult{}, err
	}
	g.email = email
	t.guess = g
	s, paid, err := a.googleAccount(ctx, owner, token, email, now)
	if err != nil {
		return SignInResult{}, err
	}
	operation := OpSocial
	if paid {
		operation = ""
	}
	return a.finishSignIn(ctx, s, attempt{method: "google", operation: operation, audience: r.Audience, client: r.Client, taken: t}, now)
}

func (a *Authenticator) googleOwner(ctx context.Context, where Scope) (*Subject, error) {
	if where == Tenants {
		return nil, ErrParentKeyNeeded
	}
	owner, err := a.ownerOf(ctx, where)
	if err != nil {
		return nil, err
	}
	if owner.Organization == nil || !owner.Organization.Google.Enabled {
		return nil, ErrDisabled
	}
	return owner, nil
}

// verifyGoogle returns a token that is good for this organization, with the canonical email that Google vouches for.
func (a *Authenticator) verifyGoogle(ctx context.Context, r GoogleRequest, owner *Subject) (IDToken, string, error) {
	if len(r.IDToken) > maxToken {
		return IDToken{}, "", ErrInvalidCredentials
	}
	token, err := a.cfg.Social.Google.VerifyIDToken(ctx, string(r.IDToken), owner.Organization.Google.ClientID, string(r.Nonce))
	if errors.Is(err, ErrUpstream) || ctx.Err() != nil {
		return token, "", ErrUpstream.WithCause(err)
	}
	email, malformed := emailKey(token.Email)
	if err != nil || malformed != nil || !token.EmailVerified || token.Subject == "" || len(token.Subject) > 255 || canon.HasControl(token.Subject) {
		a.event(Event{Name: EventSignInFailed, Parent: owner.Account.ID, Audience: r.Audience, Network: r.Client.network(), Method: "google"})
		return token, "", ErrInvalidCredentials.WithCause(err)
	}
	return token, email, nil
}

// googleAccount finds, links or makes the account; paid: making it was charged. Who signs up twice at the same moment
// finds the other's.
func (a *Authenticator) googleAccount(ctx context.Context, owner *Subject, token IDToken, email string, now time.Time) (s Subject, paid bool, err error) {
	for range 3 {
		s, err = a.store.FindAccount(ctx, store.Lookup{GoogleSubject: token.Subject, Email: email, Scope: owner.Account.ID})
		switch {
		case err == nil && s.Account.GoogleSubject == token.Subject:
			return s, false, nil
		case err == nil && s.Account.GoogleSubject != "":
			return s, false, ErrInvalidCredentials // linked to another Google account
		case err == nil:
			err = a.linkGoogle(ctx, &s, token.Subject, now)
		case errors.Is(err, ErrNotFound):
			s, err = a.newGoogleAccount(ctx, owner, token, now)
			paid = err == nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrEmailTaken) {
			return s, paid, err
		}
	}
	return Subject{}, false, ErrConflict
}

func (a *Authenticator) linkGoogle(ctx context.Context, s *Subject, subject string, now time.Time) error {
	c := store.Change{Account: provenMailbox(s.Account, now), Mail: a.notice(*s, noticeFactor)}
	if s.Account.EmailVerifiedAt.IsZero() {
		c.EndSessions, c.Void = true, allPurposes
	}
	c.Account.GoogleSubject = subject
	x, _, err := a.update(ctx, c, now)
	if err == nil {
		s.Account = x
	}
	return err
}

// newGoogleAccount makes a child without a password. The parent pays for it as for a social sign-in, and for nothing
// more at this first one: who cannot pay, gets no account.
func (a *Authenticator) newGoogleAccount(ctx context.Context, owner *Subject, token IDToken, now time.Time) (Subject, error) {
	name := token.Name
	if checkName(name) != nil {
		name = ""
	}
	if err := a.maySignUp(Under(owner.Account.ID)); err != nil {
		return Subject{}, err
	}
	x, err := a.newAccount(token.Email, "", name, now)
	if err != nil {
		return Subject{}, err
	}
	x.PasswordChangedAt = time.Time{}
	x.Parent, x.GoogleSubject, x.EmailVerifiedAt = owner.Account.ID, token.Subject, now
	create := store.NewAccount{Account: x, Charge: a.signUpCharge(owner, x.ID, OpSocial)}
	made, receipt, err := a.create(ctx, create, now)
	if err != nil {
		return Subject{}, signUpError(err)
	}
	a.event(Event{Name: EventSignUp, Account: made.ID, Parent: made.Parent, Method: "google"})
	a.alert(ctx, create.Charge.Owner, create.Charge.Price, receipt)
	return Subject{Account: made, Parent: &owner.Account, Organization: owner.Organization}, nil
}
