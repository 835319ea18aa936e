package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
)

// backend returns the process at the other end of a pool of one connection.
func backend(t *testing.T, pool *pgxpool.Pool) (pid int) {
	t.Helper()
	ok(t, pool.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid))
	return pid
}

// TestWhatIsLeftAfterAnError lets a verb fail once, in each way in which a server says that it is not the one to ask.
func TestWhatIsLeftAfterAnError(t *testing.T) {
	mail := []store.QueuedMail{{ID: uuid.New(), Kind: store.MailNotice, DueAt: at}}
	for _, tt := range []struct {
		state, name    string
		left, answered bool
	}{
		{"25006", "it only reads", true, true},
		{"0A000", "a standby cannot do it", true, true},
		{"57P01", "it goes down", true, false},
		{"57P02", "it went down", true, false},
		{"57P03", "it is not up yet", true, false},
		{"57P05", "it ended the session", true, false},
		{"25P03", "it ended the transaction", true, false},
		{"08006", "the connection failed", true, false},
		{"40001", "others came first", false, true},
		{"53100", "its disk is full", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := database(t)
			c.MaxConns = 1
			s, pool := migrated(t, c)
			hiccups(t, pool, "outbox", tt.state, 1, "")
			before := backend(t, pool)
			if err := s.QueueMail(t.Context(), mail); (err == nil) != tt.answered {
				t.Errorf("answers %v", err)
			}
			if got := backend(t, pool) != before; got != tt.left {
				t.Errorf("another connection: %v, want %v", got, tt.left)
			}
			if got, want := tries(t, pool), map[bool]int{true: 2, false: 1}[tt.answered]; got != want {
				t.Errorf("%d tries, want %d", got, want)
			}
		})
	}
}

// TestNoOtherServerIsLookedForForEver: a server that stays read-only is asked thrice, not a hundred times.
func TestNoOtherServerIsLookedForForEver(t *testing.T) {
	s, pool := migrated(t, database(t))
	hiccups(t, pool, "outbox", "25006", 1<<30, "")
	refused(t, s.QueueMail(t.Context(), []store.QueuedMail{{ID: uuid.New(), DueAt: at}}))
	if got := tries(t, pool); got != 3 {
		t.Errorf("%d tries, want 3", got)
	}
}

// TestAServerThatOnlyReadsIsNotAsked: what it lets read may be old. It says what it is when somebody connects, and when
// it changes.
func TestAServerThatOnlyReadsIsNotAsked(t *testing.T) {
	c := database(t)
	c.MaxConns = 1
	s, pool := migrated(t, c)
	p := parent(t, s, 10)
	set := func(sql string) {
		t.Helper()
		admin(t, server(t), "ALTER DATABASE "+c.ConnConfig.Database+" "+sql)
	}

	before := backend(t, pool)
	_, err := pool.Exec(t.Context(), "SET default_transaction_read_only = on")
	ok(t, err)
	if _, err := s.Balance(t.Context(), p.ID); err != nil {
		t.Error("no other connection was made:", err)
	}
	if backend(t, pool) == before {
		t.Error("a connection stays whose server only reads")
	}

	set("SET default_transaction_read_only = on")
	pool.Reset()
	for name, verb := range verbs(s) {
		if err := verb(t.Context()); err == nil {
			t.Errorf("%s was answered", name)
		}
	}
	_, err = s.Balance(t.Context(), p.ID)
	refused(t, err)
	set("RESET default_transaction_read_only")
	if b, err := s.Balance(t.Context(), p.ID); err != nil || b.Credits != 10 {
		t.Errorf("the same pool: %+v, %v", b, err)
	}
}
