package organization

import (
	"encoding/json"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

type creditAlerts struct {
	Low      bool `json:"low"`
	Critical bool `json:"critical"`
	Depleted bool `json:"depleted"`
}

type socialUsage struct {
	Google   int64 `json:"google"`
	GitHub   int64 `json:"github"`
	X        int64 `json:"x"`
	Facebook int64 `json:"facebook"`
	Total    int64 `json:"total"`
}

type operationUsage struct {
	ChildSignUps  int64       `json:"childSignups"`
	SignIns       int64       `json:"signIns"`
	Verifications int64       `json:"emailVerifications"`
	Social        socialUsage `json:"socialSignIns"`
}

type boughtPackage struct {
	Type        string      `json:"packageType"`
	Date        int64       `json:"purchaseDate"` // unix milliseconds
	Credits     int64       `json:"creditsAdded"`
	FreeUsers   int64       `json:"freeUsersAdded"`
	Price       json.Number `json:"price"`
	Transaction string      `json:"transactionId"`
}

type creditsBody struct {
	Balance   int64           `json:"creditBalance"`
	FreeUsers int64           `json:"totalFreeUsers"`
	Children  int64           `json:"totalChildAccounts"`
	Billable  int64           `json:"billableUsers"`
	Retention int64           `json:"monthlyRetentionCredits"`
	Usage     operationUsage  `json:"operationUsage"`
	Used      int64           `json:"totalCreditsUsed"`
	Projected int64           `json:"projectedMonthlyUsage"`
	Alerts    creditAlerts    `json:"alerts"`
	Packages  []boughtPackage `json:"packageHistory"`
}

// creditsShown is the answer of docs/WIRE.md 1.7, which has no envelope.
func creditsShown(_ *family.Call, a tollkeeper.CreditAnalysis) creditsBody {
	b := a.Balance
	return creditsBody{
		b.Credits, b.FreeUsers, b.Children, a.Billable, a.Retention,
		operationUsage{b.SignUps, b.SignIns, b.Verifications, socialUsage{Google: b.Socials, Total: b.Socials}},
		b.Used, a.Projected, creditAlerts(a.Alerts), packagesOf(a.Packages),
	}
}

func packagesOf(entries []tollkeeper.LedgerEntry) []boughtPackage {
	bought := make([]boughtPackage, 0, len(entries))
	for _, e := range entries {
		if e.Package == nil {
			continue
		}
		p := e.Package
		bought = append(bought, boughtPackage{p.Type, e.At.UnixMilli(), p.Credits, p.FreeUsers, dollars(p.PriceCents), p.TransactionID})
	}
	return bought
}
