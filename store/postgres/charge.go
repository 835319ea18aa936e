package postgres

import (
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// chargeValues are those of debit, theBill and addDebit. What is no charge is the zero one to a statement.
func chargeValues[A any](of func(*A) *store.Charge) values[A] {
	return values[A]{
		"payer":     field(func(a *A) [16]byte { return orNone(of(a)).Owner }),
		"key":       field(func(a *A) string { return orNone(of(a)).Key }),
		"entry":     field(func(a *A) [16]byte { return orNone(of(a)).Entry }),
		"operation": field(func(a *A) string { return string(orNone(of(a)).Operation) }),
		"price":     field(func(a *A) int64 { return orNone(of(a)).Price }),
	}
}

// requiredValue tells whether nothing happens without the charge.
func requiredValue[A any](of func(*A) *store.Charge) values[A] {
	return values[A]{"required": field(func(a *A) bool { return orNone(of(a)).Required })}
}

func orNone(c *store.Charge) store.Charge {
	if rules.Charged(*c) {
		return *c
	}
	return store.Charge{}
}

const (
	// purseColumns are what the charge is decided on, in the order of purseTo. joinPurse finds the payer's row.
	purseColumns = `c.owner IS NOT NULL, ` + balanceColumns + `,
  EXISTS (SELECT 1 FROM ledger l WHERE l.owner = c.owner AND l.key = @key), EXISTS (SELECT 1 FROM ledger l WHERE l.owner = c.owner AND l.id = @entry)`
	joinPurse = ` LEFT JOIN credits c ON c.owner = @payer`
)

// purseValues are those of purseColumns and joinPurse.
func purseValues[A any](of func(*A) *store.Charge) values[A] {
	return values[A]{
		"payer": field(func(a *A) [16]byte { return of(a).Owner }),
		"key":   field(func(a *A) string { return of(a).Key }),
		"entry": field(func(a *A) [16]byte { return of(a).Entry }),
	}
}

func purseTo(p *rules.Purse) []any {
	return append(append([]any{&p.Found}, balanceTo(&p.Balance)...), &p.Paid, &p.Taken)
}

// paidBefore reports whether the charge stands already: the verb happens without it.
func paidBefore(p rules.Payment) bool { return p.Receipt.Charged && p.Entry == nil }

const (
	// countUse counts the use that a row named bill is of in a credits row named c.
	countUse = `sign_ins = c.sign_ins + CASE WHEN bill.use = 'sign-in' THEN 1 ELSE 0 END,
    sign_ups = c.sign_ups + CASE WHEN bill.use = 'sign-up' THEN 1 ELSE 0 END,
    verifications = c.verifications + CASE WHEN bill.use = 'email-verification' THEN 1 ELSE 0 END,
    socials = c.socials + CASE WHEN bill.use = 'social-sign-in' THEN 1 ELSE 0 END`

	// debit takes theBill from the row of a payer who can pay it.
	debit   = `balance = c.balance - bill.price, used = c.used + bill.price, ` + evidence + countUse
	theBill = `(SELECT @operation::text AS use, @price::bigint AS price) bill`

	// evidence moves the latest month, as [rules.Evidence] says. Mostly it stays, and so do the indexes.
	evidence = `latest_month = greatest(c.latest_month, @month::bigint), `

	intoLedger = `INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)`

	// addDebit writes the ledger's line for the row that pay is.
	addDebit = intoLedger + `
  SELECT pay.owner, @entry::uuid, @key::text, @operation::text, -@price::bigint, pay.balance, @account::uuid, @now::bigint FROM pay`

	// noBalance stands where balanceColumns would, when nothing was charged.
	noBalance = `0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0`
)
