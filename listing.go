package tollkeeper

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// AccountQuery selects accounts of the caller's scope: a parent's children, or an admin's fellows.
type AccountQuery struct {
	Search string    // prefix of email or username
	From   time.Time // registered at or after
	To     time.Time // registered before
	Limit  int       // 1..100; zero: 50
	Cursor string    // of the page before; bound to scope, filter and limit
}

// AccountPage is a page of a list.
type AccountPage struct {
	Accounts []Account // without passwords, seeds and histories
	Next     string    // cursor of the next page; empty: there is none
	Limit    int
	Total    int64 // children of the scope
	Active   int64 // of them, seen within 30 days; up to an hour old
}

// Accounts lists the accounts of the scope that the caller rules, in order of creation.
// [ErrForbidden], [ErrLimitedSession], [ErrInvalidLimit], [ErrInvalidCursor], [ErrInvalidInput] (search).
func (a *Authenticator) Accounts(ctx context.Context, by *Identity, q AccountQuery) (AccountPage, error) {
	by = by.orNobody()
	scope, err := scopeOf(by)
	if err != nil {
		return AccountPage{}, err
	}
	return a.list(ctx, scope, q)
}

// cursor continues a list. It is sealed and bound to everything that selected the page (R81).
type cursor struct {
	Scope  uuid.UUID `json:"s"`
	Search string    `json:"q"`
	From   int64     `json:"f"`
	To     int64     `json:"t"`
	Limit  int       `json:"l"`
	After  uuid.UUID `json:"a"`
}

const sealCursor = "cursor"

// list returns a page of the accounts below scope. The root scope has no balance that counts them.
func (a *Authenticator) list(ctx context.Context, scope uuid.UUID, q AccountQuery) (AccountPage, error) {
	at, err := a.readCursor(scope, q)
	if err != nil {
		return AccountPage{}, err
	}
	page := store.Page{After: at.After, Limit: at.Limit + 1, Search: at.Search, From: q.From, To: q.To}
	rows, err := a.store.ListAccounts(ctx, scope, page)
	if err != nil {
		return AccountPage{}, err
	}
	p := AccountPage{Limit: at.Limit}
	if scope != Root {
		b, err := a.store.Balance(ctx, scope)
		if err != nil && (scope != houseID || !errors.Is(err, ErrNotFound)) { // nobody has signed up yet
			return AccountPage{}, err
		}
		p.Total = b.Children
	}
	if p.Active, err = a.activeIn(ctx, scope); err != nil {
		return AccountPage{}, err
	}
	if len(rows) > at.Limit {
		rows = rows[:at.Limit]
		at.After = rows[len(rows)-1].ID
		if p.Next, err = a.seal(sealCursor, at); err != nil {
			return AccountPage{}, err
		}
	}
	for _, x := range rows {
		p.Accounts = append(p.Accounts, public(x))
	}
	return p, nil
}

func (a *Authenticator) readCursor(scope uuid.UUID, q AccountQuery) (cursor, error) {
	setZero(&q.Limit, 50)
	if q.Limit < 1 || q.Limit > 100 {
		return cursor{}, ErrInvalidLimit
	}
	if !canon.ValidLine(q.Search, 254) {
		return cursor{}, ErrInvalidInput.WithField("search").WithMessage("Invalid search")
	}
	want := cursor{Scope: scope, Search: canon.Lower(q.Search), From: millis(q.From), To: millis(q.To), Limit: q.Limit}
	if q.Cursor == "" {
		return want, nil
	}
	var got cursor
	if !a.keys.Open(sealCursor, q.Cursor, &got) {
		return cursor{}, ErrInvalidCursor
	}
	want.After = got.After
	if got != want {
		return cursor{}, ErrInvalidCursor
	}
	return want, nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

const (
	activeWindow = 30 * 24 * time.Hour
	activeAge    = time.Hour
	activeMost   = 10_000 // scopes remembered
)

// activeCounts remembers how many accounts of a scope are active, since counting reads them all.
type activeCounts struct {
	mu     sync.Mutex
	counts map[uuid.UUID]activeCount
}

type activeCount struct {
	n  int64
	at time.Time
}

// activeIn returns how many accounts of the scope were seen within 30 days, at most an hour old.
func (a *Authenticator) activeIn(ctx context.Context, scope uuid.UUID) (int64, error) {
	now, c := a.now(), &a.active
	c.mu.Lock()
	known, ok := c.counts[scope]
	c.mu.Unlock()
	if ok && now.Sub(known.at) < activeAge && !now.Before(known.at) {
		return known.n, nil
	}
	n, err := a.store.CountAccounts(ctx, scope, now.Add(-activeWindow))
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil || len(c.counts) >= activeMost {
		c.counts = map[uuid.UUID]activeCount{}
	}
	c.counts[scope] = activeCount{n: n, at: now}
	return n, nil
}
