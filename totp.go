package tollkeeper

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/base32"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

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
	mostFactors   = 10
	enrolTTL      = 10 * time.Minute
)

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

// Enrolment is what an authenticator app needs. It is shown once and is worth nothing until
// [Authenticator.ConfirmFactor].
type Enrolment struct {
	Seed SecretText // base32
	URL  SecretText // otpauth://, which a camera reads from the PNG
}

// PNG is the URL as a QR code in black and white, 256 points wide, made anew at each call, which takes some 10 ms.
// It is nil for a URL longer than such a code holds, as none of [Authenticator.EnrolFactor] is.
func (e Enrolment) PNG() SecretBytes {
	key, err := otp.NewKeyFromURL(string(e.URL))
	if err != nil {
		return nil
	}
	img, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return nil
	}
	var b bytes.Buffer
	if err := png.Encode(&b, blackAndWhite(img)); err != nil {
		return nil
	}
	return b.Bytes()
}

// blackAndWhite has one bit for each point: a PNG of half the size in half the time.
func blackAndWhite(img image.Image) *image.Paletted {
	bounds := img.Bounds()
	p := image.NewPaletted(bounds, color.Palette{color.White, color.Black})
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r == 0 {
				p.SetColorIndex(x, y, 1)
			}
		}
	}
	return p
}

// sealedFor binds a sealed seed to its account and factor (R45).
func sealedFor(f store.Factor) []byte { return append(f.Account[:], f.ID[:]...) }

func (a *Authenticator) openSeed(f store.Factor) ([]byte, bool) {
	return a.keys.Decrypt(boxTOTP, f.Sealed, sealedFor(f))
}

// keyURI is in Google Authenticator's "Key URI Format", which every app reads. A colon ends the issuer there, so it has
// none. Apps disagree about a plus, which is a space to some, and an ampersand ends a parameter: whatever is no letter
// of a URI is percent-encoded.
func keyURI(issuer, account, seed string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	issuer = escape(strings.ReplaceAll(issuer, ":", " "))
	return "otpauth://totp/" + issuer + ":" + escape(account) + "?secret=" + seed + "&issuer=" + issuer +
		"&algorithm=SHA1&digits=6&period=" + strconv.Itoa(totpPeriod)
}

func (a *Authenticator) enrolment(x Account, seed []byte) Enrolment {
	text := base32Plain.EncodeToString(seed)
	return Enrolment{Seed: SecretText(text), URL: SecretText(keyURI(a.cfg.Product, x.Email, text))}
}

// matchTOTP returns the step of a code that is good now and later than the last one used (RFC 6238 5.2, R39). Every
// step is compared, in constant time. If two have the code, the later one is used up: the code is no good again.
func matchTOTP(seed []byte, code string, last int64, now time.Time) (step int64, ok bool) {
	text := base32Plain.EncodeToString(seed)
	current := now.Unix() / totpPeriod
	for i := current - totpSkew; i <= current+totpSkew; i++ {
		want, err := hotp.GenerateCodeCustom(text, uint64(i), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && i > last && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
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

// RecoveryCodesLeft returns how many of the caller's recovery codes are not used.
func (a *Authenticator) RecoveryCodesLeft(ctx context.Context, by *Identity) (int, error) {
	by = by.orNobody()
	if err := by.may(); err != nil {
		return 0, err
	}
	return a.store.CountSecrets(ctx, by.Account, store.PurposeRecovery, a.now())
}

// recoveryDigest reads a code as people type it.
func (a *Authenticator) recoveryDigest(account uuid.UUID, code string) (store.Digest, bool) {
	plain, ok := canon.RecoveryCode(code)
	if !ok {
		return store.Digest{}, false
	}
	return a.digests.secret(store.PurposeRecovery, account.String(), plain), true
}
