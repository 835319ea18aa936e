package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// lockScope locks the account, and with it two of the active admins of its scope when it is one of them: whoever may
// take the last but one away meets the others here, in the order of ids. $1 account $2 scope.
const lockScope = `SELECT id FROM accounts WHERE id = ANY (ARRAY(
  SELECT x.id FROM (SELECT id FROM accounts WHERE parent = $2 AND ` + activeAdmin + `
    AND EXISTS (SELECT 1 FROM accounts WHERE id = $1 AND ` + activeAdmin + `) ORDER BY id LIMIT 2) x
  UNION ALL SELECT $1::uuid)) ORDER BY id FOR UPDATE`

// witness is another active admin, held so that it stays one; it is looked for when me is one who ceases to be.
const witness = `witness AS (
  SELECT id FROM accounts WHERE parent = @parent AND ` + activeAdmin + ` AND id <> @account
    AND (SELECT me.guarded FROM me) ORDER BY id LIMIT 1 FOR UPDATE
)`

// updateAccount does the whole Change but for new secrets. When secrets go with it, a refusal must fail, so that it takes
// the statement behind it along.
var updateAccount = prepare(`WITH me AS (
  SELECT a.id, a.epoch, `+guarded+`
    AND (@role::text <> 'admin' OR @status::text <> 'active') AS guarded FROM accounts a
  WHERE a.id = @account AND a.version = @version::bigint AND a.status <> 'deleted' AND (@totp_step::bigint = 0 OR a.totp_step < @totp_step) FOR UPDATE
), `+witness+`, proof AS (
  SELECT s.digest FROM secrets s WHERE s.account = (SELECT id FROM me) AND s.digest = @proof::bytea AND `+unspent+` FOR UPDATE
), fit AS (
  SELECT me.id, me.epoch FROM me
  WHERE (@proof::bytea IS NULL OR EXISTS (SELECT 1 FROM proof))
    AND (NOT me.guarded OR EXISTS (SELECT 1 FROM witness))
    AND NOT EXISTS (SELECT 1 FROM accounts a JOIN accounts p ON p.id = a.parent WHERE a.id = @account AND p.status = 'deleted')
    AND `+holdersStand+`
), pay AS (
  UPDATE credits c SET `+debit+`
  FROM fit, `+theBill+` WHERE c.owner = @payer::uuid AND bill.price > 0 AND c.balance >= bill.price RETURNING c.*
), acc AS (
  UPDATE accounts a SET email = @email::text, email_key = @email_key::bytea, username = @username::text,
    username_key = @username_key::bytea, name = @name::text, role = @role::text, status = @status::text, password = @password::text,
    password_changed_at = @password_changed_at::bigint, password_temporary = @password_temporary::boolean,
    password_history = @password_history::text[], verified_at = @verified_at::bigint, google_subject = @google_subject::text,
    totp = @totp::bytea, totp_pending = @totp_pending::bytea, key_master = @key_master::text, key_version = @key_version::bigint,
    organization_owner = @organization_owner::uuid, organization = @organization::jsonb, must_verify = @must_verify::boolean,
    must_factor = @must_factor::boolean, updated_at = @updated_at::bigint, totp_step = greatest(a.totp_step, @totp_step),
    version = a.version + 1, epoch = a.epoch + CASE WHEN @end_sessions::boolean THEN 1 ELSE 0 END
  FROM fit WHERE a.id = fit.id AND (NOT @required::boolean OR EXISTS (SELECT 1 FROM pay)) RETURNING `+accountColumns+`
), keep AS (
  UPDATE sessions s SET epoch = acc.epoch FROM acc
  WHERE @end_sessions AND s.id = @keep::uuid AND s.account = acc.id AND s.epoch = acc.epoch - 1 AND s.ended_at = 0
), void AS (
  UPDATE secrets s SET used_at = @now FROM acc
  WHERE s.account = acc.id AND `+unspent+` AND (s.digest = @proof OR s.purpose = ANY (@void::text[]))
), led AS (
  `+addDebit+`, acc
), mail AS (`+mailOf+`)
SELECT acc.*, 1 / CASE WHEN acc.id IS NULL THEN 0 ELSE 1 END, c.owner IS NOT NULL, `+balanceColumns+`
  FROM (SELECT 1) one LEFT JOIN acc ON true LEFT JOIN pay c ON true WHERE acc.id IS NOT NULL OR @must_not_refuse::boolean`,
	accountValues(func(u *update) *written { return &u.account }), chargeValues(func(u *update) *store.Charge { return &u.Charge }),
	mailValues(func(u *update) *mails { return &u.mails }), proofValues, values[update]{
		"required":        field(func(u *update) bool { return u.Charge.Required }),
		"version":         field(func(u *update) int64 { return u.Account.Version }),
		"totp_step":       field(func(u *update) int64 { return u.TOTPStep }),
		"end_sessions":    field(func(u *update) bool { return u.EndSessions }),
		"keep":            field(func(u *update) [16]byte { return u.KeepSession }),
		"void":            field(func(u *update) []string { return u.void() }),
		"must_not_refuse": field(func(u *update) bool { return len(u.Secrets) > 0 }),
	})

// proofValues are what an update is checked with, and those of unspent and holdersStand.
var proofValues = values[update]{
	"proof":   field(func(u *update) []byte { return digestOrNull(u.Proof) }),
	"holders": field(func(u *update) [][16]byte { return holders(u.Secrets) }),
	"now":     field(func(u *update) int64 { return millis(u.now) }),
}

// holdersStand is whether every account of the new secrets is there.
const holdersStand = `NOT EXISTS (SELECT 1 FROM unnest(@holders::uuid[]) u (id) LEFT JOIN accounts a ON a.id = u.id` + joinParent + `
      WHERE a.id IS NULL OR a.status = 'deleted' OR coalesce(p.status, '') = 'deleted')`

// update is a call of UpdateAccount.
type update struct {
	store.Change
	account written
	mails   mails
	now     time.Time
}

func updateOf(c store.Change, now time.Time) (u *update, err error) {
	u = &update{Change: c, now: now}
	if u.account, err = writtenOf(&u.Account); err != nil {
		return nil, err
	}
	u.mails, err = mailsOf(c.Mail)
	return u, err
}

// void is what the Change voids.
func (u *update) void() []string {
	purposes := make([]string, len(u.Void))
	for i, p := range u.Void {
		purposes[i] = string(p)
	}
	return purposes
}

// holders are the accounts of the secrets.
func holders(list []store.Secret) [][16]byte {
	accounts := make([][16]byte, len(list))
	for i := range list {
		accounts[i] = list[i].Account
	}
	return accounts
}

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
		return s.whyNotUpdated(ctx, &update{Change: c, now: now}, "")
	}
	var none store.Account
	var row accountRow
	var r store.Receipt
	done := false
	u, err := updateOf(c, now)
	if err != nil {
		return none, r, err
	}
	err = s.batch(ctx, u.steps(func(rows pgx.Rows) error {
		done = true
		return rows.Scan(append(append(row.to(), nil, &r.Charged), balanceTo(&r.Balance)...)...)
	}))
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
	return s.whyNotUpdated(ctx, u, constraint)
}

// steps returns the batch that does the Change; scan takes the account as it then stands.
func (u *update) steps(scan func(pgx.Rows) error) []step {
	var steps []step
	a := &u.Account
	if a.Parent != store.Root && (a.Role != store.RoleAdmin || a.Status != store.StatusActive) {
		steps = append(steps, step{sql: lockScope, args: []any{id(a.ID), id(a.Parent)}})
	}
	steps = append(steps, step{sql: updateAccount.Text, args: updateAccount.Args(u), scan: scan})
	if len(u.Secrets) > 0 {
		steps = append(steps, step{sql: putSecrets, args: secretArgs(u.Secrets)})
	}
	return steps
}

// refusal looks at what an update or a deletion was refused for.
var refusal = prepare(`SELECT a.parent, a.version, a.totp_step, `+undeleted+`, `+guarded+`,
    EXISTS (SELECT 1 FROM accounts x WHERE x.parent = a.parent AND x.role = 'admin' AND x.status = 'active' AND x.id <> a.id),
    EXISTS (SELECT 1 FROM secrets s WHERE s.account = a.id AND s.digest = @proof::bytea AND `+unspent+`),
    `+holdersStand+`,
    EXISTS (SELECT 1 FROM credits c WHERE c.owner = @payer AND c.balance >= @price),
    EXISTS (SELECT 1 FROM credits c JOIN ledger l ON l.owner = c.owner
      WHERE c.owner = @payer AND c.balance >= @price AND l.id = @entry)
  FROM accounts a`+joinParent+` WHERE a.id = @account`,
	proofValues, values[update]{
		"account": field(func(u *update) [16]byte { return u.Account.ID }),
		"payer":   field(func(u *update) [16]byte { return u.Charge.Owner }),
		"price":   field(func(u *update) int64 { return u.Charge.Price }),
		"entry":   field(func(u *update) [16]byte { return u.Charge.Entry }),
	})

// whyNotUpdated answers the error of an update that was refused. A charge that stands already is left out, and the rest
// is done.
func (s *Store) whyNotUpdated(ctx context.Context, u *update, constraint string) (store.Account, store.Receipt, error) {
	var none store.Account
	var was store.Account
	var alive, resigns, other, proved, owners, covered, used bool
	c := &u.Change
	found, err := s.one(ctx, refusal.Text, refusal.Args(u),
		idTo(&was.Parent), &was.Version, &was.TOTPStep, &alive, &resigns, &other, &proved, &owners, &covered, &used)
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
	case resigns && !other && (c.Account.Role != store.RoleAdmin || c.Account.Status != store.StatusActive):
		fault = store.ErrLastAdmin
	case !owners:
		fault = store.ErrNotFound
	case c.Charge.Price < 0:
		fault = store.ErrInvalid
	}
	if fault != errRaced {
		return none, store.Receipt{}, fault
	}
	if rules.Charged(c.Charge) && (used || constraint == "ledger_key" || constraint == "" && !covered) {
		return s.updateCharged(ctx, *c, u.now, used)
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
