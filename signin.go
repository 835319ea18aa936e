package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/token"
	"github.com/tollkeeper/tollkeeper/store"
)

// SignInRequest asks for a session, by an email or by a username.
type SignInRequest struct {
	Email    string
	Username string // instead of Email; in the Scope itself and nowhere else
	Password Password
	Scope    Scope    // with [UnderKey] and [AudienceOrganization] also parents, by the organization widget (docs/WIRE.md 1.1)
	Audience Audience // zero: [AudienceHost]
	Client   Client
	Neutral  bool // an account that must verify its email first is [ErrInvalidCredentials], as after a neutral sign-up
}

// SignInResult is a session, or a Challenge on the way to one.
type SignInResult struct {
	Token           SecretText    // access token
	Refresh         SecretText    // refresh token; empty: not configured
	ExpiresIn       time.Duration // of Token, or of Challenge
	ExpiresAt       time.Time     // the same, as a moment of [Config.Now]
	Challenge       SecretText    // not empty: prove the second factor with [Authenticator.SignInWithFactor]; there is no Token then
	Methods         []string      // that end the Challenge: "totp", "passkey", "recovery" (a recovery code)
	Session         uuid.UUID
	Subject         Subject
	TenantKey       SecretText // jwtSecret, for a parent's own sign-in in [AudienceOrganization] only
	PasswordExpired bool
	Limited         Limitation // what the session waits for, as [Identity.Limited] will say on each request
	DaysUntilExpiry int
	Dropped         Dropped // what the first proof of the mailbox took away; told with a Challenge, too
}

// SignIn proves an email or a username and a password and returns a session, or a challenge for the second factor.
//
// Before anything is counted: [ErrMissing] without either name, [ErrInvalidInput] with both or for what is no scope.
// Whether the account is unknown, has no password, belongs to another parent or the password is wrong, the answer is
// the same [ErrInvalidCredentials] after the same work (R13, R14). What depends on the account's state is told only
// after the password was right: [ErrInactive], [ErrUnverified], [ErrParentKeyNeeded], [ErrParentKeyUnwanted],
// [ErrNoOrganization], [ErrOrganizationMismatch], [ErrOrganizationNotAuthorized], [ErrParentInactive], [ErrParentGone],
// [ErrInsufficientCredits], [ErrAccountGone]. Before it: [ErrUnknownParent] (the key is public), [ErrLocked] and
// [ErrRateLimited] with [Error.RetryAfter], alike for unknown accounts; [ErrBusy]; [ErrUnavailable].
func (a *Authenticator) SignIn(ctx context.Context, r SignInRequest) (SignInResult, error) {
	now := a.now()
	setZero(&r.Audience, AudienceHost)
	if err := r.check(); err != nil {
		return SignInResult{}, err
	}
	g, malformed := r.guess()
	t, err := a.take(ctx, a.passwordHits(&g), now)
	if err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	t.way, t.guess = wayPassword, g
	began := time.Now()
	s, missing := a.lookUp(ctx, signInLookup(r.Scope, g, r.Audience), malformed)
	if missing != nil && !errors.Is(missing, ErrNotFound) && !errors.Is(missing, ErrUnknownParent) {
		a.release(ctx, t.undecided())
		return SignInResult{}, missing
	}
	if t, err = a.owned(ctx, t, s.Account.ID); err != nil {
		return SignInResult{}, a.refuseSignIn(g, err)
	}
	proof, err := a.hasher.verify(ctx, s.Account.Password, r.Password)
	if err != nil {
		a.release(ctx, t.undecided())
		return SignInResult{}, err
	}
	if errors.Is(missing, ErrNotFound) && malformed == nil {
		k, err := a.orElsewhere(ctx, r, g)
		if err != nil && !errors.Is(err, ErrNotFound) {
			a.release(ctx, t.undecided())
			return SignInResult{}, err
		}
		if missing = err; err == nil {
			s, proof = k.subject, k.proof
		}
	}
	p := attempt{method: "password", operation: OpSignIn, audience: r.Audience, client: r.Client, taken: t}
	if missing == nil && proof.ok && r.Neutral {
		proof.ok = !errors.Is(admit(s, p, a.cfg.Accounts.RequireVerified), ErrUnverified)
	}
	if missing != nil || !proof.ok {
		return SignInResult{}, a.failSignIn(ctx, t, s, missing, began.Add(proof.queued))
	}
	res, err := a.finishSignIn(ctx, s, p, now)
	if err == nil && proof.outdated {
		a.rehash(ctx, s.Account, r.Password)
	}
	return res, err
}

func (r SignInRequest) check() error {
	switch {
	case r.Email == "" && r.Username == "":
		return ErrMissing.WithField("email")
	case r.Email != "" && r.Username != "":
		return ErrInvalidInput.WithField("username").WithMessage("Sign in by the email or by the username")
	}
	return r.Scope.check()
}

// guess is what throttles count of the request. An error: nobody has such a name, which is counted and hashed for as
// any other.
func (r SignInRequest) guess() (guess, error) {
	g := guess{scope: r.Scope.String(), audience: r.Audience, client: r.Client}
	var malformed error
	if r.Username != "" {
		if g.username, malformed = usernameKey(r.Username); malformed != nil {
			g.username = "malformed:" + r.Username[:min(len(r.Username), 254)]
		}
		return g, malformed
	}
	if g.email, malformed = emailKey(r.Email); malformed != nil {
		g.email = "malformed:" + r.Email[:min(len(r.Email), 254)]
	}
	return g, malformed
}

// signInLookup says where a sign-in finds its account. The organization family knows two special ways (docs/WIRE.md 1.1
// rules 4 and 5), neither of them by a username.
func signInLookup(where Scope, g guess, audience Audience) store.Lookup {
	if g.username != "" {
		return where.lookupUsername(g.username)
	}
	l := where.lookup(g.email)
	if audience == AudienceOrganization {
		l.Widget = where.way == byKey
		l.Stray = where == Tenants
	}
	return l
}

// lookUp finds an account. It skips the store for impossible keys; the caller still hashes.
func (a *Authenticator) lookUp(ctx context.Context, l store.Lookup, malformed error) (Subject, error) {
	if l.ScopeKey != "" && !ValidPublicKey(l.ScopeKey) {
		return Subject{}, ErrUnknownParent
	}
	if malformed != nil {
		return Subject{}, ErrNotFound
	}
	s, err := a.store.FindAccount(ctx, l)
	if err == nil {
		return s, nil
	}
	if errors.Is(err, errNoParent) {
		return Subject{}, ErrUnknownParent
	}
	return Subject{}, err
}

// failSignIn is the end of an attempt without proof: one answer whatever the cause, and not before those of other
// causes. began is when its work began.
func (a *Authenticator) failSignIn(ctx context.Context, t taken, s Subject, missing error, began time.Time) error {
	a.release(ctx, t.failed())
	return a.pace.hold(ctx, began, a.unproven(t.guess, s, missing))
}

// unproven tells of an attempt without proof, and says what the caller hears.
func (a *Authenticator) unproven(g guess, s Subject, missing error) error {
	a.event(Event{Name: EventSignInFailed, Scope: s.Account.Parent, Account: s.Account.ID, Audience: g.audience, Network: g.client.network()})
	if errors.Is(missing, ErrUnknownParent) {
		return ErrUnknownParent
	}
	if missing != nil && a.cfg.Accounts.DiscloseUnknown && g.audience == AudienceOrganization {
		return ErrAccountGone
	}
	return ErrInvalidCredentials
}

// refuseSignIn is the end of an attempt that a throttle stopped.
func (a *Authenticator) refuseSignIn(g guess, err error) error {
	if e, ok := errors.AsType[*Error](err); ok && (e.Code == ErrLocked.Code || e.Code == ErrRateLimited.Code) {
		a.event(Event{Name: EventSignInRefused, Audience: g.audience, Network: g.client.network(), Code: e.Code})
	}
	return err
}

// attempt is how somebody showed who they are, on the way to a session.
type attempt struct {
	method    string    // "password", "code", "link", "identity", "passkey", "sign-up"
	operation Operation // what it costs; empty: nothing
	audience  Audience
	client    Client
	taken     taken
	second    bool            // the second factor was proved, too
	use       store.Use       // of that factor; zero for a recovery code
	once      store.Once      // the challenge between the two, or the ticket of the way to an issuer and back
	ticket    uuid.UUID       // that ticket's; zero: there was none
	by        store.IssuedKey // the identity that was shown
	link      Linked          // the same, to be linked by the second step; zero: it is linked
	dropped   Dropped         // what this proof of the mailbox took away
	ext       string          // what the host adds to the token
	spent     []store.Digest  // marks of a mail that has served as a sign-up: they are the account's from now on
}

// network is that of the client, whom the throttles have asked mostly.
func (p *attempt) network() string {
	if g := &p.taken.guess; g.client.Addr == p.client.Addr {
		return g.network()
	}
	return p.client.network()
}

// vouches says whose word a way of signing in is; a way that is not here is its own only.
var vouches = map[string]word{"code": ownersWord, "link": ownersWord, "identity": issuersWord, "passkey": issuersWord}

// finishSignIn ends every way of signing in. Its decisions are pure; CreateSession is the only effect on the account.
func (a *Authenticator) finishSignIn(ctx context.Context, s Subject, p attempt, now time.Time) (SignInResult, error) {
	if err := admit(s, p, a.cfg.Accounts.RequireVerified); err != nil {
		a.release(ctx, a.earned(p.taken)) // the proof was right: no failure
		a.refused(s, p, err)
		return SignInResult{}, err
	}
	if s.Account.Factors != 0 && !p.second {
		a.release(ctx, p.taken.undecided()) // the lock waits for the second factor
		return a.challenge(s, p, now)
	}
	key, err := a.signer(&s, p.audience)
	if err != nil {
		a.release(ctx, p.taken.undecided())
		return SignInResult{}, err
	}
	session := a.newSession(s, p, key, now)
	about := SessionAttempt{Session: session.ID, Method: p.method, Second: p.second, Audience: p.audience, Client: p.client}
	if p.ext, err = a.beforeSession(ctx, s.Account, about); err != nil {
		a.release(ctx, a.earned(p.taken)) // the proof was right: no failure
		a.refused(s, p, err)
		return SignInResult{}, err
	}
	earned := a.earned(p.taken)
	known := p.taken.mark(s.Account.ID)
	whose, vouched := vouches[p.method]
	switch {
	case vouched:
		a.pardon(&earned, s, p.client, whose, now)
		earned.Marks = append(earned.Marks, p.spent...)
	case p.taken.guess.name() != "" && known.Before(now.Add(renewNetwork)):
		if marks := a.marksOf(s, p.taken.guess.client); len(marks) > 0 {
			earned.Marks, earned.Owner, earned.Until = marks, s.Account.ID, now.Add(rememberNetwork)
		}
	}
	create := store.NewSession{Session: session, Use: p.use, Once: p.once, By: p.by, Most: a.cfg.Tokens.Most}
	create.Charge, create.Events = a.signInCharge(s, session.ID, p), []Event{a.signInEvent(s, p, session)}
	if !a.apart {
		create.Release = earned
	}
	_, err = a.store.CreateSession(ctx, create, now)
	a.live.sessionChanged(s.Account.ID) // the oldest one may have given way
	if err != nil {
		failed := a.sessionError(s, p, err)
		if errors.Is(err, ErrInsufficientCredits) {
			a.release(ctx, a.earned(p.taken)) // the proof was right: no failure
		} else {
			a.settle(ctx, p.taken, failed)
		}
		return SignInResult{}, failed
	}
	if a.apart {
		a.release(ctx, earned)
	}
	if p.method == "password" && !p.second && len(earned.Marks) > 0 && known.IsZero() {
		a.noticeNewNetwork(ctx, s, session)
	}
	return a.signInResult(s, p, key, session, now)
}

func (a *Authenticator) signInEvent(s Subject, p attempt, session Session) Event {
	e := about(&s.Account, EventSignIn)
	e.Session, e.Audience, e.Network, e.Method = a.digests.session(session.ID), p.audience, session.Network, p.method
	return e
}

// refused tells of a sign-in that the account's state stops.
func (a *Authenticator) refused(s Subject, p attempt, err error) {
	e := about(&s.Account, EventSignInRefused)
	e.Audience, e.Network, e.Code = p.audience, p.client.network(), codeOf(err)
	a.event(e)
}

func (a *Authenticator) newSession(s Subject, p attempt, key *token.Key, now time.Time) Session {
	session := Session{
		ID: a.idAt(now), Account: s.Account.ID, Epoch: s.Account.Epoch, Audience: p.audience, KeyID: key.ID(),
		Network: p.network(), Agent: p.client.agent(),
		CreatedAt: now, SeenAt: now, ProvedAt: now, ExpiresAt: now.Add(a.ttl(p.audience)),
	}
	if r := a.cfg.Refresh; r.Idle > 0 {
		session.RefreshUntil = now.Add(min(r.Idle, r.Absolute))
	}
	return session
}

// sessionError says why the store refused the session.
func (a *Authenticator) sessionError(s Subject, p attempt, err error) error {
	switch {
	case errors.Is(err, ErrNotFound):
		err = ErrAccountGone // vanished, disabled or reset between proof and commit
	case errors.Is(err, ErrConflict):
		err = ErrInvalidCode // the same code was used a moment ago, or the factor is gone
	case errors.Is(err, ErrInvalidLink):
		err = ErrInvalidChallenge // it has served
	case !errors.Is(err, ErrInsufficientCredits):
		return err
	}
	a.refused(s, p, err)
	return err
}

// signInResult signs the token and gathers what the caller may know.
func (a *Authenticator) signInResult(s Subject, p attempt, key *token.Key, session Session, now time.Time) (SignInResult, error) {
	access, err := key.Sign(a.claimsOf(session, s.Account.Parent, p.ext, now))
	if err != nil {
		return SignInResult{}, ErrInternal.WithCause(err)
	}
	refresh, err := a.refreshToken(session, s.Account.Parent)
	if err != nil {
		return SignInResult{}, err
	}
	expired, days := passwordAge(s.Account.PasswordChangedAt, a.cfg.Passwords.Expiry, now)
	res := SignInResult{
		Token: SecretText(access), ExpiresIn: a.ttl(p.audience), ExpiresAt: session.ExpiresAt.Truncate(time.Second), Session: session.ID, Subject: s,
		Refresh: SecretText(refresh), PasswordExpired: expired, DaysUntilExpiry: days, Dropped: p.dropped,
		Limited: a.limitationOf(s, now),
	}
	if p.audience == AudienceOrganization && !s.Child() && s.KeyOwner == nil && !expired && res.Limited == Unlimited {
		res.TenantKey = SecretText(key.Text()) // a parent's own: never the widget's, never after expiry, never into a limited session
	}
	return res, nil
}

// rehash replaces an outdated hash of a password that was just proved. Best effort: it loses against any other change.
func (a *Authenticator) rehash(ctx context.Context, x Account, password Password) {
	text, err := a.hasher.hash(ctx, password)
	if err != nil {
		return
	}
	x.Password = text
	c := store.Change{Account: x}
	c.Events = []Event{about(&x, EventPasswordRehashed)}
	if _, _, err := a.update(ctx, c, a.now()); err != nil && !errors.Is(err, ErrConflict) {
		a.cfg.Logger.Warn("tollkeeper: password hash not renewed", "account", x.ID, "error", err)
	}
}
