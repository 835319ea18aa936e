package httpadapter

import "github.com/tollkeeper/tollkeeper"

// enrolFactor begins a second factor. The password may be empty within five minutes of a proof.
func enrolFactor(c *call, password string) (tollkeeper.Enrolment, error) {
	return c.auth.EnrolFactor(c.ctx(), c.id, tollkeeper.Password(password), c.client())
}

// confirmFactor turns it on with its first code, and returns the recovery codes.
func confirmFactor(c *call, code string) ([]tollkeeper.SecretText, error) {
	return c.auth.ConfirmFactor(c.ctx(), c.id, tollkeeper.SecretText(code), c.client())
}

// removeFactor turns it off.
func removeFactor(c *call, in secondProof) (done, error) {
	return done{}, c.auth.RemoveFactor(c.ctx(), c.id, tollkeeper.Confirmation{Password: tollkeeper.Password(in.password), Code: tollkeeper.SecretText(in.code), Client: c.client()})
}

// newRecoveryCodes replaces the recovery codes.
func newRecoveryCodes(c *call, code string) ([]tollkeeper.SecretText, error) {
	return c.auth.NewRecoveryCodes(c.ctx(), c.id, tollkeeper.SecretText(code), c.client())
}
