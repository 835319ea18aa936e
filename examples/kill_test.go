package examples_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
	"github.com/tollkeeper/tollkeeper/examples/internal/witness"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// server is the path of the server's binary. It is the real program but for the tag that makes hashing cheap, because
// these tests sign in thousands of times.
var server string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "tollkeeper-examples-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		server = filepath.Join(dir, "server")
		if err := proc.Build(server, "./server", "-tags=unsafe_test_hash"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

const rounds = 50

// TestKill: whatever a server answered before kill -9 is there after the restart.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	program := proc.Program{Path: server, Dir: dir}
	args := []string{"-addr=127.0.0.1:0", "-store=sqlite:test.db", "-mail-dir=mail", "-trusted-proxies=127.0.0.1"}
	w := witness.New()
	w.Mail = witness.NewMailbox(filepath.Join(dir, "mail"))
	for range rounds {
		s := program.Start(t, args...)
		stop := make(chan struct{})
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						w.Act(s.URL)
					}
				}
			})
		}
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		s.Kill(t)
		close(stop)
		clients.Wait()
	}
	t.Log("answered: ", w.Seen())

	s := program.Start(t, args...)
	w.CheckAnswers(t, s.URL)
	if end := s.Stop(t); end.Code != 0 {
		t.Errorf("the server ends with %d: %s", end.Code, end.Err)
	}
	store, err := sqlite.Open(filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	w.CheckStore(t, store, time.Now())
	w.CheckMail(t, store, tollkeeper.Config{Secrets: []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, BaseURL: "http://localhost"})
}
