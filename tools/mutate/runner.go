package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// memoryLimit is what a test program may have, in kilobytes of addresses: a loop that became endless stops there.
const memoryLimit = 8 << 20

// A test that takes more than this, by the clock or of the processor, is taken as its subtests, one by one.
const longClock, longProcessor = 10 * time.Second, time.Second

// runner builds and runs the test programs.
type runner struct {
	o        options
	p        *program
	dir      string // for what it writes
	overlay  string
	out      io.Writer
	programs map[string]*testProgram // by folder

	mutex  sync.Mutex
	known  known
	lately map[string]string // which test killed a change of a file or function last
}

// known is what a run leaves to the next one.
type known struct {
	Killed   map[string]string   // which test killed a change, by its key
	Lived    map[string]bool     // what no test noticed
	Measured map[string]measured // by folder and name
}

// testProgram is the tests of a package, built.
type testProgram struct {
	folder, path, dir string
	once              sync.Once
	err               error
	tests             []*test // the quickest first
}

// test is a test, or a subtest of one that takes long.
type test struct {
	program *testProgram
	name    string        // with slashes
	took    time.Duration // by the clock
	costs   time.Duration // of the processor
	reached []byte        // 1 at the numbers of what it reached
}

func (t *test) String() string { return t.program.folder + " " + t.name }

// weight is what a test has others wait for: also the time that a server works for it.
func (t *test) weight() time.Duration { return max(t.took, t.costs) }

func newRunner(o options, p *program, accepted map[string]string, dir string, out io.Writer) (*runner, error) {
	r := &runner{o: o, p: p, dir: dir, out: out, programs: map[string]*testProgram{}, lately: map[string]string{}}
	if err := r.loadKnown(accepted); err != nil {
		return nil, err
	}
	overlay, err := p.overlay(dir)
	if err != nil {
		return nil, err
	}
	r.overlay = overlay
	return r, nil
}

// program builds and measures the tests of a package when they are first wanted.
func (r *runner) program(ctx context.Context, folder string) (*testProgram, error) {
	r.mutex.Lock()
	b := r.programs[folder]
	if b == nil {
		b = &testProgram{
			folder: folder, dir: filepath.Join(r.o.root, filepath.FromSlash(folder)), path: filepath.Join(r.dir, fmt.Sprintf("test%d", len(r.programs))),
		}
		r.programs[folder] = b
	}
	r.mutex.Unlock()
	b.once.Do(func() {
		began := time.Now()
		if b.err = r.build(ctx, b); b.err == nil {
			b.err = r.measure(ctx, b)
		}
		r.say("%s: %d tests, built and run in %v", folder, len(b.tests), time.Since(began).Round(time.Second))
	})
	return b, b.err
}

func (r *runner) build(ctx context.Context, b *testProgram) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", r.overlay, "-o", b.path, ".")
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", b.folder, err, out)
	}
	return nil
}

// measure runs each test alone and keeps those that pass.
func (r *runner) measure(ctx context.Context, b *testProgram) error {
	res := r.run(ctx, b, time.Minute, 0, "", "-test.list", ".")
	if res.err != nil {
		return fmt.Errorf("%s: %w\n%s", b.folder, res.err, res.out)
	}
	var names []string
	for name := range strings.Lines(res.out) {
		if name = strings.TrimSpace(name); regexp.MustCompile(`^(Test|Fuzz|Example)\w*$`).MatchString(name) && (r.o.leave == nil || !r.o.leave.MatchString(name)) {
			names = append(names, name)
		}
	}
	of, err := digests(b.dir)
	if err != nil {
		return err
	}
	program := r.p.digest()
	var mutex sync.Mutex
	each(r.o.jobs, names, func(name string) {
		list := r.remembered(ctx, b, name, program+of[name])
		mutex.Lock()
		b.tests = append(b.tests, list...)
		mutex.Unlock()
	})
	slices.SortFunc(b.tests, func(x, y *test) int {
		return cmp.Or(cmp.Compare(x.weight(), y.weight()), strings.Compare(x.name, y.name))
	})
	return ctx.Err()
}

// measureOne runs a test; one that takes long becomes its subtests.
func (r *runner) measureOne(ctx context.Context, b *testProgram, name string) []*test {
	notes, err := os.CreateTemp(r.dir, "reached")
	if err != nil {
		r.say("%s %s: %v", b.folder, name, err)
		return nil
	}
	defer os.Remove(notes.Name())
	notes.Close()
	began := time.Now()
	res := r.run(ctx, b, 10*time.Minute, 0, notes.Name(), "-test.run", pattern(name), "-test.v")
	t := &test{program: b, name: name, took: time.Since(began), costs: res.processor}
	if res.err != nil {
		r.say("%s %s fails without any change, and is left out: %s", b.folder, name, short(res.out))
		return nil
	}
	if t.reached, err = os.ReadFile(notes.Name()); err != nil {
		r.say("%s: %v", t, err)
		return nil
	}
	if t.took < longClock && t.costs < longProcessor {
		return []*test{t}
	}
	var list []*test
	for _, sub := range subtests(res.out, name) {
		list = append(list, r.measureOne(ctx, b, sub)...)
	}
	if len(list) == 0 {
		return []*test{t}
	}
	return list
}

// pattern is what -test.run wants for exactly this test.
func pattern(name string) string {
	var list []string
	for part := range strings.SplitSeq(name, "/") {
		list = append(list, "^"+regexp.QuoteMeta(part)+"$")
	}
	return strings.Join(list, "/")
}

// subtests are those one level below name that -test.v told of.
func subtests(out, name string) (list []string) {
	for line := range strings.Lines(out) {
		_, sub, ok := strings.Cut(strings.TrimSpace(line), "=== RUN")
		sub = strings.TrimSpace(sub)
		if rest, below := strings.CutPrefix(sub, name+"/"); ok && below && !strings.Contains(rest, "/") && !slices.Contains(list, sub) {
			list = append(list, sub)
		}
	}
	return list
}

// result is how a test program ended.
type result struct {
	out       string
	err       error
	processor time.Duration
}

// run runs a test program with one change on; 0: none.
func (r *runner) run(ctx context.Context, b *testProgram, limit time.Duration, on int, notes string, args ...string) result {
	temp, err := os.MkdirTemp(r.dir, "tmp")
	if err != nil {
		return result{err: err}
	}
	defer os.RemoveAll(temp)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	script := fmt.Sprintf(`ulimit -v %d; exec "$@"`, memoryLimit)
	cmd := exec.CommandContext(ctx, "sh", slices.Concat([]string{"-c", script, "sh", b.path, "-test.failfast", "-test.timeout=0"}, args)...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", envOn, on), envReached+"="+notes, "TMPDIR="+temp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that what a test starts ends with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	res := result{out: out.String(), err: err}
	if p := cmd.ProcessState; p != nil {
		res.processor = p.UserTime() + p.SystemTime()
	}
	return res
}

func (r *runner) say(format string, args ...any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	fmt.Fprintf(r.out, format+"\n", args...)
}

// loadKnown reads what an earlier run left, and marks what is not tried again.
func (r *runner) loadKnown(accepted map[string]string) error {
	r.known = known{Killed: map[string]string{}, Lived: map[string]bool{}, Measured: map[string]measured{}}
	if r.o.known == "" {
		return nil
	}
	text, err := os.ReadFile(r.o.known)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r.known)
	}
	for _, m := range r.p.mutants {
		switch by := r.known.Killed[m.key()]; {
		case !r.o.resume:
		case by != "":
			m.state, m.killer = killed, by
		case r.known.Lived[m.key()] && accepted[m.key()] != "":
			m.state = survived
		}
	}
	return err
}

// saveKnown writes it, with what was known before and not tried.
func (r *runner) saveKnown(tried []*mutant) error {
	if r.o.known == "" {
		return nil
	}
	for _, m := range tried {
		switch m.state {
		case killed:
			r.known.Killed[m.key()] = m.killer
			delete(r.known.Lived, m.key())
		case survived, unreached:
			r.known.Lived[m.key()] = r.o.leave == nil // what was left out may notice it
			delete(r.known.Killed, m.key())
		}
	}
	text, err := json.MarshalIndent(r.known, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(r.o.known, text, 0o600)
}

// each calls f for each of list, n at once.
func each[T any](n int, list []T, f func(T)) {
	var group sync.WaitGroup
	next := make(chan T)
	for range max(1, n) {
		group.Go(func() {
			for x := range next {
				f(x)
			}
		})
	}
	for _, x := range list {
		next <- x
	}
	close(next)
	group.Wait()
}
