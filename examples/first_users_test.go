package examples_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// firstUsers are how many of the app's own users each process makes at once, before there was one.
const firstUsers = 50

// TestTheFirstUsersShareOneHouse: two processes and many goroutines at once make the first of the app's own users, in
// every way there is, and what they live below is made once.
func TestTheFirstUsersShareOneHouse(t *testing.T) {
	for name, at := range map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"PostgreSQL": ownDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			where := at(t)
			auth, end, err := openUsers(where)
			if err != nil {
				t.Fatal(err)
			}
			defer end()
			if page, err := auth.Host().Accounts(t.Context(), tollkeeper.Scope{}, tollkeeper.AccountQuery{}); err != nil || page.Total != 0 || len(page.Accounts) != 0 {
				t.Fatalf("before the first: %+v, %v", page, err)
			}
			together(t, where)
			parents, query := map[any]bool{}, tollkeeper.AccountQuery{Limit: 100}
			page, err := auth.Host().Accounts(t.Context(), tollkeeper.Scope{}, query)
			if err != nil || page.Total != 2*firstUsers || len(page.Accounts) != 2*firstUsers {
				t.Errorf("%d users, %d in total, %v", len(page.Accounts), page.Total, err)
			}
			for _, x := range page.Accounts {
				parents[x.Parent] = true
			}
			tenants, err := auth.Host().Accounts(t.Context(), tollkeeper.Tenants, query)
			if err != nil || len(parents) != 1 || len(tenants.Accounts) != 0 {
				t.Errorf("they live below %v, and the tenants are %v, %v", parents, tenants.Accounts, err)
			}
		})
	}
}

// together runs two processes that begin when both are ready.
func together(t *testing.T, where string) {
	t.Helper()
	var all []*exec.Cmd
	var starts []io.Closer
	var outs [2]strings.Builder
	for i := range outs {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "FIRST_USERS_AT="+where, fmt.Sprintf("FIRST_USERS_OF=%d", i))
		c.Stderr = &outs[i]
		ready, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		start, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := ready.Read(make([]byte, 1)); err != nil {
			t.Errorf("process %d is not ready: %v", i, err)
		}
		all, starts = append(all, c), append(starts, start)
	}
	for _, s := range starts {
		_ = s.Close()
	}
	for i, c := range all {
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v\n%s", i, err, outs[i].String())
		}
	}
}

// makeUsers is one of the processes: it is ready, waits for the end of its input, and makes its users.
func makeUsers(where, process string) error {
	auth, end, err := openUsers(where)
	if err != nil {
		return err
	}
	defer end()
	ctx, host := context.Background(), auth.Host()
	ways := []func(email string) error{
		func(email string) error {
			_, err := auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password})
			return err
		},
		func(email string) error {
			_, err := host.CreateAccount(ctx, tollkeeper.AccountSpec{Email: email})
			return err
		},
		func(email string) error {
			r, err := host.ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(`{"email":"`+email+`"}`), tollkeeper.ImportOptions{})
			if err == nil && r.Stand != 1 {
				err = fmt.Errorf("%d accounts stand", r.Stand)
			}
			return err
		},
	}
	errs := make([]error, firstUsers)
	fmt.Print(".")
	if _, err := io.ReadAll(os.Stdin); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = ways[i%len(ways)](fmt.Sprintf("u%d-%s@home.example", i, process)) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("user %d: %w", i, err)
		}
	}
	return nil
}

// openUsers opens a file of SQLite or a database of PostgreSQL.
func openUsers(where string) (*tollkeeper.Authenticator, func(), error) {
	ctx := context.Background()
	var kept interface {
		store.Store
		Migrate(context.Context) error
	}
	closing := func() {}
	if strings.Contains(where, "://") {
		pool, err := pgxpool.New(ctx, where)
		if err != nil {
			return nil, nil, err
		}
		kept, closing = postgres.New(pool), pool.Close
	} else {
		file, err := sqlite.Open(where)
		if err != nil {
			return nil, nil, err
		}
		kept, closing = file, func() { _ = file.Close() }
	}
	if err := kept.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	auth, err := tollkeeper.New(kept, tollkeeper.Config{
		Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "https://app.example",
		Mail:      tollkeeper.Mail{Mailer: tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })},
		Passwords: tollkeeper.Passwords{Hash: tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, UnsafeForTests: true}},
	})
	return auth, func() { _ = auth.Close(ctx); closing() }, err
}
