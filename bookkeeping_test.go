package tollkeeper_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

func TestRetentionDue(t *testing.T) {
	for name, c := range map[string]struct {
		balance tollkeeper.Balance
		price   int64
		want    int64
	}{
		"nobody":                 {tollkeeper.Balance{Credits: 10}, 1, 0},
		"all are free":           {tollkeeper.Balance{Credits: 10, Children: 3, FreeUsers: 3}, 1, 0},
		"those beyond":           {tollkeeper.Balance{Credits: 10, Children: 5, FreeUsers: 3}, 2, 4},
		"as far as it goes":      {tollkeeper.Balance{Credits: 3, Children: 5}, 1, 3},
		"it costs nothing":       {tollkeeper.Balance{Credits: 3, Children: 5}, 0, 0},
		"too much to be counted": {tollkeeper.Balance{Credits: 7, Children: math.MaxInt64}, math.MaxInt64, 7},
	} {
		if got := c.balance.RetentionDue(c.price); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestRetentionEntryIsTheSameForTheSameMonth(t *testing.T) {
	owner, now := uuid.New(), time.Date(2026, 3, 31, 23, 59, 0, 0, time.UTC)
	a := store.RetentionEntry(owner, tollkeeper.MonthOf(now), 4, now)
	if a.Key != "retention:2026-03" || a.Amount != -4 || a.Operation != tollkeeper.OpRetention || a.ID.Version() != 7 {
		t.Fatalf("%+v", a)
	}
	if b := store.RetentionEntry(owner, tollkeeper.MonthOf(now), 4, now); b != a {
		t.Errorf("%+v, then %+v", a, b)
	}
	if b := store.RetentionEntry(uuid.New(), tollkeeper.MonthOf(now), 4, now); b.ID == a.ID {
		t.Error("another owner has the same id")
	}
}

func TestDebitKeepsGranted(t *testing.T) {
	b := tollkeeper.Balance{Credits: 100, Granted: 100}
	for _, op := range []tollkeeper.Operation{tollkeeper.OpSignIn, tollkeeper.OpSignUp, tollkeeper.OpVerify, tollkeeper.OpSocial, tollkeeper.OpRetention, "report"} {
		b.Debit(op, 7)
	}
	want := tollkeeper.Balance{Credits: 58, Granted: 100, Used: 42, SignIns: 1, SignUps: 1, Verifications: 1, Socials: 1, Retained: 7}
	if b != want {
		t.Errorf("%+v, want %+v", b, want)
	}
}
