package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
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
	Network   string    `json:"n"`
	Scope     string    `json:"s"` // as submitted, to release its attempts
	Email     string    `json:"u"`
	Until     int64     `json:"x"` // unix milliseconds
}

const sealChallenge = "challenge"

// challenge returns what a client needs to go on.
func (a *Authenticator) challenge(s Subject, p attempt, now time.Time) (SignInResult, error) {
	c := pending{
		Account: s.Account.ID, Epoch: s.Account.Epoch, Audience: p.audience, Method: p.method, Operation: p.operation,
		Network: p.client.network(), Scope: p.taken.guess.scope, Email: p.taken.guess.email, Until: now.Add(challengeTTL).UnixMilli(),
	}
	if s.KeyOwner != nil {
		c.KeyOwner = s.KeyOwner.ID
	}
	text, err := a.seal(sealChallenge, c)
	if err != nil {
		return SignInResult{}, err
	}
	a.event(Event{Name: EventChallenge, Account: s.Account.ID, Parent: s.Account.Parent, Audience: p.audience, Network: c.Network, Method: p.method})
	return SignInResult{Challenge: SecretText(text), ExpiresIn: challengeTTL}, nil
}

// FactorRequest completes a sign-in that was answered with a challenge.
type FactorRequest struct {
	Challenge SecretText
	Code      SecretText // six digits of the authenticator app, or a recovery code
	Client    Client     // of the same network as the first step
}

// SignInWithFactor ends the sign-in that a challenge began, with the same result and errors as [Authenticator.SignIn].
// [ErrInvalidChallenge]: forged, too old, from another network, or voided by a change of the account: sign in again.
// [ErrInvalidCode]: wrong or used. [ErrRateLimited]: five tries per 15 minutes and account, which signing in again does
// not give back; after a hundred in a row only a recovery code opens.
func (a *Authenticator) SignInWithFactor(ctx context.Context, r FactorRequest) (SignInResult, error) {
	now := a.now()
	var c pending
	if !a.keys.Open(sealChallenge, string(r.Challenge), &c) || now.UnixMilli() >= c.Until || c.Network != r.Client.network() {
		return SignInResult{}, ErrInvalidChallenge
	}
	t, err := a.takeFactor(ctx, c.Account, string(r.Code), now)
	if err != nil {
		return SignInResult{}, err
	}
	t.guess = guess{scope: c.Scope, email: c.Email, audience: c.Audience, client: r.Client}
	t.also = append(t.also, a.digests.bucket("lock", c.Scope, c.Email, c.Network))
	s, err := a.challenged(ctx, c)
	if err != nil {
		return SignInResult{}, err
	}
	step, err := a.proveFactor(ctx, s.Account, string(r.Code), now)
	if err != nil {
		return SignInResult{}, err
	}
	p := attempt{method: c.Method, operation: c.Operation, audience: c.Audience, client: r.Client, taken: t, second: true, step: step}
	return a.finishSignIn(ctx, s, p, now)
}

// challenged loads the account of a challenge again, with the widget's owner. The epoch binds the two steps.
func (a *Authenticator) challenged(ctx context.Context, c pending) (Subject, error) {
	s, err := a.subject(ctx, store.Lookup{ID: c.Account})
	if errors.Is(err, ErrNotFound) {
		return s, ErrInvalidChallenge
	}
	if err != nil {
		return s, err
	}
	if s.Account.Epoch != c.Epoch || len(s.Account.TOTP) == 0 {
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

// proveFactor checks a code of the app, and returns its time step for the store to compare, or uses up a recovery code.
func (a *Authenticator) proveFactor(ctx context.Context, x Account, code string, now time.Time) (step int64, err error) {
	if canon.ValidCode(code) {
		seed, ok := a.keys.Decrypt(boxTOTP, x.TOTP, x.ID[:])
		if !ok {
			return 0, ErrInternal.WithCause(errMasterMissing)
		}
		if step, ok = matchTOTP(seed, code, x.TOTPStep, now); ok {
			return step, nil
		}
		return 0, a.factorFailed(x)
	}
	digest, ok := a.recoveryDigest(x.ID, code)
	if !ok {
		return 0, a.factorFailed(x)
	}
	_, err = a.store.ConsumeSecret(ctx, store.Claim{Purpose: store.PurposeRecovery, Lookup: store.Lookup{ID: x.ID}, Digest: digest, Single: true}, now)
	if errors.Is(err, ErrNotFound) {
		return 0, a.factorFailed(x)
	}
	return 0, err
}

func (a *Authenticator) factorFailed(x Account) error {
	a.event(Event{Name: EventFactorFailed, Account: x.ID, Parent: x.Parent})
	return ErrInvalidCode
}
