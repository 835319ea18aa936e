package postgres_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// TestEveryStatementIsOne: whatever parts a call needs, the server understands the statement.
func TestEveryStatementIsOne(t *testing.T) {
	_, pool := migrated(t, database(t))
	c, err := pool.Acquire(t.Context())
	ok(t, err)
	defer c.Release()
	all := postgres.Statements()
	if len(all) < 400 {
		t.Errorf("only %d statements", len(all))
	}
	for _, sql := range all {
		if _, err := c.Conn().PgConn().Prepare(t.Context(), "", sql, nil); err != nil {
			t.Errorf("%v in\n%s", err, sql)
			return
		}
	}
}
