package rules_test

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestCrossed(t *testing.T) {
	at := func(used int64) store.Balance { return store.Balance{Granted: 100, Used: used, Credits: 100 - used} }
	rich := store.Balance{Granted: 300, Used: 100, Credits: 200}
	for _, c := range []struct {
		name          string
		before, after store.Balance
		want          []string
	}{
		{"nothing", at(0), at(74), nil},
		{"three quarters", at(74), at(75), []string{"low"}},
		{"still low", at(75), at(89), nil},
		{"nine tenths", at(89), at(90), []string{"critical"}},
		{"nothing left", at(99), at(100), []string{"depleted"}},
		{"all at once", at(0), at(100), []string{"low", "critical", "depleted"}},
		{"well again", at(100), rich, []string{"recovered"}},
		{"a little better", at(100), at(80), nil},
		{"back to low", at(80), at(74), []string{"recovered"}},
		{"never granted", store.Balance{}, store.Balance{}, nil},
		{"all of one credit", store.Balance{Granted: 1, Credits: 1}, store.Balance{Granted: 1, Used: 1}, []string{"low", "critical", "depleted"}},
		{"the first grant", store.Balance{}, at(0), nil},
	} {
		if got := rules.Crossed(c.before, c.after); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestWhatIsToldOfAPayment(t *testing.T) {
	c := required(parent, 8)
	n := store.NewSession{Session: store.Session{Account: child}}
	for _, c.Tell = range []store.Telling{{}, {Mail: true}, {Log: true}, {Mail: true, Log: true}} {
		n.Charge = c
		got, err := rules.SignIn(n, rules.Signer{Found: true, Status: store.StatusActive, Purse: rich()}, now)
		wants(t, err, nil)
		var want rules.Told
		if c.Tell.Log {
			want.Events = []store.Event{{
				ID: rules.DerivedID(parent, "alert:low:key", now), At: now, Name: store.EventCreditAlert, Scope: store.Root, Account: parent,
				Credits: 2, Count: 1, Detail: "low",
			}}
		}
		if c.Tell.Mail {
			want.Mail = []store.QueuedMail{{
				ID: rules.DerivedID(parent, "mail:low:key", now), Kind: store.MailCreditAlert, Lookup: store.Lookup{ID: parent}, DueAt: now,
				Args: map[string]string{"level": "low", "credits": "2"},
			}}
		}
		if !reflect.DeepEqual(got.Payment.Told, want) {
			t.Errorf("%+v: told %+v, want %+v", c.Tell, got.Payment.Told, want)
		}
	}
}

func TestCloseTells(t *testing.T) {
	tenant := rules.Tenant{Owner: parent, Balance: store.Balance{Credits: 10, Granted: 10, Children: 8, ClosedMonth: store.MonthOf(now) - 2}}
	due := rules.Due(tenant, 1, now)
	got := rules.Close(store.Closing{Tell: store.Telling{Log: true}, Log: true}, tenant, due, false).Told
	if len(got.Events) != 2 || got.Events[0].Detail != "low" || len(got.Mail) != 0 {
		t.Fatalf("told %+v", got)
	}
	want := store.Event{
		ID: rules.DerivedID(parent, "closed:"+due.Key, now), At: now, Name: store.EventMonthClosed, Scope: store.Root, Account: parent,
		Credits: -8, Count: 1,
	}
	if got.Events[1] != want {
		t.Errorf("the month is %+v, want %+v", got.Events[1], want)
	}
	for name, told := range map[string]rules.Told{
		"paid before": rules.Close(store.Closing{Tell: store.Telling{Log: true}, Log: true}, tenant, due, true).Told,
		"not asked":   rules.Close(store.Closing{}, tenant, due, false).Told,
	} {
		if told.Events != nil || told.Mail != nil {
			t.Errorf("%s: told %+v", name, told)
		}
	}
}

func TestDerivedIDsAreOfTheirMoment(t *testing.T) {
	id := rules.DerivedID(parent, "text", now)
	if id.Version() != 7 || id.Variant() != uuid.RFC4122 || id != rules.DerivedID(parent, "text", now.Add(time.Microsecond)) {
		t.Errorf("id is %v", id)
	}
	first := rules.FirstID(now)
	if string(first[:]) > string(id[:]) || string(id[:]) >= string(func() []byte { n := rules.FirstID(now.Add(time.Millisecond)); return n[:] }()) {
		t.Errorf("%v is not of the millisecond from %v on", id, first)
	}
	if id == rules.DerivedID(other, "text", now) || id == rules.DerivedID(parent, "texts", now) || id == rules.DerivedID(parent, "text", now.Add(time.Millisecond)) {
		t.Error("another owner, text or moment has the same id")
	}
}

func TestTheFirstIDOfAMomentHasNothingBehindIt(t *testing.T) {
	var want uuid.UUID
	binary.BigEndian.PutUint64(want[:8], uint64(now.UnixMilli())<<16|0x7000)
	want[8] = 0x80
	if got := rules.FirstID(now); got != want || got.Version() != 7 || got.Variant() != uuid.RFC4122 {
		t.Errorf("it is %v, want %v", got, want)
	}
}

func TestEventsAreKeptByDays(t *testing.T) {
	day := now.Truncate(24 * time.Hour)
	for routine, days := range map[bool]int{true: 90, false: 400} {
		want := rules.FirstID(day.AddDate(0, 0, -days))
		for _, at := range []time.Time{day, now, day.Add(24*time.Hour - 1), now.In(time.FixedZone("", 20*3600))} {
			if got := rules.OldEvents(routine, at); got != want {
				t.Errorf("routine %v at %v: %v, want %v", routine, at, got, want)
			}
		}
	}
	for n, want := range map[store.EventName]bool{store.EventSignIn: true, store.EventRefreshed: true, store.EventMonthClosed: false, "other": false} {
		if rules.Routine(n) != want {
			t.Errorf("%s: routine %v", n, !want)
		}
	}
}

func TestAnEventAsItIsKept(t *testing.T) {
	e := store.Event{At: now.Add(time.Microsecond), Network: "n", Detail: "d", Salt: [16]byte{1}, Commitment: [16]byte{2}, Code: "c"}
	kept := rules.Logged(e)
	if kept.At != now || kept.Count != 1 || rules.Logged(store.Event{Count: 3}).Count != 3 {
		t.Errorf("kept is %+v", kept)
	}
	if got := rules.Again(kept, store.Event{Count: 4, Code: "x"}); got.Count != 5 || got.Code != "c" || rules.Again(kept, store.Event{}).Count != 2 {
		t.Errorf("again is %+v", got)
	}
	kept.Network, kept.Detail, kept.Salt = "", "", [16]byte{}
	if got := rules.Erased(rules.Logged(e)); got != kept {
		t.Errorf("erased is %+v, want %+v", got, kept)
	}
}

func TestSelects(t *testing.T) {
	e := store.Event{ID: rules.FirstID(now), At: now, Name: "name", Scope: parent, Account: child}
	for name, c := range map[string]struct {
		q    store.EventQuery
		want bool
	}{
		"its scope":       {store.EventQuery{Scope: parent}, true},
		"another scope":   {store.EventQuery{Scope: other}, false},
		"the root scope":  {store.EventQuery{}, false},
		"its account":     {store.EventQuery{Scope: other, Account: child}, true},
		"another account": {store.EventQuery{Scope: parent, Account: other}, false},
		"all":             {store.EventQuery{All: true, Scope: other, Account: other}, true},
		"no names":        {store.EventQuery{All: true, Names: []store.EventName{}}, true},
		"its name":        {store.EventQuery{All: true, Names: []store.EventName{"a", "name"}}, true},
		"another name":    {store.EventQuery{All: true, Names: []store.EventName{"a"}}, false},
		"from then":       {store.EventQuery{All: true, From: now}, true},
		"from later":      {store.EventQuery{All: true, From: now.Add(1)}, false},
		"to then":         {store.EventQuery{All: true, To: now}, false},
		"to later":        {store.EventQuery{All: true, To: now.Add(1)}, true},
		"below itself":    {store.EventQuery{All: true, Before: e.ID}, false},
		"below a later":   {store.EventQuery{All: true, Before: rules.FirstID(now.Add(time.Millisecond))}, true},
	} {
		if rules.Selects(c.q, &e) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

func TestMatchedNamesTheAccount(t *testing.T) {
	c := store.Claim{Events: []store.Event{{Name: "own"}, {Name: "another's", Account: other, Scope: other}}}
	got := rules.Matched(c, parent, child)
	if got[0].Account != child || got[0].Scope != parent || got[1] != c.Events[1] || c.Events[0].Account != uuid.Nil {
		t.Errorf("events are %+v", got)
	}
}
