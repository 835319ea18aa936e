package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const here = "github.com/tollkeeper/tollkeeper/"

// programs are what is built, by the names of the table.
var programs = []struct{ name, path string }{
	{"an empty main", here + "bench/hosts/nothing"},
	{"core, memory store, no HTTP", here + "bench/hosts/core"},
	{"net/http alone", here + "bench/hosts/nethttp"},
	{"core, memory store, httpadapter", here + "bench/hosts/memory"},
	{"core, SQLite, httpadapter", here + "bench/hosts/sqlite"},
	{"the server, cmd/tollkeeper", here + "cmd/tollkeeper"},
	{"net/http and " + byHands, here + "bench/hosts/byhand"},
	{"net/http and " + bosses, here + "bench/hosts/authboss"},
	{"net/http and " + guardian, here + "bench/hosts/goguardian"},
	{"net/http and " + pkgz, here + "bench/hosts/gopkgz"},
	{"net/http and " + scsName, here + "bench/hosts/scs"},
	{"net/http and " + chi, here + "bench/hosts/jwtauth"},
}

// builder builds programs with caches of its own.
type builder struct {
	dir  string
	seed string // cache that has the standard library and nothing else; empty: the usual one, with all that is in it
}

// openBuild builds each program once, from a cache that has the standard library alone.
func openBuild(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		dir, err := os.MkdirTemp(s.Dir, "build-*")
		if err != nil {
			return err
		}
		b.onClose(func() { _ = os.RemoveAll(dir) })
		w := &builder{dir: dir}
		if !s.Small {
			w.seed = filepath.Join(dir, "seed")
			if err := w.sow(ctx); err != nil {
				return err
			}
		}
		for _, p := range programs[:s.size(len(programs), 1)] {
			b.Cases = append(b.Cases, Case{Name: p.name, Pass: func(time.Duration) (Sample, error) { return w.build(ctx, p.path) }})
		}
		b.Once, b.table = true, builtTable(b)
		return nil
	})
}

// sow compiles the standard library, as far as the programs need it.
func (w *builder) sow(ctx context.Context) error {
	list := []string{"list", "-deps", "-f", "{{if .Standard}}{{.ImportPath}}{{end}}"}
	for _, p := range programs {
		list = append(list, p.path)
	}
	out, _, err := w.run(ctx, "", list...)
	if err != nil {
		return err
	}
	packages := slices.DeleteFunc(strings.Fields(out), func(p string) bool { return p == "unsafe" || strings.HasPrefix(p, "vendor/") })
	_, _, err = w.run(ctx, w.seed, append([]string{"build"}, packages...)...)
	return err
}

// build builds a program twice: from the seed, and again without symbols, which only links.
func (w *builder) build(ctx context.Context, path string) (Sample, error) {
	modules, _, err := w.run(ctx, "", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", path)
	if err != nil {
		return Sample{}, err
	}
	dir, err := os.MkdirTemp(w.dir, "program-*")
	if err != nil {
		return Sample{}, err
	}
	defer os.RemoveAll(dir)
	cache := ""
	if w.seed != "" {
		cache = filepath.Join(dir, "cache")
		if err := linkTree(w.seed, cache); err != nil {
			return Sample{}, err
		}
	}
	full, bare := filepath.Join(dir, "full"), filepath.Join(dir, "bare")
	start := time.Now()
	_, used, err := w.run(ctx, cache, "build", "-o", full, path)
	took := time.Since(start)
	if err != nil {
		return Sample{}, err
	}
	start = time.Now()
	if _, _, err = w.run(ctx, cache, "build", "-ldflags=-s -w", "-o", bare, path); err != nil {
		return Sample{}, err
	}
	s := Sample{Ops: 1, PerOp: float64(took), CPU: float64(used), Note: map[string]float64{"again": float64(time.Since(start))}}
	needed := slices.Compact(slices.Sorted(slices.Values(strings.Fields(modules))))
	s.Note["modules"] = float64(len(slices.DeleteFunc(needed, func(m string) bool { return m == here+"bench" })))
	s.Note["full"], err = megabytes(full)
	s.Note["bare"], _ = megabytes(bare)
	return s, err
}

// run runs the go command with a cache, and returns what it printed and the processor time that it used, with the
// compilers.
func (w *builder) run(ctx context.Context, cache string, args ...string) (string, time.Duration, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "CGO_ENABLED=0")
	if cache != "" {
		command.Env = append(command.Env, "GOCACHE="+cache)
	}
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("go %s: %w: %s", args[0], err, exit.Stderr)
	}
	if err != nil {
		return "", 0, err
	}
	return string(out), command.ProcessState.UserTime() + command.ProcessState.SystemTime(), nil
}

// linkTree makes a folder whose files are those of another one, without copying them.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, name)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, rest), 0o755)
		}
		return os.Link(name, filepath.Join(to, rest))
	})
}

func megabytes(file string) (float64, error) {
	info, err := os.Stat(file)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / 1e6, nil
}

func builtTable(b *Bench) func(Results) string {
	return func(r Results) string {
		var w strings.Builder
		w.WriteString("| program | modules | first build | processor | linking again | size, MB | without symbols, MB |\n|---|---:|---:|---:|---:|---:|---:|\n")
		for _, c := range b.Cases {
			note := func(name string) float64 { return r.Median(c.Name, noted(name)) }
			fmt.Fprintf(&w, "| %s | %.0f | %s | %s | %s | %.1f | %.1f |\n", c.Name, note("modules"), duration(r.Median(c.Name, perOp)),
				duration(r.Median(c.Name, cpu)), duration(note("again")), note("full"), note("bare"))
		}
		return w.String()
	}
}
