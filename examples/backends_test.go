package examples_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
)

// backend answers where a server or a browser for tests is. Without one the test is skipped, or fails where all must be there.
func backend(t *testing.T, variable string) string {
	t.Helper()
	at := os.Getenv(variable)
	switch {
	case at != "":
	case os.Getenv("TOLLKEEPER_TEST_STRICT") == "1":
		t.Fatal(variable + " is not set")
	default:
		t.Skip(variable + " is not set; make test sets it")
	}
	return at
}

// ownDatabase answers the URL of a new PostgreSQL database that ends with the test.
func ownDatabase(t *testing.T) string {
	t.Helper()
	server := backend(t, "TOLLKEEPER_TEST_POSTGRES")
	name := "tollkeeper_examples_" + strings.ToLower(rand.Text())
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func execute(t *testing.T, server, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

// TestServerOnPostgreSQLAndRedis: the same program on existing engines, by two flags.
func TestServerOnPostgreSQLAndRedis(t *testing.T) {
	database, attempts := ownDatabase(t), backend(t, "TOLLKEEPER_TEST_REDIS")
	program := in(t, t.TempDir())
	args := []string{anyPort, "-store=" + database, "-attempts=" + attempts}
	one, two := program.Start(t, args...), program.Start(t, args...)
	signUp(t, one.URL, "ada@home.example")
	status, answer := call(t, "POST "+two.URL+"/auth/signin", `{"email":"ada@home.example","password":"`+password+`"}`, "")
	if status != 200 {
		t.Errorf("signing in at the other process: %d %v", status, answer)
	}
	for _, s := range []*proc.Server{one, two} {
		if end := s.Stop(t); end.Code != 0 {
			t.Errorf("it ends with %+v", end)
		}
	}
	execute(t, database, "INSERT INTO tollkeeper_schema (version) VALUES (999)")
	end := program.Run(t, args...)
	if end.Code != 1 || !strings.Contains(end.Err, "newer than this program") || strings.Count(end.Err, "tollkeeper: ") != 1 {
		t.Errorf("a newer schema: %+v", end)
	}
}
