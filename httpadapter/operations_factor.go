package httpadapter

import "github.com/tollkeeper/tollkeeper"

// enrolFactor begins a second factor. The password may be empty within five minutes of a proof.
func enrolFactor(c *call, password string) (tollkeeper.Enrolment, error) {
	return c.auth.EnrolFactor(c.ctx(), c.id, password, c.client())
}

// confirmFactor turns it on with its first code, and answers the recovery codes.
func confirmFactor(c *call, code string) ([]string, error) {
	return c.auth.ConfirmFactor(c.ctx(), c.id, code, c.client())
}

// removeFactor turns it off.
func removeFactor(c *call, in secondProof) (done, error) {
	return done{}, c.auth.RemoveFactor(c.ctx(), c.id, tollkeeper.Confirmation{Password: in.password, Code: in.code, Client: c.client()})
}

// newRecoveryCodes replaces the recovery codes.
func newRecoveryCodes(c *call, code string) ([]string, error) {
	return c.auth.NewRecoveryCodes(c.ctx(), c.id, code, c.client())
}
