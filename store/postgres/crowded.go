package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// An account counts the sessions that it makes, in the row that a sign-in writes anyway. That count is never below that
// of the live ones. While it leaves room, nobody looks at them.
const (
	holdAccount = `SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE`

	// makeRoom counts anew, and ends the oldest live sessions, as many as are more than one below the cap. The
	// account was locked before, so that this sees every one that it made. $1 account $2 cap $3 now.
	makeRoom = `WITH live AS (
  SELECT s.id, row_number() OVER (ORDER BY s.created_at DESC, s.id DESC) AS nth FROM sessions s JOIN accounts a ON a.id = s.account
  WHERE s.account = $1 AND s.epoch = a.epoch AND ` + current + `$3::bigint
), gone AS (
  UPDATE sessions s SET ended_at = $3, end_day = least(s.end_day, $3 / 86400000) FROM live
  WHERE s.id = live.id AND live.nth >= $2::bigint AND s.ended_at = 0
)
UPDATE accounts SET sessions = (SELECT count(*) FROM live WHERE nth < $2) WHERE id = $1`

	// mustStand divides by zero if the sign-in before it was refused: no session ends for it. $1 session $2 account.
	mustStand = `SELECT 1 / count(*) FROM sessions WHERE id = $1 AND account = $2`
)

// createCrowded does a sign-in for which others may have to end.
func (s *Store) createCrowded(ctx context.Context, r *signIn, sql string, args, to []any) (done bool, err error) {
	account := id(r.Session.Account)
	err = s.batch(ctx, []step{
		{sql: holdAccount, args: []any{account}},
		{sql: makeRoom, args: []any{account, r.Most, millis(r.now)}},
		{sql: sql, args: args, scan: func(rows pgx.Rows) error {
			done = true
			return rows.Scan(to...)
		}},
		{sql: mustStand, args: []any{id(r.Session.ID), account}},
	})
	return done, err
}
