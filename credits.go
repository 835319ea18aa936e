package tollkeeper

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/store"
)

// Charge debits a parent for an operation of the host, once per parent and key, which has 1 to 190 bytes: again with
// the same key it changes nothing and returns the same. [ErrDisabled] without [Config.Credits]; [ErrInvalidInput] for
// an operation without a price or a bad key; [ErrInsufficientCredits]; [ErrConflict] when the key stands for something
// else; [ErrNotFound].
func (h Host) Charge(ctx context.Context, parent uuid.UUID, op Operation, key string) (Balance, error) {
	ctx = h.acting(ctx)
	a := h.auth
	if a.cfg.Credits == nil {
		return Balance{}, ErrDisabled
	}
	price, ok := a.cfg.Credits.Prices[op]
	if !ok {
		return Balance{}, ErrInvalidInput.WithField("operation").WithMessage("tollkeeper: no price for " + strconv.Quote(string(op)))
	}
	if err := checkHostKey(key); err != nil {
		return Balance{}, err
	}
	if price == 0 {
		b, err := a.store.Balance(ctx, parent)
		return b, err
	}
	return a.apply(ctx, key, LedgerEntry{Owner: parent, Key: keyCharge + key, Operation: op, Amount: -price}, EventCharged)
}

// Refund takes a Charge back, by its key, once. [ErrNotFound]: there is no such charge.
func (h Host) Refund(ctx context.Context, parent uuid.UUID, key string) (Balance, error) {
	ctx = h.acting(ctx)
	a := h.auth
	if a.cfg.Credits == nil {
		return Balance{}, ErrDisabled
	}
	return a.apply(ctx, key, LedgerEntry{Owner: parent, Key: keyRefund + key, Operation: OpRefund, Refunds: keyCharge + key}, EventCredited)
}

// Purchase is a package that was paid for.
type Purchase struct {
	Package       string // its name in [Credits.Packages]
	TransactionID string // of the payment, 1 to 190 bytes: serves once, whoever of all parents it is for
}

// GrantPackage gives a parent a package that it paid for, once per transaction id: again for the same parent it changes
// nothing and returns the same. [ErrDisabled]; [ErrInvalidInput]; [ErrConflict] when the transaction id stands for
// another package, or served another parent, with [Error.Field] "transaction"; [ErrNotFound].
func (h Host) GrantPackage(ctx context.Context, parent uuid.UUID, p Purchase) (Balance, error) {
	ctx = h.acting(ctx)
	a := h.auth
	if a.cfg.Credits == nil {
		return Balance{}, ErrDisabled
	}
	bundle, ok := a.cfg.Credits.Packages[p.Package]
	if !ok {
		return Balance{}, ErrInvalidInput.WithField("package").WithMessage("tollkeeper: no package " + strconv.Quote(p.Package))
	}
	bundle.TransactionID = p.TransactionID
	e := LedgerEntry{Owner: parent, Key: keyPackage + p.TransactionID, Operation: OpPackage, Amount: bundle.Credits, Package: &bundle}
	return a.apply(ctx, p.TransactionID, e, EventCredited)
}

// Grant gives a parent credits that nobody paid for, once per parent and key, which has 1 to 190 bytes.
func (h Host) Grant(ctx context.Context, parent uuid.UUID, credits int64, key string) (Balance, error) {
	ctx = h.acting(ctx)
	a := h.auth
	if a.cfg.Credits == nil {
		return Balance{}, ErrDisabled
	}
	if credits <= 0 {
		return Balance{}, ErrInvalidInput.WithField("credits").WithMessage("tollkeeper: a grant is above zero")
	}
	return a.apply(ctx, key, LedgerEntry{Owner: parent, Key: keyGrant + key, Operation: OpGrant, Amount: credits}, EventCredited)
}

// What keys of the ledger begin with, so that a host's key means something else to each verb.
const (
	keyCharge  = "host:"
	keyRefund  = "refund:"
	keyPackage = "package:"
	keyGrant   = "grant:"
)

// A host's own key is bounded, and not what becomes of it: so whatever is charged can be refunded by the same key, and
// each of them fits into the 200 bytes of a [LedgerEntry].
const maxHostKey = 190 // bytes

func checkHostKey(key string) error {
	if key == "" || !canon.ValidLine(key, maxHostKey) {
		return ErrInvalidInput.WithField("key").WithMessage("tollkeeper: an idempotency key has 1 to 190 bytes without control characters")
	}
	return nil
}

// apply posts the entry that a host's key stands for.
func (a *Authenticator) apply(ctx context.Context, key string, e LedgerEntry, name EventName) (Balance, error) {
	if err := checkHostKey(key); err != nil {
		return Balance{}, err
	}
	e.At = a.now()
	e.ID = a.idAt(e.At)
	event := Event{Name: name, Account: e.Owner, Detail: string(e.Operation), Credits: e.Amount}
	entry, b, _, err := a.store.ApplyCredit(ctx, store.Posting{Entry: e, Events: []Event{event}})
	if err != nil {
		return Balance{}, err
	}
	if e.Package != nil && (entry.Package == nil || entry.Package.Type != e.Package.Type) {
		return Balance{}, ErrConflict // two packages may hold as many credits
	}
	return b, nil
}

// CreditAnalysis is a parent's economy at a glance (docs/WIRE.md 1.7). Every figure comes from its counters.
type CreditAnalysis struct {
	Balance   Balance
	Billable  int64 // children beyond the free ones
	Retention int64 // credits a month for them
	Projected int64 // credits this month, if it goes on as so far
	Alerts    Alerts
	Packages  []LedgerEntry // bought, newest first, at most 100
}

// Alerts says which thresholds are passed.
type Alerts struct {
	Low      bool // 75 % or more of everything ever granted is used
	Critical bool // 90 %
	Depleted bool // nothing is left
}

// CreditAnalysis returns the caller's own figures. [ErrDisabled]; [ErrForbidden] for a child.
func (a *Authenticator) CreditAnalysis(ctx context.Context, by *Identity) (CreditAnalysis, error) {
	by = by.orNobody()
	if err := a.bookkeeper(by); err != nil {
		return CreditAnalysis{}, err
	}
	return a.creditAnalysis(ctx, by.Account)
}

// CreditAnalysis returns a parent's figures. [ErrDisabled]; [ErrNotFound]; [ErrForbidden] for a child.
func (h Host) CreditAnalysis(ctx context.Context, parent uuid.UUID) (CreditAnalysis, error) {
	if err := h.bookOf(ctx, parent); err != nil {
		return CreditAnalysis{}, err
	}
	return h.auth.creditAnalysis(ctx, parent)
}

// bookOf returns nil for who has an account book.
func (h Host) bookOf(ctx context.Context, parent uuid.UUID) error {
	if h.auth.cfg.Credits == nil {
		return ErrDisabled
	}
	s, err := h.Account(ctx, parent)
	if err == nil && s.Child() {
		err = ErrForbidden
	}
	return err
}

func (a *Authenticator) creditAnalysis(ctx context.Context, owner uuid.UUID) (CreditAnalysis, error) {
	b, err := a.store.Balance(ctx, owner)
	if err != nil {
		return CreditAnalysis{}, err
	}
	packages, err := a.packages(ctx, owner)
	if err != nil {
		return CreditAnalysis{}, err
	}
	c := CreditAnalysis{Balance: b, Billable: max(0, b.Children-b.FreeUsers), Alerts: alertsOf(b), Packages: packages}
	c.Retention = c.Billable * a.cfg.Credits.Prices[OpRetention]
	c.Projected = projected(b.Used-b.ClosedUsed, a.now()) + c.Retention
	return c, nil
}

// bookkeeper reports whether the caller may read account books: a parent its own.
func (a *Authenticator) bookkeeper(by *Identity) error {
	switch {
	case !by.IsParent():
		return ErrForbidden
	case by.Limited != Unlimited:
		return by.Limited.refused()
	case a.cfg.Credits == nil:
		return ErrDisabled
	}
	return nil
}

// packages returns the last hundred that were bought, newest first.
func (a *Authenticator) packages(ctx context.Context, owner uuid.UUID) ([]LedgerEntry, error) {
	return a.store.ListCredits(ctx, owner, store.CreditQuery{Operation: OpPackage, Newest: true, Limit: mostPackages})
}

const mostPackages = 100

// projected extends what was used this month to its end. On its first day it extends no more than thirty-fold.
func projected(used int64, now time.Time) int64 {
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	month := first.AddDate(0, 1, 0).Sub(first)
	passed := max(now.Sub(first), 24*time.Hour)
	return int64(float64(used) * float64(month) / float64(passed))
}

// alertsOf returns the thresholds that a balance has passed: how much of everything ever granted is used. Written so
// that no figure overflows.
func alertsOf(b Balance) Alerts {
	return Alerts{
		Low:      b.Granted > 0 && b.Used >= b.Granted-b.Granted/4,
		Critical: b.Granted > 0 && b.Used >= b.Granted-b.Granted/10,
		Depleted: b.Granted > 0 && b.Credits == 0,
	}
}

// BillingQuery selects closed months, from..to, both included.
type BillingQuery struct {
	From, To time.Time // any moment of the month; zero: no bound
	Limit    int       // 1..100; zero: 10
}

// BillingHistory returns the caller's closed months, newest first. [ErrForbidden] for a child; [ErrDisabled];
// [ErrInvalidLimit]; [ErrInvalidInput] with [Error.Field] "range" when From is after To.
func (a *Authenticator) BillingHistory(ctx context.Context, by *Identity, q BillingQuery) ([]Month, error) {
	by = by.orNobody()
	if err := a.bookkeeper(by); err != nil {
		return nil, err
	}
	return a.billingHistory(ctx, by.Account, q)
}

// BillingHistory returns a parent's closed months, newest first. [ErrDisabled]; [ErrNotFound]; [ErrForbidden] for a
// child; [ErrInvalidLimit]; [ErrInvalidInput] (range).
func (h Host) BillingHistory(ctx context.Context, parent uuid.UUID, q BillingQuery) ([]Month, error) {
	if err := h.bookOf(ctx, parent); err != nil {
		return nil, err
	}
	return h.auth.billingHistory(ctx, parent, q)
}

func (a *Authenticator) billingHistory(ctx context.Context, owner uuid.UUID, q BillingQuery) ([]Month, error) {
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
	months, err := a.store.ListMonths(ctx, owner, from, to, q.Limit)
	return months, err
}

// crossed lists the thresholds that lie between two balances, as the store has told of them (rules.Crossed).
func crossed(before, after Balance) (levels []string) {
	was, is := alertsOf(before), alertsOf(after)
	for _, l := range []struct {
		name    string
		was, is bool
	}{{"low", was.Low, is.Low}, {"critical", was.Critical, is.Critical}, {"depleted", was.Depleted, is.Depleted}} {
		if l.is && !l.was {
			levels = append(levels, l.name)
		}
	}
	if was != (Alerts{}) && is == (Alerts{}) {
		levels = append(levels, "recovered")
	}
	return levels
}

// beforeEntry returns the balance before an entry that led to it.
func beforeEntry(b Balance, e LedgerEntry) Balance {
	b.Credits -= e.Amount
	if e.Refunds != "" || e.Amount < 0 {
		b.Used += e.Amount
	} else {
		b.Granted -= e.Amount
	}
	return b
}
