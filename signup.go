package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

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
}

// SignUpResult is the session of the new account.
type SignUpResult struct {
	SignInResult
	VerificationSent bool // a verification mail is on its way
}

// SignUp makes an account and a session of it, where sign-up is open ([Accounts.SignUp]). A child is paid for by its
// parent, a parent starts with the initial credits, and the app's own users cost nothing. Where the organization (or
// Config.Accounts.RequireVerified) asks for a verified email, the mail is queued in the same step, and the session is
// limited to the account's own business until it is. Errors: [ErrInvalidInput] (scope, name, verify path),
// [ErrSignUpClosed], [ErrInvalidEmail], [ErrInvalidUsername], [ErrWeakPassword], [ErrEmailTaken], [ErrUsernameTaken],
// [ErrUnknownParent], [ErrParentInactive], [ErrInsufficientCredits], [ErrRateLimited], [ErrBusy], [ErrUnavailable].
// After an error there is no account, but after [ErrUnavailable] there may be: signing in tells.
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
	if err := a.checkPolicy(ctx, r.Password, x); err != nil {
		return SignUpResult{}, err
	}
	g := guess{scope: r.Scope.String(), email: x.EmailKey, audience: r.Audience, client: r.Client}
	t, err := a.take(ctx, a.networkHits("sign-up", AudienceHost, r.Client, a.cfg.Limits.SignUp), now)
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
	if x.Password, err = a.hasher.hash(ctx, r.Password); err != nil {
		return SignUpResult{}, err
	}
	return a.openAccount(ctx, x, owner, r, t, now)
}

// openAccount creates the account and its first session, which costs nothing.
func (a *Authenticator) openAccount(ctx context.Context, x Account, owner *Subject, r SignUpRequest, t taken, now time.Time) (SignUpResult, error) {
	s := Subject{Account: x}
	create := store.NewAccount{}
	if owner != nil {
		s.Account.Parent, s.Parent, s.Organization = owner.Account.ID, &owner.Account, owner.Organization
		create.Charge = a.signUpCharge(owner, x.ID, OpSignUp)
	} else {
		create.Grant = a.initialGrant(x.ID, now)
	}
	sent := mustVerify(s, a.cfg.Accounts.RequireVerified)
	if sent {
		create.Mail = []store.QueuedMail{a.verificationMail(store.Lookup{ID: x.ID}, r.Audience, r.VerifyPath, now)}
	}
	create.Account = s.Account
	e := about(&s.Account, EventSignUp)
	e.Audience, e.Network = r.Audience, r.Client.network()
	create.Events = []Event{e}
	made, _, err := a.create(ctx, create, now)
	if err != nil {
		return SignUpResult{}, signUpError(err)
	}
	if s.Account = made; s.Parent != nil && s.Parent.House && r.Audience == AudienceOrganization {
		if s, err = a.subject(ctx, store.Lookup{ID: made.ID}); err != nil { // the token wants the parent's key
			return SignUpResult{}, err
		}
	}
	if sent {
		a.worker.wake()
	}
	res, err := a.finishSignIn(ctx, s, attempt{method: "sign-up", audience: r.Audience, client: r.Client, taken: t}, now)
	return SignUpResult{SignInResult: res, VerificationSent: sent}, err
}

// signUpCharge is what a parent pays for a new child, as a sign-up or a social sign-in.
func (a *Authenticator) signUpCharge(owner *Subject, child uuid.UUID, op Operation) store.Charge {
	if a.cfg.Credits == nil || owner.Account.House || a.cfg.Credits.Prices[op] == 0 {
		return store.Charge{}
	}
	return store.Charge{
		Owner: owner.Account.ID, Key: "account:" + child.String(), Entry: newID(),
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
		ID: newID(), Owner: owner, Key: "initial", Operation: OpGrant, Amount: c.InitialCredits, At: now,
		Package: &Package{Type: "INITIAL", Credits: c.InitialCredits, FreeUsers: c.InitialFreeUsers},
	}
}

func signUpError(err error) error {
	if errors.Is(err, errNoParent) {
		return ErrUnknownParent
	}
	return duplicate(err)
}
