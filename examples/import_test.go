package examples_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// accountsImported is the size of the run in every test; TOLLKEEPER_SOAK makes it the full one of 100,000.
func accountsImported() int {
	if os.Getenv("TOLLKEEPER_SOAK") != "" {
		return 100_000
	}
	return 1_000
}

// TestImportIntoEveryDatabase: as many accounts as an established service has, in one run, repeated without effect, and
// out again.
func TestImportIntoEveryDatabase(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		kept, err := sqlite.Open(filepath.Join(t.TempDir(), "auth.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		importAndExport(t, kept, kept.Migrate)
	})
	t.Run("postgres", func(t *testing.T) {
		pool, err := pgxpool.New(t.Context(), ownDatabase(t))
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		kept := postgres.New(pool)
		importAndExport(t, kept, kept.Migrate)
	})
}

func importAndExport(t *testing.T, kept store.Store, migrate func(context.Context) error) {
	ctx := t.Context()
	if err := migrate(ctx); err != nil {
		t.Fatal(err)
	}
	auth, err := tollkeeper.New(kept, tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "https://app.example",
		Mail: tollkeeper.Mail{
			Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil }),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer auth.Close(ctx)
	owner, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "owner@shop.example"})
	if err != nil {
		t.Fatal(err)
	}
	n := accountsImported()
	for round := range 2 {
		start := time.Now()
		report, err := auth.Host().ImportAccounts(ctx, tollkeeper.Under(owner.ID), people(n), tollkeeper.ImportOptions{Parallel: 64})
		if err != nil || report.Stand != int64(n) || report.Refused != 0 {
			t.Fatalf("round %d: %+v, %v", round, report, err)
		}
		t.Logf("round %d: %d accounts in %v", round, n, time.Since(start).Round(time.Millisecond))
	}
	b, err := kept.Balance(ctx, owner.ID)
	if err != nil || b.Children != int64(n) {
		t.Fatalf("%d children, %v; want %d", b.Children, err, n)
	}
	out := &lineCounter{}
	if _, err := auth.Host().ExportAccounts(ctx, tollkeeper.Under(owner.ID), out, tollkeeper.ExportOptions{}); err != nil || out.lines != n {
		t.Fatalf("%d lines exported, %v; want %d", out.lines, err, n)
	}
}

// people streams accounts with the hashes of another system.
func people(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		for i := range n {
			fmt.Fprintf(out, `{"externalId":"%d","email":"u%d@home.example","emailVerified":true,"passwordHash":"$2b$10$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS"}`+"\n", i, i)
		}
		w.CloseWithError(out.Flush())
	}()
	return r
}

type lineCounter struct{ lines int }

func (c *lineCounter) Write(b []byte) (int, error) {
	for _, x := range b {
		if x == '\n' {
			c.lines++
		}
	}
	return len(b), nil
}
