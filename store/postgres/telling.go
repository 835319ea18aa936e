package postgres

import "github.com/tollkeeper/tollkeeper/store"

// derivedID is [rules.DerivedID] of an owner and a text.
func derivedID(owner, text, at string) string {
	hash := `encode(sha256(uuid_send(` + owner + `) || convert_to(` + text + `, 'UTF8')), 'hex')`
	return `(SELECT (right(lpad(to_hex(` + at + `), 16, '0'), 12) || '7' || substr(h, 14, 3) ||
    translate(substr(h, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab') || substr(h, 18, 15))::uuid FROM (SELECT ` + hash + ` AS h) h)`
}

const (
	// low and critical are what must be used of everything granted.
	low      = `c.granted - c.granted / 4`
	critical = `c.granted - c.granted / 10`

	// crosses is whether the debit of @price that led to the row c crossed a threshold, as [rules.Crossed] says. There
	// is no way back up by a debit.
	crosses = `c.granted > 0 AND (c.balance = 0 OR c.used >= ` + low + ` AND c.used - @price < ` + low + `
    OR c.used >= ` + critical + ` AND c.used - @price < ` + critical + `)`

	// paidNow are rows for tell: what a verb paid, with the owner's figures after and before it.
	paidNow = `SELECT c.owner, @key::text AS key, @now::bigint AS at, c.granted, c.used, c.balance, c.granted AS had_granted,
    c.used - @price::bigint AS had_used, c.balance + @price AS had FROM pay c`
)

// tell writes of what payments crossed, as [rules.Crossed] says. paid are rows of: owner, key, at, granted, used,
// balance, had_granted, had_used, had. Those of one owner follow one another.
func tell(paid string) string {
	return `, crossing AS (
  SELECT c.owner, c.key, c.at, c.balance, l.level FROM (SELECT c.owner, c.key, c.at, c.balance,
      c.granted > 0 AND c.used >= ` + low + ` AS low, c.granted > 0 AND c.used >= ` + critical + ` AS critical, c.granted > 0 AND c.balance = 0 AS depleted,
      c.had_granted > 0 AND c.had_used >= c.had_granted - c.had_granted / 4 AS was_low,
      c.had_granted > 0 AND c.had_used >= c.had_granted - c.had_granted / 10 AS was_critical, c.had_granted > 0 AND c.had = 0 AS was_depleted
    FROM (` + paid + `) c) c
  CROSS JOIN LATERAL (VALUES ('low', c.low AND NOT c.was_low), ('critical', c.critical AND NOT c.was_critical),
    ('depleted', c.depleted AND NOT c.was_depleted),
    ('recovered', (c.was_low OR c.was_critical OR c.was_depleted) AND NOT (c.low OR c.critical OR c.depleted))) l (level, crossed)
  WHERE l.crossed
), alert AS (
  INSERT INTO events (id, at, name, scope, account, credits, detail)
  SELECT ` + derivedID(`c.owner`, `'alert:' || c.level || ':' || c.key`, `c.at`) + `, c.at, 'credit_alert', ` + root + `, c.owner, nullif(c.balance, 0), c.level
  FROM crossing c WHERE @tell_log::boolean` + unlessLogged + `
), warn AS (
  INSERT INTO outbox (id, kind, lookup, address, args, due_at)
  SELECT ` + derivedID(`c.owner`, `'mail:' || c.level || ':' || c.key`, `c.at`) + `, 'credit-alert', jsonb_build_object('ID', c.owner), '',
    jsonb_build_object('level', c.level, 'credits', c.balance::text), c.at
  FROM crossing c WHERE @tell_mail::boolean ON CONFLICT (id) DO NOTHING
)`
}

// tellValues are those of tell, but for paid.
func tellValues[A any](of func(*A) store.Telling) values[A] {
	return values[A]{
		"tell_log":  field(func(a *A) bool { return of(a).Log }),
		"tell_mail": field(func(a *A) bool { return of(a).Mail }),
	}
}

// tells reports whether the charge is one that something is told of.
func tells(c store.Charge) bool { return orNone(&c).Tell != store.Telling{} }
