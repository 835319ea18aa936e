package organization

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// profileAccount is all that a child sees of itself (docs/WIRE.md 1.6). Times are in unix seconds, null for never.
type profileAccount struct {
	UserID          uuid.UUID         `json:"userID"`
	Username        string            `json:"username"`
	Email           string            `json:"email"`
	PublicKey       string            `json:"publicKey"`
	AccountType     string            `json:"accountType" enum:"parent,child"`
	Parent          string            `json:"parentAccount" about:"ROOT, or the public key of the parent"`
	Status          tollkeeper.Status `json:"accountStatus"`
	Verified        bool              `json:"emailVerified"`
	CreatedAt       *int64            `json:"createdAt" about:"unix seconds"`
	UpdatedAt       *int64            `json:"updatedAt" about:"unix seconds"`
	LastLogin       *int64            `json:"lastLogin" about:"unix seconds; null: never"`
	Provider        string            `json:"authProvider" enum:"email,google" about:"google is of an account without a password"`
	PasswordChanged *int64            `json:"lastPasswordChanged" about:"unix seconds; null: never"`
	Attempts        int               `json:"loginAttempts" about:"always 0"`
	LockedUntil     *int64            `json:"lockedUntil" about:"always null: locks belong to networks"`
}

// profileParent adds what belongs to a parent.
type profileParent struct {
	profileAccount
	Name           string          `json:"organizationName"`
	URL            textOrNull      `json:"organizationUrl"`
	AuthURLs       authURLs        `json:"authUrls"`
	Restriction    bool            `json:"domainRestrictionEnabled"`
	Verify         bool            `json:"emailVerificationRequired"`
	OrganizationID *uuid.UUID      `json:"organizationId"`
	Credits        int64           `json:"creditBalance"`
	FreeUsers      int64           `json:"totalFreeUsers"`
	Billable       int64           `json:"billableChildAccounts"`
	Children       int64           `json:"totalChildAccounts"`
	Packages       []boughtPackage `json:"packagesHistory"`
	SignUps        int64           `json:"childSignupCount"`
	SignIns        int64           `json:"signInCount"`
	Confirmations  int64           `json:"emailConfirmationCount"`
	GoogleSignIns  int64           `json:"googleAuthCount"`
	Google         googleSSO       `json:"googleSsoConfig"`
}

// profileBody is of a parent or of a child.
type profileBody[User any] struct {
	messageBody
	User User `json:"user"`
}

var profileShown = family.Choice(func(_ *family.Call, p tollkeeper.Profile) family.Answer {
	said := messageBody{"User profile retrieved successfully"}
	if p.Subject.Child() {
		return family.Answer{Body: envelope[profileBody[profileAccount]]{true, profileBody[profileAccount]{said, profileAccountOf(p.Subject)}}}
	}
	return family.Answer{Body: envelope[profileBody[profileParent]]{true, profileBody[profileParent]{said, profileParentOf(p)}}}
}, family.Of[envelope[profileBody[profileParent]]](200), family.Of[envelope[profileBody[profileAccount]]](200))

func profileAccountOf(s tollkeeper.Subject) profileAccount {
	a := s.Account
	u := profileAccount{
		UserID: a.ID, Username: a.Username, Email: a.Email, PublicKey: a.PublicKey, AccountType: accountType(s), Parent: parentOf(s),
		Status: a.Status, Verified: !a.EmailVerifiedAt.IsZero(), CreatedAt: unix(a.CreatedAt), UpdatedAt: unix(a.UpdatedAt),
		LastLogin: unix(a.LastSignIn), Provider: "email",
	}
	if u.Parent == "" {
		u.Parent = "ROOT"
	}
	if a.Password != "" {
		u.PasswordChanged = unix(a.PasswordChangedAt)
	} else if slices.ContainsFunc(s.Linked, func(l tollkeeper.Linked) bool { return l.Issuer == tollkeeper.IssuerGoogle }) {
		u.Provider = "google"
	}
	return u
}

func profileParentOf(p tollkeeper.Profile) profileParent {
	o, b := p.Details.Organization, p.Balance
	u := profileParent{
		profileAccount: profileAccountOf(p.Subject), Name: o.Name, URL: textOrNull(o.URL), AuthURLs: authURLs(o.AuthURLs),
		Restriction: o.DomainRestriction, Verify: o.VerificationRequired, Credits: b.Credits, FreeUsers: b.FreeUsers,
		Billable: max(0, b.Children-b.FreeUsers), Children: b.Children, Packages: packagesOf(p.Packages),
		SignUps: b.SignUps, SignIns: b.SignIns, Confirmations: b.Verifications, GoogleSignIns: b.Socials, Google: googleOf(o),
	}
	if id := p.Subject.Account.OrganizationOwner; id != uuid.Nil {
		u.OrganizationID = &id
	}
	return u
}

// unix returns seconds; nil for the zero time.
func unix(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := t.Unix()
	return &s
}
