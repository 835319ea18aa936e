package store

import "github.com/google/uuid"

// Organization is a value of its owner's account: read with it and written with it, whole. Its id is the owner's.
type Organization struct {
	Name                 string
	URL                  string // origin, no path needed; https, or http for localhost
	AuthURLs             AuthURLs
	DomainRestriction    bool // a browser is served only from the organization's own domain
	VerificationRequired bool // of the owner and, inherited, of its children
	FactorRequired       bool // a session without a second factor may only enrol one
	Issuers              []IssuerSettings
	Authorized           []uuid.UUID // organizations whose accounts may use this one's widget; at most 1,000; empty denies
	UpdateCount          int         // how often update-organization succeeded
}

// AuthURLs are the pages of an organization, each under its domain; empty: none.
type AuthURLs struct {
	SignIn, SignUp, Verify, Reset, Update, Resend, Successful string
}

// IssuerSettings turn on sign-in by an issuer, for an organization or for the app's own users.
type IssuerSettings struct {
	Issuer   string // as its tokens name it (the iss claim)
	Enabled  bool
	ClientID string // to the issuer; enabled and not shared, it is of one organization alone
	Shared   bool   // several organizations may name the client
}

// Issuer returns the settings of an issuer; zero but for its name: there are none.
func (o Organization) Issuer(name string) IssuerSettings {
	for _, s := range o.Issuers {
		if s.Issuer == name {
			return s
		}
	}
	return IssuerSettings{Issuer: name}
}
