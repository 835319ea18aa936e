package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
)

// lockScope locks the account, and with it two of the active admins of its scope when it is one of them: whoever may
// take the last but one away meets the others here, in the order of ids. $1 account $2 scope.
const lockScope = `SELECT id FROM accounts WHERE id = ANY (ARRAY(
  SELECT x.id FROM (SELECT id FROM accounts WHERE parent = $2 AND role = 'admin' AND status = 'active'
    AND EXISTS (SELECT 1 FROM accounts WHERE id = $1 AND role = 'admin' AND status = 'active') ORDER BY id LIMIT 2) x
  UNION ALL SELECT $1::uuid)) ORDER BY id FOR UPDATE`

// witness is another active admin, held so that it stays one; it is looked for when me is one who ceases to be.
const witness = `witness AS (
  SELECT id FROM accounts WHERE parent = $2 AND role = 'admin' AND status = 'active' AND id <> $1
    AND (SELECT me.rules FROM me) ORDER BY id LIMIT 1 FOR UPDATE
)`

// updateAccount does the whole Change but for new secrets. $1 to $24 as in accountArgs, $25 to $31 charge and now,
// $32 to $37 mail, $38 version, $39 proof, $40 TOTP step, $41 end sessions, $42 keep, $43 purposes to void, $44 accounts
// of the new secrets, $45: a refusal must fail, so that it takes
// the statements behind it along.
const updateAccount = `WITH me AS (
  SELECT a.id, a.epoch, a.role = 'admin' AND a.status = 'active' AND a.parent <> ` + root + `
    AND ($8::text <> 'admin' OR $9::text <> 'active') AS rules FROM accounts a
  WHERE a.id = $1 AND a.version = $38::bigint AND a.status <> 'deleted' AND ($40::bigint = 0 OR a.totp_step < $40) FOR UPDATE
), ` + witness + `, proof AS (
  SELECT s.digest FROM secrets s WHERE s.account = (SELECT id FROM me) AND s.digest = $39::bytea AND s.used_at = 0
    AND (s.expires_at = 0 OR s.expires_at > $31::bigint) FOR UPDATE
), fit AS (
  SELECT me.id, me.epoch FROM me
  WHERE ($39::bytea IS NULL OR EXISTS (SELECT 1 FROM proof))
    AND (NOT me.rules OR EXISTS (SELECT 1 FROM witness))
    AND NOT EXISTS (SELECT 1 FROM accounts a JOIN accounts p ON p.id = a.parent WHERE a.id = $1 AND p.status = 'deleted')
    AND NOT EXISTS (SELECT 1 FROM unnest($44::uuid[]) u (id) LEFT JOIN accounts a ON a.id = u.id LEFT JOIN accounts p ON p.id = a.parent
      WHERE a.id IS NULL OR a.status = 'deleted' OR coalesce(p.status, '') = 'deleted')
), pay AS (
  UPDATE credits c SET balance = c.balance - $29::bigint, used = c.used + $29,
    sign_ins = c.sign_ins + CASE WHEN $28::text = 'sign-in' THEN 1 ELSE 0 END,
    sign_ups = c.sign_ups + CASE WHEN $28 = 'sign-up' THEN 1 ELSE 0 END,
    verifications = c.verifications + CASE WHEN $28 = 'email-verification' THEN 1 ELSE 0 END,
    socials = c.socials + CASE WHEN $28 = 'social-sign-in' THEN 1 ELSE 0 END
  FROM fit WHERE c.owner = $25::uuid AND $29 > 0 AND c.balance >= $29 RETURNING c.*
), acc AS (
  UPDATE accounts a SET email = $3::text, email_key = $4::bytea, username = $5::text, username_key = $6::bytea, name = $7::text,
    role = $8::text, status = $9::text, password = $10::text, password_changed_at = $11::bigint, password_temporary = $12::boolean,
    password_history = $13::text[], verified_at = $14::bigint, google_subject = $15::text, totp = $16::bytea, totp_pending = $17::bytea,
    key_master = $18::text, key_version = $19::bigint, organization_owner = $20::uuid, organization = $21::jsonb,
    must_verify = $22::boolean, must_factor = $23::boolean, updated_at = $24::bigint,
    totp_step = greatest(a.totp_step, $40), version = a.version + 1, epoch = a.epoch + CASE WHEN $41::boolean THEN 1 ELSE 0 END
  FROM fit WHERE a.id = fit.id AND (NOT $30::boolean OR EXISTS (SELECT 1 FROM pay)) RETURNING ` + accountColumns + `
), keep AS (
  UPDATE sessions s SET epoch = acc.epoch FROM acc
  WHERE $41 AND s.id = $42::uuid AND s.account = acc.id AND s.epoch = acc.epoch - 1 AND s.ended_at = 0
), void AS (
  UPDATE secrets s SET used_at = $31 FROM acc
  WHERE s.account = acc.id AND s.used_at = 0 AND (s.expires_at = 0 OR s.expires_at > $31)
    AND (s.digest = $39 OR s.purpose = ANY ($43::text[]))
), led AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)
  SELECT pay.owner, $27::uuid, $26::text, $28::text, -$29::bigint, pay.balance, acc.id, $31::bigint FROM pay, acc
), mail AS (` + mailOf + `)
SELECT acc.*, 1 / CASE WHEN acc.id IS NULL THEN 0 ELSE 1 END, c.owner IS NOT NULL, ` + balanceColumns + `
  FROM (SELECT 1) one LEFT JOIN acc ON true LEFT JOIN pay c ON true WHERE acc.id IS NOT NULL OR $45::boolean`

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (a store.Account, r store.Receipt, err error) {
	c.Charge = orNone(c.Charge)
	err = retry(ctx, func() error {
		a, r, err = s.update(ctx, c, now)
		return err
	})
	return a, r, err
}

// update tries once; errRaced: it was refused for a reason that is gone.
func (s *Store) update(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	if c.Account.Status == store.StatusDeleted || c.Charge.Price < 0 {
		return s.whyNotUpdated(ctx, c, now, "")
	}
	var none store.Account
	var row accountRow
	var r store.Receipt
	done := false
	steps, err := changes(c, now, func(rows pgx.Rows) error {
		done = true
		return rows.Scan(append(append(row.to(), nil, &r.Charged), balanceTo(&r.Balance)...)...)
	})
	if err != nil {
		return none, r, err
	}
	err = s.batch(ctx, steps)
	if err == nil && done {
		a, err := row.value()
		if err == nil && !r.Charged {
			r, err = s.standing(ctx, c.Charge)
		}
		return a, r, err
	}
	constraint := violated(err)
	if err != nil && constraint == "" && !refused(err) {
		return none, store.Receipt{}, err
	}
	return s.whyNotUpdated(ctx, c, now, constraint)
}

// changes answers the batch that does the Change; scan takes the account as it then stands.
func changes(c store.Change, now time.Time, scan func(pgx.Rows) error) ([]step, error) {
	a := c.Account
	args, err := accountArgs(&a)
	if err != nil {
		return nil, err
	}
	mail, err := mailArgs(c.Mail)
	if err != nil {
		return nil, err
	}
	var proof []byte
	if c.Proof != (store.Digest{}) {
		proof = c.Proof[:]
	}
	void := make([]string, len(c.Void))
	for i, p := range c.Void {
		void[i] = string(p)
	}
	owners := make([][16]byte, len(c.Secrets))
	for i, x := range c.Secrets {
		owners[i] = id(x.Account)
	}
	args = append(append(append(args, chargeArgs(c.Charge)...), millis(now)), mail...)
	args = append(args, a.Version, proof, c.TOTPStep, c.EndSessions, id(c.KeepSession), void, owners, len(c.Secrets) > 0)
	var steps []step
	if a.Parent != store.Root && (a.Role != store.RoleAdmin || a.Status != store.StatusActive) {
		steps = append(steps, step{sql: lockScope, args: []any{id(a.ID), id(a.Parent)}})
	}
	steps = append(steps, step{sql: updateAccount, args: args, scan: scan})
	if len(c.Secrets) > 0 {
		steps = append(steps, step{sql: putSecrets, args: secretArgs(c.Secrets)})
	}
	return steps, nil
}

const refusal = `SELECT a.parent, a.version, a.totp_step, a.status <> 'deleted' AND coalesce(p.status, '') <> 'deleted',
    a.role = 'admin' AND a.status = 'active' AND a.parent <> ` + root + `,
    EXISTS (SELECT 1 FROM accounts x WHERE x.parent = a.parent AND x.role = 'admin' AND x.status = 'active' AND x.id <> a.id),
    EXISTS (SELECT 1 FROM secrets s WHERE s.account = a.id AND s.digest = $2::bytea AND s.used_at = 0 AND (s.expires_at = 0 OR s.expires_at > $3)),
    NOT EXISTS (SELECT 1 FROM unnest($4::uuid[]) u (id) LEFT JOIN accounts x ON x.id = u.id LEFT JOIN accounts y ON y.id = x.parent
      WHERE x.id IS NULL OR x.status = 'deleted' OR coalesce(y.status, '') = 'deleted'),
    EXISTS (SELECT 1 FROM credits c WHERE c.owner = $5 AND c.balance >= $6),
    EXISTS (SELECT 1 FROM credits c JOIN ledger l ON l.owner = c.owner WHERE c.owner = $5 AND c.balance >= $6 AND l.id = $7)
  FROM accounts a LEFT JOIN accounts p ON p.id = a.parent WHERE a.id = $1`

// whyNotUpdated answers the error of an update that was refused. A charge that stands already is left out, and the rest
// is done.
func (s *Store) whyNotUpdated(ctx context.Context, c store.Change, now time.Time, constraint string) (store.Account, store.Receipt, error) {
	var none store.Account
	var was store.Account
	var alive, rules, other, proved, owners, covered, used bool
	ids := make([][16]byte, len(c.Secrets))
	for i, x := range c.Secrets {
		ids[i] = id(x.Account)
	}
	args := []any{id(c.Account.ID), c.Proof[:], millis(now), ids, id(c.Charge.Owner), c.Charge.Price, id(c.Charge.Entry)}
	found, err := s.one(ctx, refusal, args,
		idTo(&was.Parent), &was.Version, &was.TOTPStep, &alive, &rules, &other, &proved, &owners, &covered, &used)
	fault := errRaced
	switch {
	case err != nil:
		fault = err
	case !found || !alive:
		fault = store.ErrNotFound
	case was.Version != c.Account.Version:
		fault = store.Conflict{}
	case c.Account.Status == store.StatusDeleted: // that is DeleteAccount's
		fault = store.ErrInvalid
	case c.Proof != (store.Digest{}) && !proved:
		fault = store.ErrProofSpent
	case c.TOTPStep != 0 && c.TOTPStep <= was.TOTPStep:
		fault = store.Conflict{}
	case rules && !other && (c.Account.Role != store.RoleAdmin || c.Account.Status != store.StatusActive):
		fault = store.ErrLastAdmin
	case !owners:
		fault = store.ErrNotFound
	case c.Charge.Price < 0:
		fault = store.ErrInvalid
	}
	if fault != errRaced {
		return none, store.Receipt{}, fault
	}
	if charges(c.Charge) && (used || constraint == "ledger_key" || constraint == "" && !covered) {
		return s.updateCharged(ctx, c, now, used)
	}
	if constraint != "" {
		return none, store.Receipt{}, conflict(constraint)
	}
	return none, store.Receipt{}, errRaced
}

// updateCharged does the change without its charge, if that was made before; used: another line has its id.
func (s *Store) updateCharged(ctx context.Context, c store.Change, now time.Time, used bool) (a store.Account, r store.Receipt, err error) {
	paid, err := s.standing(ctx, c.Charge)
	switch {
	case err != nil:
		return a, r, err
	case !paid.Charged && used:
		return a, r, store.Conflict{}
	case !paid.Charged:
		return a, r, store.ErrInsufficientCredits
	}
	c.Charge = store.Charge{}
	if a, _, err = s.update(ctx, c, now); err != nil {
		return a, r, err
	}
	return a, paid, nil
}

// refused reports whether a statement of a batch ended it on purpose: the update was refused (it divides by zero) or an
// account of the new secrets went meanwhile (it is NULL).
func refused(err error) bool { return pgCode(err) == "22012" || pgCode(err) == "23502" }

// deleteAccount makes the tombstone. $1 account $2 scope $3 now.
const deleteAccount = `WITH me AS (
  SELECT a.id, a.role = 'admin' AND a.status = 'active' AND a.parent <> ` + root + ` AS rules FROM accounts a
  WHERE a.id = $1 AND a.parent = $2 AND a.status <> 'deleted' FOR UPDATE
), ` + witness + `, gone AS (
  UPDATE accounts a SET ` + tombstone + `, orphans = a.parent = ` + root + `
  FROM me WHERE a.id = me.id AND (NOT me.rules OR EXISTS (SELECT 1 FROM witness))
    AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $2 AND p.status = 'deleted')
  RETURNING a.id, a.parent
), secret AS (
  DELETE FROM secrets s USING gone WHERE s.account = gone.id
), less AS (
  UPDATE credits c SET children = c.children - 1 FROM gone WHERE c.owner = gone.parent
)
SELECT count(*) FROM gone`

// tombstone is what is left of an account; $3 is now.
const tombstone = `status = 'deleted', epoch = a.epoch + 1, version = a.version + 1, updated_at = $3::bigint,
    email = '', email_key = NULL, username = '', username_key = NULL, name = '', google_subject = NULL,
    password = '', password_changed_at = 0, password_temporary = false, password_history = '{}', verified_at = 0,
    totp = '', totp_pending = '', organization_owner = ` + root + `, organization = NULL, must_verify = false, must_factor = false,
    last_sign_in = 0, active_day = 0`

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, scope, account uuid.UUID, now time.Time) error {
	return retry(ctx, func() error {
		var n int
		steps := []step{{sql: deleteAccount, args: []any{id(account), id(scope), millis(now)}, scan: func(rows pgx.Rows) error { return rows.Scan(&n) }}}
		if scope != store.Root {
			steps = append([]step{{sql: lockScope, args: []any{id(account), id(scope)}}}, steps...)
		}
		if err := s.batch(ctx, steps); err != nil || n == 1 {
			return err
		}
		var parent uuid.UUID
		var version, step int64
		var alive, rules, other, ignore bool
		found, err := s.one(ctx, refusal, []any{id(account), []byte{}, int64(0), [][16]byte{}, id(scope), int64(0), id(uuid.Nil)},
			idTo(&parent), &version, &step, &alive, &rules, &other, &ignore, &ignore, &ignore, &ignore)
		switch {
		case err != nil:
			return err
		case !found || !alive || parent != scope:
			return store.ErrNotFound
		case rules && !other:
			return store.ErrLastAdmin
		}
		return errRaced
	})
}
