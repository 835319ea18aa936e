package sqlite

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

const (
	// balanceColumns are those that balanceOf reads, in its order.
	balanceColumns = `credits, granted, used, free_users, children, sign_ins, sign_ups, verifications, socials, retained,
  closed_month, closed_used`

	selectBalance = `SELECT ` + balanceColumns + ` FROM balances WHERE owner = ?1`

	selectPayer = `SELECT ` + balanceColumns + `, EXISTS (SELECT 1 FROM ledger WHERE owner = ?1 AND key = ?2),
  EXISTS (SELECT 1 FROM ledger WHERE owner = ?1 AND id = ?3) FROM balances WHERE owner = ?1`

	// Not the closed month: SQLite would write its index again with every sign-in.
	updateBalance = `UPDATE balances SET credits = ?2, granted = ?3, used = ?4, free_users = ?5, children = ?6, sign_ins = ?7,
  sign_ups = ?8, verifications = ?9, socials = ?10, retained = ?11 WHERE owner = ?1`
)

func balanceOf(r *row) store.Balance {
	return store.Balance{
		Credits: r.int(), Granted: r.int(), Used: r.int(), FreeUsers: r.int(), Children: r.int(),
		SignIns: r.int(), SignUps: r.int(), Verifications: r.int(), Socials: r.int(), Retained: r.int(),
		ClosedMonth: int(r.int()), ClosedUsed: r.int(),
	}
}

// balance answers the owner's row, or ErrNotFound.
func balance(c *conn, owner uuid.UUID) (b store.Balance, err error) {
	found, err := c.one(selectBalance, func(r *row) { b = balanceOf(r) }, owner[:])
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return b, err
}

// saveBalance writes everything but the closed month, which is closeMonth's.
func saveBalance(c *conn, owner uuid.UUID, b *store.Balance) error {
	_, err := c.exec(updateBalance, owner[:], b.Credits, b.Granted, b.Used, b.FreeUsers, b.Children, b.SignIns, b.SignUps,
		b.Verifications, b.Socials, b.Retained)
	return err
}

// bill is a Charge that was decided on and can be paid. The zero bill charges nothing.
type bill struct {
	charge  store.Charge
	balance store.Balance // of the payer before it
	stands  bool          // its ledger row is there already
}

// draw decides on a charge. A key that stands in the book was paid, whatever for: it is not charged again.
func draw(c *conn, ch store.Charge) (bill, error) {
	if ch.Price < 0 {
		return bill{}, store.ErrInvalid
	}
	if ch.Owner == uuid.Nil || ch.Price == 0 {
		return bill{}, nil
	}
	b, used := bill{charge: ch}, false
	found, err := c.one(selectPayer, func(r *row) {
		b.balance = balanceOf(r)
		b.stands, used = r.bool(), r.bool()
	}, ch.Owner[:], ch.Key, ch.Entry[:])
	short := !found || b.balance.Credits < ch.Price
	switch {
	case err != nil:
		return bill{}, err
	case b.stands:
		return b, nil
	case short && ch.Required:
		return bill{}, store.ErrInsufficientCredits
	case short:
		return bill{}, nil
	case used:
		return bill{}, store.Conflict{}
	}
	return b, nil
}

// pay writes the debit and its ledger row. Nothing else moved the payer's balance since draw, but what the verb itself
// did to b.balance.
func (b bill) pay(c *conn, subject uuid.UUID, now time.Time) (store.Receipt, error) {
	ch := b.charge
	switch {
	case ch.Owner == uuid.Nil:
		return store.Receipt{}, nil
	case b.stands:
		return store.Receipt{Charged: true, Balance: b.balance}, nil
	}
	b.balance.Debit(ch.Operation, ch.Price)
	if err := saveBalance(c, ch.Owner, &b.balance); err != nil {
		return store.Receipt{}, err
	}
	err := writeEntry(c, &store.LedgerEntry{
		ID: ch.Entry, Owner: ch.Owner, Key: ch.Key, Operation: ch.Operation, Amount: -ch.Price, Balance: b.balance.Credits,
		Subject: subject, At: now,
	})
	return store.Receipt{Charged: true, Balance: b.balance}, err
}

// standing answers a repeated verb: whether the charge stands, with the balance as it is now.
func standing(c *conn, ch store.Charge) (store.Receipt, error) {
	var receipt store.Receipt
	_, err := c.one(selectPayer, func(r *row) {
		b := balanceOf(r)
		if r.bool() && ch.Price != 0 {
			receipt = store.Receipt{Charged: true, Balance: b}
		}
	}, ch.Owner[:], ch.Key, ch.Entry[:])
	return receipt, err
}
