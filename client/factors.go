package client

import (
	"context"
	"time"
)

// Factor is a second factor of an account.
type Factor struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"` // "totp" or "passkey"
	Label     string    `json:"label"`
	CreatedAt time.Time `json:"createdAt"`
	UsedAt    time.Time `json:"usedAt"`

	// Of a passkey only.
	Device   string `json:"device,omitempty"`   // authenticator that made it; empty: unknown
	Domain   string `json:"domain,omitempty"`   // whose pages it is good on
	Synced   bool   `json:"synced,omitempty"`   // it may be copied to its owner's other devices
	BackedUp bool   `json:"backedUp,omitempty"` // it was, when it was used last
}

type factors struct {
	Factors []Factor `json:"factors"`
}

// Enrolment begins an authenticator app.
type Enrolment struct {
	Label    string `json:"label"`    // for its owner
	Password Secret `json:"password"` // not needed within five minutes of a proof
}

// Enrolled is what an authenticator app reads, in three forms.
type Enrolled struct {
	Secret     Secret `json:"secret"`     // for typing
	OTPAuthURL Secret `json:"otpauthUrl"` // for tapping
	QRCode     Secret `json:"qrCode"`     // data URL of a PNG
}

// FactorRemoval takes second factors away.
type FactorRemoval struct {
	Code     Secret         `json:"code"`     // of any of them, or a recovery code
	Passkey  *PasskeyAnswer `json:"passkey"`  // to [Session.BeginPasskeyProof], instead of Code
	Password Secret         `json:"password"` // not needed within five minutes of a proof
}

// FactorProof shows one of the account's second factors.
type FactorProof struct {
	Code    Secret         `json:"code"`    // of an app, or a recovery code
	Passkey *PasskeyAnswer `json:"passkey"` // to [Session.BeginPasskeyProof], instead of Code
}

type factorLabel struct {
	Label string `json:"label"`
}

type factorCode struct {
	Code Secret `json:"code"`
}

type recoveryCodes struct {
	RecoveryCodes []Secret `json:"recoveryCodes"`
}

// Identity is a linked sign-in with another issuer.
type Identity struct {
	Name     string    `json:"name"` // of the issuer, as "google"; empty: it has none
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email"`
	LinkedAt time.Time `json:"linkedAt"`
	UsedAt   time.Time `json:"usedAt"`
}

type identities struct {
	Identities []Identity `json:"identities"`
}

// IdentityRemoval takes a linked sign-in away.
type IdentityRemoval struct {
	Subject  string `json:"subject"`  // needed where the account has several with this issuer
	Password Secret `json:"password"` // not needed within five minutes of a proof
}

// Factors returns the account's second factors.
func (s *Session) Factors(ctx context.Context) ([]Factor, error) {
	out, err := get[factors](ctx, s, request{method: "GET", path: "/factors"})
	return out.Factors, err
}

// EnrolTOTP begins an authenticator app, which [Session.ConfirmTOTP] turns on. On a mailbox that is not proven it mails
// a link for that, and the error is [ErrUnverified].
func (s *Session) EnrolTOTP(ctx context.Context, in Enrolment) (Enrolled, error) {
	return get[Enrolled](ctx, s, request{method: "POST", path: "/factors/totp", body: in})
}

// ConfirmTOTP turns an authenticator app on with its first code, and returns the recovery codes, which nobody shows
// again. Every other session of the account ends.
func (s *Session) ConfirmTOTP(ctx context.Context, code Secret) ([]Secret, error) {
	out, err := get[recoveryCodes](ctx, s, request{method: "POST", path: "/factors/totp/confirm", body: factorCode{code}})
	return out.RecoveryCodes, err
}

// NewRecoveryCodes replaces the recovery codes.
func (s *Session) NewRecoveryCodes(ctx context.Context, in FactorProof) ([]Secret, error) {
	out, err := get[recoveryCodes](ctx, s, request{method: "POST", path: "/factors/recovery-codes", body: in})
	return out.RecoveryCodes, err
}

// RenameFactor gives one second factor another label.
func (s *Session) RenameFactor(ctx context.Context, id, label string) error {
	return s.one(ctx, request{method: "PATCH", body: factorLabel{label}}, "/factors/", id, "", nil)
}

// RemoveFactor takes one second factor away.
func (s *Session) RemoveFactor(ctx context.Context, id string, in FactorRemoval) error {
	return s.one(ctx, request{method: "DELETE", body: in}, "/factors/", id, "", nil)
}

// RemoveFactors takes every second factor away.
func (s *Session) RemoveFactors(ctx context.Context, in FactorRemoval) error {
	return s.send(ctx, request{method: "DELETE", path: "/factors", body: in}, nil)
}

// Identities returns the account's linked sign-ins.
func (s *Session) Identities(ctx context.Context) ([]Identity, error) {
	out, err := get[identities](ctx, s, request{method: "GET", path: "/identities"})
	return out.Identities, err
}

// RemoveIdentity takes the linked sign-in with the issuer of that name away, as "google".
func (s *Session) RemoveIdentity(ctx context.Context, name string, in IdentityRemoval) error {
	if !nameForm.MatchString(name) {
		return &Error{Code: ErrNotFound, Detail: "Not found"}
	}
	return s.send(ctx, request{method: "DELETE", path: "/identities/" + name, body: in}, nil)
}
