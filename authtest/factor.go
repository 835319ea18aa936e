package authtest

import (
	"errors"

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
	enrol := func() (tollkeeper.Enrolment, error) {
		return k.Auth.EnrolFactor(k.tb.Context(), id, tollkeeper.FactorEnrolment{Password: tollkeeper.Password(a.Password)})
	}
	e, err := enrol()
	if errors.Is(err, tollkeeper.ErrUnverified) { // the link that proves the mailbox is on its way
		k.Prove(a, id)
		e, err = enrol()
	}
	k.must(err, "enrol a factor of "+a.Email)
	f := Factor{Seed: string(e.Seed)}
	codes, err := k.Auth.ConfirmFactor(k.tb.Context(), id, tollkeeper.SecretText(k.FactorCode(f)), tollkeeper.Client{})
	k.must(err, "confirm a factor of "+a.Email)
	for _, code := range codes {
		f.Recovery = append(f.Recovery, string(code))
	}
	return f
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
	code, err := totp.GenerateCode(f.Seed, k.Now())
	k.must(err, "make a code of the second factor")
	return code
}
