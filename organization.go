package tollkeeper

import "github.com/google/uuid"

// Organization is a value of its owner's account: read with it and written with it, whole. Its id is the owner's.
type Organization struct {
	Name                 string
	URL                  string // origin, no path needed; https, or http for localhost
	AuthURLs             AuthURLs
	DomainRestriction    bool // a browser is served only from the organization's own domain
	VerificationRequired bool // of the owner and, inherited, of its children
	FactorRequired       bool // a session without a second factor may only enrol one
	Google               GoogleSettings
	Authorized           []uuid.UUID // organizations whose accounts may use this one's widget; at most 1,000; empty denies
	UpdateCount          int         // how often update-organization succeeded
}

// AuthURLs are the pages of an organization, each under its domain; empty: none.
type AuthURLs struct {
	SignIn, SignUp, Verify, Reset, Update, Resend, Successful string
}

// GoogleSettings turn on sign-in with Google for an organization.
type GoogleSettings struct {
	Enabled  bool
	ClientID string
}

// check holds the rules of WIRE.md 1.2 and 1.6: every URL https (http for localhost), auth URLs under the organization's
// domain. Names are data: markup in them is escaped where it is shown.
func (o Organization) check() error {
	if len(o.Name) > 256 || hasControl(o.Name) || !validText(o.Name) {
		return ErrInvalidInput.in("organizationName").saying("Organization name must be at most 256 bytes without control characters")
	}
	domain := ""
	if o.URL != "" {
		u, err := webURL(o.URL)
		if err != nil || u.RawQuery != "" || u.Fragment != "" {
			return ErrInvalidInput.in("organizationUrl").saying("Organization URL must be an https URL")
		}
		domain = u.Hostname()
	}
	for _, text := range o.AuthURLs.all() {
		if text == "" {
			continue
		}
		u, err := webURL(text)
		if err != nil || domain == "" || !under(u.Hostname(), domain) {
			return ErrInvalidInput.in("authUrls").saying("Auth URLs must be https URLs under the organization's domain")
		}
	}
	if len(o.Google.ClientID) > 256 || hasControl(o.Google.ClientID) || !validText(o.Google.ClientID) || o.Google.Enabled && o.Google.ClientID == "" {
		return ErrInvalidInput.in("googleSsoConfig").saying("Google sign-in needs a client id of at most 256 bytes")
	}
	if len(o.Authorized) > 1000 {
		return ErrInvalidInput.in("authorizedOrganizations").saying("At most 1,000 organizations can be authorized")
	}
	return nil
}

func (u AuthURLs) all() []string {
	return []string{u.SignIn, u.SignUp, u.Verify, u.Reset, u.Update, u.Resend, u.Successful}
}
