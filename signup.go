package tollkeeper

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// SignUpRequest asks for an account, and for a session with it.
type SignUpRequest struct {
	Email      string
	Password   Password
	Username   string // empty: none
	Name       string
	Scope      Scope
	VerifyPath string // a path, or a URL under the organization's origin, for the link in the mail; empty: the configured page
	Audience   Audience
	Client     Client
	Captcha    string          // what the page's captcha gave, for [Hooks.BeforeSignUp], which alone looks at it
	Metadata   json.RawMessage // as of [Host.UpdateMetadata]; empty: none

	// Neutral tells nobody whether an address is taken, where the email must be verified: a new and a taken one have
	// the same answer after the same work. Elsewhere it changes nothing.
	Neutral bool
}

// SignUpResult is the session of the new account; of a neutral sign-up only VerificationSent.
type SignUpResult struct {
	SignInResult
	VerificationSent bool // a verification mail is on its way
}

// SignUp makes an account and a session of it, where sign-up is open ([Accounts.SignUp]). A child is paid for by its
// parent, a parent starts with the initial credits, and the app's own users cost nothing. Where the organization (or
// Config.Accounts.RequireVerified) asks for a verified email, the mail is queued in the same step, and the session is
// limited to the account's own business until it is. Errors: [ErrInvalidInput] (scope, name, verify path, metadata),
// [ErrSignUpClosed], [ErrInvalidEmail], [ErrInvalidUsername], [ErrWeakPassword], [ErrEmailTaken], [ErrUsernameTaken],
// [ErrUnknownParent], [ErrParentInactive], [ErrInsufficientCredits], [ErrRefused] or what else a hook returns,
// [ErrRateLimited], [ErrBusy], [ErrUnavailable]. After an error there is no account, but after [ErrUnavailable], and
// after a refusal by [Hooks.BeforeSession], there may be: signing in tells.
//
// With Neutral, where the email must be verified, there is no session, no Subject and no [ErrEmailTaken]. A new address
// gets the verification mail; the owner of a taken one is mailed instead that somebody tried, with the ways to sign in
// and to a new password, at most as often as [Limits.CodeAddress]. A taken username is [ErrUsernameTaken], whatever the
// address. Two later answers would tell all the same: signing in with the password that was chosen, unless
// [SignInRequest.Neutral], too; and whether the username that was chosen is taken now, so that a form that tells
// nothing asks for none.
func (a *Authenticator) SignUp(ctx context.Context, r SignUpRequest) (SignUpResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := a.maySignUp(r.Scope); err != nil {
		return SignUpResult{}, err
	}
	x, err := a.newAccount(r.Email, r.Username, r.Name, now)
	if err != nil {
		return SignUpResult{}, err
	}
	if err := checkMetadata(r.Metadata); err != nil {
		return SignUpResult{}, err
	}
	if err := a.checkPolicy(ctx, r.Password, x); err != nil {
		return SignUpResult{}, err
	}
	g := guess{scope: r.Scope.String(), email: x.EmailKey, audience: r.Audience, client: r.Client}
	t, quiet, err := a.takeSignUp(ctx, r, x.EmailKey, now)
	if err != nil {
		return SignUpResult{}, err
	}
	t.guess = g
	if err := a.checkBreached(ctx, r.Password, x); err != nil { // a service of others, asked behind the rate
		return SignUpResult{}, err
	}
	owner, err := a.ownerOf(ctx, r.Scope)
	if err != nil {
		return SignUpResult{}, err
	}
	if err := checkVerifyPath(r.VerifyPath, owner, a.cfg.BaseURL); err != nil {
		return SignUpResult{}, err
	}
	if owner != nil {
		x.Parent = owner.Account.ID
	}
	if err := a.beforeSignUp(ctx, &x, SignUpAttempt{Method: "sign-up", Captcha: r.Captcha, Audience: r.Audience, Client: r.Client, Starts: Starts{Metadata: r.Metadata}}); err != nil {
		return SignUpResult{}, err
	}
	if x.Password, err = a.hasher.hash(ctx, r.Password); err != nil {
		return SignUpResult{}, err
	}
	create := a.opening(x, owner, r, now)
	if r.Neutral && len(create.Mail) > 0 {
		return a.signUpNeutrally(ctx, create, r, quiet, now)
	}
	return a.openAccount(ctx, create, owner, r, t, now)
}

// takeSignUp counts a sign-up. quiet: the address of a neutral one has had its mails.
func (a *Authenticator) takeSignUp(ctx context.Context, r SignUpRequest, email string, now time.Time) (t taken, quiet bool, err error) {
	list := a.networkHits("sign-up", AudienceHost, r.Client, a.cfg.Limits.SignUp)
	if !r.Neutral {
		t, err = a.take(ctx, list, now)
		return t, false, err
	}
	all := list.and(a.addressHits("sign-up", anyScope, email, a.cfg.Limits.CodeAddress))
	quiet, err = a.takeQuietly(ctx, all, len(list.rows), now)
	return taken{}, quiet, err
}

// opening is the account with all that starts with it. Mail is on its way where the email must be verified.
func (a *Authenticator) opening(x Account, owner *Subject, r SignUpRequest, now time.Time) store.NewAccount {
	s := Subject{Account: x}
	create := store.NewAccount{}
	if owner != nil {
		s.Organization = owner.Organization
		create.Charge = a.signUpCharge(owner, x.ID, OpSignUp)
	} else {
		create.Grant = a.initialGrant(x.ID, now)
	}
	if mustVerify(s, a.cfg.Accounts.RequireVerified) && x.EmailVerifiedAt.IsZero() {
		create.Mail = []store.QueuedMail{a.verificationMail(store.Lookup{ID: x.ID}, r.Audience, r.VerifyPath, r.Client, now)}
	}
	create.Account = s.Account
	e := about(&s.Account, EventSignUp)
	e.Audience, e.Network = r.Audience, r.Client.network()
	create.Events = []Event{e}
	return create
}

// signUpNeutrally returns the same, and after the same time, whether the address was free or not.
func (a *Authenticator) signUpNeutrally(ctx context.Context, n store.NewAccount, r SignUpRequest, quiet bool, now time.Time) (SignUpResult, error) {
	began := time.Now()
	err := a.openOrTell(ctx, n, r, quiet, now)
	if err == nil {
		err = a.pace.hold(ctx, began, nil)
	}
	return SignUpResult{VerificationSent: err == nil}, err
}

// openOrTell makes the account, or has the owner of the address told that somebody tried. Both look for the username
// and for the address, ask the store to make the account, which decides who pays and what is taken, and write once: the
// account with its mail, or a mail. The latter is a trip of its own.
func (a *Authenticator) openOrTell(ctx context.Context, n store.NewAccount, r SignUpRequest, quiet bool, now time.Time) error {
	l := store.Lookup{Email: n.Account.EmailKey, Scope: n.Account.Parent}
	if err := a.usernameFree(ctx, &n.Account); err != nil {
		return err
	}
	s, missing := a.subject(ctx, l)
	if missing != nil && !errors.Is(missing, ErrNotFound) {
		return missing
	}
	_, _, err := a.create(ctx, n, now)
	if err == nil {
		a.worker.wake()
		return nil
	}
	if err = signUpError(err); !errors.Is(err, ErrEmailTaken) {
		return err
	}
	if err = a.usernameFree(ctx, &n.Account); err != nil { // the store tells of the address first
		return err
	}
	e := about(&n.Account, EventSignUpTried)
	e.Account, e.Audience, e.Network = s.Account.ID, r.Audience, r.Client.network()
	a.event(e)
	if quiet {
		return nil
	}
	m := a.askedMail(MailSignUpTried, l, r.Client, now)
	return a.queue(ctx, m)
}

// usernameFree returns ErrUsernameTaken if somebody has the account's username in its scope.
func (a *Authenticator) usernameFree(ctx context.Context, x *Account) error {
	if x.Username == "" {
		return nil
	}
	_, err := a.subject(ctx, store.Lookup{Username: canon.Lower(x.Username), Scope: x.Parent})
	switch {
	case err == nil:
		return ErrUsernameTaken
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// openAccount creates the account and its first session, which costs nothing.
func (a *Authenticator) openAccount(ctx context.Context, create store.NewAccount, owner *Subject, r SignUpRequest, t taken, now time.Time) (SignUpResult, error) {
	sent := len(create.Mail) > 0
	s, err := a.createBelow(ctx, create, owner, r.Audience, now)
	if err != nil {
		return SignUpResult{}, err
	}
	if sent {
		a.worker.wake()
	}
	res, err := a.finishSignIn(ctx, s, attempt{method: "sign-up", audience: r.Audience, client: r.Client, taken: t}, now)
	return SignUpResult{SignInResult: res, VerificationSent: sent}, err
}

// createBelow makes the account, and returns it with all that its first session needs.
func (a *Authenticator) createBelow(ctx context.Context, n store.NewAccount, owner *Subject, audience Audience, now time.Time) (s Subject, err error) {
	if s.Account, _, err = a.create(ctx, n, now); err != nil {
		return s, signUpError(err)
	}
	if owner != nil {
		s.Parent, s.Organization = &owner.Account, owner.Organization
	}
	if s.Parent != nil && s.Parent.House && audience == AudienceOrganization {
		return a.subject(ctx, store.Lookup{ID: s.Account.ID}) // the token wants the parent's key
	}
	return s, nil
}

// signUpCharge is what a parent pays for a new child, as a sign-up or a social sign-in.
func (a *Authenticator) signUpCharge(owner *Subject, child uuid.UUID, op Operation) store.Charge {
	if a.cfg.Credits == nil || owner.Account.House || a.cfg.Credits.Prices[op] == 0 {
		return store.Charge{}
	}
	return store.Charge{
		Owner: owner.Account.ID, Key: "account:" + child.String(), Entry: a.idAt(a.now()),
		Operation: op, Price: a.cfg.Credits.Prices[op], Required: true,
	}
}

// initialGrant is what a new parent starts with.
func (a *Authenticator) initialGrant(owner uuid.UUID, now time.Time) *LedgerEntry {
	c := a.cfg.Credits
	if c == nil || c.InitialCredits == 0 && c.InitialFreeUsers == 0 {
		return nil
	}
	return &LedgerEntry{
		ID: a.idAt(now), Owner: owner, Key: "initial", Operation: OpGrant, Amount: c.InitialCredits, At: now,
		Package: &Package{Type: "INITIAL", Credits: c.InitialCredits, FreeUsers: c.InitialFreeUsers},
	}
}

func signUpError(err error) error {
	if errors.Is(err, errNoParent) {
		return ErrUnknownParent
	}
	return duplicate(err)
}
