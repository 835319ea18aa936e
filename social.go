package tollkeeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// IDTokenVerifier checks ID tokens of an issuer (OpenID Connect Core 3.1.3.7). The nested module social has one for any
// issuer. It returns an error that is [ErrUpstream] when the issuer cannot be reached; any other means that the token
// is no good. A provider without ID tokens refuses each.
type IDTokenVerifier interface {
	// VerifyIDToken checks signature, issuer, subject, audience, time and, unless it is empty, the nonce. Email and
	// name may be missing.
	VerifyIDToken(ctx context.Context, token, clientID, nonce string) (IDToken, error)
}

// IDToken is what an issuer says of a person.
type IDToken struct {
	Subject string // the issuer's id of the person, never reused

	// Email is empty where it says none, and where it says itself that the address is not verified: that is none.
	Email string

	// EmailVerified says that the issuer vouches for the mailbox: whoever signs in there owns it now. Who has the same
	// address here is then the same person. False with an Email: it names an address, and nothing is proven by it.
	EmailVerified bool

	Name string
}

// IDTokenRequest is a sign-in by an issuer's ID token, in a scope that has turned that issuer on: below a parent by its
// organization, among the app's own users by [Social].App.
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

// SignInWithIDToken signs somebody in by an issuer, and up at the first time. Who is linked to the token's subject is
// signed in, whatever it says of an email. Else an account of the email that the issuer vouches for is linked; if
// nobody had proven that mailbox before, what was set up is dropped (R34), as [SignInResult].Dropped says.
//
// An email that the issuer does not vouch for links nobody and proves nothing. It signs up as [Authenticator.SignUp]
// would, without a password: where the email must be verified, that is [ErrUnverified] for a free and for a taken
// address, with a mail to its owner; elsewhere a taken one is [ErrEmailTaken].
//
// [ErrParentKeyNeeded]: of [Tenants]; [ErrUnknownParent]; [ErrDisabled]: the host or the scope has not turned the
// issuer on; [ErrSignUpClosed]: only where an account would be made; [ErrInvalidCredentials]: the token is not good for
// it; [ErrUpstream]; then as [Authenticator.SignIn] and [Authenticator.SignUp].
func (a *Authenticator) SignInWithIDToken(ctx context.Context, r IDTokenRequest) (SignInResult, error) {
	v := visitor{issuer: r.Issuer, scope: r.Scope, audience: r.Audience, client: r.Client, by: r.By}
	return a.signInByIssuer(ctx, v, func(ctx context.Context, owner *Subject, c IssuerSettings) (IDToken, UserInfo, error) {
		if len(r.IDToken) > maxToken || r.Nonce == "" && a.sharesClient(owner, c) {
			return IDToken{}, nil, ErrInvalidCredentials // it could have been fetched for another scope
		}
		token, err := a.cfg.Social.Issuers[r.Issuer].VerifyIDToken(ctx, string(r.IDToken), c.ClientID, string(r.Nonce))
		return token, r.UserInfo, err
	})
}

// visitor is who comes by an issuer, whatever brings its word.
type visitor struct {
	issuer   string
	scope    Scope
	audience Audience
	client   Client
	by       *Identity
	ticket   issuerTicket // of the way there and back; zero: there was none
}

// issuersWordOf gets what the issuer says of the visitor to the client of a scope.
type issuersWordOf func(ctx context.Context, owner *Subject, c IssuerSettings) (IDToken, UserInfo, error)

// signInByIssuer is every sign-in by an issuer.
func (a *Authenticator) signInByIssuer(ctx context.Context, v visitor, ask issuersWordOf) (SignInResult, error) {
	now := a.now()
	setZero(&v.audience, AudienceHost)
	if err := v.scope.check(); err != nil {
		return SignInResult{}, err
	}
	if a.cfg.Social.Issuers[v.issuer] == nil {
		return SignInResult{}, ErrDisabled
	}
	g := guess{scope: v.scope.String(), audience: v.audience, client: v.client}
	t, err := a.take(ctx, a.networkHits("issuer", v.audience, v.client, a.cfg.Limits.signIn(v.audience)), now)
	if err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	owner, settings, err := a.issuerOwner(ctx, v.scope, v.issuer)
	if err != nil {
		return SignInResult{}, err
	}
	token, more, err := a.heard(ctx, owner, settings, ask)
	if err != nil {
		return SignInResult{}, a.failIssued(v, owner, err)
	}
	began := time.Now()
	in := issued{key: IssuedKey{Issuer: v.issuer, Subject: token.Subject}, visitor: v, owner: owner, more: more}
	s, done, err := a.issuedAccount(ctx, in.saying(token), now)
	if err != nil {
		return SignInResult{}, a.untold(ctx, began, a.failIssued(v, owner, err))
	}
	g.email = s.Account.EmailKey
	t.guess = g
	p := attempt{method: "identity", operation: OpSocial, audience: v.audience, client: v.client, taken: t, by: in.key, link: done.later, dropped: done.dropped}
	p.ticket, p.once = v.ticket.ID, a.onceOf(v.ticket)
	if done.paid {
		p.operation = ""
	}
	res, err := a.finishSignIn(ctx, s, p, now)
	return res, a.untold(ctx, began, err)
}

// untold keeps the time of a refusal from telling whether an address that must be verified was free or taken.
func (a *Authenticator) untold(ctx context.Context, began time.Time, err error) error {
	if errors.Is(err, ErrUnverified) || errors.Is(err, ErrInvalidCredentials) {
		return a.pace.hold(ctx, began, err)
	}
	return err
}

// issued is what an issuer has said.
type issued struct {
	key     IssuedKey
	token   IDToken
	email   string // that it vouches for, canonical; empty: none
	claimed string // that it names and does not vouch for, canonical; empty: none
	more    UserInfo
	visitor visitor
	owner   *Subject
}

// arrival is what became of it on the way to a session.
type arrival struct {
	paid    bool   // making the account was charged
	later   Linked // by the second factor, once it is shown: half of the proof changes nothing. Zero: nothing is left
	dropped Dropped
}

// issuerOwner returns whose scope it is, and its client at the issuer.
func (a *Authenticator) issuerOwner(ctx context.Context, where Scope, issuer string) (*Subject, IssuerSettings, error) {
	if where == Tenants {
		return nil, IssuerSettings{}, ErrParentKeyNeeded
	}
	owner, err := a.ownerOf(ctx, where)
	if err != nil {
		return nil, IssuerSettings{}, err
	}
	var c IssuerSettings
	switch {
	case owner.Account.House:
		c = a.cfg.Social.app(issuer)
	case owner.Organization != nil:
		c = owner.Organization.Issuer(issuer)
	}
	if !c.Enabled {
		return nil, c, ErrDisabled
	}
	return owner, c, nil
}

// sharesClient reports whether a token for the client may have been fetched for another scope, too.
func (a *Authenticator) sharesClient(owner *Subject, c IssuerSettings) bool {
	if c.Shared || slices.Contains(a.cfg.Social.SharedClients, c.ClientID) {
		return true
	}
	return !owner.Account.House && (owner.Account.OrganizationOwner != owner.Account.ID || a.cfg.Social.isApps(c))
}

// heard returns what the issuer says, if it can be of somebody.
func (a *Authenticator) heard(ctx context.Context, owner *Subject, c IssuerSettings, ask issuersWordOf) (IDToken, UserInfo, error) {
	token, more, err := ask(ctx, owner, c)
	if err != nil {
		return token, nil, issuerError(ctx, c.Issuer, err)
	}
	if token.Subject == "" || len(token.Subject) > 255 || canon.HasControl(token.Subject) {
		return token, nil, ErrInvalidCredentials
	}
	return token, more, nil
}

// issuerError says whether the issuer is away or what it said is no good, and names it for the log.
func issuerError(ctx context.Context, issuer string, err error) error {
	if errors.Is(err, ErrInternal) {
		return err
	}
	if errors.Is(err, ErrUpstream) || ctx.Err() != nil {
		return awayAt(issuer, err)
	}
	return ErrInvalidCredentials.WithCause(err)
}

// awayAt says which issuer cannot be asked, and why, as the log shows it.
func awayAt(issuer string, err error) error {
	if errors.Is(err, ErrInternal) {
		return err
	}
	if e, ok := err.(*Error); ok && e.Err != nil {
		err = e.Err
	}
	return ErrUpstream.WithCause(fmt.Errorf("issuer %s: %w", issuer, err))
}

// failIssued tells of a sign-in that an issuer's word is not good for.
func (a *Authenticator) failIssued(v visitor, owner *Subject, err error) error {
	if errors.Is(err, ErrInvalidCredentials) {
		a.event(Event{Name: EventSignInFailed, Scope: owner.Account.ID, Audience: v.audience, Network: v.client.network(), Method: "identity"})
	}
	return err
}

// saying adds what the issuer says of the person.
func (in issued) saying(token IDToken) issued {
	in.token, in.email, in.claimed = token, "", ""
	switch key, err := emailKey(token.Email); {
	case err != nil:
	case token.EmailVerified:
		in.email = key
	default:
		in.claimed = key
	}
	return in
}

// asked adds what the issuer says when it is asked for more than its token says: of the same person, or nothing. An
// address that the token named stays, if it says no better one.
func (in issued) asked(ctx context.Context) (issued, error) {
	ask := in.more
	in.more = nil
	more, err := ask(ctx)
	if err != nil {
		if err = issuerError(ctx, in.key.Issuer, err); in.claimed != "" && !errors.Is(err, ErrUpstream) {
			return in, nil
		}
		return in, err
	}
	if more.Subject != in.key.Subject {
		return in, ErrInvalidCredentials // OpenID Connect Core 5.3.2
	}
	setZero(&more.Name, in.token.Name)
	if said := in.saying(more); said.email != "" || in.claimed == "" {
		return said, nil
	}
	return in, nil
}

// issuedAccount finds, links or makes the account. Who signs up twice at the same moment finds the other's.
func (a *Authenticator) issuedAccount(ctx context.Context, in issued, now time.Time) (s Subject, done arrival, err error) {
	for range 4 {
		l := store.Lookup{Issuer: in.key.Issuer, Subject: in.key.Subject, Email: in.email, Scope: in.owner.Account.ID, Credentials: true}
		s, err = a.store.FindAccount(ctx, l)
		held := err == nil && a.merelyClaimed(s, in.key)
		nobody := held || errors.Is(err, ErrNotFound)
		switch {
		case err == nil && !held && isLinked(s, in.key):
			return s, arrival{}, nil
		case nobody && in.email == "" && in.more != nil:
			if in, err = in.asked(ctx); err == nil {
				err = ErrConflict // somebody may have the email
			}
		case held && in.claimed != s.Account.EmailKey:
			err = a.letGo(ctx, s, in.key, in.visitor.client, now)
		case nobody && in.email == "" && in.claimed == "":
			return s, arrival{}, ErrInvalidCredentials
		case nobody && in.email == "":
			return a.signUpClaimed(ctx, in, now)
		case err == nil && linkedElsewhere(s, in.key.Issuer) && (!s.Account.EmailProvenAt.IsZero() || isOwner(in.visitor.by, &s.Account)):
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

func (a *Authenticator) linkIssued(ctx context.Context, s *Subject, in issued, now time.Time) (Dropped, error) {
	c, e := a.linking(*s, in.link(now), in.visitor.client)
	dropped := a.proveMailbox(&c, *s, isOwner(in.visitor.by, &s.Account), e, now)
	x, _, err := a.update(ctx, c, now)
	if err == nil {
		s.Account = x
	}
	return dropped, err
}

func (in issued) link(now time.Time) Linked {
	return Linked{Issuer: in.key.Issuer, Subject: in.key.Subject, Email: in.token.Email, LinkedAt: now}
}

// newIssuedAccount makes an account without a password, of a mailbox that the issuer vouches for.
func (a *Authenticator) newIssuedAccount(ctx context.Context, in issued, now time.Time) (Subject, error) {
	n, err := a.issuedNewcomer(ctx, in, now)
	if err != nil {
		return Subject{}, err
	}
	return a.createIssued(ctx, in, n, now)
}

// issuedNewcomer is somebody whom the issuer names for the first time. The parent pays for the account as for a social
// sign-in, and for nothing more at this first one: who cannot pay, gets no account.
func (a *Authenticator) issuedNewcomer(ctx context.Context, in issued, now time.Time) (n store.NewAccount, err error) {
	name := in.token.Name
	if checkName(name) != nil {
		name = ""
	}
	if err := a.maySignUp(Under(in.owner.Account.ID)); err != nil {
		return n, err
	}
	x, err := a.newAccount(in.token.Email, "", name, now)
	if err != nil {
		return n, err
	}
	x.PasswordChangedAt, x.Parent = time.Time{}, in.owner.Account.ID
	if in.email != "" {
		x.EmailVerifiedAt, x.EmailProvenAt = now, now
	}
	if err := a.beforeSignUp(ctx, &x, SignUpAttempt{Method: "identity", Audience: in.visitor.audience, Client: in.visitor.client}); err != nil {
		return n, err
	}
	n = store.NewAccount{Account: x, Linked: []Linked{in.link(now)}}
	e := about(&x, EventSignUp)
	e.Audience, e.Network, e.Method = in.visitor.audience, in.visitor.client.network(), "identity"
	n.Charge, n.Events = a.signUpCharge(in.owner, x.ID, OpSocial), []Event{e}
	return n, nil
}

func (a *Authenticator) createIssued(ctx context.Context, in issued, n store.NewAccount, now time.Time) (Subject, error) {
	made, _, err := a.create(ctx, n, now)
	if err != nil {
		return Subject{}, signUpError(err)
	}
	if in.owner.Account.House && in.visitor.audience == AudienceOrganization {
		return a.subject(ctx, store.Lookup{ID: made.ID}) // the token wants the parent's key
	}
	return Subject{Account: made, Parent: &in.owner.Account, Organization: in.owner.Organization}, nil
}
