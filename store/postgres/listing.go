package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	// $1 scope $2 $3 the place before the page $4 $5 that behind it $6 limit, then what is looked for. One index has
	// all of it but the prefix, another one has the role, too.
	scopeStands = `NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted')`

	listAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = $1
  AND (a.created_at, a.id) > ($2::bigint, $3::uuid) AND (a.created_at, a.id) < ($4::bigint, $5::uuid)
  AND a.status <> 'deleted' AND NOT a.house AND ` + scopeStands

	oldestAccounts = ` ORDER BY a.created_at, a.id`
	newestAccounts = ` ORDER BY a.created_at DESC, a.id DESC`

	// The days after that of since are counted in the index alone; only that day's accounts are looked at, and where
	// since is before 1970 those of the day that is 0. Who is deleted has neither day nor sign-in. $1 scope $2 day
	// $3 since.
	countAccounts = `SELECT (SELECT count(*) FROM accounts a WHERE a.parent = $1 AND a.active_day > $2 AND a.active_day <> 0)
    + (SELECT count(*) FROM accounts a WHERE a.parent = $1 AND a.active_day = ANY (ARRAY[$2, 0]) AND a.active_day >= $2
      AND a.last_sign_in >= $3 AND a.last_sign_in <> 0)
  WHERE ` + scopeStands
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

// pageQuery makes the statement of a page.
func pageQuery(scope uuid.UUID, p store.Page) (sql string, args []any) {
	start, after := rules.Start(p)
	end, before := rules.End(p)
	sql, args = listAccounts, []any{id(scope), start, id(after), end, id(before), p.Limit}
	switch p.Status {
	case "":
	case store.StatusDisabled:
		sql += ` AND a.status = 'disabled'`
	default:
		sql += ` AND a.status = 'active'`
	}
	if p.Search != "" {
		// 0xff is in no text, so it ends the range of what begins with the prefix.
		args = append(args, []byte(p.Search), []byte(p.Search+"\xff"))
		sql += ` AND (a.email_key >= $7::bytea AND a.email_key < $8::bytea OR a.username_key >= $7 AND a.username_key < $8)`
	}
	if p.Role != "" {
		args = append(args, string(p.Role))
		sql += ` AND a.role = $` + strconv.Itoa(len(args))
	}
	order := oldestAccounts
	if p.Newest {
		order = newestAccounts
	}
	if p.Search != "" { // how many have the prefix decides how they are found: it is planned for each
		return sql + order + ` LIMIT $6`, args
	}
	return limited(sql+order, 6, p.Limit), args
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
