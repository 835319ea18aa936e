package tollkeeper

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// Passkeys turn on passkeys (WebAuthn Level 3). Zero: off.
//
// A passkey is good on the pages of one relying party. Children of a parent whose organization has a URL have theirs at
// its host; everyone else, the app's own users and parents, at Domain. One that was made for another is not offered any
// more: [FactorInfo].Domain says whose it is.
type Passkeys struct {
	Verifier PasskeyVerifier // module passkey has one. Nil: off
	Domain   string          // the relying party's id: the host of every one of Origins, or a domain above it. Zero: the host of [Config.BaseURL]

	// Origins are the pages that may ask for one, as "https://app.example". An Android app is one, too:
	// "android:apk-key-hash:…". Zero: the one of [Config.BaseURL].
	Origins []string
}

// PasskeysOn reports whether there are passkeys, so that a page need not offer what is refused.
func (a *Authenticator) PasskeysOn() bool { return a.cfg.Passkeys.Verifier != nil }

// PasskeyChallenge is a question to an authenticator, for the page that asks it.
type PasskeyChallenge struct {
	Options   []byte     // JSON, for PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON
	Ticket    SecretText // comes back with the answer; of this caller, and good once
	ExpiresAt time.Time
}

// PasskeyAnswer is what a page has got from an authenticator. The zero PasskeyAnswer is none.
type PasskeyAnswer struct {
	Ticket   SecretText // of the [PasskeyChallenge]
	Response []byte     // JSON, as PublicKeyCredential.toJSON makes it, at most 32 KiB
}

// IsZero reports whether there is no answer.
func (p PasskeyAnswer) IsZero() bool { return p.Ticket == "" && len(p.Response) == 0 }

// PasskeyEnrolment begins a passkey.
type PasskeyEnrolment struct {
	Password Password // fresh proof, as in [Authenticator.EnrolFactor]
	Client   Client
}

// BeginPasskey returns the question by which the caller's authenticator makes a passkey, good for ten minutes. Any
// number up to fifty may be had. What it asks for, and its errors, are those of [Authenticator.EnrolFactor];
// [ErrDisabled] without [Config.Passkeys].
func (a *Authenticator) BeginPasskey(ctx context.Context, by *Identity, r PasskeyEnrolment) (PasskeyChallenge, error) {
	if a.cfg.Passkeys.Verifier == nil {
		return PasskeyChallenge{}, ErrDisabled
	}
	by = by.orNobody()
	s, err := a.mayEnrol(ctx, by, store.FactorPasskey, r.Password, r.Client)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	c := ceremony{Use: toCreate, Account: by.Account, Session: by.Session}
	return a.askPasskey(c, s, s.Factors, a.now())
}

// NewPasskey is the answer to [Authenticator.BeginPasskey].
type NewPasskey struct {
	Label  string // for its owner, at most 64 bytes; empty: the name of the authenticator, or "Passkey"
	Answer PasskeyAnswer
	Client Client
}

// AddedPasskey is a passkey that was added.
type AddedPasskey struct {
	Passkey  FactorInfo
	Recovery []SecretText // codes, shown this once; only with the first second factor of the account
}

// AddPasskey keeps the passkey that the caller's authenticator has made. From then on a password alone does not sign
// in: it is a second factor, too. As with [Authenticator.ConfirmFactor] the first factor of an account comes with ten
// recovery codes, other sessions end, and the owner is told by mail. [ErrInvalidChallenge]: the ticket is not the
// caller's, too old, or has served; [ErrInvalidCode]: the answer is no good; [ErrConflict] with the field "credential":
// the scope has that passkey; [ErrNotRecent]; [ErrInvalidInput] (label); [ErrFactorState]: there are too many;
// [ErrDisabled].
func (a *Authenticator) AddPasskey(ctx context.Context, by *Identity, r NewPasskey) (AddedPasskey, error) {
	by = by.orNobody()
	if err := by.may(toEnrol); err != nil {
		return AddedPasskey{}, err
	}
	if err := checkLabel(r.Label); err != nil {
		return AddedPasskey{}, err
	}
	if err := a.RequireRecent(by, enrolTTL+freshFor); err != nil {
		return AddedPasskey{}, err
	}
	now := a.now()
	c, err := a.openCeremony(r.Answer, toCreate, now)
	if err == nil && (c.Account != by.Account || c.Session != by.Session) {
		err = ErrInvalidChallenge
	}
	if err != nil {
		return AddedPasskey{}, err
	}
	s, err := a.credentialsNow(ctx, by)
	if err != nil {
		return AddedPasskey{}, err
	}
	if countKind(s.Factors, store.FactorPasskey) >= mostPasskeys || s.Account.Factors != 0 && !by.HasFactor {
		return AddedPasskey{}, ErrFactorState
	}
	record, err := a.created(c, s, r.Answer.Response)
	if err != nil {
		a.factorFailed(s.Account, r.Client)
		return AddedPasskey{}, ErrInvalidCode.WithCause(err)
	}
	for _, label := range []string{record.Device, passkeyFallback} {
		setZero(&r.Label, label)
	}
	f := store.Factor{ID: a.idAt(now), Account: s.Account.ID, Kind: store.FactorPasskey, Label: r.Label, CreatedAt: now}
	if err := a.sealPasskey(&f, record); err != nil {
		return AddedPasskey{}, err
	}
	recovery, err := a.addFactor(ctx, by, s, f, a.served(r.Answer, c), taken{}, r.Client)
	if err != nil {
		return AddedPasskey{}, err
	}
	return AddedPasskey{Passkey: a.infoOf(f), Recovery: recovery}, nil
}

// PasskeySignIn asks for a sign-in by a passkey.
type PasskeySignIn struct {
	Scope    Scope
	Audience Audience // zero: [AudienceHost]
	Client   Client
}

// BeginPasskeySignIn returns the question by which somebody signs in who has not said yet who they are: any passkey
// that their browser has for the relying party of the scope will do. It tells nothing of any account. Pages ask it
// behind a button, or at once and with mediation "conditional", so that the browser offers it in the email field; then
// they ask anew before the ticket ends. It writes nothing and counts nothing, so that a page may ask whenever it is
// shown, but for a Scope that is named by a key or a number. [ErrDisabled] without [Config.Passkeys]; [ErrInvalidInput]
// (scope); [ErrUnknownParent]; [ErrParentInactive]; [ErrRateLimited].
func (a *Authenticator) BeginPasskeySignIn(ctx context.Context, r PasskeySignIn) (PasskeyChallenge, error) {
	if a.cfg.Passkeys.Verifier == nil {
		return PasskeyChallenge{}, ErrDisabled
	}
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return PasskeyChallenge{}, err
	}
	if r.Scope.public() { // whoever guesses keys is slowed down
		if _, err := a.take(ctx, a.networkHits("passkeys", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now); err != nil {
			return PasskeyChallenge{}, err
		}
	}
	owner, err := a.ownerOf(ctx, r.Scope)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	c := ceremony{Use: toSignIn, Scope: r.Scope.String(), Audience: r.Audience, Verify: true}
	var nobodyYet Subject
	if owner != nil {
		nobodyYet.Parent, nobodyYet.Organization, c.Parent = &owner.Account, owner.Organization, owner.Account.ID
	}
	return a.askPasskey(c, nobodyYet, nil, now)
}

// PasskeyRequest is a sign-in by a passkey: the answer to [Authenticator.BeginPasskeySignIn] of the same Scope and
// Audience.
type PasskeyRequest struct {
	Answer   PasskeyAnswer
	Scope    Scope
	Audience Audience
	Client   Client
}

// SignInWithPasskey signs in by a passkey alone. The authenticator has verified its owner by a PIN or a finger, so that
// it is both factors in one: no challenge follows. The answer is good once. Whatever is wrong with it, an unknown
// passkey, another scope's, a deleted account's, is the same [ErrInvalidCredentials]; so is a counter that did not
// grow, which may mean that the passkey was copied: then [EventPasskeyCopied] tells, and a mail its owner.
// [ErrInvalidChallenge]: the ticket is forged, too old, of another scope or audience, or has served; [ErrDisabled];
// [ErrRateLimited]; then as [Authenticator.SignIn].
func (a *Authenticator) SignInWithPasskey(ctx context.Context, r PasskeyRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return SignInResult{}, err
	}
	g := guess{scope: r.Scope.String(), audience: r.Audience, client: r.Client}
	if _, err := a.take(ctx, a.networkHits("passkey", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), now); err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	c, err := a.openCeremony(r.Answer, toSignIn, now)
	if err == nil && (c.Scope != r.Scope.String() || c.Audience != r.Audience) {
		err = ErrInvalidChallenge
	}
	if err != nil {
		return SignInResult{}, err
	}
	claimed, err := a.presented(r.Answer.Response)
	if err != nil || claimed.User == nil {
		return SignInResult{}, a.unproven(g, Subject{}, nil)
	}
	s, err := a.store.FindAccount(ctx, store.Lookup{Credential: claimed.Credential, Scope: c.Parent, Credentials: true})
	if errors.Is(err, ErrNotFound) {
		return SignInResult{}, a.unproven(g, Subject{}, nil)
	}
	if err != nil {
		return SignInResult{}, err
	}
	once := a.served(r.Answer, c)
	f, record, said, err := a.asserted(c, s, r.Answer.Response)
	if err == nil {
		err = a.notCopied(ctx, s, f, said, once, r.Client)
	}
	if err != nil {
		if _, ours := errors.AsType[*Error](err); ours {
			return SignInResult{}, err
		}
		return SignInResult{}, a.unproven(g, s, nil)
	}
	p := attempt{method: "passkey", operation: OpSignIn, audience: r.Audience, client: r.Client, second: true}
	p.use, p.once = useOf(f, said), once
	res, err := a.finishSignIn(ctx, s, p, now)
	if errors.Is(err, ErrInvalidCode) { // the counter or the passkey went meanwhile
		err = ErrInvalidCredentials.WithCause(err)
	}
	if err == nil && said.BackedUp != record.BackedUp {
		a.moved(ctx, s.Account, f, record, said)
	}
	return res, err
}

// BeginPasskeyFactor returns the question by which one of the account's passkeys ends a challenge, as the answer in
// [FactorRequest].Passkey. [ErrInvalidChallenge], as of [Authenticator.SignInWithFactor]; [ErrFactorState]: it has
// none that is good here; [ErrDisabled]; [ErrRateLimited].
func (a *Authenticator) BeginPasskeyFactor(ctx context.Context, challenge SecretText, client Client) (PasskeyChallenge, error) {
	if a.cfg.Passkeys.Verifier == nil {
		return PasskeyChallenge{}, ErrDisabled
	}
	now := a.now()
	began, err := a.openChallenge(challenge, now)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	if _, err := a.take(ctx, a.networkHits("passkeys", began.Audience, client, a.cfg.Limits.signIn(began.Audience)), now); err != nil {
		return PasskeyChallenge{}, err
	}
	s, err := a.challenged(ctx, began)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	c := ceremony{Use: toEnd, Account: s.Account.ID, Challenge: a.challengeOnce(challenge, began).Digest}
	return a.askPasskey(c, s, confirmed(s.Factors), now)
}

// BeginPasskeyProof returns the question by which the caller proves with a passkey who they are, as the answer in
// [Confirmation].Passkey and wherever a code of the second factor is asked for. The authenticator verifies its owner.
// [ErrFactorState]: they have none that is good here; [ErrDisabled].
func (a *Authenticator) BeginPasskeyProof(ctx context.Context, by *Identity) (PasskeyChallenge, error) {
	if a.cfg.Passkeys.Verifier == nil {
		return PasskeyChallenge{}, ErrDisabled
	}
	by = by.orNobody()
	if err := by.may(toProve); err != nil {
		return PasskeyChallenge{}, err
	}
	s, err := a.withCredentials(ctx, by)
	if err != nil {
		return PasskeyChallenge{}, err
	}
	c := ceremony{Use: toConfirm, Account: by.Account, Session: by.Session, Verify: true}
	return a.askPasskey(c, s, confirmed(s.Factors), a.now())
}

// proveByPasskey checks an answer that takes the place of a code, and returns the use for the store to compare.
func (a *Authenticator) proveByPasskey(ctx context.Context, s Subject, w shown, client Client) (shownProof, error) {
	now := a.now()
	c, err := a.openCeremony(w.passkey, w.use, now)
	if err == nil && (c.Account != s.Account.ID || c.Session != w.session || c.Challenge != w.challenge.Digest) {
		err = ErrInvalidChallenge
	}
	if err != nil {
		return shownProof{}, err
	}
	once := w.challenge
	if once == (store.Once{}) {
		once = a.served(w.passkey, c)
	}
	f, _, said, err := a.asserted(c, s, w.passkey.Response)
	if err == nil {
		err = a.notCopied(ctx, s, f, said, once, client)
	}
	if err != nil {
		if _, ours := errors.AsType[*Error](err); ours {
			return shownProof{}, err
		}
		a.factorFailed(s.Account, client)
		return shownProof{}, ErrInvalidCode.WithCause(err)
	}
	return shownProof{useOf(f, said), once}, nil
}

// useOf is the use of a passkey for the store to compare.
func useOf(f store.Factor, said PasskeyAssertion) store.Use {
	return store.Use{Factor: f.ID, Counter: int64(said.Counter)}
}

// notCopied refuses a counter that did not grow: two authenticators have the passkey. Those that never count are synced
// between devices, and say nothing by it. What is told of a copy uses the ticket up in the same step: an answer that
// only comes twice is [ErrInvalidChallenge], and no copy.
func (a *Authenticator) notCopied(ctx context.Context, s Subject, f store.Factor, said PasskeyAssertion, once store.Once, client Client) error {
	if int64(said.Counter) > f.Counter || said.Counter == 0 && f.Counter == 0 {
		return nil
	}
	err := a.retry(func() error {
		s, err := a.subject(ctx, store.Lookup{ID: s.Account.ID})
		if err != nil {
			return err
		}
		c := store.Change{Account: s.Account, Once: once}
		e := about(&s.Account, EventPasskeyCopied)
		e.Network = client.network()
		c.Events, c.Mail = []Event{e}, a.notice(s, noticeCopied)
		_, _, err = a.update(ctx, c, a.now())
		return err
	})
	switch {
	case errors.Is(err, ErrInvalidLink):
		return ErrInvalidChallenge.WithCause(err)
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict): // gone, or others tell the same of it at this moment
	case err != nil:
		return err
	}
	return errPasskey
}

// moved notes that a passkey is copied to other devices now, or is not any more. Best effort.
func (a *Authenticator) moved(ctx context.Context, x Account, f store.Factor, r PasskeyRecord, said PasskeyAssertion) {
	r.BackedUp, r.Counter = said.BackedUp, said.Counter
	if a.sealPasskey(&f, r) != nil {
		return
	}
	if _, _, err := a.update(ctx, store.Change{Account: x, PutFactors: []store.Factor{f}}, a.now()); err != nil && !errors.Is(err, ErrConflict) {
		a.cfg.Logger.Warn("tollkeeper: state of a passkey not kept", "account", x.ID, "error", err)
	}
}

func (p Passkeys) check() error {
	if p.Verifier == nil {
		return nil
	}
	if !canon.ValidDomain(p.Domain) {
		return bad("Passkeys.Domain", "must be a domain, in lower case and without port: browsers have no passkeys for the address "+
			p.Domain+"; where it is that of BaseURL, give that a name, as http://localhost")
	}
	if len(p.Origins) > mostOrigins {
		return bad("Passkeys.Origins", "must be at most twenty")
	}
	for _, origin := range p.Origins {
		if len(origin) > maxPasskeyOrigin {
			return bad("Passkeys.Origins", "must be of at most 100 bytes each")
		}
		if strings.HasPrefix(origin, androidOrigin) && len(origin) > len(androidOrigin) && !canon.HasControl(origin) {
			continue
		}
		u, ok := canon.Origin(origin)
		if !ok || u.Scheme != "https" && !canon.IsLocalhost(u.Hostname()) || !canon.Under(canon.Lower(u.Hostname()), p.Domain) {
			return bad("Passkeys.Origins", "must be https origins (http of localhost) at Domain or below it: "+origin)
		}
	}
	return nil
}
