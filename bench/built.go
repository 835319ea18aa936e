package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// built is cmd/tollkeeper as people build it, and what it serves from.
type built struct {
	binary string
	file   string // an SQLite file that an earlier run has made, with its keys beside it
}

// buildServer builds it into the folder of the setup, and lets it make its database with an admin and so many people.
func buildServer(ctx context.Context, s Setup, people int) (built, error) {
	dir, err := os.MkdirTemp(s.Dir, "server-")
	if err != nil {
		return built{}, err
	}
	b := built{binary: filepath.Join(dir, "tollkeeper"), file: filepath.Join(dir, "server.db")}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/tollkeeper/tollkeeper").Output()
	if err != nil {
		return b, fmt.Errorf("where is the server? %w", err)
	}
	args := []string{"build", "-C", filepath.Join(strings.TrimSpace(string(root)), "cmd", "tollkeeper"), "-o", b.binary}
	if s.Small {
		args = append(args, "-tags=unsafe_test_hash")
	}
	if out, err := exec.CommandContext(ctx, "go", append(args, ".")...).CombinedOutput(); err != nil {
		return b, fmt.Errorf("go build: %w\n%s", err, out)
	}
	first, err := b.serve(ctx, b.sqlite())
	if err != nil {
		return b, err
	}
	first.stop()
	kept, err := sqlite.Open(b.file)
	if err != nil {
		return b, err
	}
	defer kept.Close()
	return b, populate(ctx, kept, people)
}

func (b built) sqlite() string { return "sqlite:" + b.file }

// serve starts the server over a store.
func (b built) serve(ctx context.Context, store string, flags ...string) (*process, error) {
	secrets := b.file + ".secrets"
	if store == "memory:" {
		secrets = b.file + ".other" // a store that is new each time belongs to no keys
	}
	cmd := exec.CommandContext(ctx, b.binary, append(flags,
		"-addr=127.0.0.1:0", "-store="+store, "-secrets="+secrets, "-admin="+email, "-trusted-proxies=127.0.0.1/32")...)
	cmd.Env = append(os.Environ(), "TOLLKEEPER_ADMIN_PASSWORD="+password)
	return serveApart(cmd)
}

// openServer builds the server and runs it on its SQLite file until b is closed.
func openServer(ctx context.Context, b *Bench, s Setup, people int) (*process, error) {
	program, err := buildServer(ctx, s, people)
	if err != nil {
		return nil, err
	}
	p, err := program.serve(ctx, program.sqlite())
	if err == nil {
		b.onClose(p.stop)
	}
	return p, err
}

// tokenOf signs the admin in.
func tokenOf(ctx context.Context, address string) (string, error) {
	w, err := dial(ctx, address)
	if err != nil {
		return "", err
	}
	defer w.conn.Close()
	res, err := w.ask(login(address, email, "192.0.2.1"))
	if err != nil {
		return "", err
	}
	var answer struct{ Token string }
	if err := json.Unmarshal(w.body, &answer); err != nil || res.StatusCode != http.StatusOK || answer.Token == "" {
		return "", fmt.Errorf("sign-in of the admin: %w: %s", statusError(res.StatusCode), w.body)
	}
	return answer.Token, nil
}
