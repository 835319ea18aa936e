package postgres

import (
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// orNone returns the charge, or none if it has no price or nobody pays.
func orNone(c store.Charge) store.Charge {
	if c.Price < 0 || rules.Charged(c) {
		return c
	}
	return store.Charge{}
}

// chargeValues are those of debit, theBill and addDebit.
func chargeValues[A any](of func(*A) *store.Charge) values[A] {
	return values[A]{
		"payer":     field(func(a *A) [16]byte { return of(a).Owner }),
		"key":       field(func(a *A) string { return of(a).Key }),
		"entry":     field(func(a *A) [16]byte { return of(a).Entry }),
		"operation": field(func(a *A) string { return string(of(a).Operation) }),
		"price":     field(func(a *A) int64 { return of(a).Price }),
	}
}

const (
	// countUse counts the use that a row named bill is of in a credits row named c.
	countUse = `sign_ins = c.sign_ins + CASE WHEN bill.use = 'sign-in' THEN 1 ELSE 0 END,
    sign_ups = c.sign_ups + CASE WHEN bill.use = 'sign-up' THEN 1 ELSE 0 END,
    verifications = c.verifications + CASE WHEN bill.use = 'email-verification' THEN 1 ELSE 0 END,
    socials = c.socials + CASE WHEN bill.use = 'social-sign-in' THEN 1 ELSE 0 END`

	// debit takes theBill from the row of a payer who can pay it.
	debit   = `balance = c.balance - bill.price, used = c.used + bill.price, ` + countUse
	theBill = `(SELECT @operation::text AS use, @price::bigint AS price) bill`

	intoLedger = `INSERT INTO ledger (owner, id, key, op, amount, balance, subject, at)`

	// addDebit writes the ledger's line for the row that pay is.
	addDebit = intoLedger + `
  SELECT pay.owner, @entry::uuid, @key::text, @operation::text, -@price::bigint, pay.balance, @account::uuid, @now::bigint FROM pay`

	// noBalance stands where balanceColumns would, when nothing was charged.
	noBalance = `0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0`
)
