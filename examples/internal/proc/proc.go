// Package proc runs programs for tests: builds one, starts it as a real process, waits until it serves, stops or kills
// it.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a process. It is generous because machines that run tests are busy.
const patience = time.Minute

// Build compiles a package, named as for go build, to the file binary.
func Build(binary, pkg string, flags ...string) error {
	args := append([]string{"build", "-o", binary}, flags...)
	out, err := exec.Command("go", append(args, pkg)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// Program is something to run.
type Program struct {
	Path string   // of the binary
	Dir  string   // where it works
	Env  []string // beside the environment of the test; "NAME=value"
}

// Result is a run that has ended.
type Result struct {
	Code     int
	Out, Err string
}

// Run runs the program to its end.
func (p Program) Run(tb testing.TB, args ...string) Result {
	tb.Helper()
	return p.Launch(tb, args...).Wait(tb)
}

// Server is a process that serves. Its methods are for the goroutine of the test.
type Server struct {
	URL string // as the program printed it

	cmd      *exec.Cmd
	out, err *buffer
	ended    chan struct{}
}

// Start starts the program and waits until it has printed "listening on URL".
func (p Program) Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := p.Launch(tb, args...)
	s.Listening(tb)
	return s
}

// Listening waits until the program has printed "listening on URL", which is its URL then.
func (s *Server) Listening(tb testing.TB) {
	tb.Helper()
	deadline := time.After(patience)
	for {
		url, ok, more := s.listening()
		if ok {
			s.URL = url
			return
		}
		select {
		case <-more:
		case <-s.ended:
			tb.Fatalf("%s ended with %d before it served:\n%s%s", s.cmd.Path, s.cmd.ProcessState.ExitCode(), s.out, s.err)
		case <-deadline:
			tb.Fatalf("%s does not serve:\n%s%s", s.cmd.Path, s.out, s.err)
		}
	}
}

// Launch starts the program and does not wait for anything; there is no URL then. It is killed when the test ends, if
// it still runs.
func (p Program) Launch(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := &Server{cmd: exec.Command(p.Path, args...), out: newBuffer(), err: newBuffer(), ended: make(chan struct{})}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = p.Dir, s.out, s.err
	s.cmd.Env = append(os.Environ(), p.Env...)
	if err := s.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in ProcessState
		close(s.ended)
	}()
	tb.Cleanup(func() { s.Kill(tb) })
	return s
}

func (s *Server) listening() (url string, ok bool, more <-chan struct{}) {
	text, more := s.out.read()
	for line := range strings.Lines(text) {
		if url, ok := strings.CutPrefix(line, "listening on "); ok && strings.HasSuffix(url, "\n") {
			return strings.TrimSpace(url), true, more
		}
	}
	return "", false, more
}

// Kill ends the process as kill -9 does and waits until it is gone. One that is gone already is left alone.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Errorf("kill: %v", err)
	}
	s.Wait(tb)
}

// Signal sends a signal.
func (s *Server) Signal(tb testing.TB, sig syscall.Signal) {
	tb.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		tb.Errorf("signal %v: %v", sig, err)
	}
}

// Stop asks the process to end and returns how it did.
func (s *Server) Stop(tb testing.TB) Result {
	tb.Helper()
	s.Signal(tb, syscall.SIGTERM)
	return s.Wait(tb)
}

// PID is the process's number.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Output returns what it has printed so far.
func (s *Server) Output() string { return s.out.String() }

// Wait waits until the process has ended.
func (s *Server) Wait(tb testing.TB) Result {
	tb.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		tb.Fatalf("%s does not end:\n%s%s", s.cmd.Path, s.out, s.err)
	}
	return Result{s.cmd.ProcessState.ExitCode(), s.out.String(), s.err.String()}
}

// buffer is what a process has printed.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newBuffer() *buffer { return &buffer{more: make(chan struct{})} }

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.more)
	b.more = make(chan struct{})
	return b.text.Write(p)
}

func (b *buffer) read() (string, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String(), b.more
}

func (b *buffer) String() string {
	text, _ := b.read()
	return text
}
