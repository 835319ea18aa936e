package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// A search with few matches sorts them; one with more meets them soon in the order of creation. Both read few rows for
// a page, however many accounts the scope has. A page by dates is a part of the same index.
const (
	fewMatches = 1000

	inPage = ` a.parent = ?1 AND a.status <> 'deleted' AND a.house = 0 AND (a.created_at, a.id) > (?2, ?3) AND a.created_at < ?4`

	ofPage = ` ORDER BY a.created_at, a.id LIMIT ?5`

	selectPage = `SELECT ` + accountColumns + ` FROM accounts a WHERE` + inPage + ofPage

	selectPageOfMany = `SELECT ` + accountColumns + ` FROM accounts a WHERE` + inPage + `
  AND (a.email_key >= ?6 AND a.email_key < ?7 OR a.username_key >= ?6 AND a.username_key < ?7)` + ofPage

	// CROSS JOIN keeps the matches outside: SQLite would walk over the list and look each account up among them.
	selectPageOfFew = `SELECT ` + accountColumns + ` FROM (
  SELECT number FROM accounts WHERE parent = ?1 AND email_key >= ?6 AND email_key < ?7
  UNION SELECT number FROM accounts WHERE parent = ?1 AND username_key >= ?6 AND username_key < ?7
  ) m CROSS JOIN accounts a ON a.number = m.number WHERE` + inPage + ofPage

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
	end := int64(math.MaxInt64)
	if !p.To.IsZero() {
		end = p.To.UnixMilli()
	}
	args = []driver.Value{scope[:], start, after[:], end, int64(max(0, p.Limit))}
	if p.Search == "" {
		return selectPage, args, nil
	}
	// No text has the byte 0xff, so this is right behind everything that has the prefix.
	behind := p.Search + "\xff"
	var matches int64
	_, err = c.one(countMatches, func(r *row) { matches = r.int() }, scope[:], p.Search, behind, int64(fewMatches))
	query = selectPageOfFew
	if matches >= fewMatches {
		query = selectPageOfMany
	}
	return query, append(args, p.Search, behind), err
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
