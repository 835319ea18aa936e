// Package services gives a test a PostgreSQL and a Redis server of its own, which it may stop and kill.
package services

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Servers are the ones of a test. They end with it, however it ends.
type Servers struct {
	Postgres, Redis Server
}

// Server is one of them.
type Server struct {
	URL     string
	control string
}

// print says what runs, and waits until nobody holds the other end of file descriptor 3 any more.
const print = `printf '%s\n' "$TOLLKEEPER_TEST_POSTGRES" "$TOLLKEEPER_TEST_POSTGRES_CTL" "$TOLLKEEPER_TEST_REDIS" "$TOLLKEEPER_TEST_REDIS_CTL"
read -r -u 3 || true`

// Start starts both with scripts/services of the folder root.
func Start(tb testing.TB, root string) Servers {
	tb.Helper()
	cmd := exec.Command(root+"/scripts/services", "run", "bash", "-c", print)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TOLLKEEPER_TEST_") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.ExtraFiles, cmd.Stderr, cmd.WaitDelay = []*os.File{theirs}, &errs, 10*time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	_ = theirs.Close()
	tb.Cleanup(func() {
		_ = ours.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the servers end with %v: %s", err, &errs)
		}
	})
	lines := bufio.NewScanner(out)
	var said []string
	for len(said) < 4 && lines.Scan() {
		said = append(said, lines.Text())
	}
	if len(said) < 4 {
		tb.Fatalf("no servers: %q", said)
	}
	return Servers{Server{said[0], said[1]}, Server{said[2], said[3]}}
}

// Crash ends the server without a clean end: nothing is flushed, connections break.
func (s Server) Crash(tb testing.TB) { s.do(tb, "stop", "-m", "immediate") }

// Start starts the server again and waits until it serves.
func (s Server) Start(tb testing.TB) { s.do(tb, "start") }

// StartAfterKill is Start after kill -9 of the server's first process: the others see that it is gone, and end a moment
// later.
func (s Server) StartAfterKill(tb testing.TB) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if s.run("start") == nil {
			return
		}
	}
	s.do(tb, "start")
}

func (s Server) do(tb testing.TB, args ...string) {
	tb.Helper()
	if err := s.run(args...); err != nil {
		tb.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
}

func (s Server) run(args ...string) error {
	cmd := exec.Command(s.control, args...)
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, 10*time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, &said)
	}
	return nil
}
