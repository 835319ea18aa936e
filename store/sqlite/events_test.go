package sqlite_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// idAt returns an id of the moment whose rest is n.
func idAt(at time.Time, n uint64) uuid.UUID {
	id := rules.FirstID(at)
	binary.BigEndian.PutUint64(id[8:], 1<<63|n)
	return id
}

// personal is an event about the account with something to erase.
func personal(id uuid.UUID, at time.Time, name store.EventName, scope, account uuid.UUID) store.Event {
	return store.Event{
		ID: id, At: at, Name: name, Scope: scope, Account: account, By: account, Session: "digest", Audience: store.AudienceHost, Method: "password",
		Code: "code", Credits: 1, Count: 1, Network: "192.0.2.0/24", Detail: "detail", Salt: [16]byte{1}, Commitment: [16]byte{2},
	}
}

// log is what the store must list, whichever way the events came in.
type log []store.Event

func (l log) list(q store.EventQuery) (page []store.Event) {
	for _, e := range slices.SortedFunc(slices.Values(l), func(x, y store.Event) int { return bytes.Compare(y.ID[:], x.ID[:]) }) {
		if rules.Selects(q, &e) && len(page) < q.Limit {
			page = append(page, e)
		}
	}
	return page
}

// queries are of every kind, and some of each.
func queries(scopes, accounts []uuid.UUID, l log) (list []store.EventQuery) {
	for _, limit := range []int{1, 7, 1000} {
		for _, names := range [][]store.EventName{nil, {store.EventSignIn}, {"changed", store.EventRefreshed}, {"changed"}, {}} {
			before := l[rand.IntN(len(l))].ID
			for _, q := range []store.EventQuery{
				{}, {Before: before}, {From: now.Add(40 * time.Second)}, {To: now.Add(time.Minute), Before: before}, {Before: uuid.Max},
			} {
				q.Names, q.Limit, q.All = names, limit, true
				list = append(list, q)
				q.All, q.Scope = false, scopes[rand.IntN(len(scopes))]
				list = append(list, q)
				q.Account = accounts[rand.IntN(len(accounts))]
				list = append(list, q)
			}
		}
	}
	return list
}

func wantLog(t *testing.T, s *sqlite.Store, l log, scopes, accounts []uuid.UUID) {
	t.Helper()
	for _, q := range queries(scopes, accounts, l) {
		got, err := s.ListEvents(t.Context(), q)
		must(t, err)
		if want := l.list(q); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: %d events\n%+v, want %d\n%+v", q, len(got), got, len(want), want)
		}
	}
}

// TestLog writes events in every way, by ids in any order, and reads them in every way: those that are chained and
// those that are in an index make one list.
func TestLog(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1000)
	a, b := child(t, s, p), child(t, s, p)
	scopes, accounts := []uuid.UUID{p.ID, store.Root}, []uuid.UUID{a.ID, b.ID, p.ID, id()}
	n := signIn(a, p.ID)
	n.Session.RefreshUntil = now.Add(time.Hour)
	_, err := s.CreateSession(t.Context(), n, now)
	must(t, err)
	var l log
	event := func(i int) store.Event {
		at := now.Add(time.Duration(i/2+rand.IntN(30)) * time.Second)
		name := []store.EventName{store.EventSignIn, store.EventRefreshed, "changed"}[rand.IntN(3)]
		return personal(idAt(at, rand.Uint64N(3)), at, name, scopes[rand.IntN(2)], accounts[rand.IntN(4)])
	}
	for i := range 150 {
		events := []store.Event{event(i), event(i)}
		switch add := rand.IntN(3); add {
		case 0:
			n := signIn([]store.Account{a, b}[rand.IntN(2)], p.ID)
			n.Events = events
			_, err = s.CreateSession(t.Context(), n, now)
		case 1:
			_, err = s.RotateSession(t.Context(), store.Rotation{
				Session: n.Session.ID, Generation: n.Session.Generation, ExpiresAt: now.Add(time.Hour), RefreshUntil: now.Add(time.Hour), Moved: events,
			}, now)
			n.Session.Generation++
		default:
			events = events[:1]
			err = s.AddEvents(t.Context(), events)
			if j := slices.IndexFunc(l, func(e store.Event) bool { return e.ID == events[0].ID }); j >= 0 {
				l[j].Count++
			}
		}
		must(t, err)
		for _, e := range events {
			if !slices.ContainsFunc(l, func(o store.Event) bool { return o.ID == e.ID }) {
				l = append(l, e)
			}
		}
		if i%50 == 49 {
			wantLog(t, s, l, scopes, accounts)
		}
	}
	wantPlans(t, s, 10)
	chained, err := s.Texts(`SELECT name, count(*) FROM events WHERE previous IS NOT NULL GROUP BY name ORDER BY name`)
	if err != nil || len(chained) != 2 || !strings.HasPrefix(chained[0], "refreshed ") || !strings.HasPrefix(chained[1], "sign_in ") {
		t.Errorf("chained are %q, %v", chained, err)
	}
	// Routine events go first, the oldest of them before the others.
	for _, days := range []int{91, 401} {
		cut := now.AddDate(0, 0, days)
		more := true
		for rounds := 0; more; rounds++ {
			more, err = s.Sweep(t.Context(), 7, cut)
			must(t, err)
			if rounds > 400 {
				t.Fatal("it never ends")
			}
			if rounds%5 == 0 && days == 91 {
				left, err := s.ListEvents(t.Context(), store.EventQuery{All: true, Limit: 1000})
				must(t, err)
				wantLog(t, s, left, scopes, accounts)
			}
		}
		l = slices.DeleteFunc(l, func(e store.Event) bool { return days == 401 || rules.Routine(e.Name) })
		got, err := s.ListEvents(t.Context(), store.EventQuery{All: true, Limit: 1000})
		if want := l.list(store.EventQuery{All: true, Limit: 1000}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("after %d days there are %d, want %d (%v)", days, len(got), len(want), err)
		}
	}
}

// TestErasureOfManyEvents deletes accounts with more events than go at once: nobody sees what tells of a person from
// then on, and Sweep takes it from the disk.
func TestErasureOfManyEvents(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1<<20)
	a, b, other := child(t, s, p), child(t, s, p), child(t, s, p)
	const signIns, changes = 1500, 1200
	for _, x := range []store.Account{a, b, other} {
		var events []store.Event
		for i := range signIns {
			events = append(events, personal(idAt(now.Add(time.Duration(i)), uint64(i)<<20|uint64(x.Number)), now, store.EventSignIn, p.ID, x.ID))
		}
		n := signIn(x, p.ID)
		n.Events = events
		_, err := s.CreateSession(t.Context(), n, now)
		must(t, err)
		events = nil
		for i := range changes {
			events = append(events, personal(idAt(now, 1<<40+uint64(i)<<20|uint64(x.Number)), now, "changed", p.ID, x.ID))
		}
		must(t, s.AddEvents(t.Context(), events))
	}
	wantErased := func(account uuid.UUID, erased bool) {
		t.Helper()
		list, err := s.ListEvents(t.Context(), store.EventQuery{Account: account, Limit: 1 << 20})
		if err != nil || len(list) < signIns+changes {
			t.Fatal(len(list), err)
		}
		for _, e := range list {
			if (e == rules.Erased(e)) != erased || e.Commitment == ([16]byte{}) {
				t.Fatalf("%+v", e)
			}
		}
	}
	onDisk := func(account uuid.UUID) string {
		t.Helper()
		left, err := s.Texts(fmt.Sprintf(`SELECT count(*) FROM events WHERE account = x'%x' AND coalesce(network, detail, salt) IS NOT NULL`, account[:]))
		must(t, err)
		return left[0]
	}
	gone := personal(idAt(now, 1), now, "deleted", p.ID, a.ID)
	must(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: p.ID, ID: a.ID, Events: []store.Event{gone}}, now))
	wantErased(a.ID, true)
	wantErased(b.ID, false)
	if left := onDisk(a.ID); left != "1700" {
		t.Errorf("%s are left on the disk", left)
	}
	must(t, s.AddEvents(t.Context(), []store.Event{personal(idAt(now, 2), now, "refused", p.ID, a.ID)}))
	for _, left := range []string{"700", "0"} {
		more, err := s.Sweep(t.Context(), 1000, now)
		if err != nil || more != (left != "0") || onDisk(a.ID) != left {
			t.Errorf("more: %v, %s are left on the disk, want %s (%v)", more, onDisk(a.ID), left, err)
		}
	}
	wantErased(a.ID, true)

	must(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: store.Root, ID: p.ID}, now))
	wantErased(b.ID, true)
	for n := 0; ; n++ {
		more, err := s.Sweep(t.Context(), 500, now)
		must(t, err)
		if !more {
			break
		}
		if n > 20 {
			t.Fatal("it never ends")
		}
	}
	wantErased(other.ID, true)
	if left := onDisk(b.ID) + onDisk(other.ID); left != "00" {
		t.Errorf("%s are left on the disk", left)
	}
}

// TestErasureStaysInItsChain deletes an account whose chain led to an id that another account has by now.
func TestErasureStaysInItsChain(t *testing.T) {
	t.Parallel()
	s := open(t, file(t))
	p := parent(t, s, 1000)
	a, b := child(t, s, p), child(t, s, p)
	want := log{personal(idAt(now, 1), now, store.EventSignIn, p.ID, b.ID)}
	for _, x := range []store.Account{a, b} {
		n := signIn(x, p.ID)
		n.Events = []store.Event{personal(want[0].ID, now, store.EventSignIn, p.ID, x.ID)}
		_, err := s.CreateSession(t.Context(), n, now)
		must(t, err)
		if x.ID == a.ID {
			_, err = s.Sweep(t.Context(), 1, now.AddDate(0, 0, 91))
			must(t, err)
		}
	}
	must(t, s.DeleteAccount(t.Context(), store.Deletion{Scope: p.ID, ID: a.ID}, now))
	wantLog(t, s, want, []uuid.UUID{p.ID}, []uuid.UUID{a.ID, b.ID})
}
