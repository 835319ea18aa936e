package examples_test

import (
	"os"
	"testing"
	"time"
)

// TestFleet: three processes on one PostgreSQL and one Redis are one service. Under mixed load each of the things that
// hold in one process is tried over several; then a process is killed, PostgreSQL and Redis are, and every process is
// replaced; at the end the invariants of SECURITY.md hold and no mail is lost. TOLLKEEPER_SOAK is how long it lasts;
// zero: half a minute.
func TestFleet(t *testing.T) {
	backend(t, "TOLLKEEPER_TEST_POSTGRES") // it starts its own, which it may stop, where there are any
	t.Parallel()
	lasts := 15 * time.Second
	if text := os.Getenv("TOLLKEEPER_SOAK"); text != "" {
		var err error
		if lasts, err = time.ParseDuration(text); err != nil {
			t.Fatal("TOLLKEEPER_SOAK: ", err)
		}
	}
	f := newFleet(t)
	end := time.Now().Add(lasts)
	stop := f.load(8)
	var took time.Duration
	for round := 0; !t.Failed() && (round == 0 || time.Until(end) > took); round++ {
		start := time.Now()
		f.holds(t)
		f.survives(t, round)
		took = time.Since(start)
	}
	if !t.Failed() {
		time.Sleep(time.Until(end))
	}
	stop()
	t.Log("answered: ", f.witness.Seen())
	f.check(t)
}

// holds tries what must hold at any time.
func (f *fleet) holds(t *testing.T) {
	t.Run("a sign-out counts everywhere at once", f.signOutCounts)
	t.Run("a new password ends other sessions everywhere", f.passwordEndsSessions)
	t.Run("failures count together and lock everywhere", f.failuresCount)
	t.Run("attempts count together", f.attemptsCount)
	t.Run("a code works once", f.codeWorksOnce)
	t.Run("codes have few tries", f.codesHaveFewTries)
	t.Run("an address is taken once", f.addressIsTakenOnce)
	t.Run("the last credit is spent once", f.creditsAreSpentOnce)
	t.Run("an admin is left", f.adminIsLeft)
}

// survives tries what a fleet must go through.
func (f *fleet) survives(t *testing.T, round int) {
	t.Run("a killed process", func(t *testing.T) { f.killedProcess(t, round%len(f.servers)) })
	t.Run("a killed PostgreSQL", f.killedPostgres)
	t.Run("a killed Redis", f.killedRedis)
	t.Run("replacing every process", f.rollOut)
}
