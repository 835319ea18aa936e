package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const entryColumns = `l.id, l.owner, l.key, l.op, l.amount, l.balance, l.subject, coalesce(l.refunds, ''), l.package, l.at`

// applyCredit adds the entry if it may be; what it refuses it does not explain. The owner's row is locked first, so
// that entries of one owner come one after the other. Of entries of several owners for one payment the index takes one.
var applyCredit = assemble(listing|telling, func(p parts) (string, []values[posting]) {
	var w writer[posting]
	w.add(`WITH wallet AS (
  SELECT c.* FROM credits c WHERE c.owner = @owner FOR UPDATE
), line AS (
  SELECT w.owner, w.balance, CASE WHEN @refunds::text IS NULL THEN @amount::bigint
    ELSE (SELECT -d.amount FROM ledger d WHERE d.owner = @owner AND d.key = @refunds AND d.amount < 0) END AS amount
  FROM wallet w WHERE w.free_users + @free_users::bigint >= 0 AND NOT EXISTS (SELECT 1 FROM ledger d WHERE d.owner = @owner AND d.key = @key)
), l AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, refunds, package, payment, at)
  SELECT owner, @entry::uuid, @key::text, @operation::text, amount, balance + amount, @subject::uuid, @refunds, @package::jsonb, @payment::bytea,
    @at::bigint
  FROM line WHERE amount IS NOT NULL AND balance + amount >= 0 RETURNING *
), bill AS (
  SELECT l.*, CASE WHEN @refunds IS NULL AND l.amount < 0 THEN @operation ELSE '' END AS use FROM l
), c AS (
  UPDATE credits c SET balance = bill.balance, free_users = c.free_users + @free_users,
    granted = c.granted + CASE WHEN @refunds IS NULL AND bill.amount > 0 THEN bill.amount ELSE 0 END,
    used = c.used - CASE WHEN @refunds IS NOT NULL OR bill.amount < 0 THEN bill.amount ELSE 0 END,
    retained = c.retained - CASE WHEN bill.use = 'retention' THEN bill.amount ELSE 0 END, `+evidence+countUse+`
  FROM bill WHERE c.owner = bill.owner RETURNING c.*
)`, entryValues(func(x *posting) *entry { return &x.line }), ownerValue, paymentValue, values[posting]{
		"month": field(func(x *posting) int { return rules.Evidence(x.Entry.Operation, x.Entry.At) }),
	})
	if p.has(listing) {
		w.add(logAll("l"), eventsValues(func(x *posting) events { return x.events }))
	}
	if p.has(telling) {
		w.add(tell(`SELECT c.owner, @key AS key, @at AS at, c.granted, c.used, c.balance, w.granted AS had_granted, w.used AS had_used,
    w.balance AS had FROM c JOIN wallet w ON w.owner = c.owner`), tellValues(func(x *posting) store.Telling { return x.Tell }))
	}
	w.add(` SELECT ` + entryColumns + `, ` + balanceColumns + ` FROM l, c`)
	return w.done()
})

// book is what an entry is decided on: that of the key and that to refund, each after whether it is there.
var book = prepare(`SELECT l.id IS NOT NULL, coalesce(l.id, `+root+`), c.owner, coalesce(l.key, ''), coalesce(l.op, ''), coalesce(l.amount, 0),
  coalesce(l.balance, 0), coalesce(l.subject, `+root+`), coalesce(l.refunds, ''), l.package, coalesce(l.at, 0), d.id IS NOT NULL, coalesce(d.amount, 0),
  EXISTS (SELECT 1 FROM ledger x WHERE x.owner = c.owner AND x.refunds = @refunds AND x.refunds IS NOT NULL),
  EXISTS (SELECT 1 FROM ledger x WHERE x.owner = c.owner AND x.id = @entry), EXISTS (SELECT 1 FROM ledger x WHERE x.payment = @payment), `+balanceColumns+`
  FROM credits c LEFT JOIN ledger l ON l.owner = c.owner AND l.key = @key LEFT JOIN ledger d ON d.owner = c.owner AND d.key = @refunds
  WHERE c.owner = @owner`, ownerValue, paymentValue, values[posting]{
	"entry":   field(func(x *posting) [16]byte { return x.Entry.ID }),
	"key":     field(func(x *posting) string { return x.Entry.Key }),
	"refunds": field(func(x *posting) *string { return textOrNull(x.Entry.Refunds) }),
})

// posting is a call of ApplyCredit.
type posting struct {
	store.Posting
	line   entry
	events events
}

var (
	ownerValue   = values[posting]{"owner": field(func(x *posting) [16]byte { return x.Entry.Owner })}
	paymentValue = values[posting]{"payment": field(func(x *posting) []byte { return paymentOf(&x.Entry) })}
)

// entry is a line of the ledger that is being written.
type entry struct {
	store.LedgerEntry
	bundle *string // the package as JSON
}

func entryOf(e store.LedgerEntry) (entry, error) {
	bundle, err := jsonOrNull(e.Package)
	return entry{e, bundle}, err
}

// paymentOf returns the payment's id as it is stored; nil: none.
func paymentOf(e *store.LedgerEntry) []byte {
	if id := rules.PaymentID(e); id != "" {
		return []byte(id)
	}
	return nil
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
	balanceOf = `SELECT ` + balanceColumns + ` FROM credits c WHERE c.owner = $1`

	// standing is the owner's row if an entry has the key.
	standing = balanceOf + ` AND EXISTS (SELECT 1 FROM ledger l WHERE l.owner = $1 AND l.key = $2)`
)

// entryTo returns where the columns of an entry are scanned to; package and times are filled by the caller.
func entryTo(e *store.LedgerEntry, bundle *[]byte, times *moments) []any {
	return []any{idTo(&e.ID), idTo(&e.Owner), &e.Key, &e.Operation, &e.Amount, &e.Balance, idTo(&e.Subject), &e.Refunds, bundle, times.of(&e.At)}
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, p store.Posting) (entry store.LedgerEntry, b store.Balance, fresh bool, err error) {
	line, err := entryOf(p.Entry)
	if err != nil {
		return store.LedgerEntry{}, b, false, err
	}
	x := &posting{p, line, eventsOf(p.Events)}
	sql := applyCredit.of(listing.when(len(p.Events) > 0) | telling.when(p.Tell != store.Telling{}))
	args := sql.Args(x)
	err = retry(ctx, func() error {
		entry, b = store.LedgerEntry{}, store.Balance{}
		var bundle []byte
		var times moments
		fresh, err = s.oneKept(ctx, sql.Text, args, append(entryTo(&entry, &bundle, &times), balanceTo(&b)...)...)
		if err == nil && fresh {
			times.fill()
			entry.Package, err = fromJSON[store.Package](bundle)
			return err
		}
		if err != nil && violated(err) == "" && pgCode(err) != "22003" { // a sum that is out of range
			return err
		}
		entry, b, err = s.whyNotApplied(ctx, x)
		return err
	})
	if err != nil {
		return store.LedgerEntry{}, store.Balance{}, false, err
	}
	return entry, b, fresh, nil
}

// whyNotApplied returns the entry that stands under the key, or the error.
func (s *Store) whyNotApplied(ctx context.Context, x *posting) (store.LedgerEntry, store.Balance, error) {
	facts, err := s.applying(ctx, x)
	if err != nil {
		return store.LedgerEntry{}, store.Balance{}, err
	}
	done, err := rules.Apply(x.Posting, facts)
	if err == nil && done.Fresh {
		err = errRaced
	}
	return done.Entry, done.Balance, err
}

// applying looks up what the entry is decided on.
func (s *Store) applying(ctx context.Context, x *posting) (w rules.Applying, err error) {
	var first, debit store.LedgerEntry
	var stands, debited bool
	var bundle []byte
	var times moments
	to := slices.Concat([]any{&stands}, entryTo(&first, &bundle, &times), []any{&debited, &debit.Amount, &w.Refunded, &w.Taken, &w.Spent}, balanceTo(&w.Balance))
	w.Found, err = s.one(ctx, book.Text, book.Args(x), to...)
	if err != nil || !w.Found {
		return w, err
	}
	if debited {
		w.Debit = &debit
	}
	if stands {
		times.fill()
		w.First = &first
		first.Package, err = fromJSON[store.Package](bundle)
	}
	return w, err
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

// standing returns the receipt of a charge that was made before, with the balance as it is now, or that of none. It
// tries again by itself: the verb that it belongs to is done.
func (s *Store) standing(ctx context.Context, c store.Charge) (r store.Receipt, err error) {
	if !rules.Charged(c) {
		return r, nil
	}
	err = retry(ctx, func() error {
		r.Charged, err = s.one(ctx, standing, []any{id(c.Owner), c.Key}, balanceTo(&r.Balance)...)
		return err
	})
	if err != nil || !r.Charged {
		return store.Receipt{}, err
	}
	return r, nil
}
