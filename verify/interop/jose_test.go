package interop_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// jose is the library of that name from the npm registry, run by Node.
type jose struct{ node, folder string }

// newJose installs the library, pinned and checked by package-lock.json, into a folder of the test.
func newJose(t *testing.T) peer {
	t.Helper()
	node, err := exec.LookPath(cmp.Or(os.Getenv("TOLLKEEPER_TEST_NODE"), "node"))
	missing(t, err, "Node was not found; install it, or set TOLLKEEPER_TEST_NODE to its program")
	npm, err := exec.LookPath("npm")
	missing(t, err, "npm was not found beside Node (TOLLKEEPER_TEST_NODE)")
	j := jose{node, t.TempDir()}
	if err := os.CopyFS(j.folder, os.DirFS(filepath.Join("testdata", "jose"))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--cache", t.TempDir())
	install.Dir = j.folder
	out, err := install.CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)))
	}
	missing(t, err, "npm could not install jose, for the Node that TOLLKEEPER_TEST_NODE names")
	return j
}

// missing skips the test where a peer is not there, and fails it where all must be.
func missing(t *testing.T, err error, why string) {
	t.Helper()
	switch {
	case err == nil:
	case os.Getenv("TOLLKEEPER_TEST_STRICT") == "1":
		t.Fatalf("%s: %v", why, err)
	default:
		t.Skip(why)
	}
}

// ask has one job done by a process of its own.
func (j jose) ask(t *testing.T, job map[string]any, answer any) error {
	t.Helper()
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), j.node, "peer.mjs")
	command.Dir, command.Stdin, command.Stderr = j.folder, bytes.NewReader(input), t.Output()
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Answer  json.RawMessage
		Refused string
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if said.Refused != "" {
		return errors.New(said.Refused)
	}
	return json.Unmarshal(said.Answer, answer)
}

func (j jose) verify(t *testing.T, token string, m material, e expected) (claims map[string]any, err error) {
	err = j.ask(t, map[string]any{"job": "verify", "token": token, "material": m, "audience": e.audience, "issuer": e.issuer, "now": e.now.Unix()}, &claims)
	return claims, err
}

func (j jose) sign(t *testing.T, claims map[string]any, m material) (token string) {
	if err := j.ask(t, map[string]any{"job": "sign", "claims": claims, "material": m}, &token); err != nil {
		t.Fatal(err)
	}
	return token
}

func (j jose) generate(t *testing.T, alg string) (m material) {
	if err := j.ask(t, map[string]any{"job": "generate", "alg": alg}, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
