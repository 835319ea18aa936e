package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const insertAccount = `INSERT INTO accounts AS a (id, parent, email, email_key, username, username_key, name, role, status, password,
    password_changed_at, password_temporary, password_history, verified_at, google_subject, totp, totp_pending, key_master,
    key_version, organization_owner, organization, must_verify, must_factor, updated_at, house, public_key, created_at)
  SELECT @account::uuid, @parent::uuid, @email::text, @email_key::bytea, @username::text, @username_key::bytea, @name::text,
    @role::text, @status::text, @password::text, @password_changed_at::bigint, @password_temporary::boolean,
    @password_history::text[], @verified_at::bigint, @google_subject::text, @totp::bytea, @totp_pending::bytea,
    @key_master::text, @key_version::bigint, @organization_owner::uuid, @organization::jsonb, @must_verify::boolean,
    @must_factor::boolean, @updated_at::bigint, @house::boolean, @public_key::text, @created_at::bigint`

// createChild charges the parent, counts the child and makes it. The parent is locked against being deleted or disabled
// meanwhile, but not against sign-ins. A violated unique constraint undoes all of it, and its name tells the field.
//
// Here and wherever a balance is decided on under a lock, the new one is computed from the locked row: at READ COMMITTED
// the server first makes the new row from the one in its snapshot and checks constraints on that, and only then notices
// that there is a newer one.
var createChild = prepare(`WITH parent AS (
  SELECT id FROM accounts WHERE id = @parent AND parent = `+root+` AND status = 'active' FOR KEY SHARE
), wallet AS (
  SELECT c.owner, c.balance, @payer::uuid = c.owner AND @price::bigint > 0 AND c.balance >= @price AS covers FROM credits c
  WHERE c.owner = (SELECT id FROM parent) FOR UPDATE
), bill AS (
  SELECT w.*, CASE WHEN w.covers THEN @price ELSE 0 END AS price, CASE WHEN w.covers THEN @operation::text ELSE '' END AS use FROM wallet w
), pay AS (
  UPDATE credits c SET children = c.children + 1, balance = bill.balance - bill.price, used = c.used + bill.price, `+countUse+`
  FROM bill WHERE c.owner = bill.owner AND (bill.covers OR NOT @required::boolean) RETURNING c.*, bill.covers
), acc AS (
  `+insertAccount+` FROM pay RETURNING `+accountColumns+`
), led AS (
  `+addDebit+` WHERE pay.covers
), mail AS (`+mailOf+`)
SELECT acc.*, c.covers, `+balanceColumns+` FROM acc, pay c`,
	writtenValues, newAccountValues, newMailValues, chargeValues(func(c *creation) *store.Charge { return &c.Charge }), values[creation]{
		"required": field(func(c *creation) bool { return c.Charge.Required }),
		"now":      field(func(c *creation) int64 { return millis(c.now) }),
	})

// createRoot opens the balance with the grant.
var createRoot = prepare(`WITH acc AS (
  `+insertAccount+` RETURNING `+accountColumns+`
), book AS (
  INSERT INTO credits (owner, balance, granted, free_users, closed_month)
  SELECT @account::uuid, @amount::bigint, @amount::bigint, coalesce(@free_users::bigint, 0), @closed_month::bigint FROM acc
), led AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, refunds, package, at)
  SELECT @account::uuid, @entry::uuid, @key::text, @operation::text, @amount::bigint, @amount::bigint, @subject::uuid, @refunds::text,
    @package::jsonb, @at::bigint FROM acc WHERE @grants::boolean
), mail AS (`+mailOf+`)
SELECT acc.*, false, `+noBalance+` FROM acc`,
	writtenValues, newAccountValues, newMailValues, entryValues(func(c *creation) *entry { return &c.grant }), values[creation]{
		"closed_month": field(func(c *creation) int64 { return int64(store.MonthOf(c.now) - 1) }),
		"grants":       field(func(c *creation) bool { return c.Grant != nil }),
	})

// creation is a call of CreateAccount.
type creation struct {
	store.NewAccount
	account written
	grant   entry // the zero entry without a Grant
	mails   mails
	now     time.Time
}

var (
	writtenValues    = accountValues(func(c *creation) *written { return &c.account })
	newMailValues    = mailValues(func(c *creation) *mails { return &c.mails })
	newAccountValues = values[creation]{
		"house":      field(func(c *creation) bool { return c.Account.House }),
		"public_key": field(func(c *creation) string { return c.Account.PublicKey }),
		"created_at": field(func(c *creation) int64 { return millis(c.Account.CreatedAt) }),
	}
)

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
	c, err := creationOf(n, now)
	if err != nil {
		return a, r, err
	}
	sql, args := c.statement()
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
	return c.Price < 0 || rules.Charged(c) && c.Owner != n.Account.Parent
}

// creationOf returns what the statements of a new account are run with.
func creationOf(n store.NewAccount, now time.Time) (c *creation, err error) {
	c = &creation{NewAccount: n, now: now}
	if c.account, err = writtenOf(&c.Account); err != nil {
		return c, err
	}
	if c.mails, err = mailsOf(n.Mail); err != nil || n.Grant == nil {
		return c, err
	}
	c.grant, err = entryOf(*n.Grant)
	return c, err
}

// statement returns the one that makes the account.
func (c *creation) statement() (string, []any) {
	if c.Account.Parent != store.Root {
		return createChild.Text, createChild.Args(c)
	}
	return createRoot.Text, createRoot.Args(c)
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
	case rules.Charged(c) && paid:
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
