package tollkeeper

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// shown is a second factor that somebody shows: a code, or a passkey's answer to a question that was asked for this.
type shown struct {
	code      string
	passkey   PasskeyAnswer
	use       ceremonyUse
	session   uuid.UUID
	challenge store.Once // that it ends; zero: none
}

// shownBy is what somebody shows who is signed in.
func shownBy(by *Identity, code SecretText, passkey PasskeyAnswer) shown {
	return shown{code: string(code), passkey: passkey, use: toConfirm, session: by.Session}
}

// shownProof is what a store compares of a second factor that was shown. Zero: a recovery code, which is used already.
type shownProof struct {
	use  store.Use
	once store.Once
}

func (a *Authenticator) factorChange(ctx context.Context, by *Identity, w shown, c Client) (Subject, taken, error) {
	t, err := a.takeFactor(ctx, guess{account: by.Account, client: c}, w, a.now())
	if err != nil {
		return Subject{}, t, err
	}
	s, err := a.credentialsNow(ctx, by)
	if err != nil {
		a.release(ctx, t.undecided())
	}
	return s, t, err
}

func (a *Authenticator) provenFactor(ctx context.Context, by *Identity, w shown, c Client) (Subject, taken, shownProof, error) {
	s, t, err := a.factorChange(ctx, by, w, c)
	if err != nil {
		return s, t, shownProof{}, err
	}
	if s.Account.Factors == 0 {
		a.release(ctx, t.undecided())
		return s, t, shownProof{}, ErrFactorState
	}
	proof, err := a.proveFactor(ctx, s, w, c, a.now())
	if err != nil {
		a.settle(ctx, t, err)
	}
	return s, t, proof, err
}

// proveFactor checks a code of one of the account's apps, or the answer of one of its passkeys, and returns the use for
// the store to compare, or uses up a recovery code. s comes with its credentials.
func (a *Authenticator) proveFactor(ctx context.Context, s Subject, w shown, c Client, now time.Time) (shownProof, error) {
	if !w.passkey.IsZero() {
		return a.proveByPasskey(ctx, s, w, c)
	}
	if plain, ok := canon.Code(w.code); ok {
		use, err := a.appUsed(s.Factors, plain, now)
		if err == nil && use == (store.Use{}) {
			err = a.factorFailed(s.Account, c)
		}
		return shownProof{use: use}, err
	}
	return shownProof{}, a.useRecoveryCode(ctx, s, w.code, c, now)
}

func (a *Authenticator) useRecoveryCode(ctx context.Context, s Subject, code string, c Client, now time.Time) error {
	digest, ok := a.recoveryDigest(s.Account.ID, code)
	if !ok {
		return a.factorFailed(s.Account, c)
	}
	used := about(&s.Account, EventRecoveryCodeUsed)
	used.Network = c.network()
	claim := store.Claim{
		Purpose: store.PurposeRecovery, Lookup: store.Lookup{ID: s.Account.ID}, Digest: digest, Single: true, Events: []Event{used},
	}
	_, err := a.store.ConsumeSecret(ctx, claim, now)
	if errors.Is(err, ErrNotFound) {
		return a.factorFailed(s.Account, c)
	}
	return err
}

// appUsed finds the app that the code is of. Zero: none. Only where one cannot be read, and no other has the code,
// nobody can tell.
func (a *Authenticator) appUsed(list []store.Factor, code string, now time.Time) (store.Use, error) {
	var unread error
	for _, f := range confirmed(list) {
		if f.Kind != store.FactorTOTP {
			continue
		}
		seed, ok := a.openSeed(f)
		if !ok {
			unread = ErrInternal.WithCause(errMasterMissing)
			continue
		}
		if step, ok := matchTOTP(seed, code, f.Counter, now); ok {
			return store.Use{Factor: f.ID, Counter: step}, nil
		}
	}
	return store.Use{}, unread
}

func (a *Authenticator) factorFailed(x Account, c Client) error {
	e := about(&x, EventFactorFailed)
	e.Network = c.network()
	a.event(e)
	return ErrInvalidCode
}
