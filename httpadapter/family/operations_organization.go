package family

import "github.com/tollkeeper/tollkeeper"

// UpdateOrganization changes the caller's organization.
func UpdateOrganization(c *Call, p tollkeeper.OrganizationPatch) (tollkeeper.OrganizationDetails, error) {
	return c.auth.UpdateOrganization(c.Context(), c.id, p)
}

// CreditAnalysis returns the caller's credits.
func CreditAnalysis(c *Call, _ None) (tollkeeper.CreditAnalysis, error) {
	return c.auth.CreditAnalysis(c.Context(), c.id)
}

// BillingHistory returns the caller's closed months.
func BillingHistory(c *Call, q tollkeeper.BillingQuery) ([]tollkeeper.Month, error) {
	return c.auth.BillingHistory(c.Context(), c.id, q)
}

// RotateTenantKey gives the caller another jwtSecret, which the next sign-in shows: every session that the old one
// signed ends, the own one with them.
func RotateTenantKey(c *Call, _ None) (None, error) {
	_, err := c.auth.RotateTenantKey(c.Context(), c.id)
	return c.Ended(err)
}
