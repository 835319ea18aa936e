package examples_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFirstStart: everything that is missing is made, once, and only its owner may read it.
func TestFirstStart(t *testing.T) {
	program := in(t, t.TempDir())
	program.Env = []string{"TOLLKEEPER_ADMIN_PASSWORD="}
	s := program.Start(t, anyPort)
	made := regexp.MustCompile(`admin admin@localhost\.localdomain has the password (\S+)`).FindStringSubmatch(s.Output())
	if made == nil {
		t.Fatalf("no password in %s", s.Output())
	}
	for _, name := range []string{"tollkeeper.secrets", "tollkeeper.db"} {
		if info, err := os.Stat(filepath.Join(program.Dir, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	login := `{"email":"admin@localhost.localdomain","password":"` + made[1] + `"}`
	_, answer := call(t, "POST "+s.URL+"/authentiq/v1/user/login", login, "")
	token, _ := answer["token"].(string)
	if status, list := call(t, "GET "+s.URL+"/authentiq/v1/user/list", "", token); status != 200 {
		t.Errorf("the admin lists users: %d %v", status, list)
	}
	if end := s.Stop(t); end.Code != 0 || strings.Count(end.Out, "listening on http://127.0.0.1:") != 1 {
		t.Errorf("it ends with %+v", end)
	}

	again := program.Start(t, anyPort)
	if strings.Contains(again.Output(), "password") || strings.Contains(again.Output(), "made") {
		t.Errorf("the second start says %s", again.Output())
	}
	if status, list := call(t, "GET "+again.URL+"/authentiq/v1/user/list", "", token); status != 200 {
		t.Errorf("after a restart on another port: %d %v", status, list)
	}
}

// TestWhatKeepsItFromStarting is one line on standard error each, and an exit code that is not zero.
func TestWhatKeepsItFromStarting(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	write(t, dir, "open.secrets", strings.Repeat("A", 43), 0o644)
	write(t, dir, "short.secrets", "AAAA", 0o600)
	write(t, dir, "corrupt.db", strings.Repeat("no database ", 1000), 0o600)
	whole := string(database(t))
	write(t, dir, "truncated.db", whole[:len(whole)/2], 0o600)
	write(t, dir, "newer.db", whole[:60]+"\x00\x00\x03\xe7"+whole[64:], 0o600) // its user_version
	tests := map[string]struct {
		args string
		env  string
		code int
		want string
	}{
		"bad flag":             {args: "-nope", code: 2, want: "-nope"},
		"bad number":           {args: "-credits=many", code: 2, want: "-credits"},
		"bad proxies":          {args: "-trusted-proxies=here", code: 2, want: `"here"`},
		"used port":            {args: "-addr=" + taken.Addr().String(), code: 1, want: "address already in use"},
		"open secrets":         {args: "-secrets=open.secrets", code: 1, want: "chmod 600 open.secrets"},
		"broken secrets":       {args: "-secrets=short.secrets", code: 1, want: "short.secrets: line 1"},
		"secrets is a folder":  {args: "-secrets=.", code: 1, want: "is a directory"},
		"secrets nowhere":      {args: "-secrets=none/secrets", code: 1, want: "secrets file none/secrets cannot be made"},
		"corrupt database":     {args: "-store=sqlite:corrupt.db", code: 1, want: "corrupt.db"},
		"truncated database":   {args: "-store=sqlite:truncated.db", code: 1, want: "malformed"},
		"newer database":       {args: "-store=sqlite:newer.db", code: 1, want: "newer"},
		"database is a folder": {args: "-store=sqlite:.", code: 1, want: "is a directory"},
		"unknown store":        {args: "-store=mysql:x", code: 1, want: "-store: must be"},
		"bad DSN":              {args: "-store=postgres://[", code: 1, want: "-store:"},
		"no PostgreSQL there":  {args: "-store=postgres://u:topsecret@127.0.0.1:1/x", code: 1, want: "-store:"},
		"no Redis there":       {args: "-store=memory: -attempts=redis://u:topsecret@127.0.0.1:1", code: 1, want: "-attempts:"},
		"plain http":           {args: "-store=memory: -base-url=http://app.example", code: 2, want: "-base-url http://app.example: must be an https URL"},
		"mail to a file":       {args: "-store=memory: -mail-dir=corrupt.db", code: 1, want: "mail directory corrupt.db"},
		"bad admin":            {args: "-store=memory: -admin=nobody", code: 1, want: "-admin nobody"},
		"weak password":        {args: "-store=memory:", env: "TOLLKEEPER_ADMIN_PASSWORD=password", code: 1, want: "Password is too common"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			program := in(t, dir)
			program.Env = append(program.Env, tt.env)
			args := strings.Fields(tt.args)
			if !strings.Contains(tt.args, "-addr") {
				args = append(args, anyPort)
			}
			end := program.Run(t, args...)
			lines := strings.Split(strings.TrimSpace(end.Err), "\n")
			if strings.HasPrefix(lines[0], "WARNING: built with the tag unsafe_test_hash") {
				lines = lines[1:]
			}
			if end.Code != tt.code || len(lines) != 1 || !strings.HasPrefix(lines[0], "tollkeeper: ") || !strings.Contains(lines[0], tt.want) {
				t.Errorf("exit %d with %q, want %d with %q", end.Code, lines, tt.code, tt.want)
			}
			if strings.Contains(end.Err+end.Out, "topsecret") {
				t.Errorf("a password is printed: %s", end.Err)
			}
			t.Log(lines[0])
		})
	}
}

func write(t *testing.T, dir, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// database is the file of a server that was stopped.
func database(t *testing.T) []byte {
	t.Helper()
	program := in(t, t.TempDir())
	program.Start(t, anyPort, "-store=sqlite:x.db").Stop(t)
	text, err := os.ReadFile(filepath.Join(program.Dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
