package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
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

// CloseMonths meets [store.CreditStore]. Those that are furthest behind come first, then by id.
func (s *Store) CloseMonths(ctx context.Context, c store.Closing, now time.Time) (int, []store.Settled, error) {
	if err := ctx.Err(); err != nil {
		return 0, nil, err
	}
	if rules.SenselessPrice(c.Price) {
		return 0, nil, store.ErrInvalid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var behind []*account
	last := rules.Closable(s.latest, c.Month)
	for e := range s.open.from(stamped[*account]{}) {
		if e.at >= int64(last) || len(behind) >= c.Limit {
			break
		}
		behind = append(behind, e.row)
	}
	var charged []store.Settled
	for _, a := range behind {
		if closed := s.closeMonth(a, c, now); closed.Entry != nil {
			charged = append(charged, store.Settled{Owner: a.ID, Debit: closed.Month.Retention, Balance: closed.Balance})
		}
	}
	return len(behind), charged, nil
}

// closeMonth settles the oldest open month of the account.
func (s *Store) closeMonth(a *account, c store.Closing, now time.Time) rules.Closed {
	b := a.book
	t := rules.Tenant{Owner: a.ID, Status: a.Status, House: a.House, Balance: b.Balance}
	due := rules.Due(t, c.Price, now)
	closed := rules.Close(c, t, due, b.keys[due.Key] != nil)
	s.open.remove(stamped[*account]{at: int64(b.ClosedMonth), id: a.ID})
	s.post(b, closed.Balance, closed.Entry)
	s.open.insert(stamped[*account]{int64(b.ClosedMonth), a.ID, a})
	s.tell(closed.Told)
	b.months = append(b.months, closed.Month)
	return closed
}
