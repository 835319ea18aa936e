package organization

import (
	"fmt"
	"math"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
)

// pageParams select a page of a list by time.
var pageParams = []family.Param{
	{Name: "startDate", About: "YYYY-MM-DD, RFC 3339 or unix milliseconds"}, {Name: "endDate", About: "likewise"},
	{Name: "limit", Max: 100}, {Name: "lastKey", About: "nextPageToken of the page before"},
}

var (
	listParams  = append([]family.Param{{Name: "search", About: "prefix of email or username"}}, pageParams...)
	monthParams = []family.Param{{Name: "startDate", About: "YYYY-MM"}, {Name: "endDate", About: "YYYY-MM"}, {Name: "limit", Max: 100}}
)

// pageOf reads pageParams.
func pageOf(q map[string]string) (p tollkeeper.AccountQuery, err error) {
	p.Search, p.Cursor = q["search"], q["lastKey"]
	if p.From, _, err = moment(q["startDate"], "Start date must be a valid timestamp"); err != nil {
		return p, err
	}
	if _, p.To, err = moment(q["endDate"], "End date must be a valid timestamp"); err != nil {
		return p, err
	}
	p.Limit, err = family.ListLimit(q["limit"])
	return p, err
}

func childrenQuery(_ *family.Call, q map[string]string) (tollkeeper.AccountQuery, error) {
	return pageOf(q)
}

// isoMillis is how JavaScript writes a time.
const isoMillis = "2006-01-02T15:04:05.000Z"

// listedChild is a child in its parent's list.
type listedChild struct {
	Username   string     `json:"username"`
	Email      string     `json:"email"`
	LastSeen   textOrNull `json:"lastSeen"`
	Registered string     `json:"registered"`
}

// pagination says how a list goes on.
type pagination struct {
	Limit int        `json:"limit"`
	More  bool       `json:"hasMore"`
	Next  textOrNull `json:"nextPageToken"`
}

type childrenStats struct {
	Total  int64 `json:"total"`
	Active int64 `json:"active"`
}

type children struct {
	Stats      childrenStats `json:"stats"`
	Accounts   []listedChild `json:"accounts"`
	Pagination pagination    `json:"pagination"`
}

type childrenBody struct {
	Data children `json:"data"`
}

func childrenShown(_ *family.Call, p tollkeeper.AccountPage) childrenBody {
	list := make([]listedChild, len(p.Accounts))
	for i, a := range p.Accounts {
		list[i] = listedChild{Username: a.Username, Email: a.Email, Registered: a.CreatedAt.UTC().Format(isoMillis)}
		if !a.LastSignIn.IsZero() {
			list[i].LastSeen = textOrNull(a.LastSignIn.UTC().Format(isoMillis))
		}
	}
	return childrenBody{children{childrenStats{p.Total, p.Active}, list, pagination{p.Limit, p.Next != "", textOrNull(p.Next)}}}
}

func billingQuery(_ *family.Call, q map[string]string) (list tollkeeper.BillingQuery, err error) {
	if list.From, err = month(q["startDate"], "Start date must be in YYYY-MM format"); err != nil {
		return list, err
	}
	if list.To, err = month(q["endDate"], "End date must be in YYYY-MM format"); err != nil {
		return list, err
	}
	list.Limit, err = family.ListLimit(q["limit"])
	return list, err
}

type billingRecord struct {
	PublicKey  string `json:"publicKey"`
	Month      string `json:"monthYear"`
	Users      int64  `json:"totalUsers"`
	FreeUsers  int64  `json:"freeUsers"`
	Billable   int64  `json:"billableUsers"`
	Retention  int64  `json:"retentionCreditsCharged"`
	Operations int64  `json:"operationCreditsUsed"`
	Total      int64  `json:"totalCreditsUsed"`
	Balance    int64  `json:"creditBalance"`
	Timestamp  int64  `json:"timestamp"` // unix milliseconds
}

type billingSummary struct {
	Total   int64   `json:"totalCreditsUsed"`
	Average float64 `json:"averageMonthlyCredits"`
	Type    string  `json:"recordType"`
}

type billingBody struct {
	Records []billingRecord `json:"billingRecords"`
	Summary billingSummary  `json:"summary"`
}

// billingShown is docs/WIRE.md 1.7. The summary is of the months shown; the average has two decimals.
func billingShown(c *family.Call, months []tollkeeper.Month) billingBody {
	sum, records := billingSummary{Type: "credit"}, make([]billingRecord, len(months))
	for i, m := range months {
		used := m.Retention + m.Operations
		records[i] = billingRecord{
			c.Identity().PublicKey, fmt.Sprintf("%04d-%02d", m.Month/12, m.Month%12+1), m.Users, m.FreeUsers, max(0, m.Users-m.FreeUsers),
			m.Retention, m.Operations, used, m.Credits, m.At.UnixMilli(),
		}
		sum.Total += used
	}
	if len(months) > 0 {
		sum.Average = math.Round(float64(sum.Total)/float64(len(months))*100) / 100
	}
	return billingBody{records, sum}
}

// month reads "2006-01". Empty is the zero time.
func month(text, refusal string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse("2006-01", text)
	if err != nil || t.Year() < 1 {
		return time.Time{}, badDate(refusal)
	}
	return t, nil
}
