package organization

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// exportedOrganization is an organization as its owner takes it along.
type exportedOrganization struct {
	Name        string      `json:"name"`
	URL         textOrNull  `json:"url"`
	AuthURLs    authURLs    `json:"authUrls"`
	Restriction bool        `json:"domainRestrictionEnabled"`
	Verify      bool        `json:"emailVerificationRequired"`
	Factor      bool        `json:"secondFactorRequired"`
	Google      googleSSO   `json:"googleSsoConfig"`
	Authorized  []uuid.UUID `json:"authorizedOrganizations"`
	Updates     int         `json:"organizationUpdateCount"`
}

func exportedOrganizationOf(o *tollkeeper.Organization) *exportedOrganization {
	if o == nil {
		return nil
	}
	return &exportedOrganization{
		o.Name, textOrNull(o.URL), authURLs(o.AuthURLs), o.DomainRestriction, o.VerificationRequired, o.FactorRequired, googleOf(*o),
		append([]uuid.UUID{}, o.Authorized...), o.UpdateCount,
	}
}

// exportedBalance is a parent's counters.
type exportedBalance struct {
	Credits   int64 `json:"creditBalance"`
	Granted   int64 `json:"totalCreditsGranted"`
	Used      int64 `json:"totalCreditsUsed"`
	FreeUsers int64 `json:"totalFreeUsers"`
	Children  int64 `json:"totalChildAccounts"`
}

func exportedBalanceOf(b *tollkeeper.Balance) *exportedBalance {
	if b == nil {
		return nil
	}
	return &exportedBalance{b.Credits, b.Granted, b.Used, b.FreeUsers, b.Children}
}

type exportBody struct {
	Account      tollkeeper.PersonalAccount    `json:"account"`
	Identities   []tollkeeper.PersonalIdentity `json:"identities,omitempty"`
	Factors      []tollkeeper.PersonalFactor   `json:"factors,omitempty"`
	Organization *exportedOrganization         `json:"organization,omitempty"`
	Sessions     []shownSession                `json:"sessions"`
	Balance      *exportedBalance              `json:"balance,omitempty"`
	Moves        []tollkeeper.PersonalCredit   `json:"creditMoves,omitempty"`
	At           time.Time                     `json:"exportedAt"`
}

// exported lists every field by name (R83); account, credentials and credit moves name theirs in the core.
func exported(_ *family.Call, d tollkeeper.PersonalData) exportBody {
	return exportBody{
		d.Account, d.Identities, d.Factors, exportedOrganizationOf(d.Organization), shownSessions(d.Sessions), exportedBalanceOf(d.Balance), d.CreditMoves, d.ExportedAt,
	}
}
