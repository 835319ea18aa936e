package store

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
)

var errAccount = errors.New("an account is not encoded whole, since it has secrets: encode its View, or the tollkeeper.Views of a list")

// MarshalJSON returns an error that names [Account.View]: an account has a hash, a history and the library's own
// numbers, and an answer that is made of all of it would be cut short or show them.
func (Account) MarshalJSON() ([]byte, error) { return nil, errAccount }

// AccountView is what may be shown of an account to its owner and to those who rule its scope. It encodes as JSON by
// the names that the app family has. It holds personal data, and nothing that lets anybody in.
type AccountView struct {
	ID            uuid.UUID       `json:"id"`
	Number        int64           `json:"number"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"emailVerified"` // its link was opened, by whomever
	EmailProven   bool            `json:"emailProven"`   // by whoever owns the mailbox
	Username      string          `json:"username"`      // empty: none
	Name          string          `json:"name"`          // for display; empty: none
	Locale        string          `json:"locale"`        // language tag; empty: unknown
	Role          Role            `json:"role"`
	Status        Status          `json:"status"`
	Factors       []FactorKind    `json:"factors"`      // kinds of second factors; never nil
	Metadata      json.RawMessage `json:"metadata"`     // a JSON object of the host's own; {} for none
	CreatedAt     time.Time       `json:"createdAt"`    // UTC
	LastSignInAt  *time.Time      `json:"lastSignInAt"` // UTC; nil: never
}

// View returns what may be shown of the account. It shares nothing with it.
func (a Account) View() AccountView {
	v := AccountView{
		ID: a.ID, Number: a.Number, Email: a.Email, EmailVerified: !a.EmailVerifiedAt.IsZero(), EmailProven: !a.EmailProvenAt.IsZero(),
		Username: a.Username, Name: a.Name, Locale: a.Locale, Role: a.Role, Status: a.Status,
		Factors: append([]FactorKind{}, a.Factors.Kinds()...), Metadata: json.RawMessage("{}"), CreatedAt: a.CreatedAt.UTC(),
	}
	if len(a.Metadata) > 0 {
		v.Metadata = append(json.RawMessage{}, a.Metadata...)
	}
	if !a.LastSignIn.IsZero() {
		at := a.LastSignIn.UTC()
		v.LastSignInAt = &at
	}
	return v
}
