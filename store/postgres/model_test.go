package postgres_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/model"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// TestModel tells the stories of the model of the whole library on PostgreSQL.
func TestModel(t *testing.T) {
	c := database(t, "synchronous_commit=off")
	migrated(t, c)
	model.Check(t, 250, false, func(t *testing.T) store.Store {
		pool := connect(t, c.Copy())
		if _, err := pool.Exec(t.Context(), emptied); err != nil {
			t.Fatal(err)
		}
		return postgres.New(pool)
	})
}

// emptied forgets a story. Numbers go on.
const emptied = `DELETE FROM events; DELETE FROM outbox; DELETE FROM marks; DELETE FROM attempts; DELETE FROM secrets;
DELETE FROM sessions; DELETE FROM months; DELETE FROM ledger; DELETE FROM credits; DELETE FROM once; DELETE FROM factors;
DELETE FROM identities; DELETE FROM clients; DELETE FROM accounts`
