package memory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
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

// openBook opens the Balance of a new root account.
func (s *Store) openBook(a *account, grant *store.LedgerEntry, now time.Time) {
	a.book = &book{keys: map[string]*entry{}, byOp: map[store.Operation]*ordered[byID[*entry]]{}}
	balance, first := rules.Open(a.ID, grant, now)
	s.open.insert(stamped[*account]{int64(balance.ClosedMonth), a.ID, a})
	s.post(a.book, balance, first)
}

// post writes the balance, and the entry that moved it; nil: none did.
func (s *Store) post(b *book, balance store.Balance, e *store.LedgerEntry) {
	b.Balance = balance
	s.latest = max(s.latest, balance.LatestMonth)
	if e == nil {
		return
	}
	if payment := rules.PaymentID(e); payment != "" {
		s.paid[payment] = true
	}
	b.write(*e)
}

// has reports whether an entry has this id. Ids are the caller's: they are unique in a book as its keys are.
func (b *book) has(id uuid.UUID) bool {
	_, _, found := b.all.find(byID[*entry]{id: id})
	return found
}

// write adds the line. What it does to the balance is the caller's to do.
func (b *book) write(e store.LedgerEntry) {
	e = copyEntry(e)
	row := &entry{LedgerEntry: e}
	b.keys[e.Key] = row
	b.all.insert(byID[*entry]{e.ID, row})
	if b.byOp[e.Operation] == nil {
		b.byOp[e.Operation] = &ordered[byID[*entry]]{}
	}
	b.byOp[e.Operation].insert(byID[*entry]{e.ID, row})
}

// book returns the owner's; nil: there is none.
func (s *Store) book(owner uuid.UUID) *book {
	if a := s.accounts[owner]; a != nil {
		return a.book
	}
	return nil
}

// purse looks up what the charge is decided on.
func (s *Store) purse(c store.Charge) rules.Purse {
	if !rules.Charged(c) {
		return rules.Purse{}
	}
	b := s.book(c.Owner)
	if b == nil {
		return rules.Purse{}
	}
	p := rules.Purse{Found: true, Balance: b.Balance, Paid: b.keys[c.Key] != nil}
	p.Taken = !p.Paid && b.has(c.Entry)
	return p
}

// pay writes what was decided on a charge.
func (s *Store) pay(p rules.Payment) {
	if p.Entry == nil {
		return
	}
	s.post(s.book(p.Entry.Owner), p.Receipt.Balance, p.Entry)
	s.tell(p.Told)
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	if err := ctx.Err(); err != nil {
		return store.LedgerEntry{}, store.Balance{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := p.Entry
	b := s.book(e.Owner)
	done, err := rules.Apply(p, s.applying(b, &e))
	if err != nil {
		return store.LedgerEntry{}, store.Balance{}, false, err
	}
	if done.Fresh {
		if debit := b.keys[e.Refunds]; e.Refunds != "" {
			debit.refunded = true
		}
		s.post(b, done.Balance, &done.Entry)
		s.tell(done.Told)
		s.log(p.Events...)
	}
	return copyEntry(done.Entry), done.Balance, done.Fresh, nil
}

// applying looks up what the entry is decided on.
func (s *Store) applying(b *book, e *store.LedgerEntry) rules.Applying {
	if b == nil {
		return rules.Applying{}
	}
	facts := rules.Applying{Found: true, Balance: b.Balance, Spent: s.paid[rules.PaymentID(e)]}
	if first := b.keys[e.Key]; first != nil {
		facts.First = &first.LedgerEntry
		return facts
	}
	if debit := b.keys[e.Refunds]; e.Refunds != "" && debit != nil {
		facts.Debit, facts.Refunded = &debit.LedgerEntry, debit.refunded
	}
	facts.Taken = b.has(e.ID)
	return facts
}

// Balance meets [store.CreditStore]. A deleted root account keeps its row.
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

// ListCredits meets [store.CreditStore]. An owner without a book has no entries.
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
	for e := range lines.from(byID[*entry]{id: p.After.ID}) {
		if len(page) >= p.Limit {
			break
		}
		if e.id != p.After.ID {
			page = append(page, copyEntry(e.row.LedgerEntry))
		}
	}
	return page, nil
}
