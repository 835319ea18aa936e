package examples_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
	"github.com/tollkeeper/tollkeeper/examples/internal/services"
	"github.com/tollkeeper/tollkeeper/examples/internal/witness"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// victim is a server that is killed again and again, with what it must not lose.
type victim struct {
	program proc.Program
	args    []string
	open    func(t *testing.T) (kept store.Store, closed func())
	witness *witness.Witness
	away    atomic.Bool // the database is, or was a moment ago: 5xx are excused
}

// remembered is how many rounds a witness remembers: all that it was answered is checked after each of them.
const remembered = 20

// rounds is how often something is killed: TOLLKEEPER_KILLS, else a few times.
func rounds(few int) int {
	if n, err := strconv.Atoi(os.Getenv("TOLLKEEPER_KILLS")); err == nil {
		return n
	}
	return few
}

// TestKill: whatever a server on SQLite answered before kill -9 is there afterwards, and the next start serves it.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	v := newVictim(t, dir, "sqlite:test.db", func(t *testing.T) (store.Store, func()) {
		s, err := sqlite.Open(filepath.Join(dir, "test.db"))
		if err != nil {
			t.Fatal(err)
		}
		return s, func() { s.Close() }
	})
	for round := range rounds(10) {
		if round%5 == 0 { // killed before it serves
			killSoon(t, v.program.Launch(t, v.args...), 60*time.Millisecond)
		}
		v.round(t, round, func(s *proc.Server) { s.Kill(t) })
	}
	v.end(t)
}

// TestKillOnPostgreSQL: the same on PostgreSQL, where besides the server its connections are killed, or the database's
// first process.
func TestKillOnPostgreSQL(t *testing.T) {
	backend(t, "TOLLKEEPER_TEST_POSTGRES") // it starts its own, which it may kill, where there are any
	database := services.Start(t, "..").Postgres
	v := newVictim(t, t.TempDir(), database.URL, func(t *testing.T) (store.Store, func()) {
		pool, err := pgxpool.New(t.Context(), database.URL)
		if err != nil {
			t.Fatal(err)
		}
		return postgres.New(pool), pool.Close
	})
	deaths := []func(*proc.Server){
		func(s *proc.Server) { s.Kill(t) },
		func(s *proc.Server) { v.without(t, s, func() { terminate(t, database.URL, s) }) },
		func(s *proc.Server) { s.Kill(t) },
		func(s *proc.Server) {
			v.without(t, s, func() {
				killFirst(t, database.URL)
				database.StartAfterKill(t)
			})
		},
	}
	for round := range rounds(len(deaths)) {
		v.round(t, round, deaths[round%len(deaths)])
	}
	v.end(t)
}

func newVictim(t *testing.T, dir, kept string, open func(t *testing.T) (store.Store, func())) *victim {
	t.Helper()
	v := &victim{program: in(t, dir), open: open, witness: witness.New()}
	v.args = []string{anyPort, "-store=" + kept, "-mail-dir=mail", "-trusted-proxies=127.0.0.1"}
	v.witness.Mail = witness.NewMailbox(filepath.Join(dir, "mail"))
	v.witness.Excused = func(status int) bool { return status >= 500 && v.away.Load() }
	return v
}

// round starts the server, which must serve all that was answered, kills something under load, and holds what is in
// the store against the answers.
func (v *victim) round(t *testing.T, round int, death func(*proc.Server)) {
	t.Helper()
	s := v.program.Start(t, v.args...)
	v.witness.CheckAnswers(t, s.URL)
	if round%remembered == remembered-1 {
		v.forget(t)
	}
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				v.witness.Act(s.URL)
			}
		})
	}
	time.Sleep(rand.N(500 * time.Millisecond))
	death(s)
	stop()
	clients.Wait()
	s.Kill(t)
	v.away.Store(false)
	v.check(t)
	if t.Failed() {
		t.Fatalf("in round %d", round)
	}
}

// check holds the store, which no server uses now, against what was answered.
func (v *victim) check(t *testing.T) {
	t.Helper()
	kept, closed := v.open(t)
	defer closed()
	v.witness.CheckStore(t, kept, time.Now())
}

// forget lets another witness go on, once all mail that was promised to this one has come.
func (v *victim) forget(t *testing.T) {
	t.Helper()
	t.Log("answered: ", v.witness.Seen())
	kept, closed := v.open(t)
	defer closed()
	config := tollkeeper.Config{Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://localhost"}
	v.witness.CheckMail(t, kept, config)
	v.witness = v.witness.Next()
}

// end stops the last server cleanly.
func (v *victim) end(t *testing.T) {
	t.Helper()
	s := v.program.Start(t, v.args...)
	v.witness.CheckAnswers(t, s.URL)
	if end := s.Stop(t); end.Code != 0 {
		t.Errorf("the server ends with %d: %s", end.Code, end.Err)
	}
	v.check(t)
	v.forget(t)
}

// without kills something that the server needs, which must serve again afterwards.
func (v *victim) without(t *testing.T, s *proc.Server, kill func()) {
	t.Helper()
	v.away.Store(true)
	kill()
	for deadline := time.Now().Add(30 * time.Second); newVisitor().get(s.URL+"/authentiq/v1/heartbeat").status != 200; {
		if time.Now().After(deadline) {
			t.Fatal("the server does not serve again")
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(rand.N(100 * time.Millisecond))
}

// terminate ends every other connection to the database, in the middle of what it does.
func terminate(t *testing.T, server string, _ *proc.Server) {
	t.Helper()
	execute(t, server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}

// killFirst ends the database's first process as kill -9 does.
func killFirst(t *testing.T, server string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var folder string
	if err := conn.QueryRow(t.Context(), "SHOW data_directory").Scan(&folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// TestKillDuringFirstStart: however far it came, the next start makes the rest.
func TestKillDuringFirstStart(t *testing.T) {
	for range 20 {
		program := in(t, t.TempDir())
		killSoon(t, program.Launch(t, anyPort), 40*time.Millisecond)
		s := program.Start(t, anyPort)
		login := `{"email":"admin@localhost.localdomain","password":"` + password + `"}`
		if status, answer := call(t, "POST "+s.URL+"/authentiq/v1/user/login", login, ""); status != 200 {
			t.Errorf("the admin signs in: %d %v", status, answer)
		}
		s.Kill(t)
	}
}

func killSoon(t *testing.T, s *proc.Server, within time.Duration) {
	t.Helper()
	time.Sleep(rand.N(within))
	s.Kill(t)
}
