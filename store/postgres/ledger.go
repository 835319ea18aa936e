package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	listCredits   = `SELECT ` + entryColumns + ` FROM ledger l WHERE l.owner = $1 AND l.id > $2 AND l.id < $3`
	ofOperation   = ` AND l.op = $5`
	oldestEntries = ` ORDER BY l.id`
	newestEntries = ` ORDER BY l.id DESC`

	// sumCredits steps through the operations that the owner has, and adds up each day of each in the index that has
	// the amounts. The table is looked at where entries are newer than its last VACUUM.
	sumCredits = `WITH RECURSIVE ops AS (
  (SELECT l.op FROM ledger l WHERE l.owner = $1 ORDER BY l.op LIMIT 1)
  UNION ALL
  SELECT (SELECT l.op FROM ledger l WHERE l.owner = $1 AND l.op > ops.op ORDER BY l.op LIMIT 1) FROM ops WHERE ops.op IS NOT NULL
)
SELECT d.day, ops.op, s.entries, s.credits
FROM ops CROSS JOIN unnest($2::bigint[], $3::uuid[], $4::uuid[]) AS d (day, above, below)
CROSS JOIN LATERAL (
  SELECT count(*) AS entries, sum(l.amount)::bigint AS credits FROM ledger l
  WHERE l.owner = $1 AND l.op = ops.op AND l.id > d.above AND l.id < d.below
) s
WHERE ops.op IS NOT NULL AND s.entries > 0`
)

// ListCredits meets [store.CreditStore].
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) (page []store.LedgerEntry, err error) {
	above, below := rules.Between(q)
	sql, args := listCredits, []any{id(owner), id(above), id(below), q.Limit}
	if q.Operation != "" {
		sql, args = sql+ofOperation, append(args, string(q.Operation))
	}
	if q.Newest {
		sql += newestEntries
	} else {
		sql += oldestEntries
	}
	sql = limited(sql, 4, q.Limit)
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, sql, args, func(row pgx.Row) error {
			var e store.LedgerEntry
			var bundle []byte
			var times moments
			err := row.Scan(entryTo(&e, &bundle, &times)...)
			if err == nil {
				times.fill()
				e.Package, err = fromJSON[store.Package](bundle)
			}
			page = append(page, e)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// SumCredits meets [store.CreditStore].
func (s *Store) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) (sums []store.CreditDay, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	days, err := rules.Span(d)
	if err != nil {
		return nil, err
	}
	at, above, below := make([]int64, len(days)), make([][16]byte, len(days)), make([][16]byte, len(days))
	for i, midnight := range days {
		first, end := rules.DayIDs(midnight)
		at[i], above[i], below[i] = midnight.UnixMilli(), first, end
	}
	err = retry(ctx, func() error {
		sums = nil
		return s.allKept(ctx, sumCredits, []any{id(owner), at, above, below}, func(row pgx.Row) error {
			var sum store.CreditDay
			var ms int64
			err := row.Scan(&ms, &sum.Operation, &sum.Entries, &sum.Credits)
			sum.Day = time.UnixMilli(ms).UTC()
			sums = append(sums, sum)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	rules.InOrder(sums)
	return sums, nil
}
