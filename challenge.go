package tollkeeper

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// challengeTTL is how long a proven first factor waits for the second.
const challengeTTL = 5 * time.Minute

// pending is a challenge: a sign-in that stopped before the second factor. It is sealed with an instance key and stored
// nowhere; the epoch voids it with the account's sessions. Nothing was charged for it.
type pending struct {
	Account   uuid.UUID `json:"a"`
	Epoch     int64     `json:"e"`
	Audience  Audience  `json:"f"`
	Method    string    `json:"m"`
	Operation Operation `json:"o"`
	KeyOwner  uuid.UUID `json:"k,omitzero"` // of the organization widget
	Issuer    string    `json:"i,omitzero"` // of the identity that was shown
	Subject   string    `json:"j,omitzero"`
	Link      bool      `json:"l,omitzero"` // it is linked by the second step, with the address
	Address   string    `json:"t,omitzero"` // that the issuer named
	Network   string    `json:"n"`          // of the first step, to release its attempts
	Scope     string    `json:"s"`          // as submitted, to release its attempts
	Email     string    `json:"u"`
	Username  string    `json:"w,omitzero"` // instead
	Until     int64     `json:"x"`          // unix milliseconds
	ID        uuid.UUID `json:"d"`          // no two challenges are the same: each serves once
	Ticket    uuid.UUID `json:"q,omitzero"` // of the way to an issuer and back, which serves once instead
}

// began is the client of the first step, as far as throttles know one.
func (c pending) began() Client {
	network, _ := netip.ParsePrefix(c.Network)
	return Client{Addr: network.Addr()}
}

const sealChallenge = "challenge"

// challenge returns what a client needs to go on.
func (a *Authenticator) challenge(s Subject, p attempt, now time.Time) (SignInResult, error) {
	c := pending{
		Account: s.Account.ID, Epoch: s.Account.Epoch, Audience: p.audience, Method: p.method, Operation: p.operation,
		Network: p.client.network(), Scope: p.taken.guess.scope, Email: p.taken.guess.email, Username: p.taken.guess.username, Until: now.Add(challengeTTL).UnixMilli(), ID: newID(),
		Issuer: p.by.Issuer, Subject: p.by.Subject, Link: p.link.Subject != "", Address: p.link.Email,
		Ticket: p.ticket,
	}
	if s.KeyOwner != nil {
		c.KeyOwner = s.KeyOwner.ID
	}
	text, err := a.seal(sealChallenge, c)
	if err != nil {
		return SignInResult{}, err
	}
	e := about(&s.Account, EventChallenge)
	e.Audience, e.Network, e.Method = p.audience, p.client.network(), p.method
	a.event(e)
	return SignInResult{
		Challenge: SecretText(text), Methods: a.challengeMethods(s.Account.Factors), ExpiresIn: challengeTTL, ExpiresAt: now.Add(challengeTTL), Dropped: p.dropped,
	}, nil
}

// challengeMethods names what ends a challenge of an account with these factors.
func (a *Authenticator) challengeMethods(factors store.FactorSet) (list []string) {
	for _, kind := range factors.Kinds() {
		if kind != store.FactorPasskey || a.cfg.Passkeys.Verifier != nil {
			list = append(list, string(kind))
		}
	}
	return append(list, "recovery")
}

// FactorRequest completes a sign-in that was answered with a challenge.
type FactorRequest struct {
	Challenge SecretText
	Code      SecretText    // six digits of the authenticator app, or a recovery code
	Passkey   PasskeyAnswer // to [Authenticator.BeginPasskeyFactor], instead of Code
	Client    Client
}

// SignInWithFactor ends the sign-in that a challenge began, with the same result and errors as [Authenticator.SignIn].
// [ErrInvalidChallenge]: forged, too old, used, or voided by a change of the account: sign in again. It is not bound to
// a network: phones change theirs. [ErrInvalidCode]: wrong or used. [ErrRateLimited]: five tries per 15 minutes and
// account, which signing in again does not give back; after a hundred in a row only a recovery code opens.
func (a *Authenticator) SignInWithFactor(ctx context.Context, r FactorRequest) (SignInResult, error) {
	now := a.now()
	c, err := a.openChallenge(r.Challenge, now)
	if err != nil {
		return SignInResult{}, err
	}
	g := guess{scope: c.Scope, email: c.Email, username: c.Username, account: c.Account, audience: c.Audience, client: r.Client, began: c.began()}
	w := shown{code: string(r.Code), passkey: r.Passkey, use: toEnd, challenge: a.challengeOnce(r.Challenge, c)}
	t, err := a.takeFactor(ctx, g, w, now)
	if err != nil {
		return SignInResult{}, err
	}
	s, err := a.challenged(ctx, c)
	if err != nil {
		a.release(ctx, t.undecided())
		return SignInResult{}, err
	}
	proof, err := a.proveFactor(ctx, s, w, r.Client, now)
	if err != nil {
		a.settle(ctx, t, err)
		return SignInResult{}, err
	}
	p := attempt{method: c.Method, operation: c.Operation, audience: c.Audience, client: r.Client, taken: t, second: true, use: proof.use}
	p.once = w.challenge
	p.by = store.IssuedKey{Issuer: c.Issuer, Subject: c.Subject}
	res, err := a.finishSignIn(ctx, s, p, now)
	if err == nil && c.Link {
		a.linkLater(ctx, c.Account, Linked{Issuer: c.Issuer, Subject: c.Subject, Email: c.Address, LinkedAt: now, UsedAt: now}, r.Client)
	}
	return res, err
}

// openChallenge reads a challenge.
func (a *Authenticator) openChallenge(text SecretText, now time.Time) (c pending, err error) {
	if !a.keys.Open(sealChallenge, string(text), &c) || now.UnixMilli() >= c.Until {
		return c, ErrInvalidChallenge
	}
	return c, nil
}

// challengeOnce makes a challenge serve once, with the ticket that it came of; what a passkey says to it is good for no
// other.
func (a *Authenticator) challengeOnce(text SecretText, c pending) store.Once {
	once := store.Once{Digest: a.digests.bucket("challenge", string(text)), Until: time.UnixMilli(c.Until).Add(time.Hour)}
	if c.Ticket != uuid.Nil {
		once.Digest = a.digests.bucket(useTicket, c.Ticket.String())
	}
	return once
}

// challenged loads the account of a challenge again, with the widget's owner. The epoch binds the two steps.
func (a *Authenticator) challenged(ctx context.Context, c pending) (Subject, error) {
	s, err := a.subject(ctx, store.Lookup{ID: c.Account, Credentials: true})
	if errors.Is(err, ErrNotFound) {
		return s, ErrInvalidChallenge
	}
	if err != nil {
		return s, err
	}
	if s.Account.Epoch != c.Epoch || s.Account.Factors == 0 {
		return s, ErrInvalidChallenge
	}
	if c.KeyOwner != uuid.Nil {
		owner, err := a.subject(ctx, store.Lookup{ID: c.KeyOwner})
		if errors.Is(err, ErrNotFound) {
			return s, ErrInvalidChallenge
		}
		if err != nil {
			return s, err
		}
		s.KeyOwner = &owner.Account
	}
	return s, nil
}
