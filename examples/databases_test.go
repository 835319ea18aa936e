package examples_test

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
)

// TestWhatKeepsItFromItsServers is one line on standard error each, without a password.
func TestWhatKeepsItFromItsServers(t *testing.T) {
	database, attempts := ownDatabase(t), backend(t, "TOLLKEEPER_TEST_REDIS")
	tests := map[string]struct{ store, attempts, want string }{
		"another password":        {asUser(t, database, "tollkeeper", "topsecret"), "", "password authentication failed"},
		"no such database":        {strings.Replace(database, "tollkeeper_examples_", "tollkeeper_missing_", 1), "", "does not exist"},
		"no connection left":      {asUser(t, database, role(t, "CONNECTION LIMIT 0"), "topsecret"), "", "too many connections"},
		"no right to make tables": {asUser(t, database, role(t, ""), "topsecret"), "", "permission denied"},
		"another Redis password":  {"memory:", asUser(t, attempts, "default", "topsecret"), "WRONGPASS"},
		"a number of no database": {"memory:", strings.TrimSuffix(attempts, "/0") + "/9999", "DB index is out of range"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			end := in(t, t.TempDir()).Run(t, anyPort, "-store="+tt.store, "-attempts="+tt.attempts)
			if end.Code != 1 || strings.Count(end.Err, "\n") != 1 || !strings.HasPrefix(end.Err, "tollkeeper: -") || !strings.Contains(end.Err, tt.want) {
				t.Errorf("exit %d with %q, want 1 with %q", end.Code, end.Err, tt.want)
			}
			if strings.Contains(end.Err+end.Out, "topsecret") {
				t.Errorf("a password is printed: %s", end.Err)
			}
			t.Log(end.Err)
		})
	}
}

// asUser answers the URL with another user and password.
func asUser(t *testing.T, server, user, password string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, password)
	return u.String()
}

// role makes a PostgreSQL role for the test, whose password is topsecret.
func role(t *testing.T, options string) string {
	t.Helper()
	server, name := backend(t, "TOLLKEEPER_TEST_POSTGRES"), "tollkeeper_"+strings.ToLower(rand.Text())
	execute(t, server, "CREATE ROLE "+name+" LOGIN PASSWORD 'topsecret' "+options)
	t.Cleanup(func() { execute(t, server, "DROP ROLE "+name) })
	return name
}

// TestExhaustedPool: with every connection in use requests wait, but not for ever; then all is as before.
func TestExhaustedPool(t *testing.T) {
	database := ownDatabase(t)
	t.Parallel() // it waits for a deadline
	s := in(t, t.TempDir()).Start(t, anyPort, "-store="+database+"&pool_max_conns=1")
	signUp(t, s.URL, "ada@home.example")
	_, answer := call(t, "POST "+s.URL+"/auth/signin", `{"email":"ada@home.example","password":"`+password+`"}`, "")
	data, _ := answer["data"].(map[string]any)
	v := newVisitor().with(fmt.Sprint(data["token"]))

	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "BEGIN; LOCK TABLE sessions"); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	profile := func(base string, _ int) reply { return v.get(base + "/auth/user-profile") }
	wantCounts(t, atOnce([]*proc.Server{s}, 6, profile), map[int]int{503: 6})
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it is answered after %v", took)
	}
	if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	wantCounts(t, atOnce([]*proc.Server{s}, 6, profile), map[int]int{200: 6})
	if end := s.Stop(t); end.Code != 0 {
		t.Errorf("it ends with %+v", end)
	}
}

// disks are ways to run a program on a small one, and to make that larger while it runs. The first is what happens to
// people; the second is for those who may not mount.
var disks = map[string]struct{ small, larger []string }{
	"a full file system": {
		[]string{"unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=1m full "$PWD" && cd "$PWD" && exec "$0" "$@"`},
		[]string{"sh", "-c", `exec nsenter --target "$0" --mount mount -o remount,size=64m "$1"`},
	},
	"a limit on files": {
		[]string{"prlimit", "--fsize=1000000:unlimited"},
		[]string{"sh", "-c", `exec prlimit --pid "$0" --fsize=unlimited`},
	},
}

// TestFullDisk: what cannot be written is 503, what is there is served, and with room again all is as before.
func TestFullDisk(t *testing.T) {
	for name, disk := range disks {
		t.Run(name, func(t *testing.T) {
			program := in(t, t.TempDir())
			if out, err := exec.Command(disk.small[0], append(disk.small[1:], "true")...).CombinedOutput(); err != nil {
				t.Skipf("not allowed here: %v: %s", err, out)
			}
			args := append(disk.small[1:], program.Path, anyPort, "-trusted-proxies=127.0.0.1")
			program.Path = disk.small[0]
			s := program.Start(t, args...)
			made, refused := 0, joins(s, 0)
			for made < 1000 && refused.status == 200 {
				made++
				refused = joins(s, made)
			}
			refused.want(t, "sign-up on a full disk", 503)
			t.Logf("%d people fit; then %s", made, refused.body)
			if made < 5 || made == 1000 {
				t.Fatal("the disk is of the wrong size")
			}
			newVisitor().get(s.URL+"/authentiq/v1/heartbeat").want(t, "heartbeat on a full disk", 200)
			more := append(disk.larger[1:], strconv.Itoa(s.PID()), program.Dir)
			if out, err := exec.Command(disk.larger[0], more...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			joins(s, made).want(t, "sign-up with room again", 200, 409) // the account may have been made before its session was not
			for i := range made + 1 {
				newVisitor().post(s.URL+"/auth/signin", object{"email": mailOf(i), "password": password}).want(t, "sign-in", 200)
			}
			if end := s.Stop(t); end.Code != 0 {
				t.Errorf("it ends with %+v", end)
			}
		})
	}
}

func joins(s *proc.Server, i int) reply {
	return newVisitor().post(s.URL+"/auth/signup", object{"username": "u" + strconv.Itoa(i), "email": mailOf(i), "password": password})
}

func mailOf(i int) string { return fmt.Sprintf("u%d@home.example", i) }
