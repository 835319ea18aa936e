package tollkeeper

import "github.com/tollkeeper/tollkeeper/internal/canon"

// check holds the rules of docs/WIRE.md 1.2 and 1.6: every URL https (http for localhost), auth URLs under the organization's
// domain. Names are data: markup in them is escaped where it is shown.
func checkOrganization(o Organization) error {
	if !canon.ValidLine(o.Name, 256) {
		return ErrInvalidInput.WithField("organizationName").WithMessage("Organization name must be at most 256 bytes without control characters")
	}
	domain := ""
	if o.URL != "" {
		u, ok := canon.WebURL(o.URL)
		if !ok || u.RawQuery != "" || u.Fragment != "" {
			return ErrInvalidInput.WithField("organizationUrl").WithMessage("Organization URL must be an https URL")
		}
		domain = u.Hostname()
	}
	for _, text := range allURLs(o.AuthURLs) {
		if text == "" {
			continue
		}
		u, ok := canon.WebURL(text)
		if !ok || domain == "" || !canon.Under(u.Hostname(), domain) {
			return ErrInvalidInput.WithField("authUrls").WithMessage("Auth URLs must be https URLs under the organization's domain")
		}
	}
	if !canon.ValidLine(o.Google.ClientID, 256) || o.Google.Enabled && o.Google.ClientID == "" {
		return ErrInvalidInput.WithField("googleSsoConfig").WithMessage("Google sign-in needs a client id of at most 256 bytes")
	}
	if len(o.Authorized) > 1000 {
		return ErrInvalidInput.WithField("authorizedOrganizations").WithMessage("At most 1,000 organizations can be authorized")
	}
	return nil
}

func allURLs(u AuthURLs) []string {
	return []string{u.SignIn, u.SignUp, u.Verify, u.Reset, u.Update, u.Resend, u.Successful}
}
