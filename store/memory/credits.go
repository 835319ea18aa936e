package memory

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// book is the account book of a root account. It stays when the account is deleted.
type book struct {
	store.Balance
	keys   map[string]*entry
	all    ordered[byID[*entry]]
	byOp   map[store.Operation]*ordered[byID[*entry]]
	months []store.Month // ascending
}

// entry is a line of a book.
type entry struct {
	store.LedgerEntry
	refunded bool
}

// openBook opens the Balance of a new root account. Its month is open, the one before is closed.
func (s *Store) openBook(a *account, grant *store.LedgerEntry, now time.Time) {
	a.book = &book{
		Balance: store.Balance{ClosedMonth: store.MonthOf(now) - 1},
		keys:    map[string]*entry{},
		byOp:    map[store.Operation]*ordered[byID[*entry]]{},
	}
	s.open.insert(stamped[*account]{int64(a.book.ClosedMonth), a.ID, a})
	if grant == nil {
		return
	}
	e := *grant
	e.Owner = a.ID
	a.book.credit(e.Amount)
	a.book.write(e)
}

// has reports whether an entry has this id. Ids are the caller's: they are unique in a book as its keys are.
func (b *book) has(id uuid.UUID) bool {
	_, _, found := b.all.find(byID[*entry]{id: id})
	return found
}

// write adds the line. What it does to the credits has been done: it records the balance after it.
func (b *book) write(e store.LedgerEntry) *entry {
	e = copyEntry(e)
	e.At = whole(e.At)
	e.Balance = b.Credits
	if e.Package != nil {
		b.FreeUsers += e.Package.FreeUsers
	}
	row := &entry{LedgerEntry: e}
	b.keys[e.Key] = row
	b.all.insert(byID[*entry]{e.ID, row})
	if b.byOp[e.Operation] == nil {
		b.byOp[e.Operation] = &ordered[byID[*entry]]{}
	}
	b.byOp[e.Operation].insert(byID[*entry]{e.ID, row})
	return row
}

// credit moves the figures by an amount that is not negative. Granted = Credits + Used before and after.
func (b *book) credit(amount int64) {
	b.Credits += amount
	b.Granted += amount
}

// book answers the owner's; nil: he has none.
func (s *Store) book(owner uuid.UUID) *book {
	if a := s.accounts[owner]; a != nil {
		return a.book
	}
	return nil
}

// bill is a Charge that was decided on and can be paid without failing.
type bill struct {
	charge store.Charge
	book   *book // nil: nothing is charged
	stands bool  // its ledger row is there already
}

// bill decides on a charge. A key that stands in the book was paid, whatever for: it is not charged again.
func (s *Store) bill(c store.Charge) (bill, error) {
	if c.Price < 0 {
		return bill{}, store.ErrInvalid
	}
	if c.Owner == uuid.Nil || c.Price == 0 {
		return bill{}, nil
	}
	b := s.book(c.Owner)
	switch {
	case b != nil && b.keys[c.Key] != nil:
		return bill{c, b, true}, nil
	case b == nil || b.Credits < c.Price:
		if c.Required {
			return bill{}, store.ErrInsufficientCredits
		}
		return bill{}, nil
	case b.has(c.Entry):
		return bill{}, store.Conflict{}
	}
	return bill{c, b, false}, nil
}

func (b bill) pay(subject uuid.UUID, now time.Time) store.Receipt {
	if b.book == nil {
		return store.Receipt{}
	}
	if c := b.charge; !b.stands {
		b.book.Debit(c.Operation, c.Price)
		b.book.write(store.LedgerEntry{
			ID: c.Entry, Owner: c.Owner, Key: c.Key, Operation: c.Operation, Amount: -c.Price, Subject: subject, At: now,
		})
	}
	return store.Receipt{Charged: true, Balance: b.book.Balance}
}

// receipt answers a repeated verb: whether the charge stands, with the balance as it is now.
func (s *Store) receipt(c store.Charge) store.Receipt {
	b := s.book(c.Owner)
	if b == nil || c.Price == 0 || b.keys[c.Key] == nil {
		return store.Receipt{}
	}
	return store.Receipt{Charged: true, Balance: b.Balance}
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, e store.LedgerEntry) (store.LedgerEntry, store.Balance, bool, error) {
	var none store.LedgerEntry
	if err := ctx.Err(); err != nil {
		return none, store.Balance{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.book(e.Owner)
	if b == nil {
		return none, store.Balance{}, false, store.ErrNotFound
	}
	if first := b.keys[e.Key]; first != nil {
		same := first.Operation == e.Operation && first.Refunds == e.Refunds && (e.Refunds != "" || first.Amount == e.Amount)
		if !same {
			return none, store.Balance{}, false, store.Conflict{}
		}
		return copyEntry(first.LedgerEntry), b.Balance, false, nil
	}
	if err := b.check(&e); err != nil {
		return none, store.Balance{}, false, err
	}
	switch {
	case e.Refunds != "":
		b.keys[e.Refunds].refunded = true
		b.Credits += e.Amount
		b.Used -= e.Amount
	case e.Amount < 0:
		b.Debit(e.Operation, -e.Amount)
	default:
		b.credit(e.Amount)
	}
	return copyEntry(b.write(e).LedgerEntry), b.Balance, true, nil
}

// check decides whether the entry may be added, and sets the amount of a refund.
func (b *book) check(e *store.LedgerEntry) error {
	if e.Refunds != "" {
		debit := b.keys[e.Refunds]
		if debit == nil || debit.Amount >= 0 {
			return store.ErrNotFound
		}
		if debit.refunded {
			return store.Conflict{Field: "refund"}
		}
		e.Amount = -debit.Amount // comes out of Used, so that Credits stay below Granted
	} else if e.Amount < 0 && b.Credits+e.Amount < 0 {
		return store.ErrInsufficientCredits
	} else if e.Amount > math.MaxInt64-b.Granted {
		return store.ErrInvalid
	}
	if p := e.Package; p != nil && (p.FreeUsers > math.MaxInt64-max(0, b.FreeUsers) || b.FreeUsers+p.FreeUsers < 0) {
		return store.ErrInvalid
	}
	if b.has(e.ID) {
		return store.Conflict{}
	}
	return nil
}

// Balance meets [store.CreditStore].
func (s *Store) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	if err := ctx.Err(); err != nil {
		return store.Balance{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.book(owner)
	if b == nil {
		return store.Balance{}, store.ErrNotFound
	}
	return b.Balance, nil
}

// ListCredits meets [store.CreditStore].
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, op store.Operation, p store.Page) ([]store.LedgerEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.book(owner)
	if b == nil {
		return nil, nil
	}
	lines := &b.all
	if op != "" {
		if lines = b.byOp[op]; lines == nil {
			return nil, nil
		}
	}
	var page []store.LedgerEntry
	for e := range lines.from(byID[*entry]{id: p.After}) {
		if len(page) >= p.Limit {
			break
		}
		if e.id != p.After {
			page = append(page, copyEntry(e.row.LedgerEntry))
		}
	}
	return page, nil
}
