package tollkeeper

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// MailRequest asks for a mail with a code or a link. The answer is the same for every address.
type MailRequest struct {
	Email      string
	Scope      Scope
	VerifyPath string // [Authenticator.RequestVerification] only, as in [SignUpRequest]
	LinkPath   string // [Authenticator.RequestLink] only: the page of the link, a path on the organization's origin; empty: that of [Links]
	WithCode   bool   // [Authenticator.RequestLink] only: the mail has a code, too, for who reads it on another device
	SignUp     bool   // [Authenticator.RequestCode] and [Authenticator.RequestLink] only: whom nobody knows may sign up by it
	Audience   Audience
	Client     Client
}

// RequestCode mails a one-time code to sign in with. Every address gets the same answer; beyond the rates of an address
// the answer stays, and no mail goes. [ErrInvalidEmail]; [ErrInvalidInput] (scope); [ErrUnknownParent] (keys and
// numbers are public); [ErrRateLimited] for the network only.
//
// With SignUp, where sign-up is open ([Accounts.SignUp]), an address that nobody has gets the mail, too: its code makes
// the account, without a password ([CodeRequest].SignUp). Until then nothing is made, and nobody pays.
func (a *Authenticator) RequestCode(ctx context.Context, r MailRequest) error {
	return a.mailSignIn(ctx, MailSignInCode, r)
}

// mailSignIn mails what signs in. Whichever it is, it is counted by the same rates, and its row of the outbox says
// nothing of who has the address.
func (a *Authenticator) mailSignIn(ctx context.Context, kind MailKind, r MailRequest) error {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return err
	}
	if err := checkLinkPath(r.LinkPath); err != nil {
		return err
	}
	email, err := emailKey(r.Email)
	if err != nil {
		return err
	}
	l := a.cfg.Limits
	list := a.networkHits("code", r.Audience, r.Client, l.signIn(r.Audience)).
		and(a.networkHits("codes", AudienceHost, r.Client, l.CodeNetwork))
	all := list.and(a.addressHits("code", anyScope, email, l.CodeAddress))
	quiet, err := a.takeQuietly(ctx, all, len(list.rows), now)
	if err != nil {
		return err
	}
	if err := a.checkKnown(ctx, r.Scope); err != nil || quiet {
		return err
	}
	m := a.askedMail(kind, r.Scope.lookup(email), r.Client, now)
	if kind == MailSignInLink {
		if r.LinkPath != "" {
			m.Args[argPath] = r.LinkPath
		}
		if r.WithCode {
			m.Args[argCode] = "beside"
		}
	}
	signUp := r.SignUp && a.maySignUp(r.Scope) == nil
	if signUp {
		m.Args[argSignUp], m.Args[argTyped] = r.Scope.String(), strings.TrimSpace(r.Email)
	}
	g := guess{scope: r.Scope.String(), email: email, client: r.Client}
	if asked := a.askerOf(g); asked != (store.Digest{}) {
		m.Args[argAsker] = hex.EncodeToString(asked[:])
		known := store.Release{Marks: []store.Digest{asked}, Until: now.Add(askedFor)}
		if signUp {
			known.Forget = []store.Bucket{a.signUpTries(g, asked)} // a new code has tries of its own
		}
		if err := a.attempts.Release(ctx, known, now); err != nil {
			return err
		}
	}
	return a.queue(ctx, m)
}

// CodeRequest is a sign-in with a mailed one-time code.
type CodeRequest struct {
	Email    string
	Code     SecretText
	By       *Identity // who asks, where they are signed in to the account: a first proof then drops nothing. Nil: nobody
	SignUp   bool      // a code that was asked for with [MailRequest].SignUp makes the account where nobody has the address
	Captcha  string    // of a sign-up, as in [SignUpRequest]
	Scope    Scope     // of a sign-up in the same spelling as it was asked for
	Audience Audience
	Client   Client
}

// SignInWithCode signs in with a mailed code. Wrong, expired, used, unknown address: the same [ErrInvalidCredentials].
// A network that asked for codes has five tries at each of its own, all others together ten a day for an address
// (docs/WIRE.md section 3); beyond them, only this way in is blocked. Success voids all codes and links of
// [Authenticator.RequestLink]. The first proof of a mailbox drops what was set up before it (R34), and says so in
// [SignInResult].Dropped. Other errors as of [Authenticator.SignIn].
//
// With SignUp, where nobody has the address, the newest code that was mailed to it makes the account: without a
// password, on a proven mailbox, paid for as of [Authenticator.SignUp], whose errors there may be then. Wrong codes are
// counted alike for known and unknown addresses, and whether one is known is told to nobody without the code.
func (a *Authenticator) SignInWithCode(ctx context.Context, r CodeRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return SignInResult{}, err
	}
	email, malformed := emailKey(r.Email)
	g := guess{scope: r.Scope.String(), email: email, audience: r.Audience, client: r.Client}
	list := a.hits(wayCode, &g).and(a.networkHits("verify-code", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)))
	t, err := a.take(ctx, list, now)
	if err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	t.way, t.guess = wayCode, g
	began := time.Now()
	code, ok := canon.Code(string(r.Code))
	if malformed != nil || !ok || r.Scope.malformed() {
		return SignInResult{}, a.failSignIn(ctx, t, Subject{}, nil, began)
	}
	s, err := a.useCode(ctx, r.Scope.lookup(email), t, code, now)
	if errors.Is(err, ErrNotFound) && r.SignUp && a.maySignUp(r.Scope) == nil {
		return a.signUpByCode(ctx, r, s, &t, code, began)
	}
	if errors.Is(err, ErrNotFound) {
		return SignInResult{}, a.failSignIn(ctx, t, s, nil, began)
	}
	if err != nil {
		a.release(ctx, t.undecided())
		return SignInResult{}, err
	}
	dropped, err := a.proveByMail(ctx, &s, mailProof{by: r.By, client: r.Client, method: "code", late: ErrInvalidCredentials}, now)
	if err != nil {
		a.release(ctx, t.undecided()) // the code was right
		return SignInResult{}, err
	}
	return a.finishSignIn(ctx, s, attempt{method: "code", operation: OpSignIn, audience: r.Audience, client: r.Client, taken: t, dropped: dropped}, now)
}

// useCode compares a code with those of the account that l finds, and uses them up if it is one of them.
func (a *Authenticator) useCode(ctx context.Context, l store.Lookup, t taken, code string, now time.Time) (Subject, error) {
	l.Credentials = true
	mine, _ := t.asked()
	g := t.guess
	return a.store.ConsumeSecret(ctx, store.Claim{
		Purpose: store.PurposeSignIn, Lookup: l, Digest: a.digests.secret(store.PurposeSignIn, g.email, code), Asker: mine, Tries: codeTries,
		Events: []Event{{Name: EventCodeUsed, Audience: g.audience, Network: g.client.network()}},
	}, now)
}

// confirmByCode proves by a mailed code once more that the caller is the owner of their mailbox. ErrInvalidCredentials.
func (a *Authenticator) confirmByCode(ctx context.Context, by *Identity, text SecretText, c Client) (Subject, error) {
	now := a.now()
	s, err := a.self(ctx, by)
	if err != nil {
		return s, err
	}
	g := guess{scope: scopesOf(s)[0], email: s.Account.EmailKey, audience: by.Audience, client: c}
	list := a.hits(wayCode, &g).and(a.networkHits("verify-code", by.Audience, c, a.cfg.Limits.signIn(by.Audience)))
	t, err := a.take(ctx, list, now)
	if err != nil {
		return s, err
	}
	t.way, t.guess = wayCode, g
	if code, ok := canon.Code(string(text)); ok {
		s, err = a.useCode(ctx, store.Lookup{ID: by.Account}, t, code, now)
	} else {
		err = ErrNotFound
	}
	if errors.Is(err, ErrNotFound) {
		a.release(ctx, t.failed())
		return s, a.unproven(g, s, nil)
	}
	if err == nil {
		_, err = a.proveByMail(ctx, &s, mailProof{by: by, client: c, method: "code", late: ErrInvalidCredentials}, now)
	}
	if err != nil {
		a.release(ctx, t.undecided())
		return s, err
	}
	earned := a.earned(t)
	a.pardon(&earned, s, c, ownersWord, now)
	a.release(ctx, earned)
	return s, nil
}

// takeQuietly is take, but a refusal by just the buckets from index silentFrom on is no error: it returns quiet, and
// the others count.
func (a *Authenticator) takeQuietly(ctx context.Context, list hits, silentFrom int, now time.Time) (quiet bool, err error) {
	d, err := a.ask(ctx, list, now)
	switch {
	case err != nil || d.Allowed:
		return false, err
	case refusedOnly(d, silentFrom):
		_, err := a.take(ctx, list.upTo(silentFrom), now) // what is silent is charged all the same
		return true, err
	}
	d.Outcomes = d.Outcomes[:silentFrom] // what is silent does not say how long it will be
	return false, refusal(list, d, now)
}

// CodeTTL is how long a mailed one-time code is good for.
const CodeTTL = 300 * time.Second

const codeTries = 5

// askedFor is how long a network that asked tries its own code: while it may be on its way, and while it is good.
const askedFor = codeWorth + CodeTTL

// mailProof is a mailed code or link that was used.
type mailProof struct {
	by     *Identity
	client Client
	method string
	late   error // for an account that was changed meanwhile: what was mailed is used, ask for another
}

// proveByMail makes it a proof of the mailbox, before the first session on that word is made.
func (a *Authenticator) proveByMail(ctx context.Context, s *Subject, p mailProof, now time.Time) (Dropped, error) {
	if !s.Account.EmailProvenAt.IsZero() {
		return Dropped{}, nil
	}
	c := store.Change{Account: s.Account}
	e := about(&s.Account, EventEmailProven)
	e.Network, e.Method = p.client.network(), p.method
	dropped := a.proveMailbox(&c, *s, isOwner(p.by, &s.Account), e, now)
	x, _, err := a.update(ctx, c, now)
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		return dropped, p.late
	}
	if s.Account = x; dropped.Organization {
		s.Organization = x.Organization // the sign-in goes on with what is left of it
	}
	return dropped, err
}

// mailTo checks a request for mail: the scope, the address, the rates. It returns the address in its canonical form.
// For unknown addresses it does the same (R15).
func (a *Authenticator) mailTo(ctx context.Context, r *MailRequest, op string, rates []Limit, now time.Time) (string, error) {
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return "", err
	}
	if r.Scope.malformed() {
		return "", ErrParentKeyFormat
	}
	email, err := emailKey(r.Email)
	if err != nil {
		return "", err
	}
	scope := r.Scope.String()
	if r.Audience == AudiencePlatform {
		scope = anyScope // per email (docs/WIRE.md section 3), however the platform is named
	}
	list := a.networkHits("mail", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)).
		and(a.addressHits(op, scope, email, rates))
	if _, err := a.take(ctx, list, now); err != nil {
		return "", err
	}
	return email, nil
}

// byLink returns whose link it is, if it is live.
func (a *Authenticator) byLink(ctx context.Context, p store.Purpose, d store.Digest, now time.Time) (store.Secret, Subject, error) {
	secret, s, err := a.store.Secret(ctx, p, d)
	switch {
	case errors.Is(err, ErrNotFound):
		err = ErrInvalidLink
	case err != nil:
	case !now.Before(secret.ExpiresAt):
		err = ErrLinkExpired
	case !secret.UsedAt.IsZero():
		err = ErrLinkUsed
	case p != store.PurposeChangeEmail && secret.Address != s.Account.EmailKey:
		err = ErrInvalidLink // mailed to an address that is not the account's any more (R29)
	}
	return secret, s, err
}

// checkLinkPath accepts nothing, or a plain path.
func checkLinkPath(path string) error {
	if path == "" || canon.ValidPath(path) {
		return nil
	}
	return ErrInvalidInput.WithField("linkPath").WithMessage("tollkeeper: the page of a link is named by a plain path")
}
