package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// A search with few matches sorts them; one with more meets them soon in the order of creation. Both read few rows for
// a page, however many accounts the scope has. A page by dates is a part of the same index; of a role, and of those who
// are disabled, there is one of its own.
const (
	fewMatches = 10_000

	inPage = ` a.parent = ?1 AND a.status <> 'deleted' AND a.house = 0 AND (a.created_at, a.id) > (?2, ?3) AND (a.created_at, a.id) < (?4, ?5)`

	ofMany = ` AND (a.email_key >= ?7 AND a.email_key < ?8 OR a.username_key >= ?7 AND a.username_key < ?8)`

	// CROSS JOIN keeps the matches outside: SQLite would walk over the list and look each account up among them.
	fromFew = `(
  SELECT number FROM accounts WHERE parent = ?1 AND email_key >= ?7 AND email_key < ?8
  UNION SELECT number FROM accounts WHERE parent = ?1 AND username_key >= ?7 AND username_key < ?8
  ) m CROSS JOIN accounts a ON a.number = m.number`

	countMatches = `SELECT count(*) FROM (
  SELECT 1 FROM accounts WHERE parent = ?1 AND email_key >= ?2 AND email_key < ?3
  UNION ALL SELECT 1 FROM accounts WHERE parent = ?1 AND username_key >= ?2 AND username_key < ?3 LIMIT ?4)`
)

// ListAccounts meets [store.AccountStore].
func (s *Store) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) (page []store.Account, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		if known, err := isScope(c, scope); err != nil || !known {
			return err
		}
		query, args, err := pageQuery(c, scope, p)
		if err != nil {
			return err
		}
		return c.each(ctx, query, func(r *row) error {
			page = append(page, accountOf(r))
			return nil
		}, args...)
	})
	return page, err
}

func pageQuery(c *conn, scope uuid.UUID, p store.Page) (query string, args []driver.Value, err error) {
	start, after := rules.Start(p)
	end, before := rules.End(p)
	all := [9]driver.Value{scope[:], start, after[:], end, before[:], int64(max(0, p.Limit)), nil, nil, string(p.Role)}
	args = all[:6]
	from, where := "accounts a INDEXED BY account_created", inPage
	switch {
	case p.Role != "":
		from = "accounts a INDEXED BY account_role"
	case p.Status == store.StatusDisabled:
		from = "accounts a INDEXED BY account_disabled"
	}
	switch p.Status {
	case "":
	case store.StatusDisabled:
		where += ` AND a.status = 'disabled'`
	default:
		where += ` AND a.status = 'active'`
	}
	if p.Search != "" {
		// No text has the byte 0xff, so this is right behind everything that has the prefix.
		behind := p.Search + "\xff"
		all[6], all[7], args = p.Search, behind, all[:8]
		var matches int64
		_, err = c.one(countMatches, func(r *row) { matches = r.int() }, scope[:], p.Search, behind, int64(fewMatches))
		if matches < fewMatches {
			from = fromFew
		} else {
			where += ofMany
		}
	}
	if p.Role != "" {
		where, args = where+` AND a.role = ?9`, all[:]
	}
	query = `SELECT ` + accountColumns + ` FROM ` + from + ` WHERE` + where
	if p.Newest {
		return query + ` ORDER BY a.created_at DESC, a.id DESC LIMIT ?6`, args, err
	}
	return query + ` ORDER BY a.created_at, a.id LIMIT ?6`, args, err
}

const selectScope = `SELECT 1 FROM accounts WHERE id = ?1 AND parent = ?2 AND status <> 'deleted'`

// isScope tells whether accounts can live there.
func isScope(c *conn, scope uuid.UUID) (bool, error) {
	if scope == store.Root {
		return true, nil
	}
	return c.exists(selectScope, scope[:], store.Root[:])
}

// The days after that of since are counted in the index alone; only that day's accounts are looked at.
const countActive = `SELECT
  (SELECT count(*) FROM accounts WHERE parent = ?1 AND active_day > ?2) +
  (SELECT count(*) FROM accounts WHERE parent = ?1 AND active_day = ?2 AND last_sign_in >= ?3)`

// CountAccounts meets [store.AccountStore].
func (s *Store) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (n int64, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		if known, err := isScope(c, scope); err != nil || !known {
			return err
		}
		return c.each(ctx, countActive, func(r *row) error {
			n = r.int()
			return nil
		}, scope[:], dayOf(since), since.UnixMilli())
	})
	return n, err
}
