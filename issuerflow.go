package tollkeeper

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

// IssuerStart sends a browser to an issuer.
type IssuerStart struct {
	Issuer      string    // a key of [Social].Issuers
	Scope       Scope     // not looked at with By
	RedirectURL string    // where the issuer sends the browser back to, as it knows it: https, or http for localhost
	Return      string    // handed back at the end, as it is, at most 2,000 bytes; the host decides what it means
	By          *Identity // who links a sign-in to their account by [Authenticator.LinkIssuer]. Nil: somebody signs in
	Audience    Audience  // zero: [AudienceHost]
	Client      Client
}

// IssuerBegun is a browser on its way to an issuer. Ticket belongs into that browser and nowhere else, best into a
// cookie that no script reads: it proves that who comes back is who left.
type IssuerBegun struct {
	URL       string // where the browser goes
	Ticket    SecretText
	State     string // that the answer will name
	FormPost  bool   // the issuer's page posts the answer: a cookie for it needs SameSite=None
	ExpiresAt time.Time
}

// IssuerReturn is a browser that came back: its ticket, and the parameters of the answer as they are.
type IssuerReturn struct {
	Ticket      SecretText
	RedirectURL string // where the answer came: that of the start. Each issuer has one of its own, so that no other answers there
	State       string
	Code        SecretText
	Iss         string    // RFC 9207; empty: none was sent
	Error       string    // empty: none
	User        string    // the field that Apple's page posts; empty: none
	By          *Identity // for signing in: as [IDTokenRequest].By
	Audience    Audience  // zero: [AudienceHost]
	Client      Client
}

// IssuerResult is a session, or a challenge on the way to one. Return is that of the start, also beside an error, once
// the ticket was good.
type IssuerResult struct {
	SignInResult
	Return string
}

// IssuerLink is a sign-in that was linked to the caller's account. Return is as in [IssuerResult].
type IssuerLink struct {
	Identity IssuedKey
	Return   string
}

const (
	ticketTTL  = 10 * time.Minute
	mostReturn = 2000 // bytes
	maxTicket  = 8 << 10
	mostLinked = 20 // sign-ins of one account, beyond which it links no more by itself
	useTicket  = "issuer ticket"
)

// issuerTicket is what the browser keeps, sealed, while it is at the issuer. It says what the way is for: one to sign
// in links nothing, and one to link signs nobody in.
type issuerTicket struct {
	ID          uuid.UUID `json:"d"`
	Issuer      string    `json:"i"`
	Way         way       `json:"w,omitzero"` // of the scope, as the next three
	Key         string    `json:"k,omitzero"`
	Number      int64     `json:"m,omitzero"`
	Parent      uuid.UUID `json:"p,omitzero"`
	State       string    `json:"s"`
	Nonce       string    `json:"n"`
	Verifier    string    `json:"v"`
	Redirect    string    `json:"u"`
	Return      []byte    `json:"r,omitempty"` // bytes, which JSON does not blow up as it does an ampersand
	Iss         string    `json:"e,omitzero"`
	IssRequired bool      `json:"q,omitzero"`
	Account     uuid.UUID `json:"a,omitzero"` // who links
	Session     uuid.UUID `json:"b,omitzero"` // in which session
	Until       int64     `json:"x"`          // unix milliseconds
}

func (t issuerTicket) scope() Scope {
	return Scope{way: t.Way, key: t.Key, number: t.Number, parent: t.Parent}
}

// errNotCompleted means that the answer is not the end of a way that this browser began, or that the person said no.
var errNotCompleted = ErrInvalidChallenge.WithMessage("The sign-in was not completed, please start again")

// BeginIssuer makes the ticket of a way to an issuer and back, good for ten minutes and for one session or one link.
// With By the way ends in [Authenticator.LinkIssuer], in the same session; else in [Authenticator.SignInWithIssuer].
// [ErrDisabled]: the scope has not turned the issuer on, or it cannot be begun; [ErrParentKeyNeeded]: of [Tenants];
// [ErrUnknownParent], [ErrParentInactive]; [ErrInvalidInput] (scope, redirectURL, return); [ErrUpstream];
// [ErrRateLimited]; with By also [ErrInvalidToken], [ErrLimitedSession], and [ErrNotRecent]: they did not prove who
// they are within five minutes.
func (a *Authenticator) BeginIssuer(ctx context.Context, r IssuerStart) (IssuerBegun, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	t := issuerTicket{
		ID: newID(), Issuer: r.Issuer, State: random.Token(), Nonce: random.Token(), Verifier: random.Token(),
		Redirect: r.RedirectURL, Return: []byte(r.Return), Until: now.Add(ticketTTL).UnixMilli(),
	}
	if r.By != nil {
		if err := a.mayLink(r.By); err != nil {
			return IssuerBegun{}, err
		}
		r.Scope, t.Account, t.Session = scopeBelow(r.By.Parent), r.By.Account, r.By.Session
	}
	if err := r.check(); err != nil {
		return IssuerBegun{}, err
	}
	t.Way, t.Key, t.Number, t.Parent = r.Scope.way, r.Scope.key, r.Scope.number, r.Scope.parent
	issuer, ok := a.cfg.Social.Issuers[r.Issuer].(Issuer)
	if !ok {
		return IssuerBegun{}, ErrDisabled
	}
	if _, err := a.take(ctx, a.networkHits("issuer-start", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now); err != nil {
		return IssuerBegun{}, err
	}
	_, settings, err := a.issuerOwner(ctx, r.Scope, r.Issuer)
	if err != nil {
		return IssuerBegun{}, err
	}
	half := sha256.Sum256([]byte(t.Verifier))
	step, err := issuer.AuthURL(ctx, AuthRequest{
		ClientID: settings.ClientID, RedirectURL: t.Redirect, State: t.State, Nonce: t.Nonce, PKCE: base64.RawURLEncoding.EncodeToString(half[:]),
	})
	if err != nil {
		return IssuerBegun{}, awayAt(r.Issuer, err)
	}
	t.Iss, t.IssRequired = step.Iss, step.IssRequired
	ticket, err := a.wrap(useTicket, t)
	if err != nil {
		return IssuerBegun{}, err
	}
	return IssuerBegun{URL: step.URL, Ticket: SecretText(ticket), State: t.State, FormPost: step.FormPost, ExpiresAt: now.Add(ticketTTL)}, nil
}

func (r IssuerStart) check() error {
	if err := r.Scope.check(); err != nil {
		return err
	}
	u, ok := canon.WebURL(r.RedirectURL)
	if !ok || u.RawQuery != "" || u.Fragment != "" || len(r.RedirectURL) > mostReturn {
		return ErrInvalidInput.WithField("redirectURL").WithMessage("The redirect URL must be an https URL, or an http one of localhost, without query")
	}
	if len(r.Return) > mostReturn || !utf8.ValidString(r.Return) {
		return ErrInvalidInput.WithField("return").WithMessage("What is handed back must be UTF-8 of at most 2,000 bytes")
	}
	return nil
}

// scopeBelow names the scope of accounts with that parent.
func scopeBelow(parent uuid.UUID) Scope {
	if parent == Root {
		return Tenants
	}
	return Under(parent)
}

// openTicket returns the ticket of a browser that came back, if the answer is the end of its way. The zero ticket: it
// is none, or of another way.
func (a *Authenticator) openTicket(r IssuerReturn, now time.Time) (t issuerTicket, err error) {
	good := len(r.Ticket) <= maxTicket && a.unwrap(useTicket, string(r.Ticket), &t)
	if !good || now.UnixMilli() >= t.Until || !hmac.Equal([]byte(r.State), []byte(t.State)) {
		return issuerTicket{}, errNotCompleted
	}
	switch {
	case r.RedirectURL != t.Redirect: // the answer to another way, whose issuer is not the ticket's
		return issuerTicket{}, errNotCompleted
	case r.Iss == "" && t.IssRequired, r.Iss != "" && t.Iss != "" && r.Iss != t.Iss: // another issuer's answer (RFC 9207)
		return t, errNotCompleted
	case r.Error != "", r.Code == "":
		return t, errNotCompleted
	}
	return t, nil
}

// onceOf has the ticket serve once. It is remembered for longer than a challenge that came of it is good.
func (a *Authenticator) onceOf(t issuerTicket) store.Once {
	if t.ID == uuid.Nil {
		return store.Once{}
	}
	return store.Once{Digest: a.digests.bucket(useTicket, t.ID.String()), Until: time.UnixMilli(t.Until).Add(time.Hour)}
}

// SignInWithIssuer ends a way that [Authenticator.BeginIssuer] began without By, as [Authenticator.SignInWithIDToken]
// does for a token. [ErrInvalidChallenge]: the answer is not the end of a way that this browser began, it came too late
// or twice, or the person said no at the issuer.
func (a *Authenticator) SignInWithIssuer(ctx context.Context, r IssuerReturn) (IssuerResult, error) {
	t, err := a.openTicket(r, a.now())
	if err == nil && t.Account != uuid.Nil {
		err = errNotCompleted // it was to link
	}
	if err != nil {
		return IssuerResult{Return: string(t.Return)}, err
	}
	v := visitor{issuer: t.Issuer, scope: t.scope(), audience: r.Audience, client: r.Client, by: r.By, ticket: t}
	s, err := a.signInByIssuer(ctx, v, func(ctx context.Context, _ *Subject, c IssuerSettings) (IDToken, UserInfo, error) {
		return a.redeem(ctx, t, r, c)
	})
	return IssuerResult{s, string(t.Return)}, err
}

// redeem asks the issuer who came back.
func (a *Authenticator) redeem(ctx context.Context, t issuerTicket, r IssuerReturn, c IssuerSettings) (IDToken, UserInfo, error) {
	issuer, ok := a.cfg.Social.Issuers[t.Issuer].(Issuer)
	if !ok {
		return IDToken{}, nil, ErrInvalidCredentials
	}
	return issuer.Redeem(ctx, Redemption{
		ClientID: c.ClientID, RedirectURL: t.Redirect, Code: r.Code, Verifier: SecretText(t.Verifier), Nonce: SecretText(t.Nonce), User: r.User,
	})
}

// mayLink asks for a session of this moment that is good for everything.
func (a *Authenticator) mayLink(by *Identity) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	return a.RequireRecent(by, freshFor)
}

// LinkIssuer ends a way that [Authenticator.BeginIssuer] began with By: the caller's account can be signed in to by
// that person at the issuer from now on, whatever the issuer says of an address. Nothing is proven by it. Its owner is
// told by mail. It changes nothing where it is linked to the account already. [ErrInvalidChallenge]: as for
// [Authenticator.SignInWithIssuer], or the way was begun in another session; [ErrConflict] with [Error.Field]
// "identity": it is linked to another account of the scope, or the account has twenty; [ErrInvalidToken],
// [ErrLimitedSession], [ErrNotRecent], [ErrInvalidCredentials], [ErrDisabled], [ErrUpstream], [ErrRateLimited].
func (a *Authenticator) LinkIssuer(ctx context.Context, by *Identity, r IssuerReturn) (IssuerLink, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	by = by.orNobody()
	t, err := a.openTicket(r, now)
	link := IssuerLink{Return: string(t.Return)}
	if err == nil {
		err = a.mayLink(by)
	}
	if err != nil {
		return link, err
	}
	if t.Account != by.Account || t.Session != by.Session { // also of a way to sign in, which is nobody's
		return link, errNotCompleted
	}
	if a.cfg.Social.Issuers[t.Issuer] == nil {
		return link, ErrDisabled
	}
	if _, err := a.take(ctx, a.networkHits("issuer", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now); err != nil {
		return link, err
	}
	owner, settings, err := a.issuerOwner(ctx, t.scope(), t.Issuer)
	if err != nil {
		return link, err
	}
	token, _, err := a.heard(ctx, owner, settings, func(ctx context.Context, _ *Subject, c IssuerSettings) (IDToken, UserInfo, error) {
		return a.redeem(ctx, t, r, c)
	})
	if err != nil {
		return link, err
	}
	link.Identity = IssuedKey{Issuer: t.Issuer, Subject: token.Subject}
	l := Linked{Issuer: t.Issuer, Subject: token.Subject, Email: token.Email, LinkedAt: now}
	return link, a.linkOwn(ctx, by, l, a.onceOf(t), r.Client)
}

// linkOwn links an identity that the caller has shown to their account. It outlives the session, which has to live
// still: the issuer was asked meanwhile, and the mailbox's owner may have come, as in selfNow.
func (a *Authenticator) linkOwn(ctx context.Context, by *Identity, l Linked, once store.Once, from Client) error {
	identity := l.Key()
	return a.retry(func() error {
		s, err := a.credentialsNow(ctx, by)
		if err != nil || isLinked(s, identity) {
			return err
		}
		if len(s.Linked) >= mostLinked {
			return ErrConflict.WithField("identity").WithMessage("The account has twenty linked sign-ins")
		}
		c, _ := a.linking(s, l, from)
		c.Once = once
		_, _, err = a.update(ctx, c, a.now())
		switch {
		case isTaken(err, "identity"):
			l := store.Lookup{Issuer: l.Issuer, Subject: l.Subject, Scope: s.Account.Parent, Credentials: true}
			if o, missing := a.store.FindAccount(ctx, l); missing == nil && a.merelyClaimed(o, identity) {
				return a.letGo(ctx, o, identity, from, a.now()) // nobody is told that the address was free; once more
			}
			return ErrConflict.WithField("identity").WithMessage("This sign-in belongs to another account").WithCause(err)
		case errors.Is(err, ErrInvalidLink):
			return errNotCompleted // it has served
		}
		return err
	})
}
