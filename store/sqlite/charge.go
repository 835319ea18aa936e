package sqlite

import (
	"database/sql/driver"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	// balanceColumns are those that balanceOf reads, in its order.
	balanceColumns = `credits, granted, used, free_users, children, sign_ins, sign_ups, verifications, socials, retained,
  closed_month, closed_used, latest_month`

	selectBalance = `SELECT ` + balanceColumns + ` FROM balances WHERE owner = ?1`

	// purseColumns are those that purseOf reads, with the parameters of purseArgs.
	purseColumns = balanceColumns + `,
  EXISTS (SELECT 1 FROM ledger WHERE owner = ?1 AND key = ?2) OR EXISTS (SELECT 1 FROM ledger WHERE owner = ?1 AND id = ?4 AND key IS NULL),
  EXISTS (SELECT 1 FROM ledger WHERE owner = ?1 AND id = ?3)`

	purseWidth = 15 // columns

	selectPurse = `SELECT ` + purseColumns + ` FROM balances WHERE owner = ?1`

	insertBalance = `INSERT INTO balances (owner, ` + balanceColumns + `) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`

	// Not the closed month and the latest one: SQLite would write their indexes again with every sign-in.
	updateBalance = `UPDATE balances SET credits = ?2, granted = ?3, used = ?4, free_users = ?5, children = ?6, sign_ins = ?7,
  sign_ups = ?8, verifications = ?9, socials = ?10, retained = ?11 WHERE owner = ?1`

	updateLatest = `UPDATE balances SET latest_month = ?2 WHERE owner = ?1`
)

func balanceOf(r *row) store.Balance {
	return store.Balance{
		Credits: r.int(), Granted: r.int(), Used: r.int(), FreeUsers: r.int(), Children: r.int(),
		SignIns: r.int(), SignUps: r.int(), Verifications: r.int(), Socials: r.int(), Retained: r.int(),
		ClosedMonth: int(r.int()), ClosedUsed: r.int(), LatestMonth: int(r.int()),
	}
}

// figures are the parameters ?1 to ?11 of the statements that write a balance.
func figures(owner *uuid.UUID, b *store.Balance) []driver.Value {
	return []driver.Value{
		owner[:], b.Credits, b.Granted, b.Used, b.FreeUsers, b.Children, b.SignIns, b.SignUps, b.Verifications, b.Socials, b.Retained,
	}
}

// saveBalance writes everything but the closed month, which is closeMonth's, and the latest one, which is post's.
func saveBalance(c *conn, owner uuid.UUID, b *store.Balance) error {
	_, err := c.exec(updateBalance, figures(&owner, b)...)
	return err
}

// post writes the entry and the balance after it. came tells that the latest month moved.
func post(c *conn, e *store.LedgerEntry, b *store.Balance, came bool) error {
	if err := saveBalance(c, e.Owner, b); err != nil {
		return err
	}
	if came {
		if _, err := c.exec(updateLatest, e.Owner[:], int64(b.LatestMonth)); err != nil {
			return err
		}
	}
	return writeEntry(c, e)
}

func purseOf(r *row) rules.Purse {
	return rules.Purse{Found: true, Balance: balanceOf(r), Paid: r.bool(), Taken: r.bool()}
}

// purseArgs are ?1 the payer, ?2 the charge's key, ?3 its entry and ?4 the entry that has no other key than this one.
func purseArgs(ch *store.Charge) []driver.Value {
	return []driver.Value{ch.Owner[:], ch.Key, ch.Entry[:], keyedBy(ch.Key)}
}

// purse looks up what the charge is decided on.
func purse(c *conn, ch store.Charge) (p rules.Purse, err error) {
	if !rules.Charged(ch) {
		return p, nil
	}
	_, err = c.one(selectPurse, func(r *row) { p = purseOf(r) }, purseArgs(&ch)...)
	return p, err
}

// pay writes what was decided on a charge.
func pay(c *conn, p rules.Payment) error {
	if p.Entry == nil {
		return nil
	}
	if err := post(c, p.Entry, &p.Receipt.Balance, p.Came); err != nil {
		return err
	}
	return tell(c, p.Told)
}
