package tollkeeper

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// What a cursor continues. A cursor of one list opens no other.
const (
	sealAccounts = "cursor"
	sealEvents   = "events"
	sealLedger   = "ledger"
	sealMail     = "mail"
)

// cursor continues a list behind a row. It is sealed and bound to everything that selected its page (R81).
type cursor[Q comparable] struct {
	Query Q         `json:"q"`
	At    int64     `json:"t"` // of the row, in Unix milliseconds
	ID    uuid.UUID `json:"i"`
}

// continued returns the place that a cursor names; none is the start. [ErrInvalidCursor]: it is of another list or
// query.
func continued[Q comparable](a *Authenticator, list, text string, q Q) (store.Position, error) {
	if text == "" {
		return store.Position{}, nil
	}
	var c cursor[Q]
	if !a.keys.Open(list, text, &c) || c.Query != q {
		return store.Position{}, ErrInvalidCursor
	}
	return store.Position{At: time.UnixMilli(c.At).UTC(), ID: c.ID}, nil
}

// cut returns the first limit rows and, where there are more, the cursor behind them.
func cut[Q comparable, R any](a *Authenticator, list string, rows []R, limit int, q Q, place func(*R) store.Position) ([]R, string, error) {
	if len(rows) <= limit {
		return rows, "", nil
	}
	rows = rows[:limit]
	last := place(&rows[limit-1])
	next, err := a.seal(list, cursor[Q]{Query: q, At: last.At.UnixMilli(), ID: last.ID})
	return rows, next, err
}
