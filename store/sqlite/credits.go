package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	entryColumns = `id, owner, key, operation, amount, balance, subject, refunds, package, at`

	insertEntry = `INSERT INTO ledger (` + entryColumns + `, payment) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`

	selectBook = `SELECT ` + balanceColumns + `, EXISTS (SELECT 1 FROM ledger WHERE owner = ?1 AND id = ?2),
  EXISTS (SELECT 1 FROM ledger WHERE payment = ?3) FROM balances WHERE owner = ?1`

	selectEntry  = `SELECT ` + entryColumns + ` FROM ledger WHERE owner = ?1 AND key = ?2`
	selectOwnKey = `SELECT ` + entryColumns + ` FROM ledger WHERE owner = ?1 AND id = ?2 AND key IS NULL`
	selectRefund = `SELECT 1 FROM ledger WHERE owner = ?1 AND refunds = ?2`
)

func entryOf(r *row) store.LedgerEntry {
	e := store.LedgerEntry{
		ID: r.id(), Owner: r.id(), Key: r.text(), Operation: store.Operation(r.text()), Amount: r.int(),
		Balance: r.int(), Subject: r.id(), Refunds: r.text(),
	}
	if e.Key == "" {
		e.Key = ownKey(e.ID)
	}
	if !r.null() {
		e.Package = new(store.Package)
	}
	r.json(e.Package)
	e.At = r.time()
	return e
}

// ownKey is the key that is not stored: of an entry that pays for the session of the same id. Almost all are such.
func ownKey(id uuid.UUID) string { return "session:" + id.String() }

// keyedBy returns the id of the entry whose own key it is; NULL: of none.
func keyedBy(key string) driver.Value {
	_, text, _ := strings.Cut(key, ":")
	id, err := uuid.Parse(text)
	if err != nil || ownKey(id) != key {
		return nil
	}
	return id[:]
}

// storedKey is the column key.
func storedKey(e *store.LedgerEntry) driver.Value {
	if e.Key == ownKey(e.ID) {
		return nil
	}
	return e.Key
}

func writeEntry(c *conn, e *store.LedgerEntry) error {
	var bundle driver.Value
	if e.Package != nil {
		var err error
		if bundle, err = document(e.Package); err != nil {
			return err
		}
	}
	_, err := c.exec(insertEntry, e.ID[:], e.Owner[:], storedKey(e), string(e.Operation), e.Amount, e.Balance,
		optionalID(e.Subject), optional(e.Refunds), bundle, millis(e.At), optional(rules.PaymentID(e)))
	return err
}

// openBalance opens the row of a new root account.
func openBalance(c *conn, owner uuid.UUID, grant *store.LedgerEntry, now time.Time) error {
	b, entry := rules.Open(owner, grant, now)
	if _, err := c.exec(insertBalance, append(figures(&owner, &b), int64(b.ClosedMonth), b.ClosedUsed, int64(b.LatestMonth))...); err != nil || entry == nil {
		return err
	}
	return writeEntry(c, entry)
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	r, err := answer(ctx, s, func(c *conn) (rules.Applied, error) { return applyCredit(c, p) })
	return r.Entry, r.Balance, r.Fresh, err
}

func applyCredit(c *conn, p store.Posting) (rules.Applied, error) {
	facts, err := applying(c, &p.Entry)
	if err != nil {
		return rules.Applied{}, err
	}
	done, err := rules.Apply(p, facts)
	if err != nil || !done.Fresh {
		return done, err
	}
	if err := post(c, &done.Entry, &done.Balance, done.Came); err != nil {
		return done, err
	}
	if err := tell(c, done.Told); err != nil {
		return done, err
	}
	return done, log(c, p.Events, uuid.Nil)
}

// applying looks up what the entry is decided on.
func applying(c *conn, e *store.LedgerEntry) (w rules.Applying, err error) {
	w.Found, err = c.one(selectBook, func(r *row) {
		w.Balance, w.Taken, w.Spent = balanceOf(r), r.bool(), r.bool()
	}, e.Owner[:], e.ID[:], optional(rules.PaymentID(e)))
	if err != nil || !w.Found {
		return w, err
	}
	if w.First, err = entryByKey(c, e.Owner, e.Key); err != nil || w.First != nil || e.Refunds == "" {
		return w, err
	}
	if w.Debit, err = entryByKey(c, e.Owner, e.Refunds); err == nil && w.Debit != nil {
		w.Refunded, err = c.exists(selectRefund, e.Owner[:], e.Refunds)
	}
	return w, err
}

// entryByKey returns the entry; nil: there is none.
func entryByKey(c *conn, owner uuid.UUID, key string) (e *store.LedgerEntry, err error) {
	take := func(r *row) {
		entry := entryOf(r)
		e = &entry
	}
	if _, err = c.one(selectEntry, take, owner[:], key); err != nil || e != nil {
		return e, err
	}
	if id := keyedBy(key); id != nil {
		_, err = c.one(selectOwnKey, take, owner[:], id)
	}
	return e, err
}

// Balance meets [store.CreditStore]. A deleted root account keeps its row.
func (s *Store) Balance(ctx context.Context, owner uuid.UUID) (b store.Balance, err error) {
	err = s.read(ctx, func(c *conn) error {
		found, err := c.one(selectBalance, func(r *row) { b = balanceOf(r) }, owner[:])
		if err == nil && !found {
			err = store.ErrNotFound
		}
		return err
	})
	return b, err
}
