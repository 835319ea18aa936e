package tollkeeper

import (
	"context"
	"errors"
	"time"
)

// Profile is what an account may know of itself. A child gets no Balance and no Packages: nothing of its parent's.
type Profile struct {
	Subject  Subject
	Details  OrganizationDetails // without secret; for a child of its parent
	Balance  Balance             // of a parent
	Packages []LedgerEntry       // bought by a parent, newest first, at most 100
}

// Profile answers the caller's own.
func (a *Authenticator) Profile(ctx context.Context, by *Identity) (Profile, error) {
	by = by.orNobody()
	s, err := a.self(ctx, by)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{Subject: s}
	if p.Details, err = a.details(s, false); err != nil || s.Child() {
		return p, err
	}
	if p.Balance, err = a.store.Balance(ctx, s.Account.ID); err != nil && !errors.Is(err, ErrNotFound) {
		return p, unavailable(err)
	}
	p.Packages, err = a.packages(ctx, s.Account.ID)
	return p, err
}

// BillingQuery selects closed months, from..to, both included.
type BillingQuery struct {
	From, To time.Time // any moment of the month; zero: no bound
	Limit    int       // 1..100; zero: 10
}

// BillingHistory answers the caller's closed months, newest first. ErrForbidden for a child; ErrDisabled; ErrInvalidLimit;
// ErrInvalidInput with Field "range" when From is after To.
func (a *Authenticator) BillingHistory(ctx context.Context, by *Identity, q BillingQuery) ([]Month, error) {
	by = by.orNobody()
	if err := a.bookkeeper(by); err != nil {
		return nil, err
	}
	setZero(&q.Limit, 10)
	if q.Limit < 1 || q.Limit > 100 {
		return nil, ErrInvalidLimit
	}
	from, to := 0, 1<<30
	if !q.From.IsZero() {
		from = MonthOf(q.From)
	}
	if !q.To.IsZero() {
		to = MonthOf(q.To)
	}
	if from > to {
		return nil, ErrInvalidInput.WithField("range").WithMessage("Start date must not be after end date")
	}
	months, err := a.store.ListMonths(ctx, by.Account, from, to, q.Limit)
	return months, unavailable(err)
}
