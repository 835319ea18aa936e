package postgres

import (
	"context"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const entryColumns = `l.id, l.owner, l.key, l.op, l.amount, l.balance, l.subject, coalesce(l.refunds, ''), l.package, l.at`

// applyCredit adds the entry if it may be; what it refuses it does not explain. The owner's row is locked first, so that
// entries of one owner come one after the other.
var applyCredit = prepare(`WITH wallet AS (
  SELECT c.* FROM credits c WHERE c.owner = @owner FOR UPDATE
), line AS (
  SELECT w.owner, w.balance, CASE WHEN @refunds::text IS NULL THEN @amount::bigint
    ELSE (SELECT -d.amount FROM ledger d WHERE d.owner = @owner AND d.key = @refunds AND d.amount < 0) END AS amount
  FROM wallet w WHERE w.free_users + @free_users::bigint >= 0 AND NOT EXISTS (SELECT 1 FROM ledger d WHERE d.owner = @owner AND d.key = @key)
), l AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, refunds, package, at)
  SELECT owner, @entry::uuid, @key::text, @operation::text, amount, balance + amount, @subject::uuid, @refunds, @package::jsonb, @at::bigint
  FROM line WHERE amount IS NOT NULL AND balance + amount >= 0 RETURNING *
), bill AS (
  SELECT l.*, CASE WHEN @refunds IS NULL AND l.amount < 0 THEN @operation ELSE '' END AS use FROM l
), c AS (
  UPDATE credits c SET balance = bill.balance, free_users = c.free_users + @free_users,
    granted = c.granted + CASE WHEN @refunds IS NULL AND bill.amount > 0 THEN bill.amount ELSE 0 END,
    used = c.used - CASE WHEN @refunds IS NOT NULL OR bill.amount < 0 THEN bill.amount ELSE 0 END,
    retained = c.retained - CASE WHEN bill.use = 'retention' THEN bill.amount ELSE 0 END, `+countUse+`
  FROM bill WHERE c.owner = bill.owner RETURNING c.*
)
SELECT `+entryColumns+`, `+balanceColumns+` FROM l, c`,
	entryValues(func(e *entry) *entry { return e }), values[entry]{"owner": field(func(e *entry) [16]byte { return e.Owner })})

// entry is a line of the ledger that is being written.
type entry struct {
	store.LedgerEntry
	bundle *string // the package as JSON
}

func entryOf(e store.LedgerEntry) (entry, error) {
	bundle, err := jsonOrNull(e.Package)
	return entry{e, bundle}, err
}

// entryValues are those of an entry, but for its owner.
func entryValues[A any](of func(*A) *entry) values[A] {
	return values[A]{
		"entry":     field(func(a *A) [16]byte { return of(a).ID }),
		"key":       field(func(a *A) string { return of(a).Key }),
		"operation": field(func(a *A) string { return string(of(a).Operation) }),
		"amount":    field(func(a *A) int64 { return of(a).Amount }),
		"subject":   field(func(a *A) [16]byte { return of(a).Subject }),
		"refunds":   field(func(a *A) *string { return textOrNull(of(a).Refunds) }),
		"package":   field(func(a *A) *string { return of(a).bundle }),
		"free_users": field(func(a *A) int64 {
			if p := of(a).Package; p != nil {
				return p.FreeUsers
			}
			return 0
		}),
		"at": field(func(a *A) int64 { return millis(of(a).At) }),
	}
}

const (
	// entryByKey is the first entry with the key and the owner's row; without an entry the owner's row alone.
	// $1 owner $2 key.
	entryByKey = `SELECT l.id IS NOT NULL, coalesce(l.id, ` + root + `), c.owner, coalesce(l.key, ''), coalesce(l.op, ''), coalesce(l.amount, 0),
  coalesce(l.balance, 0), coalesce(l.subject, ` + root + `), coalesce(l.refunds, ''), l.package, coalesce(l.at, 0), ` + balanceColumns + `
  FROM credits c LEFT JOIN ledger l ON l.owner = c.owner AND l.key = $2 WHERE c.owner = $1`

	balanceOf = `SELECT ` + balanceColumns + ` FROM credits c WHERE c.owner = $1`

	// standing is the owner's row if an entry has the key.
	standing = balanceOf + ` AND EXISTS (SELECT 1 FROM ledger l WHERE l.owner = $1 AND l.key = $2)`

	listCredits   = `SELECT ` + entryColumns + ` FROM ledger l WHERE l.owner = $1 AND l.id > $2 ORDER BY l.id LIMIT $3`
	listCreditsOf = `SELECT ` + entryColumns + ` FROM ledger l WHERE l.owner = $1 AND l.op = $4 AND l.id > $2 ORDER BY l.id LIMIT $3`
)

// entryTo answers where the columns of an entry are scanned to; package and times are settled by the caller.
func entryTo(e *store.LedgerEntry, bundle *[]byte, times *moments) []any {
	return []any{idTo(&e.ID), idTo(&e.Owner), &e.Key, &e.Operation, &e.Amount, &e.Balance, idTo(&e.Subject), &e.Refunds, bundle, times.of(&e.At)}
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, e store.LedgerEntry) (entry store.LedgerEntry, b store.Balance, fresh bool, err error) {
	line, err := entryOf(e)
	if err != nil {
		return store.LedgerEntry{}, b, false, err
	}
	args := applyCredit.Args(&line)
	err = retry(ctx, func() error {
		entry, b = store.LedgerEntry{}, store.Balance{}
		var bundle []byte
		var times moments
		fresh, err = s.one(ctx, applyCredit.Text, args, append(entryTo(&entry, &bundle, &times), balanceTo(&b)...)...)
		if err == nil && fresh {
			times.settle()
			entry.Package, err = fromJSON[store.Package](bundle)
			return err
		}
		if constraint := violated(err); err != nil && constraint == "" && pgCode(err) != "22003" {
			return err
		}
		entry, b, err = s.whyNotApplied(ctx, e, err)
		return err
	})
	if err != nil {
		return store.LedgerEntry{}, store.Balance{}, false, err
	}
	return entry, b, fresh, nil
}

// whyNotApplied answers the entry that stands under the key, or the error; fault is what the statement failed with.
func (s *Store) whyNotApplied(ctx context.Context, e store.LedgerEntry, fault error) (store.LedgerEntry, store.Balance, error) {
	var first, none store.LedgerEntry
	var b store.Balance
	var stands bool
	var bundle []byte
	var times moments
	to := append(append([]any{&stands}, entryTo(&first, &bundle, &times)...), balanceTo(&b)...)
	found, err := s.one(ctx, entryByKey, []any{id(e.Owner), e.Key}, to...)
	switch {
	case err != nil:
		return none, b, err
	case !found:
		return none, b, store.ErrNotFound
	case !stands:
		return none, b, s.whyNotNew(ctx, e, b, fault)
	case first.Operation != e.Operation || first.Refunds != e.Refunds || e.Refunds == "" && first.Amount != e.Amount:
		return none, b, store.Conflict{}
	}
	times.settle()
	first.Package, err = fromJSON[store.Package](bundle)
	return first, b, err
}

const refundable = `SELECT d.amount, EXISTS (SELECT 1 FROM ledger r WHERE r.owner = $1 AND r.refunds = $2 AND r.refunds IS NOT NULL)
  FROM ledger d WHERE d.owner = $1 AND d.key = $2 AND d.amount < 0`

// whyNotNew answers why an entry under an unused key was refused.
func (s *Store) whyNotNew(ctx context.Context, e store.LedgerEntry, b store.Balance, fault error) error {
	if e.Refunds != "" {
		var amount int64
		var refunded bool
		found, err := s.one(ctx, refundable, []any{id(e.Owner), e.Refunds}, &amount, &refunded)
		switch {
		case err != nil:
			return err
		case !found:
			return store.ErrNotFound
		case refunded:
			return store.Conflict{Field: "refund"}
		}
	} else if e.Amount < 0 && b.Credits+e.Amount < 0 {
		return store.ErrInsufficientCredits
	}
	switch {
	case pgCode(fault) == "22003", e.Refunds == "" && e.Amount > math.MaxInt64-b.Granted:
		return store.ErrInvalid
	case e.Package != nil && b.FreeUsers+e.Package.FreeUsers < 0:
		return store.ErrInvalid
	case violated(fault) == "ledger_pkey":
		return store.Conflict{}
	}
	return errRaced
}

// Balance meets [store.CreditStore].
func (s *Store) Balance(ctx context.Context, owner uuid.UUID) (b store.Balance, err error) {
	err = retry(ctx, func() error {
		found, err := s.one(ctx, balanceOf, []any{id(owner)}, balanceTo(&b)...)
		if err == nil && !found {
			return store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return store.Balance{}, err
	}
	return b, nil
}

// standing answers the receipt of a charge that was made before, with the balance as it is now, or that of none.
func (s *Store) standing(ctx context.Context, c store.Charge) (r store.Receipt, err error) {
	if !rules.Charged(c) {
		return r, nil
	}
	r.Charged, err = s.one(ctx, standing, []any{id(c.Owner), c.Key}, balanceTo(&r.Balance)...)
	if err != nil || !r.Charged {
		return store.Receipt{}, err
	}
	return r, nil
}

// ListCredits meets [store.CreditStore].
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, op store.Operation, p store.Page) (page []store.LedgerEntry, err error) {
	sql, args := listCredits, []any{id(owner), id(p.After), p.Limit}
	if op != "" {
		sql, args = listCreditsOf, append(args, string(op))
	}
	err = retry(ctx, func() error {
		page = nil
		return s.all(ctx, sql, args, func(row pgx.Row) error {
			var e store.LedgerEntry
			var bundle []byte
			var times moments
			err := row.Scan(entryTo(&e, &bundle, &times)...)
			if err == nil {
				times.settle()
				e.Package, err = fromJSON[store.Package](bundle)
			}
			page = append(page, e)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}
