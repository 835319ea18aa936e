package examples_test

import (
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/examples/internal/witness"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

const rounds = 50

// TestKill: whatever a server answered before kill -9 is there after the restart.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	program := in(dir)
	args := []string{anyPort, "-store=sqlite:test.db", "-mail-dir=mail", "-trusted-proxies=127.0.0.1"}
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
