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
func NewRecoveryCodes(c *Call, code string) ([]tollkeeper.SecretText, error) {
	return c.auth.NewRecoveryCodes(c.Context(), c.id, tollkeeper.SecretText(code), c.Client())
}
