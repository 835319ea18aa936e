package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// MailRequest asks for a mail with a code or a link. The answer is the same for every address.
type MailRequest struct {
	Email      string
	Scope      Scope
	VerifyPath string // [Authenticator.RequestVerification] only, as in [SignUpRequest]
	Audience   Audience
	Client     Client
}

// RequestCode mails a one-time code to sign in with. Every address gets the same answer; beyond the rates of an address
// the answer stays, and no mail goes. [ErrInvalidEmail]; [ErrInvalidInput] (scope); [ErrUnknownParent] (keys and
// numbers are public); [ErrRateLimited] for the network only.
func (a *Authenticator) RequestCode(ctx context.Context, r MailRequest) error {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return err
	}
	email, err := emailKey(r.Email)
	if err != nil {
		return err
	}
	l := a.cfg.Limits
	hits := append(a.networkHits("code", r.Audience, r.Client, l.signIn(r.Audience)),
		a.networkHits("codes", AudienceHost, r.Client, l.CodeNetwork)...)
	silentFrom := len(hits)
	hits = append(hits, a.addressHits("code", anyScope, email, l.CodeAddress)...)
	quiet, err := a.takeQuietly(ctx, hits, silentFrom, now)
	if err != nil {
		return err
	}
	if err := a.checkKnown(ctx, r.Scope); err != nil || quiet {
		return err
	}
	m := store.QueuedMail{ID: newID(), Kind: MailSignInCode, Lookup: r.Scope.lookup(email), Args: map[string]string{argAudience: string(r.Audience)}, DueAt: now}
	return a.queue(ctx, m)
}

// CodeRequest is a sign-in with a mailed one-time code.
type CodeRequest struct {
	Email    string
	Code     SecretText
	Scope    Scope
	Audience Audience
	Client   Client
}

// SignInWithCode signs in with a mailed code. Wrong, expired, used, unknown address: the same [ErrInvalidCredentials].
// The five tries are shared by the live codes of an address; beyond them, only this way in is blocked. Success voids
// all codes. The first proof of a mailbox drops what was set up before it (R34). Other errors as of
// [Authenticator.SignIn].
func (a *Authenticator) SignInWithCode(ctx context.Context, r CodeRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.Scope.check(); err != nil {
		return SignInResult{}, err
	}
	email, malformed := emailKey(r.Email)
	g := guess{scope: r.Scope.String(), email: email, audience: r.Audience, client: r.Client}
	tries := a.addressHits("tries", anyScope, g.email, a.cfg.Limits.CodeTries)
	for i := range tries {
		tries[i].Waive = a.markOf(g) // strangers do not stop a recognised network; the tries of each code still bound it
	}
	hits := append(a.networkHits("verify-code", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)), tries...)
	t, err := a.take(ctx, hits, now)
	if err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	t.guess = g
	if malformed != nil || !canon.ValidCode(string(r.Code)) || r.Scope.malformed() {
		return SignInResult{}, a.failSignIn(g, Subject{}, nil)
	}
	s, err := a.store.ConsumeSecret(ctx, store.Claim{
		Purpose: store.PurposeSignIn, Lookup: r.Scope.lookup(email), Digest: a.digests.secret(store.PurposeSignIn, email, string(r.Code)), Tries: codeTries,
	}, now)
	if errors.Is(err, ErrNotFound) {
		return SignInResult{}, a.failSignIn(g, s, nil)
	}
	if err != nil {
		return SignInResult{}, err
	}
	if s.Account.EmailVerifiedAt.IsZero() {
		if s.Account, err = a.firstProof(ctx, s.Account, now); err != nil {
			return SignInResult{}, err
		}
	}
	return a.finishSignIn(ctx, s, attempt{method: "code", operation: OpSignIn, audience: r.Audience, client: r.Client, taken: t}, now)
}

// takeQuietly is take, but a refusal by just the buckets from index silentFrom on is no error: it returns quiet.
func (a *Authenticator) takeQuietly(ctx context.Context, hits []hit, silentFrom int, now time.Time) (quiet bool, err error) {
	d, err := a.ask(ctx, hits, now)
	switch {
	case err != nil || d.Allowed:
		return false, err
	case refusedOnly(d, silentFrom):
		return true, nil
	}
	return false, refusal(hits, d, now)
}

// CodeTTL is how long a mailed one-time code is good for.
const CodeTTL = 300 * time.Second

const codeTries = 5

// firstProof marks the mailbox as proven, once in an account's life, before its first session on that word is made.
func (a *Authenticator) firstProof(ctx context.Context, x Account, now time.Time) (Account, error) {
	c := store.Change{Account: provenMailbox(x, now), EndSessions: true, Void: allPurposes}
	x, _, err := a.update(ctx, c, now)
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
		return x, ErrInvalidCredentials // changed meanwhile: the code is used, ask for another
	}
	if err == nil {
		a.event(Event{Name: EventEmailVerified, Account: x.ID, Parent: x.Parent, Method: "code"})
	}
	return x, err
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
	hits := append(a.networkHits("mail", r.Audience, r.Client, a.cfg.Limits.signIn(r.Audience)),
		a.addressHits(op, scope, email, rates)...)
	if _, err := a.take(ctx, hits, now); err != nil {
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

// provenMailbox returns the account after a proof of its mailbox. The first one drops whatever was set up before anyone
// had shown to own the address (R34).
func provenMailbox(x Account, now time.Time) Account {
	if x.EmailVerifiedAt.IsZero() {
		x.Password, x.PasswordHistory, x.GoogleSubject, x.TOTP, x.TOTPPending = "", nil, "", nil, nil
		x.PasswordTemporary, x.PasswordChangedAt = false, time.Time{} // there is none any more that could be changed
		x.EmailVerifiedAt = now
	}
	return x
}

// mailedPurposes are the secrets that a change of password voids: all but recovery codes (R32).
var mailedPurposes = []store.Purpose{store.PurposeSignIn, store.PurposeReset, store.PurposeVerify, store.PurposeChangeEmail}

var allPurposes = append([]store.Purpose{store.PurposeRecovery}, mailedPurposes...)
