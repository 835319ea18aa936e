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
