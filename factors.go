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
	setZero(&r.Label, "Authenticator")
	if err := by.may(toEnrol); err != nil {
		return Enrolment{}, err
	}
	if err := checkLabel(r.Label); err != nil {
		return Enrolment{}, err
	}
	s, err := a.mayEnrol(ctx, by, store.FactorTOTP, r.Password, r.Client)
	if err != nil {
		return Enrolment{}, err
	}
	return a.beginFactor(ctx, s, r)
}

// mostOf is how many of a kind an account may have: a code is compared with each app.
var mostOf = map[store.FactorKind]int{store.FactorTOTP: mostFactors, store.FactorPasskey: mostPasskeys}

// mayEnrol asks for what a further factor needs, and returns the account with its credentials.
func (a *Authenticator) mayEnrol(ctx context.Context, by *Identity, kind store.FactorKind, password Password, c Client) (Subject, error) {
	if err := by.may(toEnrol); err != nil {
		return Subject{}, err
	}
	if by.HasFactor {
		password = "" // one factor alone does not add the other
	}
	s, err := a.fresh(ctx, by, password, c)
	if err != nil {
		return s, err
	}
	if s.Account.EmailProvenAt.IsZero() {
		return s, a.askToProve(ctx, by, s, c)
	}
	if password != "" {
		if err := a.freshlyProved(ctx, by, s, c); err != nil {
			return s, err
		}
	}
	if s, err = a.credentialsNow(ctx, by); err != nil {
		return s, err
	}
	if s.Account.Factors != 0 && !by.HasFactor || countKind(s.Factors, kind) >= mostOf[kind] {
		return s, ErrFactorState
	}
	return s, nil
}

// countKind returns how many confirmed factors of the kind there are.
func countKind(list []store.Factor, kind store.FactorKind) (n int) {
	for _, f := range confirmed(list) {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

func checkLabel(label string) error {
	if !canon.ValidLine(label, 64) {
		return ErrInvalidInput.WithField("label").WithMessage("Label must be at most 64 bytes without control characters")
	}
	return nil
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
func (a *Authenticator) askToProve(ctx context.Context, by *Identity, s Subject, c Client) error {
	list := a.addressHits("verify", scopesOf(s)[0], s.Account.EmailKey, a.cfg.Limits.Resend)
	if _, err := a.take(ctx, list, a.now()); err == nil {
		a.queueBestEffort(ctx, a.verificationMail(store.Lookup{ID: s.Account.ID}, by.Audience, "", c, a.now()))
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
	s, t, err := a.factorChange(ctx, by, shown{code: string(code)}, c)
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
	return a.addFactor(ctx, by, s, f, store.Once{}, t, c)
}

// addFactor puts a factor that counts from now on, with recovery codes where it is the first.
func (a *Authenticator) addFactor(ctx context.Context, by *Identity, s Subject, f store.Factor, once store.Once, t taken, c Client) (recovery []SecretText, err error) {
	change := store.Change{Account: s.Account, PutFactors: []store.Factor{f}, Once: once}
	change.Account.Factors = kinds(append(confirmed(s.Factors), f))
	if s.Account.Factors == 0 {
		recovery, change.Secrets = a.newRecoveryCodes(s.Account.ID, a.now())
		change.Void = []store.Purpose{store.PurposeRecovery}
	}
	if err := a.changeFactor(ctx, by, s, change, t, c, "enrolled"); err != nil {
		return nil, err
	}
	return recovery, nil
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
	Factor     uuid.UUID  // zero: every one
	Password   Password   // fresh proof, as in [Authenticator.EnrolFactor]; empty: the session was proved within five minutes
	MailedCode SecretText // the same by [Authenticator.RequestCode] for the own address, where Password is empty
	Code       SecretText
	Passkey    PasskeyAnswer // to [Authenticator.BeginPasskeyProof], instead of all of them
	Client     Client
}

// RemoveFactor takes a second factor away, or all of them: fresh proof of the first is needed and a code of any, or a
// passkey, whose authenticator has verified its owner, and which is both. With the last one the recovery codes are
// void. Other sessions end, the owner is told by mail. [ErrFactorState]: there is none; [ErrNotFound]: not that one;
// [ErrLastWayIn], of a passkey; [ErrInvalidChallenge]: the ticket of the passkey that is shown has served.
func (a *Authenticator) RemoveFactor(ctx context.Context, by *Identity, r FactorRemoval) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if err := a.freshFirst(ctx, by, r); err != nil {
		return err
	}
	s, t, proof, err := a.provenFactor(ctx, by, shownBy(by, r.Code, r.Passkey), r.Client)
	if err != nil {
		return err
	}
	change := store.Change{Account: s.Account, Use: proof.use, Once: proof.once}
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
	if !a.waysAfter(s, change).any() {
		a.release(ctx, t.undecided())
		return ErrLastWayIn
	}
	return a.changeFactor(ctx, by, s, change, t, r.Client, "removed")
}

// freshFirst asks for a fresh proof of the first factor, which a passkey is, too.
func (a *Authenticator) freshFirst(ctx context.Context, by *Identity, r FactorRemoval) (err error) {
	switch {
	case !r.Passkey.IsZero():
	case r.Password == "" && r.MailedCode != "":
		_, err = a.confirmByCode(ctx, by, r.MailedCode, r.Client)
	default:
		_, err = a.fresh(ctx, by, r.Password, r.Client)
	}
	return err
}

// FactorProof shows one of the caller's second factors.
type FactorProof struct {
	Code    SecretText    // of an app, or a recovery code
	Passkey PasskeyAnswer // to [Authenticator.BeginPasskeyProof], instead of Code
	Client  Client
}

// NewRecoveryCodes replaces the recovery codes.
func (a *Authenticator) NewRecoveryCodes(ctx context.Context, by *Identity, r FactorProof) ([]SecretText, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return nil, err
	}
	s, t, proof, err := a.provenFactor(ctx, by, shownBy(by, r.Code, r.Passkey), r.Client)
	if err != nil {
		return nil, err
	}
	change := store.Change{Account: s.Account, Use: proof.use, Once: proof.once, Void: []store.Purpose{store.PurposeRecovery}}
	var recovery []SecretText
	recovery, change.Secrets = a.newRecoveryCodes(s.Account.ID, a.now())
	return recovery, a.changeFactor(ctx, by, s, change, t, r.Client, "recovery-codes")
}

// FactorInfo is a second factor as its owner sees it.
type FactorInfo struct {
	ID        uuid.UUID
	Kind      string // "totp", "passkey"
	Label     string
	CreatedAt time.Time
	UsedAt    time.Time // zero: never

	// Of a passkey only.
	Device   string // the authenticator that made it; empty: it does not say, or is not known
	Domain   string // whose pages it is good on
	Synced   bool   // it may be copied to its owner's other devices
	BackedUp bool   // it was, when it was used last
}

// infoOf shows a factor to its owner.
func (a *Authenticator) infoOf(f store.Factor) FactorInfo {
	i := FactorInfo{ID: f.ID, Kind: string(f.Kind), Label: f.Label, CreatedAt: f.CreatedAt, UsedAt: f.UsedAt}
	if r, ok := a.openPasskey(f); ok {
		i.Device, i.Domain, i.Synced, i.BackedUp = r.Device, r.Domain, r.Synced, r.BackedUp
	}
	return i
}

// Factors lists the caller's second factors in order of creation.
func (a *Authenticator) Factors(ctx context.Context, by *Identity) ([]FactorInfo, error) {
	by = by.orNobody()
	if err := by.may(toEnrol); err != nil {
		return nil, err
	}
	s, err := a.withCredentials(ctx, by)
	return a.factorsOf(s), err
}

// factorsOf shows the factors of an account that was read with its credentials.
func (a *Authenticator) factorsOf(s Subject) (list []FactorInfo) {
	for _, f := range confirmed(s.Factors) {
		list = append(list, a.infoOf(f))
	}
	return list
}

// RenameFactor gives one of the caller's second factors another label, of 1 to 64 bytes. [ErrNotFound]: they have none
// of that id; [ErrInvalidInput] (label).
func (a *Authenticator) RenameFactor(ctx context.Context, by *Identity, factor uuid.UUID, label string) error {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return err
	}
	if err := checkLabel(label); err != nil || label == "" {
		return ErrInvalidInput.WithField("label").WithMessage("Label must be 1 to 64 bytes without control characters")
	}
	return a.retry(func() error {
		s, err := a.credentialsNow(ctx, by)
		if err != nil {
			return err
		}
		for _, f := range confirmed(s.Factors) {
			if f.ID == factor {
				f.Label = label
				e := about(&s.Account, EventFactorRenamed)
				c := store.Change{Account: s.Account, PutFactors: []store.Factor{f}}
				c.Events = []Event{e}
				_, _, err := a.update(ctx, c, a.now())
				return err
			}
		}
		return ErrNotFound
	})
}

// changeFactor writes the change with what belongs to each: other sessions ended, a notice.
func (a *Authenticator) changeFactor(ctx context.Context, by *Identity, s Subject, c store.Change, t taken, from Client, what string) error {
	now := a.now()
	e := about(&s.Account, EventFactorChanged)
	e.Network, e.Detail = from.network(), what
	c.EndSessions, c.KeepSession, c.Events, c.Mail = true, by.Session, []Event{e}, a.notice(s, noticeFactor)
	_, _, err := a.update(ctx, c, now)
	switch {
	case errors.Is(err, ErrInvalidLink):
		err = ErrInvalidChallenge.WithCause(err) // the passkey's ticket has served
	case errors.Is(err, ErrConflict) && c.Use != (store.Use{}):
		err = ErrInvalidCode.WithCause(err) // the code was used a moment ago
	}
	if err != nil {
		a.settle(ctx, t, err)
		return err
	}
	a.release(ctx, a.earned(t))
	return nil
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
