package rules

import (
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Charged reports whether the charge is one: somebody pays something.
func Charged(c store.Charge) bool { return c.Owner != uuid.Nil && c.Price > 0 }

// SenselessCharge reports whether the charge makes no sense: no facts let a verb go on with it.
func SenselessCharge(c store.Charge) bool { return c.Price < 0 }

// Purse is what a payer has. It is looked at only where [Charged].
type Purse struct {
	Found   bool
	Balance store.Balance
	Paid    bool // an entry of the payer has the charge's Key
	Taken   bool // an entry of the payer has the charge's Entry; only where not Paid
}

// Payment is what becomes of a charge.
type Payment struct {
	Entry   *store.LedgerEntry // to be written, together with Receipt.Balance as the payer's; nil: nothing moves
	Receipt store.Receipt
	Told    Told // to be written, too
	Came    bool // the payer's LatestMonth moved
}

// draw decides on a charge and makes the payment. A key that stands in the ledger is paid, whatever for. Errors win in
// this order: a negative price, credits, an id of the ledger entry that is in use.
func draw(c store.Charge, p Purse, subject uuid.UUID, now time.Time) (Payment, error) {
	switch {
	case SenselessCharge(c):
		return Payment{}, store.ErrInvalid
	case !Charged(c):
		return Payment{}, nil
	case p.Paid:
		return Payment{Receipt: store.Receipt{Charged: true, Balance: p.Balance}}, nil
	case !p.Found || p.Balance.Credits < c.Price:
		if c.Required {
			return Payment{}, store.ErrInsufficientCredits
		}
		return Payment{}, nil
	case p.Taken:
		return Payment{}, store.Conflict{}
	}
	after := p.Balance
	Debit(&after, c.Operation, c.Price, now)
	entry := &store.LedgerEntry{
		ID: c.Entry, Owner: c.Owner, Key: c.Key, Operation: c.Operation, Amount: -c.Price, Balance: after.Credits,
		Subject: subject, At: Whole(now),
	}
	return Payment{
		Entry: entry, Receipt: store.Receipt{Charged: true, Balance: after}, Told: tell(c.Tell, entry, p.Balance, after),
		Came: after.LatestMonth > p.Balance.LatestMonth,
	}, nil
}

// standing returns the receipt of a verb that happened before: whether its charge stands, with the balance as it is
// now.
func standing(c store.Charge, p Purse) Payment {
	if Charged(c) && p.Paid {
		return Payment{Receipt: store.Receipt{Charged: true, Balance: p.Balance}}
	}
	return Payment{}
}

// Debit moves the figures by an amount of credits above zero: Granted = Credits + Used holds before and after. It does
// not ask whether the balance covers it. at is the moment of the entry.
func Debit(b *store.Balance, op store.Operation, amount int64, at time.Time) {
	b.LatestMonth = max(b.LatestMonth, Evidence(op, at))
	b.Credits -= amount
	b.Used += amount
	switch op {
	case store.OpSignIn:
		b.SignIns++
	case store.OpSignUp:
		b.SignUps++
	case store.OpVerify:
		b.Verifications++
	case store.OpSocial:
		b.Socials++
	case store.OpRetention:
		b.Retained += amount
	}
}

// Evidence returns the month that an entry shows to have come for the store; zero: none. Retention shows none: its
// moment is that of the clock that closes months, which may be wrong.
func Evidence(op store.Operation, at time.Time) int {
	if op == store.OpRetention {
		return 0
	}
	return store.MonthOf(at)
}

// Open returns the balance of a new root account and the entry of its grant; nil: it has none. The month of now is
// open, the one before is closed.
func Open(owner uuid.UUID, grant *store.LedgerEntry, now time.Time) (store.Balance, *store.LedgerEntry) {
	b := store.Balance{ClosedMonth: store.MonthOf(now) - 1}
	if grant == nil {
		return b, nil
	}
	e := *grant
	e.Owner, e.At = owner, Whole(e.At)
	b.Credits, b.Granted, e.Balance = e.Amount, e.Amount, e.Amount
	b.LatestMonth = Evidence(e.Operation, e.At)
	if e.Package != nil {
		b.FreeUsers = e.Package.FreeUsers
	}
	return b, &e
}

// senselessGrant reports whether no root account can start with the grant.
func senselessGrant(g *store.LedgerEntry) bool {
	return g.Amount < 0 || PaymentID(g) != "" || g.Package != nil && g.Package.FreeUsers < 0
}

// PaymentID returns the id of the payment that the entry stands for, of which there is one in a store; empty: none.
func PaymentID(e *store.LedgerEntry) string {
	if e.Package == nil {
		return ""
	}
	return e.Package.TransactionID
}

// Applying is what an entry is decided on.
type Applying struct {
	Found    bool               // the owner has a Balance
	Balance  store.Balance      //
	First    *store.LedgerEntry // the owner's entry that has the Key already; nil: none
	Spent    bool               // only without First: an entry of any owner has the [PaymentID]
	Debit    *store.LedgerEntry // only with Refunds and without First: the owner's entry of that key; nil: none
	Refunded bool               // only with Debit: another entry refunds it
	Taken    bool               // only without First: an entry of the owner has the ID
}

// Applied is an entry that stands.
type Applied struct {
	Entry   store.LedgerEntry
	Balance store.Balance
	Fresh   bool // it is to be written, and the Balance with it
	Told    Told // to be written, too
	Came    bool // the LatestMonth moved
}

// Apply decides about an entry. Errors win in this order: no balance, the key stands for something else, the payment
// was spent, no debit to refund, refunded already, credits, what would overflow or make FreeUsers negative, an id that
// is taken.
func Apply(p store.Posting, w Applying) (Applied, error) {
	e := p.Entry
	switch {
	case !w.Found:
		return Applied{}, store.ErrNotFound
	case w.First != nil && !sameEntry(w.First, &e):
		return Applied{}, store.Conflict{}
	case w.First != nil:
		return Applied{Entry: *w.First, Balance: w.Balance}, nil
	case w.Spent:
		return Applied{}, store.Conflict{Field: "transaction"}
	}
	b := w.Balance
	if e.Refunds != "" {
		switch {
		case w.Debit == nil || w.Debit.Amount >= 0:
			return Applied{}, store.ErrNotFound
		case w.Refunded:
			return Applied{}, store.Conflict{Field: "refund"}
		}
		e.Amount = -w.Debit.Amount
	}
	switch {
	case e.Amount < 0 && b.Credits+e.Amount < 0:
		return Applied{}, store.ErrInsufficientCredits
	case e.Refunds == "" && e.Amount > math.MaxInt64-b.Granted:
		return Applied{}, store.ErrInvalid
	case e.Package != nil && !addable(b.FreeUsers, e.Package.FreeUsers):
		return Applied{}, store.ErrInvalid
	case w.Taken:
		return Applied{}, store.Conflict{}
	}
	post(&b, &e)
	return Applied{
		Entry: e, Balance: b, Fresh: true, Told: tell(p.Tell, &e, w.Balance, b), Came: b.LatestMonth > w.Balance.LatestMonth,
	}, nil
}

// sameEntry reports whether e is the first one again. The amount of a refund is the store's.
func sameEntry(first, e *store.LedgerEntry) bool {
	return first.Operation == e.Operation && first.Refunds == e.Refunds && (e.Refunds != "" || first.Amount == e.Amount)
}

// addable reports whether a plus b is a count.
func addable(a, b int64) bool { return b <= math.MaxInt64-max(0, a) && a+b >= 0 }

// post moves the balance by the entry. A refund comes out of Used, so that Credits never exceed Granted.
func post(b *store.Balance, e *store.LedgerEntry) {
	b.LatestMonth = max(b.LatestMonth, Evidence(e.Operation, e.At))
	switch {
	case e.Refunds != "":
		b.Credits += e.Amount
		b.Used -= e.Amount
	case e.Amount < 0:
		Debit(b, e.Operation, -e.Amount, e.At)
	default:
		b.Credits += e.Amount
		b.Granted += e.Amount
	}
	if e.Package != nil {
		b.FreeUsers += e.Package.FreeUsers
	}
	e.Balance, e.At = b.Credits, Whole(e.At)
}
