package httpadapter

import (
	"fmt"
	"math"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func childrenQuery(c *call) (tollkeeper.AccountQuery, error) {
	var list tollkeeper.AccountQuery
	q, err := c.query("search", "startDate", "endDate", "limit", "lastKey")
	if err != nil {
		return list, err
	}
	list.Search, list.Cursor = q["search"], q["lastKey"]
	if list.From, _, err = moment(q["startDate"], "Start date must be a valid timestamp"); err != nil {
		return list, err
	}
	if _, list.To, err = moment(q["endDate"], "End date must be a valid timestamp"); err != nil {
		return list, err
	}
	list.Limit, err = listLimit(q["limit"])
	return list, err
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

func childrenShown(_ *call, p tollkeeper.AccountPage) answer {
	type stats struct {
		Total  int64 `json:"total"`
		Active int64 `json:"active"`
	}
	type list struct {
		Stats      stats         `json:"stats"`
		Accounts   []listedChild `json:"accounts"`
		Pagination pagination    `json:"pagination"`
	}
	children := make([]listedChild, len(p.Accounts))
	for i, a := range p.Accounts {
		children[i] = listedChild{Username: a.Username, Email: a.Email, Registered: a.CreatedAt.UTC().Format(isoMillis)}
		if !a.LastSignIn.IsZero() {
			children[i].LastSeen = textOrNull(a.LastSignIn.UTC().Format(isoMillis))
		}
	}
	return enveloped(struct {
		Data list `json:"data"`
	}{list{stats{p.Total, p.Active}, children, pagination{p.Limit, p.Next != "", textOrNull(p.Next)}}})
}

func billingQuery(c *call) (tollkeeper.BillingQuery, error) {
	var list tollkeeper.BillingQuery
	q, err := c.query("startDate", "endDate", "limit")
	if err != nil {
		return list, err
	}
	if list.From, err = month(q["startDate"], "Start date must be in YYYY-MM format"); err != nil {
		return list, err
	}
	if list.To, err = month(q["endDate"], "End date must be in YYYY-MM format"); err != nil {
		return list, err
	}
	list.Limit, err = listLimit(q["limit"])
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

// billingShown is docs/WIRE.md 1.7. The summary is of the months shown; the average has two decimals.
func billingShown(c *call, months []tollkeeper.Month) answer {
	type summary struct {
		Total   int64   `json:"totalCreditsUsed"`
		Average float64 `json:"averageMonthlyCredits"`
		Type    string  `json:"recordType"`
	}
	sum, records := summary{Type: "credit"}, make([]billingRecord, len(months))
	for i, m := range months {
		used := m.Retention + m.Operations
		records[i] = billingRecord{
			c.id.PublicKey, fmt.Sprintf("%04d-%02d", m.Month/12, m.Month%12+1), m.Users, m.FreeUsers, max(0, m.Users-m.FreeUsers),
			m.Retention, m.Operations, used, m.Credits, m.At.UnixMilli(),
		}
		sum.Total += used
	}
	if len(months) > 0 {
		sum.Average = math.Round(float64(sum.Total)/float64(len(months))*100) / 100
	}
	return enveloped(struct {
		Records []billingRecord `json:"billingRecords"`
		Summary summary         `json:"summary"`
	}{records, sum})
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
