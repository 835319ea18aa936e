package main

import (
	"bytes"
	"debug/buildinfo"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/tools/internal/workspace"
)

//go:embed testdata/importer/main.go
var importer []byte

const server = "cmd/tollkeeper"

// importers uses a tree as strangers use the version: a program that imports every released package builds and runs,
// and the server is installed and serves. Their module cache is empty, and they get this repository's modules by
// archives alone; those of others come as usual.
func (r repository) importers(tree, version string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := r.serve(filepath.Join(dir, "proxy"), tree, version); err != nil {
		return err
	}
	s, err := r.stranger(dir)
	if err != nil {
		return err
	}
	if err := s.imports(version); err != nil {
		return err
	}
	fmt.Fprintln(out, "a program that imports every released package builds and runs")
	if err := s.installs(version); err != nil {
		return err
	}
	fmt.Fprintf(out, "go install %s@%s builds the server, and it serves\n", workspace.Path(server), version)
	return nil
}

// stranger is somebody with a folder and nothing else.
type stranger struct {
	repository
	env []string
}

func (r repository) stranger(dir string) (stranger, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return stranger{}, err
	}
	known, err := exec.CommandContext(r.ctx, "go", "env", "GOPROXY", "GONOSUMDB").Output()
	if err != nil {
		return stranger{}, err
	}
	lines := strings.Split(string(known), "\n")
	return stranger{repository{r.ctx, absolute}, append(os.Environ(),
		"GOWORK=off",
		"GOFLAGS=-mod=mod -modcacherw -trimpath",
		"GOMODCACHE="+filepath.Join(absolute, "modules"),
		"GOBIN="+filepath.Join(absolute, "bin"),
		"GOPROXY=file://"+filepath.ToSlash(absolute)+"/proxy,"+lines[0],
		"GONOSUMDB="+strings.Trim(workspace.Root+","+lines[1], ","), // the version is not published
	)}, nil
}

// run runs a program in a folder and returns what it prints.
func (s stranger) run(folder, name string, args ...string) (string, error) {
	command := exec.CommandContext(s.ctx, name, args...)
	command.Dir = filepath.Join(s.root, folder)
	command.Env = s.env
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// imports builds every released package but the server's, and runs the program.
func (s stranger) imports(version string) error {
	folder := filepath.Join(s.root, "importer")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "main.go"), importer, 0o600); err != nil {
		return err
	}
	get := []string{"get"}
	for _, released := range workspace.Released {
		if released != server {
			get = append(get, workspace.Path(released)+"@"+version)
		}
	}
	for _, args := range [][]string{{"mod", "init", "importer.example"}, get, {"mod", "tidy"},
		{"build", workspace.Root + "/..."}, {"build", "-o", "importer", "."}} {
		if _, err := s.run("importer", "go", args...); err != nil {
			return err
		}
	}
	told, err := s.run("importer", "./importer")
	if want := "signed in: ada@home.example\n"; err == nil && told != want {
		err = fmt.Errorf("the importer prints %q, want %q", told, want)
	}
	return err
}

// installs installs the server by its version and has it serve.
func (s stranger) installs(version string) error {
	if _, err := s.run(".", "go", "install", workspace.Path(server)+"@"+version); err != nil {
		return err
	}
	binary := filepath.Join(s.root, "bin", filepath.Base(server))
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	if info.Main.Path != workspace.Path(server) || info.Main.Version != version {
		return fmt.Errorf("installed is %s %s", info.Main.Path, info.Main.Version)
	}
	return s.serves(binary)
}

var listening = regexp.MustCompile(`listening on (http://\S+)\n`)

// serves starts the server, asks for its first page and stops it.
func (s stranger) serves(binary string) error {
	command := exec.CommandContext(s.ctx, binary, "-addr", "127.0.0.1:0")
	command.Dir = s.root
	var told bytes.Buffer
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		return err
	}
	late := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer late.Stop()
	asked := fmt.Errorf("it does not listen")
	for piece := make([]byte, 4096); ; {
		n, err := output.Read(piece)
		told.Write(piece[:n])
		if at := listening.FindSubmatch(told.Bytes()); at != nil {
			asked = s.asks(string(at[1]))
			_ = command.Process.Signal(os.Interrupt)
			_, _ = io.Copy(&told, output)
			break
		}
		if err != nil {
			break
		}
	}
	if err := command.Wait(); err != nil || asked != nil {
		return fmt.Errorf("the server: %w, %v\n%s", asked, err, told.String())
	}
	return nil
}

func (s stranger) asks(url string) error {
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
