package examples_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/examples/internal/proc"
	"github.com/tollkeeper/tollkeeper/examples/internal/witness"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

const rounds = 50

// TestKill: whatever a server answered before kill -9 is there after the restart.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	program := in(t, dir)
	args := []string{anyPort, "-store=sqlite:test.db", "-mail-dir=mail", "-trusted-proxies=127.0.0.1"}
	w := witness.New()
	w.Mail = witness.NewMailbox(filepath.Join(dir, "mail"))
	for round := range rounds {
		if round%5 == 0 { // killed before it serves
			killSoon(t, program.Launch(t, args...), 60*time.Millisecond)
		}
		s := program.Start(t, args...)
		ctx, stop := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 4 {
			clients.Go(func() {
				for ctx.Err() == nil {
					w.Act(s.URL)
				}
			})
		}
		killSoon(t, s, 200*time.Millisecond)
		stop()
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

// TestKillDuringFirstStart: however far it came, the next start makes the rest.
func TestKillDuringFirstStart(t *testing.T) {
	for range 20 {
		program := in(t, t.TempDir())
		killSoon(t, program.Launch(t, anyPort), 40*time.Millisecond)
		s := program.Start(t, anyPort)
		login := `{"email":"admin@localhost.localdomain","password":"` + password + `"}`
		if status, answer := call(t, "POST "+s.URL+"/authentiq/v1/user/login", login, ""); status != 200 {
			t.Errorf("the admin signs in: %d %v", status, answer)
		}
		s.Kill(t)
	}
}

func killSoon(t *testing.T, s *proc.Server, within time.Duration) {
	t.Helper()
	time.Sleep(rand.N(within))
	s.Kill(t)
}
