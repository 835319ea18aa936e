package tollkeeper

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"image/png"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/random"
	"github.com/tollkeeper/tollkeeper/store"
)

const (
	totpPeriod    = 30 // seconds (RFC 6238)
	totpSkew      = 1  // steps to either side
	seedBytes     = 20 // 160 bits (RFC 4226 section 4)
	recoveryCodes = 10
	boxTOTP       = "totp"
	qrPixels      = 256
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// Enrolment is what an authenticator app needs. It is shown once and is worth nothing until
// [Authenticator.ConfirmFactor].
type Enrolment struct {
	Seed SecretText  // base32
	URL  SecretText  // otpauth://
	PNG  SecretBytes // the URL as QR code
}

// EnrolFactor begins a second factor for the caller: a new seed waits for its first code. Fresh proof is needed: the
// password, or a session proved within five minutes. [ErrNotRecent], [ErrInvalidCredentials], [ErrLocked];
// [ErrFactorState]: there is one already.
func (a *Authenticator) EnrolFactor(ctx context.Context, by *Identity, password Password, c Client) (Enrolment, error) {
	by = by.orNobody()
	s, err := a.fresh(ctx, by, password, c)
	if err != nil {
		return Enrolment{}, err
	}
	if len(s.Account.TOTP) > 0 {
		return Enrolment{}, ErrFactorState
	}
	seed := make([]byte, seedBytes)
	rand.Read(seed)
	e, err := a.enrolment(s.Account, seed)
	if err != nil {
		return Enrolment{}, ErrInternal.WithCause(err)
	}
	change := store.Change{Account: s.Account}
	if change.Account.TOTPPending, err = a.keys.Encrypt(boxTOTP, seed, s.Account.ID[:]); err != nil {
		return Enrolment{}, ErrInternal.WithCause(err)
	}
	_, _, err = a.update(ctx, change, a.now())
	return e, err
}

func (a *Authenticator) enrolment(x Account, seed []byte) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: strings.ReplaceAll(a.cfg.Product, ":", " "), AccountName: x.Email, Secret: seed, Period: totpPeriod})
	if err != nil {
		return Enrolment{}, err
	}
	img, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return Enrolment{}, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Seed: SecretText(key.Secret()), URL: SecretText(key.URL()), PNG: b.Bytes()}, nil
}

// ConfirmFactor turns the second factor on with the first code of the app, and returns ten recovery codes, which are
// shown this once. Other sessions end; the owner is told by mail. [ErrFactorState]: nothing was begun;
// [ErrInvalidCode]; [ErrRateLimited].
func (a *Authenticator) ConfirmFactor(ctx context.Context, by *Identity, code SecretText, c Client) (recovery []SecretText, err error) {
	by = by.orNobody()
	s, t, err := a.factorChange(ctx, by, string(code))
	if err != nil {
		return nil, err
	}
	if len(s.Account.TOTPPending) == 0 || len(s.Account.TOTP) > 0 {
		return nil, ErrFactorState
	}
	now := a.now()
	seed, ok := a.keys.Decrypt(boxTOTP, s.Account.TOTPPending, s.Account.ID[:])
	if !ok {
		return nil, ErrInternal.WithCause(errMasterMissing)
	}
	step, ok := matchTOTP(seed, string(code), s.Account.TOTPStep, now)
	if !ok {
		return nil, a.factorFailed(s.Account)
	}
	change := store.Change{Account: s.Account, TOTPStep: step}
	change.Account.TOTP, change.Account.TOTPPending = s.Account.TOTPPending, nil
	recovery, change.Secrets = a.newRecoveryCodes(s.Account.ID, now)
	return recovery, a.changeFactor(ctx, by, s, change, t, "enrolled")
}

// RemoveFactor turns the second factor off: fresh proof of the first and a code are needed. Recovery codes are void,
// other sessions end, the owner is told by mail. [ErrFactorState]: there is none.
func (a *Authenticator) RemoveFactor(ctx context.Context, by *Identity, r Confirmation) error {
	by = by.orNobody()
	if _, err := a.fresh(ctx, by, r.Password, r.Client); err != nil {
		return err
	}
	s, t, step, err := a.provenFactor(ctx, by, string(r.Code))
	if err != nil {
		return err
	}
	change := store.Change{Account: s.Account, TOTPStep: step}
	change.Account.TOTP, change.Account.TOTPPending = nil, nil
	return a.changeFactor(ctx, by, s, change, t, "removed")
}

// NewRecoveryCodes replaces the recovery codes; a code of the app, or an old recovery code, is needed.
func (a *Authenticator) NewRecoveryCodes(ctx context.Context, by *Identity, code SecretText, c Client) ([]SecretText, error) {
	by = by.orNobody()
	s, t, step, err := a.provenFactor(ctx, by, string(code))
	if err != nil {
		return nil, err
	}
	change := store.Change{Account: s.Account, TOTPStep: step}
	var recovery []SecretText
	recovery, change.Secrets = a.newRecoveryCodes(s.Account.ID, a.now())
	return recovery, a.changeFactor(ctx, by, s, change, t, "recovery-codes")
}

func (a *Authenticator) factorChange(ctx context.Context, by *Identity, code string) (Subject, taken, error) {
	t, err := a.takeFactor(ctx, by.Account, code, a.now())
	if err != nil {
		return Subject{}, t, err
	}
	s, err := a.self(ctx, by)
	return s, t, err
}

func (a *Authenticator) provenFactor(ctx context.Context, by *Identity, code string) (Subject, taken, int64, error) {
	s, t, err := a.factorChange(ctx, by, code)
	if err != nil {
		return s, t, 0, err
	}
	if len(s.Account.TOTP) == 0 {
		return s, t, 0, ErrFactorState
	}
	step, err := a.proveFactor(ctx, s.Account, code, a.now())
	return s, t, step, err
}

// changeFactor writes the change with what belongs to each: old recovery codes void, other sessions ended, a notice.
func (a *Authenticator) changeFactor(ctx context.Context, by *Identity, s Subject, c store.Change, t taken, what string) error {
	now := a.now()
	c.EndSessions, c.KeepSession, c.Void, c.Mail = true, by.Session, []store.Purpose{store.PurposeRecovery}, a.notice(s, noticeFactor)
	if _, _, err := a.update(ctx, c, now); err != nil {
		return err
	}
	a.release(ctx, t.earned(), now)
	a.event(Event{Name: EventFactorChanged, Account: s.Account.ID, Parent: s.Account.Parent, Detail: what})
	return nil
}

// matchTOTP returns the step of a code that is good now and later than the last one used (RFC 6238 5.2, R39). Every
// step is compared, in constant time.
func matchTOTP(seed []byte, code string, last int64, now time.Time) (step int64, ok bool) {
	text := base32Plain.EncodeToString(seed)
	current := now.Unix() / totpPeriod
	for i := current - totpSkew; i <= current+totpSkew; i++ {
		want, err := hotp.GenerateCodeCustom(text, uint64(i), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && i > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && !ok {
			step, ok = i, true
		}
	}
	return step, ok
}

// newRecoveryCodes returns ten codes of 80 bits and the digests to keep (R43).
func (a *Authenticator) newRecoveryCodes(account uuid.UUID, now time.Time) (codes []SecretText, kept []store.Secret) {
	for range recoveryCodes {
		code := random.RecoveryCode()
		digest, _ := a.recoveryDigest(account, code)
		codes = append(codes, SecretText(code))
		kept = append(kept, store.Secret{Account: account, Purpose: store.PurposeRecovery, Digest: digest, CreatedAt: now})
	}
	return codes, kept
}

// recoveryDigest reads a code as people type it.
func (a *Authenticator) recoveryDigest(account uuid.UUID, code string) (store.Digest, bool) {
	plain, ok := canon.RecoveryCode(code)
	if !ok {
		return store.Digest{}, false
	}
	return a.digests.secret(store.PurposeRecovery, account.String(), plain), true
}
