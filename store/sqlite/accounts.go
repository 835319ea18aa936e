package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// billed is an account with what became of the charge.
type billed struct {
	account store.Account
	receipt store.Receipt
}

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	r, err := answer(ctx, s, func(c *conn) (billed, error) {
		a, receipt, err := createAccount(c, n, now)
		return billed{a, receipt}, err
	})
	return r.account, r.receipt, err
}

func createAccount(c *conn, n store.NewAccount, now time.Time) (a store.Account, receipt store.Receipt, err error) {
	stands, facts, err := newcomer(c, n)
	if err != nil {
		return a, receipt, err
	}
	done, err := rules.Admit(n, facts, now)
	switch {
	case err != nil:
		return a, receipt, err
	case done.Stands:
		return stands, done.Payment.Receipt, nil
	}
	if err := add(c, &done.Account, done.Stray); err != nil {
		return a, receipt, err
	}
	switch {
	case done.Account.Parent == store.Root:
		err = openBalance(c, done.Account.ID, n.Grant, now)
	case done.Payment.Entry == nil: // a payment has the child counted
		_, err = c.exec(addChild, done.Account.Parent[:], int64(1))
	}
	if err != nil {
		return a, receipt, err
	}
	if err := link(c, done.Linked); err != nil {
		return a, receipt, err
	}
	if err := saveFactors(c, &done.Account, nil, done.Factors); err != nil {
		return a, receipt, err
	}
	if err := do(c, n.Effects, done.Payment, done.Account.ID); err != nil {
		return a, receipt, err
	}
	a, err = account(c, done.Account.ID)
	return a, done.Payment.Receipt, err
}

// newcomer looks up what the new account is decided on, and the one that has its ID already.
func newcomer(c *conn, n store.NewAccount) (stands store.Account, w rules.Newcomer, err error) {
	w.Stands, err = c.one(selectAccount, func(r *row) { stands = accountOf(r) }, n.Account.ID[:])
	if err == nil {
		w.Purse, err = purse(c, n.Charge)
	}
	if err != nil || w.Stands {
		return stands, w, err
	}
	if n.Account.Parent != store.Root {
		var parent store.Account
		found, err := c.one(selectAccount, func(r *row) { parent = accountOf(r) }, n.Account.Parent[:])
		if err != nil || !found {
			return stands, w, err
		}
		w.Parent = &parent
	}
	give := store.Change{Link: n.Linked, PutFactors: n.Factors}
	w.Taken, w.KeyTaken, err = taken(c, n.Account.Parent, &n.Account, give, n.Account.PublicKey)
	return stands, w, err
}

const addChild = `UPDATE balances SET children = children + ?2 WHERE owner = ?1`

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, ch store.Change, now time.Time) (store.Account, store.Receipt, error) {
	r, err := answer(ctx, s, func(c *conn) (billed, error) {
		a, receipt, err := change(c, ch, now)
		return billed{a, receipt}, err
	})
	return r.account, r.receipt, err
}

func change(c *conn, ch store.Change, now time.Time) (a store.Account, receipt store.Receipt, err error) {
	facts, err := updating(c, ch, now)
	if err != nil {
		return a, receipt, err
	}
	done, err := rules.Update(ch, facts, now)
	if err != nil {
		return a, receipt, err
	}
	if err := save(c, &done.Account); err != nil {
		return a, receipt, err
	}
	if ch.EndSessions {
		if err := keepSession(c, ch.KeepSession, &facts.Was, done.Account.Epoch); err != nil {
			return a, receipt, err
		}
	}
	if err := saveSecrets(c, done.Spent); err != nil {
		return a, receipt, err
	}
	if err := putSecrets(c, done.Added); err != nil {
		return a, receipt, err
	}
	if err := changeCredentials(c, &ch, &done); err != nil {
		return a, receipt, err
	}
	if err := do(c, ch.Effects, done.Payment, done.Account.ID); err != nil {
		return a, receipt, err
	}
	a, err = account(c, done.Account.ID)
	return a, done.Payment.Receipt, err
}

func changeCredentials(c *conn, ch *store.Change, done *rules.Updated) error {
	if err := unlink(c, &done.Account, ch.Unlink); err != nil {
		return err
	}
	if err := link(c, done.Linked); err != nil {
		return err
	}
	if err := saveFactors(c, &done.Account, done.Dropped, done.Factors); err != nil {
		return err
	}
	return spend(c, ch.Once)
}

// updating looks up what the change is decided on.
func updating(c *conn, ch store.Change, now time.Time) (w rules.Updating, err error) {
	w.Was, w.Found, err = living(c, ch.Account.ID)
	if err != nil || !w.Found {
		return w, err
	}
	if rules.Spends(ch) {
		if w.Secrets, err = secretsOf(c, w.Was.ID); err != nil {
			return w, err
		}
	}
	if rules.Handles(ch) {
		if w.Factors, err = factorsOf(c, w.Was.ID); err != nil {
			return w, err
		}
	}
	if w.Spent, err = spent(c, ch.Once, now); err != nil {
		return w, err
	}
	if rules.Resigns(&w.Was, &ch.Account) {
		if w.OtherAdmin, err = otherAdmin(c, &w.Was); err != nil {
			return w, err
		}
	}
	if w.Owners, err = owners(c, ch.Secrets); err != nil {
		return w, err
	}
	if w.Purse, err = purse(c, ch.Charge); err != nil {
		return w, err
	}
	w.Taken, _, err = taken(c, w.Was.Parent, &ch.Account, ch, nil)
	return w, err
}

const selectWithParent = `SELECT ` + accountColumns + `, p.status FROM accounts a LEFT JOIN accounts p ON p.id = a.parent WHERE a.id = ?`

// living looks the account up; false: it is not there or gone.
func living(c *conn, id uuid.UUID) (a store.Account, found bool, err error) {
	var parent store.Status
	found, err = c.one(selectWithParent, func(r *row) { a, parent = accountOf(r), store.Status(r.text()) }, id[:])
	return a, found && !rules.Gone(a.Status, parent), err
}

const selectOtherAdmin = `SELECT 1 FROM accounts WHERE parent = ?1 AND role = 'admin' AND status = 'active' AND id <> ?2 LIMIT 1`

func otherAdmin(c *conn, a *store.Account) (bool, error) {
	return c.exists(selectOtherAdmin, a.Parent[:], a.ID[:])
}

// selectTaken has a column for each of rules.Names, in their order, and one for the public key. Nothing equals NULL.
const selectTaken = `SELECT
  EXISTS (SELECT 1 FROM accounts WHERE parent = ?1 AND email_key = ?3 AND id <> ?2),
  EXISTS (SELECT 1 FROM accounts WHERE parent = ?1 AND username_key = ?4 AND id <> ?2),
  EXISTS (SELECT 1 FROM accounts WHERE public_key = ?5)`

// taken returns the Field of the first name or credential that another account of the scope has, or client that another
// organization has, and whether an account has the public key.
func taken(c *conn, scope uuid.UUID, a *store.Account, give store.Change, publicKey driver.Value) (field string, keyTaken bool, err error) {
	names := rules.Names(a)
	_, err = c.one(selectTaken, func(r *row) {
		for _, name := range names {
			if r.bool() && field == "" {
				field = name.Field
			}
		}
		keyTaken = r.bool()
	}, scope[:], a.ID[:], optional(names[0].Key), optional(names[1].Key), publicKey)
	if err == nil && field == "" {
		field, err = otherHolds(c, scope, a.ID, give)
	}
	for _, x := range rules.Clients(a.Organization) {
		if err != nil || field != "" {
			break
		}
		var some bool
		if some, err = c.exists(selectClient, x.Issuer, x.ID, a.ID[:]); some {
			field = "client"
		}
	}
	return field, keyTaken, err
}
