package client

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// Export is everything that is kept about an account.
type Export struct {
	Account    PersonalAccount    `json:"account"`
	Identities []PersonalIdentity `json:"identities"`
	Factors    []PersonalFactor   `json:"factors"`
	Sessions   []OpenSession      `json:"sessions"`
	ExportedAt time.Time          `json:"exportedAt"`
}

// PersonalAccount is the account in an [Export].
type PersonalAccount struct {
	ID                string    `json:"id"`
	Number            int64     `json:"number"`
	PublicKey         string    `json:"publicKey"`
	Email             string    `json:"email"`
	EmailVerified     bool      `json:"emailVerified"`
	EmailProven       bool      `json:"emailProven"`
	Username          string    `json:"username,omitempty"`
	Name              string    `json:"name,omitempty"`
	Locale            string    `json:"locale,omitempty"`
	Role              string    `json:"role"`
	Status            string    `json:"status"`
	HasPassword       bool      `json:"hasPassword"`
	PasswordChangedAt time.Time `json:"passwordChangedAt,omitzero"`
	HasSecondFactor   bool      `json:"hasSecondFactor"`
	LastSignIn        time.Time `json:"lastSignIn,omitzero"`
	CreatedAt         time.Time `json:"createdAt"`
	UpdatedAt         time.Time `json:"updatedAt"`
}

// PersonalIdentity is a linked sign-in in an [Export].
type PersonalIdentity struct {
	Issuer   string    `json:"issuer"`
	Subject  string    `json:"subject"`
	Email    string    `json:"email,omitempty"`
	LinkedAt time.Time `json:"linkedAt"`
	UsedAt   time.Time `json:"usedAt,omitzero"`
}

// PersonalFactor is a second factor in an [Export].
type PersonalFactor struct {
	Kind      string    `json:"kind"`
	Label     string    `json:"label"`
	CreatedAt time.Time `json:"createdAt"`
	UsedAt    time.Time `json:"usedAt,omitzero"`
}

// Event is something that happened to an account.
type Event struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Name      string    `json:"name"`           // as "sign_in" or "password_changed"; more may come
	User      string    `json:"user,omitempty"` // whom it is about, in the admins' list
	By        string    `json:"by,omitempty"`   // who did it, where that is another, in the admins' list
	ByAnother bool      `json:"byAnother,omitempty"`
	Method    string    `json:"method,omitempty"`
	Network   string    `json:"network,omitempty"`
	Code      Code      `json:"code,omitempty"` // of a refusal
	Detail    string    `json:"detail,omitempty"`
	Count     int64     `json:"count"` // how many it stands for
}

// Events is a page of the log, newest first.
type Events struct {
	Events []Event `json:"events"`
	Next   string  `json:"next"` // Cursor of the page with older ones; empty: there is none
}

// EventQuery says which events a page has.
type EventQuery struct {
	From, To time.Time // at or after, and before; zero: no bound
	Limit    int       // entries of a page, at most 100; zero: 50
	Cursor   string    // Next of the page before, with the same query
}

// Events returns what happened to the account.
func (s *Session) Events(ctx context.Context, q EventQuery) (Events, error) {
	return get[Events](ctx, s, request{method: "GET", path: "/account/events", query: q.values()})
}

// Export returns everything that is kept about the account.
func (s *Session) Export(ctx context.Context) (Export, error) {
	return get[Export](ctx, s, request{method: "GET", path: "/account/export"})
}

func (q EventQuery) values() url.Values { return pageOf(q.From, q.To, q.Limit, q.Cursor) }

// pageOf are the parameters that every list has.
func pageOf(from, to time.Time, limit int, cursor string) url.Values {
	v := url.Values{}
	for name, at := range map[string]time.Time{"from": from, "to": to} {
		if !at.IsZero() {
			v.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	if limit != 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	return with(v, "cursor", cursor)
}

func with(v url.Values, name, value string) url.Values {
	if value != "" {
		v.Set(name, value)
	}
	return v
}
