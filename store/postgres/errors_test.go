package postgres_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// verbs are some of each kind: a statement, a batch, a group, a read.
func verbs(s *postgres.Store) map[string]func(context.Context) error {
	a := account(uuid.New(), store.Root)
	return map[string]func(context.Context) error{
		"CreateAccount": func(ctx context.Context) error {
			_, _, err := s.CreateAccount(ctx, store.NewAccount{Account: a}, at)
			return err
		},
		"UpdateAccount": func(ctx context.Context) error {
			_, _, err := s.UpdateAccount(ctx, store.Change{Account: a}, at)
			return err
		},
		"CreateSession": func(ctx context.Context) error {
			_, err := s.CreateSession(ctx, signIn(a, a.ID, true), at)
			return err
		},
		"Session": func(ctx context.Context) error {
			_, err := s.Session(ctx, a.ID, at)
			return err
		},
		"Take": func(ctx context.Context) error {
			_, err := s.Take(ctx, []store.Bucket{{Limit: store.Limit{Every: time.Second, Burst: 1}}}, at)
			return err
		},
		"Sweep": func(ctx context.Context) error {
			_, err := s.Sweep(ctx, 10, at)
			return err
		},
	}
}

func TestUnmigratedDatabase(t *testing.T) {
	s := postgres.New(connect(t, database(t)))
	for name, verb := range verbs(s) {
		err := verb(t.Context())
		if _, ok := errors.AsType[*pgconn.PgError](err); !ok || !errors.Is(err, postgres.ErrNotMigrated) || !errors.Is(err, store.ErrNotMigrated) {
			t.Errorf("%s answers %v, want ErrNotMigrated with the server's error", name, err)
		}
	}
}

func TestNoServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:"+strconv.Itoa(port)+"/none")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	s := postgres.New(pool)
	all := verbs(s)
	all["Migrate"] = s.Migrate
	for name, verb := range all {
		if _, ok := errors.AsType[*pgconn.ConnectError](verb(t.Context())); !ok {
			t.Errorf("%s does not answer that it cannot connect", name)
		}
	}
}

func TestExhaustedPool(t *testing.T) {
	c := database(t)
	c.MaxConns = 1
	s, pool := migrated(t, c)
	held, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, verb := range verbs(s) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		if err := verb(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s answers %v, want the deadline", name, err)
		}
		if waited := time.Since(start); waited > 5*time.Second {
			t.Errorf("%s waited %v", name, waited)
		}
		cancel()
	}
	held.Release()
	parent(t, s, 1)
}

// hiccups makes the server fail inserts into a table: the first n with that SQLSTATE, when or as late as the commit.
func hiccups(t *testing.T, pool *pgxpool.Pool, table, state string, n int, when string) {
	t.Helper()
	constraint, deferred := "", ""
	if when == "commit" {
		constraint, deferred = "CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED"
	}
	_, err := pool.Exec(t.Context(), `CREATE SEQUENCE hiccups START 1;
		CREATE FUNCTION hiccup() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('hiccups') <= `+strconv.Itoa(n)+` THEN RAISE EXCEPTION 'hiccup' USING ERRCODE = '`+state+`'; END IF;
			RETURN NEW; END $$;
		CREATE `+constraint+` TRIGGER hiccup AFTER INSERT ON `+table+` `+deferred+` FOR EACH ROW EXECUTE FUNCTION hiccup()`)
	if err != nil {
		t.Fatal(err)
	}
}

func tries(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), "SELECT last_value FROM hiccups").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRetry(t *testing.T) {
	mail := []store.QueuedMail{{ID: uuid.New(), Kind: store.MailNotice, DueAt: at}}
	for _, state := range []string{"40001", "40P01"} {
		t.Run(state+" is tried again", func(t *testing.T) {
			s, pool := migrated(t, database(t))
			hiccups(t, pool, "outbox", state, 3, "")
			if err := s.QueueMail(t.Context(), mail); err != nil {
				t.Error(err)
			}
			if got := tries(t, pool); got != 4 {
				t.Errorf("%d tries, want 4", got)
			}
		})
	}
	t.Run("other errors are not", func(t *testing.T) {
		s, pool := migrated(t, database(t))
		hiccups(t, pool, "outbox", "53100", 3, "") // disk full
		if e, ok := errors.AsType[*pgconn.PgError](s.QueueMail(t.Context(), mail)); !ok || e.Code != "53100" {
			t.Errorf("answers %v, want the server's error", e)
		}
		if got := tries(t, pool); got != 1 {
			t.Errorf("%d tries, want 1", got)
		}
	})
	t.Run("not for ever", func(t *testing.T) {
		t.Parallel()
		s, pool := migrated(t, database(t))
		hiccups(t, pool, "outbox", "40001", 1<<30, "")
		if e, ok := errors.AsType[*pgconn.PgError](s.QueueMail(t.Context(), mail)); !ok || e.Code != "40001" {
			t.Errorf("answers %v, want the server's error", e)
		}
		if got := tries(t, pool); got != 100 {
			t.Errorf("%d tries, want 100", got)
		}
	})
	t.Run("not beyond ctx", func(t *testing.T) {
		s, pool := migrated(t, database(t))
		hiccups(t, pool, "outbox", "40001", 1<<30, "")
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := s.QueueMail(ctx, mail); err == nil || time.Since(start) > time.Second {
			t.Errorf("answers %v after %v", err, time.Since(start))
		}
	})
}

// TestAnswersCountAfterTheCommit lets the server send its rows and then refuse the commit.
func TestAnswersCountAfterTheCommit(t *testing.T) {
	for _, lanes := range []int{0, 2} {
		s, pool := migrated(t, database(t), postgres.SignInLanes(lanes))
		p := parent(t, s, 10)
		a := child(t, s, p)
		hiccups(t, pool, "sessions", "40001", 2, "commit")
		r, err := s.CreateSession(t.Context(), signIn(a, p.ID, true), at)
		if err != nil || r.Balance.Credits != 9 || r.Balance.SignIns != 1 {
			t.Errorf("answers %+v, %v, want one charge", r, err)
		}
		if n, sum := ledger(t, s, p.ID, store.OpSignIn); n != 1 || sum != -1 || tries(t, pool) != 3 {
			t.Errorf("%d entries of %d after %d tries, want one", n, sum, tries(t, pool))
		}
	}
	s, pool := migrated(t, database(t))
	p := parent(t, s, 10)
	a := child(t, s, p)
	hiccups(t, pool, "sessions", "P0001", 1, "commit")
	if r, err := s.CreateSession(t.Context(), signIn(a, p.ID, true), at); err == nil || r.Charged {
		t.Errorf("answers %+v, %v for a commit that failed", r, err)
	}
	if b, err := s.Balance(t.Context(), p.ID); err != nil || b.Credits != 10 {
		t.Errorf("balance %+v, %v, want 10", b, err)
	}
}
