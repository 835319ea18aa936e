package httpadapter

import "github.com/tollkeeper/tollkeeper"

// organizationDetails returns the caller's organization, or that of the key that was sent. Only a parent gets the
// secret, unless the host has chosen Options.UnsafeTenantKeyForKeyHolders.
func organizationDetails(c *call, _ struct{}) (tollkeeper.OrganizationDetails, error) {
	if c.id != nil {
		return c.auth.Organization(c.ctx(), c.id)
	}
	return c.family.byKey(c.auth, c.ctx(), c.parentKey)
}

// updateOrganization changes the caller's organization.
func updateOrganization(c *call, p tollkeeper.OrganizationPatch) (tollkeeper.OrganizationDetails, error) {
	return c.auth.UpdateOrganization(c.ctx(), c.id, p)
}

// creditAnalysis returns the caller's credits.
func creditAnalysis(c *call, _ struct{}) (tollkeeper.CreditAnalysis, error) {
	return c.auth.CreditAnalysis(c.ctx(), c.id)
}

// billingHistory returns the caller's closed months.
func billingHistory(c *call, q tollkeeper.BillingQuery) ([]tollkeeper.Month, error) {
	return c.auth.BillingHistory(c.ctx(), c.id, q)
}

// rotateTenantKey gives the caller another jwtSecret, which the next sign-in shows: every session that the old one
// signed ends, the own one with them.
func rotateTenantKey(c *call, _ struct{}) (done, error) {
	_, err := c.auth.RotateTenantKey(c.ctx(), c.id)
	return c.ended(err)
}
