package authtest

import (
	"errors"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
)

// Factor is a second factor, by what its owner keeps.
type Factor struct {
	Seed     string   // that the authenticator app was shown
	Recovery []string // codes for when the app is lost, each good once
}

// EnrolFactor gives the account an authenticator app as its second factor. From then on [Kit.SignIn] returns a
// challenge.
func (k *Kit) EnrolFactor(a Account) Factor {
	k.tb.Helper()
	id := k.SignedIn(a)
	e, err := proved(k, a, id, func() (tollkeeper.Enrolment, error) {
		return k.Auth.EnrolFactor(k.tb.Context(), id, tollkeeper.FactorEnrolment{Password: tollkeeper.Password(a.Password)})
	})
	k.must(err, "enrol a factor of "+a.Email)
	f := Factor{Seed: string(e.Seed)}
	codes, err := k.Auth.ConfirmFactor(k.tb.Context(), id, tollkeeper.SecretText(k.FactorCode(f)), tollkeeper.Client{})
	k.must(err, "confirm a factor of "+a.Email)
	for _, code := range codes {
		f.Recovery = append(f.Recovery, string(code))
	}
	return f
}

// proved does what asks for a proven mailbox: where the account's is not yet, it follows the link that the first try
// mailed, and tries again.
func proved[T any](k *Kit, a Account, id *tollkeeper.Identity, do func() (T, error)) (T, error) {
	k.tb.Helper()
	done, err := do()
	if errors.Is(err, tollkeeper.ErrUnverified) {
		k.Prove(a, id)
		return do()
	}
	return done, err
}

// Prove shows that the account's mailbox is its owner's: by the newest link that was mailed there, opened with a
// session of the account.
func (k *Kit) Prove(a Account, by *tollkeeper.Identity) {
	k.tb.Helper()
	token := k.LastToken(a.Email, tollkeeper.MailVerify)
	_, err := k.Auth.VerifyEmail(k.tb.Context(), tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(token), By: by})
	k.must(err, "prove the mailbox "+a.Email)
}

// FactorCode returns what the authenticator app shows now. None is good twice: [Kit.Advance] half a minute for the next
// one.
func (k *Kit) FactorCode(f Factor) string {
	k.tb.Helper()
	return k.TOTP(f.Seed)
}

// TOTP is [Kit.FactorCode] of a seed that the test has from elsewhere, as from an answer of the host's own enrolment.
func (k *Kit) TOTP(seed string) string {
	k.tb.Helper()
	code, err := totp.GenerateCode(seed, k.Now())
	k.must(err, "make a code of the second factor")
	return code
}

// SignInWithFactor is [Kit.SignIn] of an account that has the factor, with both steps. It moves the clock by half a
// minute between them, so that the app shows a code that was not used yet.
func (k *Kit) SignInWithFactor(a Account, f Factor, edits ...func(*tollkeeper.SignInRequest)) tollkeeper.SignInResult {
	k.tb.Helper()
	first := k.SignIn(a, edits...)
	if first.Challenge == "" {
		k.tb.Fatalf("authtest: %s signs in without a second factor", a.Email)
	}
	k.Advance(period)
	code := tollkeeper.SecretText(k.FactorCode(f))
	res, err := k.Auth.SignInWithFactor(k.tb.Context(), tollkeeper.FactorRequest{Challenge: first.Challenge, Code: code})
	k.must(err, "sign in "+a.Email+" with the second factor")
	return res
}

const period = 30 * time.Second // that a code is shown
