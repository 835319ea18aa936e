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

// IDTokenVerifier checks ID tokens of an issuer (OpenID Connect Core 3.1.3.7). The nested module social has one for any
// issuer. It returns an error that is [ErrUpstream] when the issuer cannot be reached; any other means that the token
// is no good.
type IDTokenVerifier interface {
	// VerifyIDToken checks signature, issuer, subject, audience, time and, unless it is empty, the nonce. Email and
	// name may be missing.
	VerifyIDToken(ctx context.Context, token, clientID, nonce string) (IDToken, error)
}

// IDToken is what an issuer says of a person.
type IDToken struct {
	Subject       string // the issuer's id of the person, never reused
	Email         string // empty: it says none
	EmailVerified bool
	Name          string
}

// IDTokenRequest is a sign-in by an issuer's ID token below a parent whose organization has turned that issuer on.
type IDTokenRequest struct {
	Issuer   string // a key of [Social].Issuers
	IDToken  SecretText
	Nonce    SecretText // of the flow that fetched the token for Scope; empty: not checked
	UserInfo UserInfo   // nil: nobody is asked for more than the token says
	By       *Identity  // who asks, where they are signed in to the account: a first proof then drops nothing. Nil: nobody
	Scope    Scope
	Audience Audience
	Client   Client
}

// UserInfo asks the issuer for what an ID token does not say of the same person (OpenID Connect Core 5.3). It is called
// where that decides: nobody is linked to the subject, and the token vouches for no email. Errors are as those of
// [IDTokenVerifier].
type UserInfo func(context.Context) (IDToken, error)

// SignInWithIDToken signs a child in by an issuer, and up at the first time. Who is linked to the token's subject is
// signed in, whatever it says of an email. Else the email has to be verified, and an account of the same is linked. The
// issuer vouches for the mailbox: if nobody had proven it before, what was set up is dropped (R34), as
// [SignInResult].Dropped says. [ErrParentKeyNeeded]: of [Tenants]; [ErrUnknownParent]; [ErrDisabled]: the host or the
// organization has not turned the issuer on, or there is none, as for the app's own users; [ErrSignUpClosed]: only
// where an account would be made; [ErrInvalidCredentials]: the token is not good for it; [ErrUpstream]; then as
// [Authenticator.SignIn] and [Authenticator.SignUp].
func (a *Authenticator) SignInWithIDToken(ctx context.Context, r IDTokenRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return SignInResult{}, err
	}
	if a.cfg.Social.Issuers[r.Issuer] == nil {
		return SignInResult{}, ErrDisabled
	}
	g := guess{scope: r.Scope.String(), audience: r.Audience, client: r.Client}
	t, err := a.take(ctx, a.networkHits("issuer", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now)
	if err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	owner, err := a.issuerOwner(ctx, r.Scope, r.Issuer)
	if err != nil {
		return SignInResult{}, err
	}
	token, err := a.verifyIDToken(ctx, r, owner)
	if err != nil {
		return SignInResult{}, a.failIssued(r, owner, err)
	}
	in := issued{key: IssuedKey{Issuer: r.Issuer, Subject: token.Subject}, request: r, owner: owner}
	s, done, err := a.issuedAccount(ctx, in.saying(token), now)
	if err != nil {
		return SignInResult{}, a.failIssued(r, owner, err)
	}
	g.email = s.Account.EmailKey
	t.guess = g
	p := attempt{method: "identity", operation: OpSocial, audience: r.Audience, client: r.Client, taken: t, by: in.key, link: done.later, dropped: done.dropped}
	if done.paid {
		p.operation = ""
	}
	return a.finishSignIn(ctx, s, p, now)
}

// issued is what an issuer has vouched for.
type issued struct {
	key     IssuedKey
	token   IDToken
	email   string // that it vouches for, canonical; empty: none
	request IDTokenRequest
	owner   *Subject
}

// arrival is what became of it on the way to a session.
type arrival struct {
	paid    bool   // making the account was charged
	later   Linked // by the second factor, once it is shown: half of the proof changes nothing. Zero: nothing is left
	dropped Dropped
}

func (a *Authenticator) issuerOwner(ctx context.Context, where Scope, issuer string) (*Subject, error) {
	if where == Tenants {
		return nil, ErrParentKeyNeeded
	}
	owner, err := a.ownerOf(ctx, where)
	if err != nil {
		return nil, err
	}
	if owner.Organization == nil || !owner.Organization.Issuer(issuer).Enabled {
		return nil, ErrDisabled
	}
	return owner, nil
}

// verifyIDToken returns a token that is good for this organization.
func (a *Authenticator) verifyIDToken(ctx context.Context, r IDTokenRequest, owner *Subject) (IDToken, error) {
	if len(r.IDToken) > maxToken {
		return IDToken{}, ErrInvalidCredentials
	}
	i := owner.Organization.Issuer(r.Issuer)
	several := i.Shared || owner.Account.OrganizationOwner != owner.Account.ID || slices.Contains(a.cfg.Social.SharedClients, i.ClientID)
	if several && r.Nonce == "" {
		return IDToken{}, ErrInvalidCredentials // it could have been fetched for another organization
	}
	token, err := a.cfg.Social.Issuers[r.Issuer].VerifyIDToken(ctx, string(r.IDToken), i.ClientID, string(r.Nonce))
	if err != nil {
		return token, issuerError(ctx, err)
	}
	if token.Subject == "" || len(token.Subject) > 255 || canon.HasControl(token.Subject) {
		return token, ErrInvalidCredentials
	}
	return token, nil
}

// issuerError says whether the issuer is away or what it said is no good.
func issuerError(ctx context.Context, err error) error {
	if errors.Is(err, ErrUpstream) || ctx.Err() != nil {
		return ErrUpstream.WithCause(err)
	}
	return ErrInvalidCredentials.WithCause(err)
}

// failIssued tells of a sign-in that an issuer's word is not good for.
func (a *Authenticator) failIssued(r IDTokenRequest, owner *Subject, err error) error {
	if errors.Is(err, ErrInvalidCredentials) {
		a.event(Event{Name: EventSignInFailed, Scope: owner.Account.ID, Audience: r.Audience, Network: r.Client.network(), Method: "identity"})
	}
	return err
}

// saying adds what the issuer says of the person. Only an email that it vouches for counts.
func (in issued) saying(token IDToken) issued {
	in.token, in.email = token, ""
	if key, err := emailKey(token.Email); err == nil && token.EmailVerified {
		in.email = key
	}
	return in
}

// asked adds what the issuer says when it is asked for more than its token says: of the same person, or nothing.
func (in issued) asked(ctx context.Context) (issued, error) {
	if in.request.UserInfo == nil {
		return in, ErrInvalidCredentials
	}
	more, err := in.request.UserInfo(ctx)
	if err != nil {
		return in, issuerError(ctx, err)
	}
	if more.Subject != in.key.Subject {
		return in, ErrInvalidCredentials // OpenID Connect Core 5.3.2
	}
	setZero(&more.Name, in.token.Name)
	if in = in.saying(more); in.email == "" {
		return in, ErrInvalidCredentials
	}
	return in, nil
}

// issuedAccount finds, links or makes the account. Who signs up twice at the same moment finds the other's.
func (a *Authenticator) issuedAccount(ctx context.Context, in issued, now time.Time) (s Subject, done arrival, err error) {
	for range 4 {
		l := store.Lookup{Issuer: in.key.Issuer, Subject: in.key.Subject, Email: in.email, Scope: in.owner.Account.ID, Credentials: true}
		s, err = a.store.FindAccount(ctx, l)
		switch {
		case err == nil && isLinked(s, in.key):
			return s, arrival{}, nil
		case errors.Is(err, ErrNotFound) && in.email == "":
			if in, err = in.asked(ctx); err == nil {
				err = ErrConflict // somebody may have the email
			}
		case err == nil && linkedElsewhere(s, in.key.Issuer) && (!s.Account.EmailProvenAt.IsZero() || isOwner(in.request.By, &s.Account)):
			return s, arrival{}, ErrInvalidCredentials // to another person at that issuer
		case err == nil && s.Account.Factors != 0 && !s.Account.EmailProvenAt.IsZero():
			return s, arrival{later: in.link(now)}, nil
		case err == nil:
			done.dropped, err = a.linkIssued(ctx, &s, in, now)
		case errors.Is(err, ErrNotFound):
			s, err = a.newIssuedAccount(ctx, in, now)
			done.paid = err == nil
		}
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrEmailTaken) {
			return s, done, err
		}
	}
	return Subject{}, arrival{}, ErrConflict
}

func isLinked(s Subject, key IssuedKey) bool {
	return slices.ContainsFunc(s.Linked, func(l Linked) bool { return l.Key() == key })
}

func linkedElsewhere(s Subject, issuer string) bool {
	return slices.ContainsFunc(s.Linked, func(l Linked) bool { return l.Issuer == issuer })
}

func (a *Authenticator) linkIssued(ctx context.Context, s *Subject, in issued, now time.Time) (Dropped, error) {
	c, e := a.linking(*s, in.link(now), in.request.Client)
	dropped := a.proveMailbox(&c, *s, isOwner(in.request.By, &s.Account), e, now)
	x, _, err := a.update(ctx, c, now)
	if err == nil {
		s.Account = x
	}
	return dropped, err
}

// linking is the change that links an identity, and the event of it, without its detail.
func (a *Authenticator) linking(s Subject, l Linked, from Client) (store.Change, Event) {
	e := about(&s.Account, EventIdentityLinked)
	e.Network, e.Method = from.network(), "identity"
	linked := e
	linked.Detail = l.Issuer
	return store.Change{Account: s.Account, Link: []Linked{l}, Effects: store.Effects{Events: []Event{linked}, Mail: a.notice(s, noticeIdentity)}}, e
}

// linkLater links what the first step of a sign-in showed, once the second has ended it. Best effort: what is not
// linked now is at the next sign-in.
func (a *Authenticator) linkLater(ctx context.Context, account uuid.UUID, l Linked, from Client) {
	ctx, cancel := bestEffort(ctx)
	defer cancel()
	err := a.retry(func() error {
		s, err := a.subject(ctx, store.Lookup{ID: account, Credentials: true})
		if err != nil || isLinked(s, l.Key()) || linkedElsewhere(s, l.Issuer) {
			return err
		}
		c, _ := a.linking(s, l, from)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
	if err != nil {
		a.cfg.Logger.Warn("tollkeeper: identity not linked", "account", account, "error", err)
	}
}

func (in issued) link(now time.Time) Linked {
	return Linked{Issuer: in.key.Issuer, Subject: in.key.Subject, Email: in.token.Email, LinkedAt: now}
}

// newIssuedAccount makes a child without a password. The parent pays for it as for a social sign-in, and for nothing
// more at this first one: who cannot pay, gets no account.
func (a *Authenticator) newIssuedAccount(ctx context.Context, in issued, now time.Time) (Subject, error) {
	name := in.token.Name
	if checkName(name) != nil {
		name = ""
	}
	if err := a.maySignUp(Under(in.owner.Account.ID)); err != nil {
		return Subject{}, err
	}
	x, err := a.newAccount(in.token.Email, "", name, now)
	if err != nil {
		return Subject{}, err
	}
	x.PasswordChangedAt = time.Time{}
	x.Parent, x.EmailVerifiedAt, x.EmailProvenAt = in.owner.Account.ID, now, now
	if err := a.beforeSignUp(ctx, &x, SignUpAttempt{Method: "identity", Audience: in.request.Audience, Client: in.request.Client}); err != nil {
		return Subject{}, err
	}
	n := store.NewAccount{Account: x, Linked: []Linked{in.link(now)}}
	e := about(&x, EventSignUp)
	e.Audience, e.Network, e.Method = in.request.Audience, in.request.Client.network(), "identity"
	n.Charge, n.Events = a.signUpCharge(in.owner, x.ID, OpSocial), []Event{e}
	made, _, err := a.create(ctx, n, now)
	if err != nil {
		return Subject{}, signUpError(err)
	}
	return Subject{Account: made, Parent: &in.owner.Account, Organization: in.owner.Organization}, nil
}

// Identities lists who the caller is to other issuers, in the order in which they were linked.
func (a *Authenticator) Identities(ctx context.Context, by *Identity) ([]Linked, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return nil, err
	}
	s, err := a.withCredentials(ctx, by)
	return s.Linked, err
}

// IdentityRemoval takes a linked sign-in away.
type IdentityRemoval struct {
	Identity IssuedKey
	Password Password // fresh proof, as in [Authenticator.EnrolFactor]; empty: the session was proved within five minutes
	Client   Client
}

// RemoveIdentity takes one of the caller's linked sign-ins away. Other sessions end, and the owner is told by mail.
// [ErrNotFound]: there is no such one; [ErrNotRecent], [ErrInvalidCredentials], [ErrLocked].
func (a *Authenticator) RemoveIdentity(ctx context.Context, by *Identity, r IdentityRemoval) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if _, err := a.fresh(ctx, by, r.Password, r.Client); err != nil {
		return err
	}
	return a.retry(func() error {
		s, err := a.withCredentials(ctx, by)
		if err != nil {
			return err
		}
		if !isLinked(s, r.Identity) {
			return ErrNotFound
		}
		c := store.Change{Account: s.Account, Unlink: []IssuedKey{r.Identity}, EndSessions: true, KeepSession: by.Session}
		e := about(&s.Account, EventIdentityRemoved)
		e.Network, e.Detail = r.Client.network(), r.Identity.Issuer
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeIdentity)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
}
