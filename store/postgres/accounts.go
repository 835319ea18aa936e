package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// mailOf inserts the mail that goes with a change; its parameters are $32 to $37.
const mailOf = `INSERT INTO outbox (id, kind, lookup, address, args, due_at)
  SELECT m.id, m.kind, m.lookup::jsonb, m.address, m.args::jsonb, m.due_at
  FROM unnest($32::uuid[], $33::text[], $34::text[], $35::text[], $36::text[], $37::bigint[]) AS m (id, kind, lookup, address, args, due_at)
  WHERE EXISTS (SELECT 1 FROM acc) ORDER BY m.id ON CONFLICT (id) DO NOTHING`

const insertAccount = `INSERT INTO accounts AS a (id, parent, email, email_key, username, username_key, name, role, status, password,
    password_changed_at, password_temporary, password_history, verified_at, google_subject, totp, totp_pending, key_master,
    key_version, organization_owner, organization, must_verify, must_factor, updated_at, house, public_key, created_at)
  SELECT $1::uuid, $2::uuid, $3::text, $4::bytea, $5::text, $6::bytea, $7::text, $8::text, $9::text, $10::text,
    $11::bigint, $12::boolean, $13::text[], $14::bigint, $15::text, $16::bytea, $17::bytea, $18::text,
    $19::bigint, $20::uuid, $21::jsonb, $22::boolean, $23::boolean, $24::bigint, $38::boolean, $39::text, $40::bigint
  `

// createChild charges the parent, counts the child and makes it. The parent is locked against being deleted or disabled
// meanwhile, but not against sign-ins. A violated unique constraint undoes all of it, and its name tells the field.
//
// Here and wherever a balance is decided on under a lock, the new one is computed from the locked row: at READ COMMITTED
// the server first makes the new row from the one in its snapshot and checks constraints on that, and only then notices
// that there is a newer one.
const createChild = `WITH parent AS (
  SELECT id FROM accounts WHERE id = $2 AND parent = ` + root + ` AND status = 'active' FOR KEY SHARE
), wallet AS (
  SELECT c.owner, c.balance, $25::uuid = c.owner AND $29::bigint > 0 AND c.balance >= $29 AS covers FROM credits c
  WHERE c.owner = (SELECT id FROM parent) FOR UPDATE
), pay AS (
  UPDATE credits c SET children = c.children + 1,
    balance = w.balance - CASE WHEN w.covers THEN $29 ELSE 0 END,
    used = c.used + CASE WHEN w.covers THEN $29 ELSE 0 END,
    sign_ins = c.sign_ins + CASE WHEN w.covers AND $28::text = 'sign-in' THEN 1 ELSE 0 END,
    sign_ups = c.sign_ups + CASE WHEN w.covers AND $28 = 'sign-up' THEN 1 ELSE 0 END,
    verifications = c.verifications + CASE WHEN w.covers AND $28 = 'email-verification' THEN 1 ELSE 0 END,
    socials = c.socials + CASE WHEN w.covers AND $28 = 'social-sign-in' THEN 1 ELSE 0 END
  FROM wallet w WHERE c.owner = w.owner AND (w.covers OR NOT $30::boolean) RETURNING c.*, w.covers
), acc AS (
  ` + insertAccount + `FROM pay RETURNING ` + accountColumns + `
), led AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)
  SELECT pay.owner, $27::uuid, $26::text, $28::text, -$29::bigint, pay.balance, $1::uuid, $31::bigint FROM pay WHERE pay.covers
), mail AS (` + mailOf + `)
SELECT acc.*, c.covers, ` + balanceColumns + ` FROM acc, pay c`

// createRoot opens the balance with the grant: $25 is the key, $27 the entry, $28 the operation, $29 the amount.
const createRoot = `WITH acc AS (
  ` + insertAccount + `WHERE $30::boolean IS NOT NULL AND $25::uuid IS NOT NULL RETURNING ` + accountColumns + `
), book AS (
  INSERT INTO credits (owner, balance, granted, free_users, closed_month)
  SELECT $1::uuid, $29::bigint, $29::bigint, coalesce($41::bigint, 0), $42::bigint FROM acc
), led AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, refunds, package, at)
  SELECT $1::uuid, $27::uuid, $26::text, $28::text, $29::bigint, $29::bigint, $43::uuid, $44::text, $45::jsonb, $31::bigint
  FROM acc WHERE $46::boolean
), mail AS (` + mailOf + `)
SELECT acc.*, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM acc`

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (a store.Account, r store.Receipt, err error) {
	n.Charge = orNone(n.Charge)
	err = retry(ctx, func() error {
		a, r, err = s.create(ctx, n, now)
		return err
	})
	return a, r, err
}

// create tries once; errRaced: it was refused for a reason that is gone.
func (s *Store) create(ctx context.Context, n store.NewAccount, now time.Time) (a store.Account, r store.Receipt, err error) {
	if nameless(&n.Account) || malformed(n) {
		return s.whyNotCreated(ctx, n, now, "")
	}
	sql, args, err := creation(n, now)
	if err != nil {
		return a, r, err
	}
	var row accountRow
	made, err := s.one(ctx, sql, args, append(append(row.to(), &r.Charged), balanceTo(&r.Balance)...)...)
	if made && err == nil {
		if a, err = row.value(); err == nil && !r.Charged {
			r, err = s.standing(ctx, n.Charge)
		}
		return a, r, err
	}
	constraint := violated(err)
	if err != nil && constraint == "" {
		return store.Account{}, store.Receipt{}, err
	}
	return s.whyNotCreated(ctx, n, now, constraint)
}

// nameless reports whether the account cannot be created below any parent.
func nameless(a *store.Account) bool { return a.ID == uuid.Nil || a.Status == store.StatusDeleted }

// malformed reports whether the credits that a new account comes with make no sense.
func malformed(n store.NewAccount) bool {
	g, c := n.Grant, n.Charge
	if g != nil && (n.Account.Parent != store.Root || g.Amount < 0 || g.Package != nil && g.Package.FreeUsers < 0) {
		return true
	}
	return c.Price < 0 || charges(c) && c.Owner != n.Account.Parent
}

// creation returns the statement for the new account.
func creation(n store.NewAccount, now time.Time) (string, []any, error) {
	a, g := n.Account, n.Grant
	args, err := accountArgs(&a)
	if err != nil {
		return "", nil, err
	}
	mail, err := mailArgs(n.Mail)
	if err != nil {
		return "", nil, err
	}
	tail := append(mail, a.House, a.PublicKey, millis(a.CreatedAt))
	if a.Parent != store.Root {
		args = append(append(append(args, chargeArgs(n.Charge)...), millis(now)), tail...)
		return createChild, args, nil
	}
	var e store.LedgerEntry
	at := now
	if g != nil {
		e, at = *g, g.At
	}
	bundle, err := jsonOrNull(e.Package)
	if err != nil {
		return "", nil, err
	}
	var free int64
	if e.Package != nil {
		free = e.Package.FreeUsers
	}
	args = append(args, id(a.ID), e.Key, id(e.ID), string(e.Operation), e.Amount, false, millis(at))
	args = append(args, tail...)
	args = append(args, free, store.MonthOf(now)-1, id(e.Subject), textOrNull(e.Refunds), bundle, g != nil)
	return createRoot, args, nil
}

const accountByID = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.id = $1`

// admission is what decides about a new account. $1 parent $2 payer $3 price $4 ledger key $5 entry.
const admission = `SELECT EXISTS (SELECT 1 FROM accounts WHERE id = $1 AND parent = ` + root + ` AND status = 'active'),
  EXISTS (SELECT 1 FROM credits WHERE owner = $2 AND balance >= $3),
  EXISTS (SELECT 1 FROM ledger WHERE owner = $2 AND key = $4), EXISTS (SELECT 1 FROM ledger WHERE owner = $2 AND id = $5)`

// whyNotCreated returns the account if its id exists, and else the error. The constraint is that which was violated; "":
// none was. A charge that stands already is left out, and the rest is done.
func (s *Store) whyNotCreated(ctx context.Context, n store.NewAccount, now time.Time, constraint string) (a store.Account, r store.Receipt, err error) {
	var row accountRow
	found, err := s.one(ctx, accountByID, []any{id(n.Account.ID)}, row.to()...)
	if err != nil {
		return a, r, err
	}
	if found {
		if a, err = row.value(); err == nil {
			r, err = s.standing(ctx, n.Charge)
		}
		return a, r, err
	}
	var parent, covered, paid, used bool
	c := n.Charge
	args := []any{id(n.Account.Parent), id(c.Owner), c.Price, c.Key, id(c.Entry)}
	if _, err := s.one(ctx, admission, args, &parent, &covered, &paid, &used); err != nil {
		return a, r, err
	}
	switch {
	case nameless(&n.Account):
		return a, r, store.ErrInvalid
	case n.Account.Parent != store.Root && !parent:
		return a, r, store.ErrNoParent
	case malformed(n):
		return a, r, store.ErrInvalid
	case charges(c) && paid:
		n.Charge = store.Charge{}
		if a, _, err = s.create(ctx, n, now); err == nil {
			r, err = s.standing(ctx, c)
		}
		return a, r, err
	case c.Required && !covered:
		return a, r, store.ErrInsufficientCredits
	case covered && used:
		return a, r, store.Conflict{}
	case constraint != "":
		return a, r, conflict(constraint)
	}
	return a, r, errRaced
}

// conflict returns the [store.Conflict] with the field that the constraint is about, if it is one that people choose.
func conflict(constraint string) error {
	switch constraint {
	case "account_email":
		return store.Conflict{Field: "email"}
	case "account_username":
		return store.Conflict{Field: "username"}
	case "account_google":
		return store.Conflict{Field: "google"}
	}
	return store.Conflict{}
}

const (
	listAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = $1 AND a.id > $2 AND a.status <> 'deleted'
  AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted') ORDER BY a.id LIMIT $3`

	// Up to ten thousand between two dates are found in an index and sorted; more are met soon in the order of ids. The
	// server would always walk, because it does not know that old ids have old dates. Only one of the halves runs.
	rangeAccounts = `WITH few AS MATERIALIZED (
  SELECT id FROM accounts WHERE parent = $1 AND created_at >= $4::bigint AND created_at < $5::bigint AND status <> 'deleted' LIMIT 10001
), n AS MATERIALIZED (SELECT count(*) <= 10000 AS few FROM few)
SELECT * FROM (
  SELECT ` + accountColumns + ` FROM (SELECT id FROM few WHERE id > $2 AND (SELECT n.few FROM n) ORDER BY id LIMIT $3) f JOIN accounts a ON a.id = f.id
  UNION ALL (SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = $1 AND a.id > $2 AND a.status <> 'deleted'
    AND a.created_at >= $4 AND a.created_at < $5 AND NOT (SELECT n.few FROM n) ORDER BY a.id LIMIT $3)
) x WHERE NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted') ORDER BY id LIMIT $3`

	searchAccounts = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = $1 AND a.id > $2 AND a.status <> 'deleted'
  AND a.created_at >= $4::bigint AND a.created_at < $5::bigint
  AND (a.email_key >= $6::bytea AND a.email_key < $7::bytea OR a.username_key >= $6 AND a.username_key < $7)
  AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted') ORDER BY a.id LIMIT $3`

	countAccounts = `SELECT count(*) FROM accounts a WHERE a.parent = $1 AND a.active_day >= $2 AND a.last_sign_in >= $3
  AND a.last_sign_in <> 0 AND a.status <> 'deleted'
  AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = $1 AND p.status = 'deleted')`
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
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !p.From.IsZero() {
		from = p.From.UnixMilli()
	}
	if !p.To.IsZero() {
		to = p.To.UnixMilli()
	}
	if args = append(args, from, to); p.Search == "" {
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
