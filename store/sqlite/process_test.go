package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// TestMain lets the test binary be another process of the same file: see process.
func TestMain(m *testing.M) {
	if job := os.Getenv("SQLITE_TEST_JOB"); job != "" {
		if err := perform(job, os.Getenv("SQLITE_TEST_FILE"), os.Getenv("SQLITE_TEST_ACCOUNT")); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func perform(job, path, account string) error {
	ctx := context.Background()
	s, err := sqlite.Open(path)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil || job == "migrate" {
		return err
	}
	if statements, ok := strings.CutPrefix(job, "die before statement "); ok {
		return live(ctx, s, uuid.MustParse(account), statements)
	}
	subject, err := s.FindAccount(ctx, store.Lookup{ID: uuid.MustParse(account)})
	if err != nil {
		return err
	}
	for i := 0; job == "forever" || i < 100; i++ {
		n := signIn(subject.Account, subject.Account.Parent)
		if _, err := s.CreateSession(ctx, n, now); err != nil {
			return err
		}
		fmt.Println(n.Session.ID)
	}
	return nil
}

// process starts another process that does the job.
func process(t *testing.T, job, path string, account uuid.UUID) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "SQLITE_TEST_JOB="+job, "SQLITE_TEST_FILE="+path, "SQLITE_TEST_ACCOUNT="+account.String())
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	return c, bufio.NewScanner(out)
}

func TestProcessesMigrateTogether(t *testing.T) {
	t.Parallel()
	for range 2 {
		path := file(t)
		var all []*exec.Cmd
		var outs []*bufio.Scanner
		for range 4 {
			c, out := process(t, "migrate", path, uuid.Nil)
			all, outs = append(all, c), append(outs, out)
		}
		for i, c := range all {
			for outs[i].Scan() {
				t.Error(outs[i].Text())
			}
			must(t, c.Wait())
		}
		parent(t, open(t, path), 1)
	}
}

func TestProcessesWriteTogether(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	p := parent(t, s, 1000)
	a := child(t, s, p)
	var all []*exec.Cmd
	var outs []*bufio.Scanner
	for range 2 {
		c, out := process(t, "some", path, a.ID)
		all, outs = append(all, c), append(outs, out)
	}
	for range 100 {
		_, err := s.CreateSession(t.Context(), signIn(a, p.ID), now)
		must(t, err)
	}
	for i, c := range all {
		for outs[i].Scan() {
			if strings.HasPrefix(outs[i].Text(), "failed") {
				t.Error(outs[i].Text())
			} else if _, err := s.Session(t.Context(), uuid.MustParse(outs[i].Text()), now); err != nil {
				t.Errorf("a session of another process: %v", err)
			}
		}
		must(t, c.Wait())
	}
	wantBooks(t, s, p.ID, 700)
}

// TestKill ends a process in the middle of its writing: what it answered is there, and the books are even.
func TestKill(t *testing.T) {
	t.Parallel()
	path := file(t)
	s := open(t, path)
	p := parent(t, s, 1<<20)
	a := child(t, s, p)
	for round := range 5 {
		c, out := process(t, "forever", path, a.ID)
		var answered []uuid.UUID
		for out.Scan() {
			answered = append(answered, uuid.MustParse(out.Text()))
			if len(answered) == 20+7*round {
				must(t, c.Process.Kill())
			}
		}
		_ = c.Wait()
		for _, id := range answered {
			if _, err := s.Session(t.Context(), id, now); err != nil {
				t.Fatalf("an answered session: %v", err)
			}
		}
		b, err := s.Balance(t.Context(), p.ID)
		must(t, err)
		wantBooks(t, s, p.ID, b.Granted-b.Used)
	}
}
