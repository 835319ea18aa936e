package httpadapter

import "github.com/tollkeeper/tollkeeper"

// factors lists the caller's.
func factors(c *call, _ struct{}) ([]tollkeeper.FactorInfo, error) {
	return c.auth.Factors(c.ctx(), c.id)
}

// enrolFactor begins a second factor. The password may be empty within five minutes of a proof.
func enrolFactor(c *call, in tollkeeper.FactorEnrolment) (tollkeeper.Enrolment, error) {
	in.Client = c.client()
	return c.auth.EnrolFactor(c.ctx(), c.id, in)
}

// confirmFactor turns it on with its first code, and returns the recovery codes.
func confirmFactor(c *call, code string) ([]tollkeeper.SecretText, error) {
	return c.auth.ConfirmFactor(c.ctx(), c.id, tollkeeper.SecretText(code), c.client())
}

// removeFactor turns the one that is named off, or all of them.
func removeFactor(c *call, in tollkeeper.FactorRemoval) (done, error) {
	in.Client = c.client()
	return done{}, c.auth.RemoveFactor(c.ctx(), c.id, in)
}

// newRecoveryCodes replaces the recovery codes.
func newRecoveryCodes(c *call, code string) ([]tollkeeper.SecretText, error) {
	return c.auth.NewRecoveryCodes(c.ctx(), c.id, tollkeeper.SecretText(code), c.client())
}
