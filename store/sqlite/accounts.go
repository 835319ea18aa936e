package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	r, err := answer(ctx, s, func(c *conn) (billed, error) {
		a, receipt, err := createAccount(c, n, now)
		return billed{a, receipt}, err
	})
	return r.account, r.receipt, err
}

// billed is an account with what became of the charge.
type billed struct {
	account store.Account
	receipt store.Receipt
}

func createAccount(c *conn, n store.NewAccount, now time.Time) (a store.Account, receipt store.Receipt, err error) {
	found, err := c.one(selectAccount, func(r *row) { a = accountOf(r) }, n.Account.ID[:])
	if err != nil {
		return a, receipt, err
	}
	if found {
		receipt, err = standing(c, n.Charge)
		return a, receipt, err
	}
	if n.Account.Status == store.StatusDeleted || n.Account.ID == uuid.Nil {
		return a, receipt, store.ErrInvalid
	}
	bill, stray, err := admit(c, n)
	if err != nil {
		return a, receipt, err
	}
	a = n.Account
	a.Epoch, a.Version = 1, 1
	if err := add(c, &a, stray); err != nil {
		return a, receipt, err
	}
	if err := enrol(c, n, now); err != nil {
		return a, receipt, err
	}
	if bill.charge.Owner == a.Parent {
		bill.balance.Children++ // as enrol has just written
	}
	if receipt, err = bill.pay(c, a.ID, now); err != nil {
		return a, receipt, err
	}
	if err := queue(c, n.Mail); err != nil {
		return a, receipt, err
	}
	a, err = account(c, a.ID)
	return a, receipt, err
}

const selectPublicKey = `SELECT 1 FROM accounts WHERE public_key = ?`

// admit decides whether the new account may be. stray: a look-up without key may find it.
func admit(c *conn, n store.NewAccount) (b bill, stray bool, err error) {
	if n.Account.Parent != store.Root {
		parent, err := account(c, n.Account.Parent)
		if err != nil || parent.Parent != store.Root || parent.Status != store.StatusActive {
			return b, false, absentParent(err)
		}
		stray = !parent.House
	}
	if g := n.Grant; g != nil && (n.Account.Parent != store.Root || g.Amount < 0 || g.Package != nil && g.Package.FreeUsers < 0) {
		return b, false, store.ErrInvalid
	}
	if ch := n.Charge; ch.Price != 0 && ch.Owner != uuid.Nil && ch.Owner != n.Account.Parent {
		return b, false, store.ErrInvalid
	}
	if b, err = draw(c, n.Charge); err != nil {
		return b, false, err
	}
	if err := taken(c, &n.Account); err != nil {
		return b, false, err
	}
	clash, err := c.exists(selectPublicKey, n.Account.PublicKey)
	if err == nil && clash {
		err = store.Conflict{}
	}
	return b, stray, err
}

const addChild = `UPDATE balances SET children = children + ?2 WHERE owner = ?1`

// enrol opens the balance of a root account, or counts a child at its parent.
func enrol(c *conn, n store.NewAccount, now time.Time) error {
	if n.Account.Parent == store.Root {
		return openBalance(c, n.Account.ID, n.Grant, now)
	}
	_, err := c.exec(addChild, n.Account.Parent[:], int64(1))
	return err
}

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, ch store.Change, now time.Time) (store.Account, store.Receipt, error) {
	r, err := answer(ctx, s, func(c *conn) (billed, error) {
		a, receipt, err := change(c, ch, now)
		return billed{a, receipt}, err
	})
	return r.account, r.receipt, err
}

func change(c *conn, ch store.Change, now time.Time) (next store.Account, receipt store.Receipt, err error) {
	was, bill, err := allow(c, ch, now)
	if err != nil {
		return store.Account{}, receipt, err
	}
	next = ch.Account
	next.TOTPStep, next.Epoch, next.Version = max(was.TOTPStep, ch.TOTPStep), was.Epoch, was.Version+1
	if ch.EndSessions {
		next.Epoch++
		if err := keepSession(c, ch.KeepSession, &was); err != nil {
			return next, receipt, err
		}
	}
	if err := save(c, &next); err != nil {
		return next, receipt, err
	}
	if err := changeSecrets(c, ch, now); err != nil {
		return next, receipt, err
	}
	if receipt, err = bill.pay(c, was.ID, now); err != nil {
		return next, receipt, err
	}
	if err := queue(c, ch.Mail); err != nil {
		return next, receipt, err
	}
	next, err = account(c, was.ID)
	return next, receipt, err
}

// allow decides whether the change may be, and answers the account before it.
func allow(c *conn, ch store.Change, now time.Time) (was store.Account, b bill, err error) {
	if was, err = living(c, ch.Account.ID); err != nil {
		return was, b, err
	}
	if was.Version != ch.Account.Version {
		return was, b, store.Conflict{}
	}
	if ch.Account.Status == store.StatusDeleted { // that is DeleteAccount's
		return was, b, store.ErrInvalid
	}
	if ch.Proof != (store.Digest{}) {
		live, err := c.exists(selectProof, was.ID[:], ch.Proof[:], millis(now))
		if err != nil {
			return was, b, err
		}
		if !live {
			return was, b, store.ErrProofSpent
		}
	}
	if ch.TOTPStep != 0 && ch.TOTPStep <= was.TOTPStep {
		return was, b, store.Conflict{}
	}
	if !isAdmin(&ch.Account) {
		if err := guardAdmin(c, &was); err != nil {
			return was, b, err
		}
	}
	if err := canPut(c, ch.Secrets); err != nil {
		return was, b, err
	}
	if b, err = draw(c, ch.Charge); err != nil {
		return was, b, err
	}
	next := ch.Account
	next.Parent = was.Parent
	return was, b, taken(c, &next)
}

// living answers the account unless it, or its parent, is deleted.
func living(c *conn, id uuid.UUID) (store.Account, error) {
	a, err := account(c, id)
	if err != nil {
		return a, err
	}
	gone, err := isGone(c, &a)
	if err == nil && gone {
		err = store.ErrNotFound
	}
	return a, err
}

const selectStatus = `SELECT status FROM accounts WHERE id = ?`

func isGone(c *conn, a *store.Account) (bool, error) {
	if a.Status == store.StatusDeleted || a.Parent == store.Root {
		return a.Status == store.StatusDeleted, nil
	}
	var status string
	found, err := c.one(selectStatus, func(r *row) { status = r.text() }, a.Parent[:])
	return !found || status == string(store.StatusDeleted), err
}

const (
	selectEmail    = `SELECT 1 FROM accounts WHERE parent = ?1 AND email_key = ?2 AND id <> ?3`
	selectUsername = `SELECT 1 FROM accounts WHERE parent = ?1 AND username_key = ?2 AND id <> ?3`
	selectGoogle   = `SELECT 1 FROM accounts WHERE parent = ?1 AND google_subject = ?2 AND id <> ?3`
)

// taken answers the conflict that the account would be in its scope.
func taken(c *conn, a *store.Account) error {
	for _, name := range []struct{ query, key, field string }{
		{selectEmail, a.EmailKey, "email"},
		{selectUsername, usernameKey(a.Username), "username"},
		{selectGoogle, a.GoogleSubject, "google"},
	} {
		if name.key == "" {
			continue
		}
		found, err := c.exists(name.query, a.Parent[:], name.key, a.ID[:])
		if err != nil {
			return err
		}
		if found {
			return store.Conflict{Field: name.field}
		}
	}
	return nil
}
