package tollkeeper

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// FactorEnrolment begins a second factor.
type FactorEnrolment struct {
	Label    string // for its owner, at most 64 bytes; empty: "Authenticator"
	Password Password
	Client   Client
}

// EnrolFactor begins a second factor for the caller: a new seed waits ten minutes for its first code, and ends with the
// caller's sessions. Any number up to ten may be enrolled, so that a second device is no problem. Fresh proof is
// needed: the password, or a session proved within five minutes; beside another factor only the latter will do, which
// that factor has proved. [ErrUnverified]: the mailbox is not proven, and a link for that is on its way;
// [ErrNotRecent], [ErrInvalidCredentials], [ErrLocked]; [ErrInvalidInput] (label); [ErrFactorState]: there are ten
// already.
func (a *Authenticator) EnrolFactor(ctx context.Context, by *Identity, r FactorEnrolment) (Enrolment, error) {
	by = by.orNobody()
	if err := by.may(toEnrol); err != nil {
		return Enrolment{}, err
	}
	setZero(&r.Label, "Authenticator")
	if !canon.ValidLine(r.Label, 64) {
		return Enrolment{}, ErrInvalidInput.WithField("label").WithMessage("Label must be at most 64 bytes without control characters")
	}
	if by.HasFactor {
		r.Password = "" // one factor alone does not add the other
	}
	s, err := a.fresh(ctx, by, r.Password, r.Client)
	if err != nil {
		return Enrolment{}, err
	}
	if s.Account.EmailProvenAt.IsZero() {
		return Enrolment{}, a.askToProve(ctx, by, s)
	}
	if r.Password != "" {
		if err := a.freshlyProved(ctx, by, s, r.Client); err != nil {
			return Enrolment{}, err
		}
	}
	if s, err = a.withCredentials(ctx, by); err != nil {
		return Enrolment{}, err
	}
	if s.Account.Factors != 0 && !by.HasFactor || len(confirmed(s.Factors)) >= mostFactors {
		return Enrolment{}, ErrFactorState
	}
	return a.beginFactor(ctx, s, r)
}

// beginFactor makes the seed. What was begun before is dropped: there is one pending app at a time.
func (a *Authenticator) beginFactor(ctx context.Context, s Subject, r FactorEnrolment) (Enrolment, error) {
	seed := make([]byte, seedBytes)
	rand.Read(seed)
	now := a.now()
	f := store.Factor{ID: a.idAt(now), Account: s.Account.ID, Kind: store.FactorTOTP, Label: r.Label, CreatedAt: now, PendingUntil: now.Add(enrolTTL)}
	var err error
	if f.Sealed, err = a.keys.Encrypt(boxTOTP, seed, sealedFor(f)); err != nil {
		return Enrolment{}, ErrInternal.WithCause(err)
	}
	c := store.Change{Account: s.Account, PutFactors: []store.Factor{f}}
	for _, old := range s.Factors {
		if old.Kind == store.FactorTOTP && !old.PendingUntil.IsZero() {
			c.DropFactors = append(c.DropFactors, old.ID)
		}
	}
	begun := about(&s.Account, EventFactorBegun)
	begun.Network = r.Client.network()
	c.Events = []Event{begun}
	if _, _, err := a.update(ctx, c, now); err != nil {
		return Enrolment{}, err
	}
	return a.enrolment(s.Account, seed), nil
}

// askToProve mails the caller a link that proves the mailbox, as often as [Limits].Resend, and returns ErrUnverified.
func (a *Authenticator) askToProve(ctx context.Context, by *Identity, s Subject) error {
	hits := a.addressHits("verify", scopesOf(s)[0], s.Account.EmailKey, a.cfg.Limits.Resend)
	if _, err := a.take(ctx, hits, a.now()); err == nil {
		a.queueBestEffort(ctx, a.verificationMail(store.Lookup{ID: s.Account.ID}, by.Audience, "", a.now()))
	}
	return ErrUnverified
}

// freshlyProved notes the password that was just shown, so that the confirmation finds a fresh proof.
func (a *Authenticator) freshlyProved(ctx context.Context, by *Identity, s Subject, c Client) error {
	return a.proved(ctx, by, a.reauthenticated(by, s, c))
}

// ConfirmFactor turns the factor that was begun on, with the first code of the app. The first factor of an account
// comes with ten recovery codes, which are shown this once; with a further one those stay, and none are returned. Other
// sessions end; the owner is told by mail. [ErrFactorState]: nothing was begun, or ten minutes ago; [ErrNotRecent]: the
// session was not proved in the last quarter of an hour; [ErrInvalidCode]; [ErrRateLimited].
func (a *Authenticator) ConfirmFactor(ctx context.Context, by *Identity, code SecretText, c Client) (recovery []SecretText, err error) {
	by = by.orNobody()
	if err := by.may(toEnrol); err != nil {
		return nil, err
	}
	if err := a.RequireRecent(by, enrolTTL+freshFor); err != nil {
		return nil, err
	}
	s, t, err := a.factorChange(ctx, by, string(code), c)
	if err != nil {
		return nil, err
	}
	now := a.now()
	f, step, err := a.pendingStep(&s, code, c, now)
	if err != nil {
		a.settle(ctx, t, err)
		return nil, err
	}
	f.Counter, f.UsedAt, f.PendingUntil = step, now, time.Time{}
	change := store.Change{Account: s.Account, PutFactors: []store.Factor{f}}
	change.Account.Factors = kinds(append(confirmed(s.Factors), f))
	if s.Account.Factors == 0 {
		recovery, change.Secrets = a.newRecoveryCodes(s.Account.ID, now)
		change.Void = []store.Purpose{store.PurposeRecovery}
	}
	return recovery, a.changeFactor(ctx, by, s, change, t, c, "enrolled")
}

// pendingStep returns the app that was begun, and the step of its code.
func (a *Authenticator) pendingStep(s *Subject, code SecretText, c Client, now time.Time) (store.Factor, int64, error) {
	f, ok := pendingApp(s.Factors, now)
	if !ok {
		return f, 0, ErrFactorState
	}
	seed, ok := a.openSeed(f)
	if !ok {
		return f, 0, ErrInternal.WithCause(errMasterMissing)
	}
	plain, _ := canon.Code(string(code))
	step, ok := matchTOTP(seed, plain, f.Counter, now)
	if !ok {
		return f, 0, a.factorFailed(s.Account, c)
	}
	return f, step, nil
}

// pendingApp returns the app that was begun and can still be confirmed.
func pendingApp(list []store.Factor, now time.Time) (store.Factor, bool) {
	for _, f := range list {
		if f.Kind == store.FactorTOTP && now.Before(f.PendingUntil) {
			return f, true
		}
	}
	return store.Factor{}, false
}

// FactorRemoval takes a second factor away.
type FactorRemoval struct {
	Factor   uuid.UUID // zero: every one
	Password Password  // fresh proof, as in [Authenticator.EnrolFactor]; empty: the session was proved within five minutes
	Code     SecretText
	Client   Client
}

// RemoveFactor takes a second factor away, or all of them: fresh proof of the first and a code of any are needed. With
// the last one the recovery codes are void. Other sessions end, the owner is told by mail. [ErrFactorState]: there is
// none; [ErrNotFound]: not that one.
func (a *Authenticator) RemoveFactor(ctx context.Context, by *Identity, r FactorRemoval) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if _, err := a.fresh(ctx, by, r.Password, r.Client); err != nil {
		return err
	}
	s, t, use, err := a.provenFactor(ctx, by, string(r.Code), r.Client)
	if err != nil {
		return err
	}
	change := store.Change{Account: s.Account, Use: use}
	var left []store.Factor
	for _, f := range s.Factors {
		if r.Factor == uuid.Nil || f.ID == r.Factor {
			change.DropFactors = append(change.DropFactors, f.ID)
		} else {
			left = append(left, f)
		}
	}
	if len(change.DropFactors) == 0 {
		return ErrNotFound
	}
	if change.Account.Factors = kinds(left); change.Account.Factors == 0 {
		change.Void = []store.Purpose{store.PurposeRecovery}
	}
	return a.changeFactor(ctx, by, s, change, t, r.Client, "removed")
}

// NewRecoveryCodes replaces the recovery codes; a code of an app, or an old recovery code, is needed.
func (a *Authenticator) NewRecoveryCodes(ctx context.Context, by *Identity, code SecretText, c Client) ([]SecretText, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return nil, err
	}
	s, t, use, err := a.provenFactor(ctx, by, string(code), c)
	if err != nil {
		return nil, err
	}
	change := store.Change{Account: s.Account, Use: use, Void: []store.Purpose{store.PurposeRecovery}}
	var recovery []SecretText
	recovery, change.Secrets = a.newRecoveryCodes(s.Account.ID, a.now())
	return recovery, a.changeFactor(ctx, by, s, change, t, c, "recovery-codes")
}

// FactorInfo is a second factor as its owner sees it.
type FactorInfo struct {
	ID        uuid.UUID
	Kind      string // "totp", "passkey"
	Label     string
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
}

// Factors lists the caller's second factors in order of creation.
func (a *Authenticator) Factors(ctx context.Context, by *Identity) ([]FactorInfo, error) {
	by = by.orNobody()
	if err := by.may(toEnrol); err != nil {
		return nil, err
	}
	s, err := a.withCredentials(ctx, by)
	if err != nil {
		return nil, err
	}
	var list []FactorInfo
	for _, f := range confirmed(s.Factors) {
		list = append(list, FactorInfo{ID: f.ID, Kind: string(f.Kind), Label: f.Label, CreatedAt: f.CreatedAt, UsedAt: f.UsedAt})
	}
	return list, nil
}

func (a *Authenticator) factorChange(ctx context.Context, by *Identity, code string, c Client) (Subject, taken, error) {
	t, err := a.takeFactor(ctx, guess{account: by.Account, client: c}, code, a.now())
	if err != nil {
		return Subject{}, t, err
	}
	s, err := a.withCredentials(ctx, by)
	if err != nil {
		a.release(ctx, t.undecided())
	}
	return s, t, err
}

func (a *Authenticator) provenFactor(ctx context.Context, by *Identity, code string, c Client) (Subject, taken, store.Use, error) {
	s, t, err := a.factorChange(ctx, by, code, c)
	if err != nil {
		return s, t, store.Use{}, err
	}
	if s.Account.Factors == 0 {
		a.release(ctx, t.undecided())
		return s, t, store.Use{}, ErrFactorState
	}
	use, err := a.proveFactor(ctx, s, code, c, a.now())
	if err != nil {
		a.settle(ctx, t, err)
	}
	return s, t, use, err
}

// changeFactor writes the change with what belongs to each: other sessions ended, a notice.
func (a *Authenticator) changeFactor(ctx context.Context, by *Identity, s Subject, c store.Change, t taken, from Client, what string) error {
	now := a.now()
	e := about(&s.Account, EventFactorChanged)
	e.Network, e.Detail = from.network(), what
	c.EndSessions, c.KeepSession, c.Events, c.Mail = true, by.Session, []Event{e}, a.notice(s, noticeFactor)
	_, _, err := a.update(ctx, c, now)
	if errors.Is(err, ErrConflict) && c.Use != (store.Use{}) {
		err = ErrInvalidCode.WithCause(err) // the code was used a moment ago
	}
	if err != nil {
		a.settle(ctx, t, err)
		return err
	}
	a.release(ctx, a.earned(t))
	return nil
}

// proveFactor checks a code of one of the account's apps, and returns the use for the store to compare, or uses up a
// recovery code. s comes with its credentials.
func (a *Authenticator) proveFactor(ctx context.Context, s Subject, code string, c Client, now time.Time) (store.Use, error) {
	if plain, ok := canon.Code(code); ok {
		use, err := a.appUsed(s.Factors, plain, now)
		if err == nil && use == (store.Use{}) {
			err = a.factorFailed(s.Account, c)
		}
		return use, err
	}
	digest, ok := a.recoveryDigest(s.Account.ID, code)
	if !ok {
		return store.Use{}, a.factorFailed(s.Account, c)
	}
	used := about(&s.Account, EventRecoveryCodeUsed)
	used.Network = c.network()
	claim := store.Claim{
		Purpose: store.PurposeRecovery, Lookup: store.Lookup{ID: s.Account.ID}, Digest: digest, Single: true, Events: []Event{used},
	}
	_, err := a.store.ConsumeSecret(ctx, claim, now)
	if errors.Is(err, ErrNotFound) {
		return store.Use{}, a.factorFailed(s.Account, c)
	}
	return store.Use{}, err
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

// confirmed returns the factors that count.
func confirmed(list []store.Factor) (count []store.Factor) {
	for _, f := range list {
		if f.PendingUntil.IsZero() {
			count = append(count, f)
		}
	}
	return count
}

// kinds returns the set of the confirmed ones.
func kinds(list []store.Factor) (set store.FactorSet) {
	for _, f := range confirmed(list) {
		switch f.Kind {
		case store.FactorTOTP:
			set |= store.HasTOTP
		case store.FactorPasskey:
			set |= store.HasPasskey
		}
	}
	return set
}
