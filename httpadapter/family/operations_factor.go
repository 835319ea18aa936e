package family

import "github.com/tollkeeper/tollkeeper"

// Factors lists the caller's second factors.
func Factors(c *Call, _ None) ([]tollkeeper.FactorInfo, error) {
	return c.auth.Factors(c.Context(), c.id)
}

// EnrolFactor begins a second factor. The password may be empty within five minutes of a proof.
func EnrolFactor(c *Call, in tollkeeper.FactorEnrolment) (tollkeeper.Enrolment, error) {
	in.Client = c.Client()
	return c.auth.EnrolFactor(c.Context(), c.id, in)
}

// ConfirmFactor turns a second factor on with its first code, and returns the recovery codes.
func ConfirmFactor(c *Call, code string) ([]tollkeeper.SecretText, error) {
	return c.auth.ConfirmFactor(c.Context(), c.id, tollkeeper.SecretText(code), c.Client())
}

// RemoveFactor turns one of the caller's second factors off, or all of them.
func RemoveFactor(c *Call, in tollkeeper.FactorRemoval) (None, error) {
	in.Client = c.Client()
	return None{}, c.auth.RemoveFactor(c.Context(), c.id, in)
}

// NewRecoveryCodes replaces the recovery codes.
func NewRecoveryCodes(c *Call, in tollkeeper.FactorProof) ([]tollkeeper.SecretText, error) {
	in.Client = c.Client()
	return c.auth.NewRecoveryCodes(c.Context(), c.id, in)
}

// RenameFactor gives one of the caller's second factors another label.
func RenameFactor(c *Call, label string) (None, error) {
	return None{}, c.auth.RenameFactor(c.Context(), c.id, c.Target(), label)
}

// BeginPasskey asks for a new passkey. The password may be empty within five minutes of a proof.
func BeginPasskey(c *Call, in tollkeeper.PasskeyEnrolment) (tollkeeper.PasskeyChallenge, error) {
	in.Client = c.Client()
	return c.auth.BeginPasskey(c.Context(), c.id, in)
}

// AddPasskey keeps the passkey that was made.
func AddPasskey(c *Call, in tollkeeper.NewPasskey) (tollkeeper.AddedPasskey, error) {
	in.Client = c.Client()
	return c.auth.AddPasskey(c.Context(), c.id, in)
}

// BeginPasskeyFactor asks for a passkey that ends the challenge.
func BeginPasskeyFactor(c *Call, challenge tollkeeper.SecretText) (tollkeeper.PasskeyChallenge, error) {
	return c.auth.BeginPasskeyFactor(c.Context(), challenge, c.Client())
}

// BeginPasskeyProof asks for a passkey that proves once more who is signed in.
func BeginPasskeyProof(c *Call, _ None) (tollkeeper.PasskeyChallenge, error) {
	return c.auth.BeginPasskeyProof(c.Context(), c.id)
}
