package memory

import (
	"bytes"
	"context"
	"iter"
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
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]store.LedgerEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	lines := s.linesOf(owner, q.Operation)
	if lines == nil {
		return nil, nil
	}
	var page []store.LedgerEntry
	above, below := rules.Between(q)
	walk := between(lines, above, below)
	if q.Newest {
		walk = betweenDown(lines, above, below)
	}
	for e := range walk {
		if len(page) >= q.Limit {
			break
		}
		page = append(page, copyEntry(e.LedgerEntry))
	}
	return page, nil
}

// linesOf returns those of one operation, or all of them, of the owner's book; nil: none.
func (s *Store) linesOf(owner uuid.UUID, op store.Operation) *ordered[byID[*entry]] {
	switch b := s.book(owner); {
	case b == nil:
		return nil
	case op == "":
		return &b.all
	default:
		return b.byOp[op]
	}
}

// between walks the lines with ids between two, exclusive both.
func between(lines *ordered[byID[*entry]], above, below uuid.UUID) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for e := range lines.from(byID[*entry]{id: above}) {
			if bytes.Compare(e.id[:], below[:]) >= 0 || e.id != above && !yield(e.row) {
				return
			}
		}
	}
}

// betweenDown is between from the last one on.
func betweenDown(lines *ordered[byID[*entry]], above, below uuid.UUID) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for e := range lines.downFrom(byID[*entry]{id: below}, true) {
			if bytes.Compare(e.id[:], above[:]) <= 0 || !yield(e.row) {
				return
			}
		}
	}
}

// SumCredits meets [store.CreditStore].
func (s *Store) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) ([]store.CreditDay, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	days, err := rules.Span(d)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.book(owner)
	if b == nil {
		return nil, nil
	}
	above, _ := rules.DayIDs(days[0])
	_, below := rules.DayIDs(days[len(days)-1])
	var sums []store.CreditDay
	for op, lines := range b.byOp {
		first := len(sums)
		for e := range between(lines, above, below) {
			at := rules.DayOf(e.ID)
			if n := len(sums); n == first || !sums[n-1].Day.Equal(at) {
				sums = append(sums, store.CreditDay{Day: at, Operation: op})
			}
			last := &sums[len(sums)-1]
			last.Entries++
			last.Credits += e.Amount
		}
	}
	rules.InOrder(sums)
	return sums, nil
}
