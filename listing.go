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
	Role   Role      // of that role, in any letter case; empty: of every one
	Status Status    // active or disabled; empty: both
	From   time.Time // registered at or after
	To     time.Time // registered before
	Newest bool      // who came last comes first
	Limit  int       // 1..100; zero: 50
	Cursor string    // of the page before; bound to scope, filter and limit
}

// AccountPage is a page of a list. Its accounts refuse to be encoded as JSON: an answer shows their [Views].
type AccountPage struct {
	Accounts []Account // without passwords, seeds and histories
	Next     string    // cursor of the next page; empty: there is none
	Limit    int
	Total    int64 // children of the scope
	Active   int64 // of them, seen within 30 days; up to an hour old. Where there are so many that counting takes long, zero at first
}

// Views returns what may be shown of each of the accounts, in their order, for an answer in JSON. It is never nil, so
// that no accounts are [] and not null.
func Views(accounts []Account) []AccountView {
	views := make([]AccountView, len(accounts))
	for i, x := range accounts {
		views[i] = x.View()
	}
	return views
}

// Accounts lists the accounts of the scope that the caller rules, in order of creation: imported ones at the time that
// they were imported with. Whoever follows the cursors meets each account that stays once, newcomers at the end, or,
// the newest first, not at all. [ErrForbidden], [ErrLimitedSession], [ErrInvalidLimit], [ErrInvalidCursor],
// [ErrInvalidInput] (search, role, status).
func (a *Authenticator) Accounts(ctx context.Context, by *Identity, q AccountQuery) (AccountPage, error) {
	by = by.orNobody()
	scope, err := scopeOf(by)
	if err != nil {
		return AccountPage{}, err
	}
	return a.list(ctx, scope, q)
}

// accountsAsked is what selects a page, as its cursor has it.
type accountsAsked struct {
	Scope  uuid.UUID `json:"s"`
	Search string    `json:"q"`
	Role   Role      `json:"r"`
	Status Status    `json:"u"`
	Newest bool      `json:"d"`
	From   int64     `json:"f"`
	To     int64     `json:"t"`
	Limit  int       `json:"l"`
}

// list returns a page of the accounts below scope. The root scope has no balance that counts them.
func (a *Authenticator) list(ctx context.Context, scope uuid.UUID, q AccountQuery) (AccountPage, error) {
	asked, err := a.accountsOf(scope, q)
	if err != nil {
		return AccountPage{}, err
	}
	after, err := continued(a, sealAccounts, q.Cursor, asked)
	if err != nil {
		return AccountPage{}, err
	}
	page := store.Page{
		After: after, Limit: asked.Limit + 1, Newest: q.Newest, Search: asked.Search, Role: asked.Role, Status: q.Status, From: q.From, To: q.To,
	}
	rows, err := a.store.ListAccounts(ctx, scope, page)
	if err != nil {
		return AccountPage{}, err
	}
	p := AccountPage{Limit: asked.Limit}
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
	if rows, p.Next, err = cut(a, sealAccounts, rows, asked.Limit, asked, placeOf); err != nil {
		return AccountPage{}, err
	}
	for _, x := range rows {
		p.Accounts = append(p.Accounts, public(x))
	}
	return p, nil
}

// placeOf is where the account stands in a list.
func placeOf(x *Account) store.Position { return store.Position{At: x.CreatedAt, ID: x.ID} }

// accountsOf checks a query.
func (a *Authenticator) accountsOf(scope uuid.UUID, q AccountQuery) (asked accountsAsked, err error) {
	setZero(&q.Limit, 50)
	if q.Limit < 1 || q.Limit > 100 {
		return accountsAsked{}, ErrInvalidLimit
	}
	if !canon.ValidLine(q.Search, 254) {
		return accountsAsked{}, ErrInvalidInput.WithField("search").WithMessage("Invalid search")
	}
	if q.Role != "" {
		if q.Role, err = a.role(q.Role); err != nil {
			return accountsAsked{}, err
		}
	}
	if q.Status != "" && q.Status != StatusActive && q.Status != StatusDisabled {
		return accountsAsked{}, ErrInvalidInput.WithField("status").WithMessage("Unknown status")
	}
	return accountsAsked{
		Scope: scope, Search: canon.Lower(q.Search), Role: q.Role, Status: q.Status, Newest: q.Newest,
		From: millis(q.From), To: millis(q.To), Limit: q.Limit,
	}, nil
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

	activePatience = 50 * time.Millisecond // of a page
	activeTime     = time.Minute           // of a count
)

// activeCounts remembers how many accounts of a scope are active, since counting reads them all: of a million it takes
// longer than a page may.
type activeCounts struct {
	mu     sync.Mutex
	counts map[uuid.UUID]activeCount
	runs   map[uuid.UUID]*counting // under way
}

type activeCount struct {
	n  int64
	at time.Time
}

// counting is a count under way. err is set before done is closed.
type counting struct {
	done chan struct{}
	err  error
}

// activeIn returns how many accounts of the scope were seen within 30 days, an hour old at most where counting them is
// quick. Else it is what is known, zero at first, and the count goes on for the pages to come.
func (a *Authenticator) activeIn(ctx context.Context, scope uuid.UUID) (int64, error) {
	c := &a.active
	known, fresh := c.known(scope, a.now())
	if fresh {
		return known.n, nil
	}
	run := a.countActive(ctx, scope)
	patience := time.NewTimer(activePatience)
	defer patience.Stop()
	select {
	case <-run.done:
	case <-patience.C:
		return known.n, nil
	case <-ctx.Done():
		return 0, asError(ctx.Err())
	}
	if run.err != nil {
		return 0, run.err
	}
	known, _ = c.known(scope, a.now())
	return known.n, nil
}

func (c *activeCounts) known(scope uuid.UUID, now time.Time) (known activeCount, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.counts[scope]
	return known, ok && now.Sub(known.at) < activeAge && !now.Before(known.at)
}

// countActive begins to count, unless that is under way.
func (a *Authenticator) countActive(ctx context.Context, scope uuid.UUID) *counting {
	c := &a.active
	c.mu.Lock()
	defer c.mu.Unlock()
	if run := c.runs[scope]; run != nil {
		return run
	}
	run := &counting{done: make(chan struct{})}
	if c.runs == nil {
		c.runs = map[uuid.UUID]*counting{}
	}
	c.runs[scope] = run
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), activeTime)
	go func() {
		defer cancel()
		now := a.now()
		n, err := a.store.CountAccounts(ctx, scope, now.Add(-activeWindow))
		c.mu.Lock()
		defer c.mu.Unlock()
		if run.err = err; err == nil {
			if c.counts == nil || len(c.counts) >= activeMost {
				c.counts = map[uuid.UUID]activeCount{}
			}
			c.counts[scope] = activeCount{n: n, at: now}
		}
		delete(c.runs, scope)
		close(run.done)
	}()
	return run
}
