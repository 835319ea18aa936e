package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// deleteAccount makes the tombstone.
var deleteAccount = prepare(`WITH me AS (
  SELECT a.id, `+guarded+` AS guarded FROM accounts a
  WHERE a.id = @account AND a.parent = @parent AND a.status <> 'deleted' FOR UPDATE
), `+witness+`, gone AS (
  UPDATE accounts a SET `+tombstone+`, orphans = a.parent = `+root+`
  FROM me WHERE a.id = me.id AND (NOT me.guarded OR EXISTS (SELECT 1 FROM witness))
    AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = @parent AND p.status = 'deleted')
  RETURNING a.id, a.parent
), `+dropSecrets+`, less AS (
  UPDATE credits c SET children = c.children - 1 FROM gone WHERE c.owner = gone.parent
)
SELECT count(*) FROM gone`, values[deletion]{
	"account": field(func(d *deletion) [16]byte { return d.account }),
	"parent":  field(func(d *deletion) [16]byte { return d.scope }),
	"now":     field(func(d *deletion) int64 { return millis(d.now) }),
})

const (
	// tombstone is what is left of an account.
	tombstone = `status = 'deleted', epoch = a.epoch + 1, version = a.version + 1, updated_at = @now::bigint,
    email = '', email_key = NULL, username = '', username_key = NULL, name = '', google_subject = NULL,
    password = '', password_changed_at = 0, password_temporary = false, password_history = '{}', verified_at = 0,
    totp = '', totp_pending = '', organization_owner = ` + root + `, organization = NULL, must_verify = false, must_factor = false,
    last_sign_in = 0, active_day = 0`

	// dropSecrets deletes the secrets of accounts that are gone.
	dropSecrets = `secret AS (
  DELETE FROM secrets s USING gone WHERE s.account = gone.id
)`
)

// deletion is a call of DeleteAccount.
type deletion struct {
	account, scope uuid.UUID
	now            time.Time
}

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, scope, account uuid.UUID, now time.Time) error {
	d := deletion{account, scope, now}
	return retry(ctx, func() error {
		var n int
		steps := []step{{sql: deleteAccount.Text, args: deleteAccount.Args(&d), scan: func(rows pgx.Rows) error { return rows.Scan(&n) }}}
		if scope != store.Root {
			steps = append([]step{{sql: lockScope, args: []any{id(account), id(scope)}}}, steps...)
		}
		if err := s.batch(ctx, steps); err != nil || n == 1 {
			return err
		}
		return s.whyNotDeleted(ctx, &d)
	})
}

const memberByID = `SELECT ` + memberColumns + ` FROM accounts a` + joinParent + ` WHERE a.id = $1`

// whyNotDeleted returns the error of a deletion that was refused.
func (s *Store) whyNotDeleted(ctx context.Context, d *deletion) error {
	var m member
	if _, err := s.one(ctx, memberByID, []any{id(d.account)}, m.to()...); err != nil {
		return err
	}
	facts := rules.Leaving{Found: m.stands(), Was: m.Account, OtherAdmin: m.otherAdmin}
	if _, err := rules.Tombstone(d.scope, facts, d.now); err != nil {
		return err
	}
	return errRaced
}
