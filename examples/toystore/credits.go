package toystore

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// book is the row of a root account's balance. It stays when the account is deleted.
type book struct {
	Owner uuid.UUID
	store.Balance
}

func bookKey(owner uuid.UUID) string { return path("balances", owner) }

func (b book) key() string { return bookKey(b.Owner) }

func (b book) index() []string { return []string{path("open", b.ClosedMonth, b.Owner)} }

// entry is a line of a ledger.
type entry struct{ store.LedgerEntry }

func entryKey(owner uuid.UUID, key string) string { return path("ledger", owner, key) }

func (e entry) key() string { return entryKey(e.Owner, e.Key) }

func (e entry) index() []string {
	keys := []string{path("entries", e.Owner, e.ID)}
	if e.Refunds != "" {
		keys = append(keys, path("refunds", e.Owner, e.Refunds))
	}
	if payment := rules.PaymentID(&e.LedgerEntry); payment != "" {
		keys = append(keys, path("payments", payment))
	}
	return keys
}

// openBook opens the balance of a new root account.
func (t *tx) openBook(owner uuid.UUID, grant *store.LedgerEntry, now time.Time) {
	balance, first := rules.Open(owner, grant, now)
	t.post(owner, balance, first)
}

// post writes the owner's balance, and the entry that moved it; nil: none did.
func (t *tx) post(owner uuid.UUID, balance store.Balance, e *store.LedgerEntry) {
	write(t, load[book](t, bookKey(owner)), &book{owner, balance})
	if balance.LatestMonth > t.latest() {
		t.save("latest", balance.LatestMonth)
	}
	if e != nil {
		write(t, nil, &entry{*e})
	}
}

// latest returns the newest LatestMonth of a book; zero: none has one.
func (t *tx) latest() int {
	if month := load[int](t, "latest"); month != nil {
		return *month
	}
	return 0
}

func (t *tx) countChild(owner uuid.UUID, n int64) {
	balance := load[book](t, bookKey(owner)).Balance
	balance.Children += n
	t.post(owner, balance, nil)
}

// purse reads what a charge is decided on.
func (t *tx) purse(c store.Charge) rules.Purse {
	if !rules.Charged(c) {
		return rules.Purse{}
	}
	b := load[book](t, bookKey(c.Owner))
	if b == nil {
		return rules.Purse{}
	}
	return rules.Purse{
		Found: true, Balance: b.Balance,
		Paid: t.has(entryKey(c.Owner, c.Key)), Taken: t.has(path("entries", c.Owner, c.Entry)),
	}
}

// pay writes what was decided on a charge.
func (t *tx) pay(p rules.Payment) {
	if p.Entry != nil {
		t.post(p.Entry.Owner, p.Receipt.Balance, p.Entry)
		t.tell(p.Told)
	}
}

// ApplyCredit meets [store.CreditStore].
func (s *Store) ApplyCredit(ctx context.Context, p store.Posting) (store.LedgerEntry, store.Balance, bool, error) {
	done, err := update(ctx, s, func(t *tx) (rules.Applied, error) {
		done, err := rules.Apply(p, t.applying(p.Entry))
		if err == nil && done.Fresh {
			t.post(p.Entry.Owner, done.Balance, &done.Entry)
			t.tell(done.Told)
			t.log(p.Events)
		}
		return done, err
	})
	return done.Entry, done.Balance, done.Fresh, err
}

// applying reads what an entry is decided on.
func (t *tx) applying(e store.LedgerEntry) rules.Applying {
	b := load[book](t, bookKey(e.Owner))
	if b == nil {
		return rules.Applying{}
	}
	facts := rules.Applying{
		Found: true, Balance: b.Balance, Refunded: t.has(path("refunds", e.Owner, e.Refunds)), Taken: t.has(path("entries", e.Owner, e.ID)),
	}
	if payment := rules.PaymentID(&e); payment != "" {
		facts.Spent = t.has(path("payments", payment))
	}
	if first := load[entry](t, entryKey(e.Owner, e.Key)); first != nil {
		facts.First = &first.LedgerEntry
	}
	if debit := load[entry](t, entryKey(e.Owner, e.Refunds)); debit != nil {
		facts.Debit = &debit.LedgerEntry
	}
	return facts
}

// Balance meets [store.CreditStore].
func (s *Store) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	return view(ctx, s, func(t *tx) (store.Balance, error) {
		if b := load[book](t, bookKey(owner)); b != nil {
			return b.Balance, nil
		}
		return store.Balance{}, store.ErrNotFound
	})
}

// ListCredits meets [store.CreditStore].
func (s *Store) ListCredits(ctx context.Context, owner uuid.UUID, q store.CreditQuery) ([]store.LedgerEntry, error) {
	return view(ctx, s, func(t *tx) (page []store.LedgerEntry, _ error) {
		above, below := rules.Between(q)
		for e := range t.entries(owner, above, below) {
			if q.Operation == "" || e.Operation == q.Operation {
				page = append(page, e.LedgerEntry)
			}
		}
		if q.Newest {
			slices.Reverse(page)
		}
		return page[:min(len(page), max(q.Limit, 0))], nil
	})
}

// entries walks the entries of the owner with ids between two, exclusive both.
func (t *tx) entries(owner, above, below uuid.UUID) iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, e := range rows[entry](t, path("entries", owner, ""), path("entries", owner, above)) {
			if bytes.Compare(e.ID[:], below[:]) >= 0 || !yield(e) {
				return
			}
		}
	}
}

// SumCredits meets [store.CreditStore].
func (s *Store) SumCredits(ctx context.Context, owner uuid.UUID, d store.Days) ([]store.CreditDay, error) {
	days, err := rules.Span(d)
	if err != nil {
		return nil, err
	}
	return view(ctx, s, func(t *tx) (sums []store.CreditDay, _ error) {
		for _, midnight := range days {
			above, below := rules.DayIDs(midnight)
			of := map[store.Operation]store.CreditDay{}
			for e := range t.entries(owner, above, below) {
				sum := of[e.Operation]
				of[e.Operation] = store.CreditDay{Day: midnight, Operation: e.Operation, Entries: sum.Entries + 1, Credits: sum.Credits + e.Amount}
			}
			sums = slices.AppendSeq(sums, maps.Values(of))
		}
		rules.InOrder(sums)
		return sums, nil
	})
}

// ListMonths meets [store.CreditStore].
func (s *Store) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]store.Month, error) {
	return view(ctx, s, func(t *tx) (page []store.Month, _ error) {
		for k := range t.Scan(path("months", owner, ""), "") {
			if path("months", owner, from) <= k && k <= path("months", owner, to) {
				page = append(page, *load[store.Month](t, k))
			}
		}
		slices.Reverse(page)
		return page[:min(len(page), max(limit, 0))], nil
	})
}

// CloseMonths meets [store.CreditStore]. The keys of open months are in the order of the months, then of the owners'
// ids.
func (s *Store) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	type answer struct {
		settled int
		charged []store.Settled
	}
	got, err := update(ctx, s, func(t *tx) (done answer, _ error) {
		if rules.SenselessPrice(c.Price) {
			return done, store.ErrInvalid
		}
		last := rules.Closable(t.latest(), c.Month)
		for _, b := range rows[book](t, path("open", ""), "") {
			if b.ClosedMonth >= last || done.settled >= c.Limit {
				break
			}
			done.settled++
			if closed := t.closeMonth(b, c, now); closed.Entry != nil {
				done.charged = append(done.charged, store.Settled{Owner: b.Owner, Debit: closed.Month.Retention, Balance: closed.Balance})
			}
		}
		return done, nil
	})
	return got.settled, got.charged, err
}

// closeMonth settles the oldest open month of the book.
func (t *tx) closeMonth(b *book, c store.Closing, now time.Time) rules.Closed {
	a := load[account](t, accountKey(b.Owner))
	tenant := rules.Tenant{Owner: b.Owner, Status: a.Status, House: a.House, Balance: b.Balance}
	due := rules.Due(tenant, c.Price, now)
	closed := rules.Close(c, tenant, due, t.has(entryKey(b.Owner, due.Key)))
	t.post(b.Owner, closed.Balance, closed.Entry)
	t.tell(closed.Told)
	t.save(path("months", b.Owner, closed.Month.Month), closed.Month)
	return closed
}
