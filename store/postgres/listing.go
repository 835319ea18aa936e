package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const (
	// $1 scope $2 after.
	scopeStands = `NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted')`
	ofPage      = `a.parent = $1 AND a.id > $2 AND a.status <> 'deleted' AND NOT a.house`

	// $3 limit $4 from $5 to $6 $7 prefix and its end.
	listAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE ` + ofPage + `
  AND ` + scopeStands + ` ORDER BY a.id LIMIT $3`

	// Up to ten thousand between two dates are found in an index and sorted; more are met soon in the order of ids. The
	// server would always walk, because it does not know that old ids have old dates. Only one of the halves runs.
	//
	// Houses are root accounts: below a parent the index is enough to find a page.
	rangeAccounts = fewAccounts + ofRange
	rangeRoots    = fewAccounts + ` AND NOT house` + ofRange

	fewAccounts = `WITH few AS MATERIALIZED (
  SELECT id FROM accounts WHERE parent = $1 AND created_at >= $4::bigint AND created_at < $5::bigint AND status <> 'deleted'`

	ofRange = ` LIMIT 10001
), n AS MATERIALIZED (SELECT count(*) <= 10000 AS few FROM few)
SELECT * FROM (
  SELECT ` + accountColumns + ` FROM (SELECT id FROM few WHERE id > $2 AND (SELECT n.few FROM n) ORDER BY id LIMIT $3) f JOIN accounts a ON a.id = f.id
  UNION ALL (SELECT ` + accountColumns + ` FROM accounts a WHERE ` + ofPage + `
    AND a.created_at >= $4 AND a.created_at < $5 AND NOT (SELECT n.few FROM n) ORDER BY a.id LIMIT $3)
) x WHERE ` + scopeStands + ` ORDER BY id LIMIT $3`

	searchAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE ` + ofPage + `
  AND a.created_at >= $4::bigint AND a.created_at < $5::bigint
  AND (a.email_key >= $6::bytea AND a.email_key < $7::bytea OR a.username_key >= $6 AND a.username_key < $7)
  AND ` + scopeStands + ` ORDER BY a.id LIMIT $3`

	countAccounts = `SELECT count(*) FROM accounts a WHERE a.parent = $1 AND a.active_day >= $2 AND a.last_sign_in >= $3
  AND a.last_sign_in <> 0 AND a.status <> 'deleted'
  AND ` + scopeStands
)

// ListAccounts meets [store.AccountStore].
func (s *Store) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) (page []store.Account, err error) {
	sql, args := pageQuery(scope, p)
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, sql, args, accountsOf(&page))
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// pageQuery chooses the statement of a page.
func pageQuery(scope uuid.UUID, p store.Page) (string, []any) {
	args := []any{id(scope), id(p.After), p.Limit}
	if p.From.IsZero() && p.To.IsZero() && p.Search == "" {
		return listAccounts, args
	}
	switch args = append(args, orBound(p.From, math.MinInt64), orBound(p.To, math.MaxInt64)); {
	case p.Search == "" && scope == store.Root:
		return rangeRoots, args
	case p.Search == "":
		return rangeAccounts, args
	}
	// 0xff is in no text, so it ends the range of what begins with the prefix.
	return searchAccounts, append(args, []byte(p.Search), []byte(p.Search+"\xff"))
}

// CountAccounts meets [store.AccountStore].
func (s *Store) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (n int64, err error) {
	ms := since.UnixMilli()
	err = retry(ctx, func() error {
		_, err := s.one(ctx, countAccounts, []any{id(scope), ms / dayMillis, ms}, &n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
