package sqlite

import (
	"context"
	"database/sql/driver"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const (
	entryColumns = `id, owner, key, operation, amount, balance, subject, refunds, package, at`

	insertEntry = `INSERT INTO ledger (` + entryColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`

	insertBalance = `INSERT INTO balances (owner, ` + balanceColumns + `) VALUES (?1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?2, 0)`

	selectEntry  = `SELECT ` + entryColumns + ` FROM ledger WHERE owner = ?1 AND key = ?2`
	selectRefund = `SELECT 1 FROM ledger WHERE owner = ?1 AND refunds = ?2`
)

func entryOf(r *row) store.LedgerEntry {
	e := store.LedgerEntry{
		ID: r.id(), Owner: r.id(), Key: r.text(), Operation: store.Operation(r.text()), Amount: r.int(),
		Balance: r.int(), Subject: r.id(), Refunds: r.text(),
	}
	if !r.null() {
		e.Package = new(store.Package)
	}
	r.json(e.Package)
	e.At = r.time()
	return e
}

// writeEntry returns a [store.Conflict] when another key of the owner has the entry's id.
func writeEntry(c *conn, e *store.LedgerEntry) error {
	var bundle driver.Value
	if e.Package != nil {
		var err error
		if bundle, err = document(e.Package); err != nil {
			return err
		}
	}
	_, err := c.exec(insertEntry, e.ID[:], e.Owner[:], e.Key, string(e.Operation), e.Amount, e.Balance,
		optionalID(e.Subject), optional(e.Refunds), bundle, millis(e.At))
	if isTaken(err) {
		err = store.Conflict{}
	}
	return err
}

// openBalance opens the row of a new root account. Its month is open, the one before is closed.
func openBalance(c *conn, owner uuid.UUID, grant *store.LedgerEntry, now time.Time) error {
	if _, err := c.exec(insertBalance, owner[:], int64(store.MonthOf(now)-1)); err != nil || grant == nil {
		return err
	}
	b, err := balance(c, owner)
	if err != nil {
		return err
	}
	e := *grant
	e.Owner = owner
	_, err = post(c, &e, &b)
	return err
}

// post moves the balance by the entry and writes both.
func post(c *conn, e *store.LedgerEntry, b *store.Balance) (store.LedgerEntry, error) {
	switch {
	case e.Refunds != "":
		b.Credits += e.Amount
		b.Used -= e.Amount
	case e.Amount < 0:
		b.Debit(e.Operation, -e.Amount)
	default:
		b.Credits += e.Amount
		b.Granted += e.Amount
	}
	if e.Package != nil {
		b.FreeUsers += e.Package.FreeUsers
	}
	e.Balance = b.Credits
	if err := saveBalance(c, e.Owner, b); err != nil {
		return store.LedgerEntry{}, err
	}
	if err := writeEntry(c, e); err != nil {
		return store.LedgerEntry{}, err
	}
	return entryByKey(c, e.Owner, e.Key)
}

// entryByKey answers the entry, or ErrNotFound.
func entryByKey(c *conn, owner uuid.UUID, key string) (e store.LedgerEntry, err error) {
	found, err := c.one(selectEntry, func(r *row) { e = entryOf(r) }, owner[:], key)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return e, err
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, e store.LedgerEntry) (store.LedgerEntry, store.Balance, bool, error) {
	type applied struct {
		entry   store.LedgerEntry
		balance store.Balance
		fresh   bool
	}
	r, err := answer(ctx, s, func(c *conn) (applied, error) {
		entry, b, fresh, err := applyCredit(c, e)
		return applied{entry, b, fresh}, err
	})
	return r.entry, r.balance, r.fresh, err
}

func applyCredit(c *conn, e store.LedgerEntry) (entry store.LedgerEntry, b store.Balance, fresh bool, err error) {
	if b, err = balance(c, e.Owner); err != nil {
		return entry, b, false, err
	}
	found, err := c.one(selectEntry, func(r *row) { entry = entryOf(r) }, e.Owner[:], e.Key)
	if err != nil {
		return entry, b, false, err
	}
	if found {
		same := entry.Operation == e.Operation && entry.Refunds == e.Refunds && (e.Refunds != "" || entry.Amount == e.Amount)
		if !same {
			err = store.Conflict{}
		}
		return entry, b, false, err
	}
	if err := check(c, &e, &b); err != nil {
		return entry, b, false, err
	}
	entry, err = post(c, &e, &b)
	return entry, b, true, err
}

// check decides whether the entry may be added, and sets the amount of a refund.
func check(c *conn, e *store.LedgerEntry, b *store.Balance) error {
	switch {
	case e.Refunds != "":
		if err := refund(c, e); err != nil {
			return err
		}
	case e.Amount < 0 && b.Credits+e.Amount < 0:
		return store.ErrInsufficientCredits
	case e.Amount > math.MaxInt64-b.Granted:
		return store.ErrInvalid
	}
	if p := e.Package; p != nil && (p.FreeUsers > math.MaxInt64-max(0, b.FreeUsers) || b.FreeUsers+p.FreeUsers < 0) {
		return store.ErrInvalid
	}
	return nil
}

func refund(c *conn, e *store.LedgerEntry) error {
	debit, err := entryByKey(c, e.Owner, e.Refunds)
	if err != nil {
		return err
	}
	if debit.Amount >= 0 {
		return store.ErrNotFound
	}
	done, err := c.exists(selectRefund, e.Owner[:], e.Refunds)
	if err == nil && done {
		err = store.Conflict{Field: "refund"}
	}
	e.Amount = -debit.Amount // comes out of Used, so that Credits stay below Granted
	return err
}

// Balance meets [store.CreditStore].
func (s *Store) Balance(ctx context.Context, owner uuid.UUID) (b store.Balance, err error) {
	err = s.read(ctx, func(c *conn) (err error) {
		b, err = balance(c, owner)
		return err
	})
	return b, err
}

const (
	selectEntries = `SELECT ` + entryColumns + ` FROM ledger WHERE owner = ?1 AND id > ?2 ORDER BY id LIMIT ?3`

	selectEntriesOf = `SELECT ` + entryColumns + ` FROM ledger INDEXED BY ledger_operation
  WHERE owner = ?1 AND operation = ?4 AND id > ?2 ORDER BY id LIMIT ?3`
)

// ListCredits meets [store.CreditStore].
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, op store.Operation, p store.Page) (page []store.LedgerEntry, err error) {
	query, args := selectEntries, []driver.Value{owner[:], p.After[:], int64(max(0, p.Limit))}
	if op != "" {
		query, args = selectEntriesOf, append(args, string(op))
	}
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, query, func(r *row) error {
			page = append(page, entryOf(r))
			return nil
		}, args...)
	})
	return page, err
}
