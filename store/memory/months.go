package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// ListMonths meets [store.CreditStore].
func (s *Store) ListMonths(ctx context.Context, owner uuid.UUID, from, to, limit int) ([]store.Month, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.book(owner)
	if b == nil {
		return nil, nil
	}
	var page []store.Month
	end, _ := slices.BinarySearchFunc(b.months, to, func(m store.Month, to int) int {
		return cmp.Or(cmp.Compare(m.Month, to), -1) // behind the one that is equal
	})
	for _, m := range slices.Backward(b.months[:end]) {
		if m.Month < from || len(page) >= limit {
			break
		}
		page = append(page, m)
	}
	return page, nil
}

// CloseMonths meets [store.CreditStore].
func (s *Store) CloseMonths(ctx context.Context, month int, price int64, limit int, now time.Time) (int, []store.Settled, error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if price < 0 {
		return 0, nil, store.ErrInvalid
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	var behind []*account
	for e := range s.open.from(stamped[*account]{}) {
		if e.at >= int64(month) || len(behind) >= limit {
			break
		}
		behind = append(behind, e.row)
	}
	var charged []store.Settled
	for _, a := range behind {
		if debit := s.closeMonth(a, price, now); debit > 0 {
			charged = append(charged, store.Settled{Owner: a.ID, Debit: debit, Balance: a.book.Balance})
		}
	}
	return len(behind), charged, nil
}

// closeMonth settles the oldest open month of the account and answers what it cost.
func (s *Store) closeMonth(a *account, price int64, now time.Time) (debit int64) {
	b := a.book
	month := b.ClosedMonth + 1
	if a.Status != store.StatusDeleted && !a.House {
		debit = b.RetentionDue(price)
	}
	row := store.RetentionEntry(a.ID, month, debit, now)
	if b.keys[row.Key] != nil {
		debit = 0
	}
	operations := b.Used - b.ClosedUsed
	if debit > 0 {
		b.Debit(store.OpRetention, debit)
		b.write(row)
	}
	s.open.remove(stamped[*account]{at: int64(b.ClosedMonth), id: a.ID})
	b.ClosedMonth, b.ClosedUsed = month, b.Used
	s.open.insert(stamped[*account]{int64(month), a.ID, a})
	b.months = append(b.months, store.Month{
		Owner: a.ID, Month: month, Users: b.Children, FreeUsers: b.FreeUsers,
		Retention: debit, Operations: operations, Credits: b.Credits, At: now,
	})
	return debit
}
