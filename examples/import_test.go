package examples_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// accountsImported is the size of the run in every test; TOLLKEEPER_SOAK makes it 100,000, and TOLLKEEPER_IMPORTED as
// many as it says.
func accountsImported() int {
	if n, err := strconv.Atoi(os.Getenv("TOLLKEEPER_IMPORTED")); err == nil && n > 0 {
		return n
	}
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
	owner, err := auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "owner@shop.example", Password: ownersPassword})
	if err != nil {
		t.Fatal(err)
	}
	n := accountsImported()
	for round := range 2 {
		start := time.Now()
		meanwhile := signInMeanwhile(auth)
		used := memoryUsed{}
		report, err := auth.Host().ImportAccounts(ctx, tollkeeper.Under(owner.ID), people(n), tollkeeper.ImportOptions{Parallel: 64, Progress: used.note})
		if err != nil || report.Stand != int64(n) || report.Refused != 0 || report.Made != int64((1-round)*n) || report.Different != 0 {
			t.Fatalf("round %d: %+v, %v", round, report, err)
		}
		t.Logf("round %d: %d accounts in %v; heap in use at most %d MB in the first tenth, %d MB after it; %s",
			round, n, time.Since(start).Round(time.Millisecond), used.early>>20, used.late>>20, meanwhile(t))
		if used.late > 2*used.early+32<<20 {
			t.Errorf("round %d: the heap grew from %d to %d bytes", round, used.early, used.late)
		}
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

const ownersPassword = "correct horse battery"

// signInMeanwhile signs in again and again, until the function that it returns is called, which says how it went.
func signInMeanwhile(auth *tollkeeper.Authenticator) (end func(t *testing.T) string) {
	ctx, stop := context.WithCancel(context.Background())
	var took []time.Duration
	var failed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil && failed == nil {
			began := time.Now()
			_, failed = auth.SignIn(context.Background(), tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: "owner@shop.example", Password: ownersPassword})
			took = append(took, time.Since(began))
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return func(t *testing.T) string {
		stop()
		<-done
		if failed != nil {
			t.Errorf("a sign-in meanwhile: %v", failed)
		}
		slices.Sort(took)
		return fmt.Sprintf("%d sign-ins meanwhile, median %v, 99th percentile %v", len(took), took[len(took)/2], took[len(took)*99/100])
	}
}

// memoryUsed is the most of the heap that was in use in the first tenth of an import, and after it.
type memoryUsed struct{ early, late uint64 }

func (u *memoryUsed) note(r tollkeeper.ImportReport) {
	if r.Lines%10_000 != 0 && r.Lines > 1_000 {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	most := &u.late
	if r.Lines <= int64(max(1_000, accountsImported()/10)) {
		most = &u.early
	}
	*most = max(*most, m.HeapInuse)
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
