package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	// $1 scope $2 $3 the place before the page $4 its end $5 limit $6 $7 prefix and its end. One index has all of it
	// but the prefix.
	scopeStands  = `NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted')`
	listAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE ` + ofPage + pageInOrder

	searchAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE ` + ofPage + `
  AND (a.email_key >= $6::bytea AND a.email_key < $7::bytea OR a.username_key >= $6 AND a.username_key < $7)` + pageInOrder

	ofPage = `a.parent = $1 AND (a.created_at, a.id) > ($2::bigint, $3::uuid) AND a.created_at < $4::bigint
  AND a.status <> 'deleted' AND NOT a.house`
	pageInOrder = `
  AND ` + scopeStands + ` ORDER BY a.created_at, a.id LIMIT $5`

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
	start, after := rules.Start(p)
	args := []any{id(scope), start, id(after), orBound(p.To, math.MaxInt64), p.Limit}
	if p.Search == "" {
		return listAccounts, args
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
