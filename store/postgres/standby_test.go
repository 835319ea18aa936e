package postgres_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// node is a private server on loopback, a child of the test.
type node struct {
	tb       testing.TB
	dir      string // its data
	bin      string // where the server under test has its programs
	port     string
	password string
	process  *exec.Cmd
}

// newPrimary starts a server of the programs that the server under test was started from. They run as nobody where root
// tests, as a server refuses to run as root.
func newPrimary(tb testing.TB) *node {
	tb.Helper()
	n := (&node{tb: tb, bin: programs(tb), password: rand.Text()}).another()
	n.make("initdb", "-U", "tollkeeper", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions", "--pwfile=password")
	n.start()
	return n
}

// programs returns the folder of the programs; a server of another machine has none here.
func programs(tb testing.TB) (dir string) {
	tb.Helper()
	c, err := pgx.Connect(tb.Context(), server(tb))
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close(tb.Context())
	err = c.QueryRow(tb.Context(), "SELECT setting FROM pg_config WHERE name = 'BINDIR'").Scan(&dir)
	if _, e := os.Stat(filepath.Join(dir, "pg_basebackup")); err != nil || e != nil {
		if os.Getenv("TOLLKEEPER_TEST_STRICT") == "1" {
			tb.Fatal("the server's programs are not here: ", err, e)
		}
		tb.Skip("the server's programs are not here: ", err, e)
	}
	return dir
}

// another is a server that is still to be made, with a port and the same password.
func (n *node) another() *node {
	n.tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.tb.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return &node{tb: n.tb, bin: n.bin, password: n.password, port: port}
}

// follow starts the server as a copy of the primary, and returns when no commit there is answered before this one has it.
func (n *node) follow(primary *node) {
	n.tb.Helper()
	n.make("pg_basebackup", "-d", primary.url("postgres"), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	n.start()
	primary.do("ALTER SYSTEM SET synchronous_standby_names = '*'")
	primary.do("SELECT pg_reload_conf()")
	primary.wait("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
}

// make runs the program that makes the data.
func (n *node) make(program string, args ...string) {
	n.tb.Helper()
	dir := n.tb.TempDir()
	n.dir = filepath.Join(dir, "data")
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		n.tb.Fatal(err)
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(n.password), 0o600); err != nil {
		n.tb.Fatal(err)
	}
	if credential := unprivileged(n.tb); credential != nil {
		for _, path := range []string{dir, password} {
			if err := os.Chown(path, int(credential.Uid), int(credential.Gid)); err != nil {
				n.tb.Fatal(err)
			}
		}
	}
	cmd := n.command(program, append(args, "-D", n.dir)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.tb.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (n *node) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(n.bin, program), args...)
	cmd.Dir = filepath.Dir(n.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: unprivileged(n.tb)}
	return cmd
}

// unprivileged is whoever runs servers; nil: the caller.
func unprivileged(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		tb.Fatal(err)
	}
	uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// start runs the server until kill or the end of the test. Settings are key=value.
func (n *node) start(settings ...string) {
	n.tb.Helper()
	args := []string{"-D", n.dir, "-p", n.port, "-h", "127.0.0.1", "-k", "", "-F"}
	for _, s := range append(settings, "shared_buffers=16MB", "max_connections=60", "wal_keep_size=512MB", "timezone=UTC") {
		args = append(args, "-c", s)
	}
	n.process = n.command("postgres", args...)
	log, err := os.OpenFile(filepath.Join(filepath.Dir(n.dir), "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.tb.Fatal(err)
	}
	defer log.Close()
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		n.tb.Fatal(err)
	}
	n.tb.Cleanup(n.kill)
	n.wait("SELECT true")
}

// kill ends the server without a clean end.
func (n *node) kill() {
	if n.process != nil {
		_ = n.process.Process.Signal(syscall.SIGQUIT)
		_ = n.process.Wait()
		n.process = nil
	}
}

// promote makes a primary of a standby.
func (n *node) promote() {
	n.tb.Helper()
	n.do("SELECT pg_promote(true, 30)")
	n.wait("SELECT NOT pg_is_in_recovery()")
}

func (n *node) url(database string) string {
	return fmt.Sprintf("postgres://tollkeeper:%s@127.0.0.1:%s/%s?sslmode=disable", n.password, n.port, database)
}

// cluster is the connection string of whichever of the servers is the primary.
func cluster(database string, nodes ...*node) string {
	hosts := make([]string, len(nodes))
	for i, n := range nodes {
		hosts[i] = "127.0.0.1:" + n.port
	}
	return fmt.Sprintf("postgres://tollkeeper:%s@%s/%s?sslmode=disable&target_session_attrs=read-write&connect_timeout=3&pool_max_conns=8",
		nodes[0].password, strings.Join(hosts, ","), database)
}

func (n *node) do(sql string) {
	n.tb.Helper()
	admin(n.tb, n.url("postgres"), sql)
}

// wait asks until the server says true.
func (n *node) wait(sql string) {
	n.tb.Helper()
	var last error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		yes := false
		if last = n.ask(sql, &yes); last == nil && yes {
			return
		}
	}
	log, _ := os.ReadFile(filepath.Join(filepath.Dir(n.dir), "log"))
	n.tb.Fatalf("never true: %s: %v\n%s", sql, last, log)
}

func (n *node) ask(sql string, to any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, n.url("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	return c.QueryRow(ctx, sql).Scan(to)
}
