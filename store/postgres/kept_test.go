package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// TestPlansAreKept: in a large database no statement of a verb that is called again and again is planned anew with each
// call. Only the search of a prefix is, because how many have it decides how it is found, and what the core asks once an
// hour.
func TestPlansAreKept(t *testing.T) {
	c := database(t, "synchronous_commit=off")
	s, pool := migrated(t, c)
	if _, err := pool.Exec(t.Context(), crowd); err != nil {
		t.Fatal(err)
	}
	p := parent(t, s, 1000)
	// What makes the server prefer plans for the values at hand is a parent of many.
	if _, err := pool.Exec(t.Context(), `UPDATE accounts SET parent = $1 WHERE number BETWEEN 1001 AND 20000`, [16]byte(p.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `UPDATE ledger SET owner = '`+p.ID.String()+`', key = 'key' || id; ANALYZE`); err != nil {
		t.Fatal(err)
	}
	c.MaxConns = 1
	one := connect(t, c)
	kept := postgres.New(one)
	a := child(t, kept, p)
	for range 12 {
		lookups(t, kept, p, a)
		credits(t, kept, parent(t, kept, 1000))
		_, err := kept.ListCredits(t.Context(), p.ID, store.CreditQuery{Limit: 10})
		ok(t, err)
		outbox(t, kept)
		ok(t, kept.PutSecrets(t.Context(), []store.Secret{{Account: a.ID, Purpose: store.PurposeReset, Digest: random(), CreatedAt: at, ExpiresAt: at}}, at))
		subject, err := kept.FindAccount(t.Context(), store.Lookup{ID: a.ID})
		ok(t, err)
		_, _, err = kept.UpdateAccount(t.Context(), store.Change{Account: subject.Account}, at)
		ok(t, err)
	}
	rows, err := one.Query(t.Context(), "SELECT statement FROM pg_prepared_statements WHERE custom_plans > 5")
	ok(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	ok(t, err)
	for _, sql := range list {
		hourly := strings.HasPrefix(sql, "SELECT (SELECT count(*)") || strings.HasPrefix(sql, "WITH behind")
		if !hourly && !strings.Contains(sql, "a.email_key >=") {
			t.Errorf("planned with each call:\n%s", sql)
		}
	}
}
