package rules_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestTheFirstFieldOfALookupCounts(t *testing.T) {
	l := store.Lookup{
		ID: child, Number: 5, PublicKey: "APK_2", ScopeKey: "APK_1", ScopeNumber: 7, Scope: parent, Email: "e", Issuer: "i", Subject: "g", Credential: []byte{1}, Stray: true,
	}
	for _, c := range []struct {
		want  rules.Way
		keyed bool
		clear func()
	}{
		{rules.ByID, false, func() { l.ID = uuid.Nil }},
		{rules.ByNumber, false, func() { l.Number = 0 }},
		{rules.ByPublicKey, false, func() { l.PublicKey = "" }},
		{rules.ByScopeKey, true, func() { l.ScopeKey = "" }},
		{rules.ByScopeNumber, true, func() { l.ScopeNumber = 0 }},
		{rules.ByScope, false, func() { l = store.Lookup{} }},
		{rules.ByScope, false, func() {}},
	} {
		if got := rules.WayOf(l); got != c.want || rules.Keyed(l) != c.keyed {
			t.Errorf("%+v: way %v, keyed %v, want %v, %v", l, got, rules.Keyed(l), c.want, c.keyed)
		}
		c.clear()
	}
}

func TestPlacesComeInOrder(t *testing.T) {
	identity := store.IssuedKey{Issuer: "i", Subject: "s"}
	by := func(scope uuid.UUID) rules.Place { return rules.Place{Scope: scope, Identity: identity} }
	email := func(scope uuid.UUID) rules.Place { return rules.Place{Scope: scope, Email: "e"} }
	both := store.Lookup{Issuer: "i", Subject: "s", Email: "e"}
	widget, keyless, passkey := both, both, both
	widget.ScopeKey, widget.Widget = "APK_1", true
	keyless.Widget = true
	passkey.Credential, passkey.ScopeKey, passkey.Widget = []byte{1}, "APK_1", true
	all := passkey
	all.Username = "u"
	name := func(l store.Lookup) store.Lookup { l.Username = "u"; return l }
	for _, c := range []struct {
		name string
		l    store.Lookup
		want []rules.Place
	}{
		{"both", both, []rules.Place{by(parent), email(parent)}},
		{"an email", store.Lookup{Email: "e"}, []rules.Place{email(parent)}},
		{"an identity", store.Lookup{Issuer: "i", Subject: "s"}, []rules.Place{by(parent)}},
		{"half an identity", store.Lookup{Issuer: "i"}, nil},
		{"the other half", store.Lookup{Subject: "s"}, nil},
		{"a passkey", passkey, []rules.Place{{Scope: parent, Credential: []byte{1}}}},
		{"a widget", widget, []rules.Place{by(parent), by(store.Root), email(parent), email(store.Root)}},
		{"a widget without key", keyless, []rules.Place{by(parent), email(parent)}},
		{"a username", name(store.Lookup{}), []rules.Place{{Scope: parent, Username: "u"}}},
		{"a username, in a widget", name(store.Lookup{ScopeKey: "APK_1", Widget: true}), []rules.Place{{Scope: parent, Username: "u"}}},
		{"a username beside half an identity", name(store.Lookup{Issuer: "i"}), []rules.Place{{Scope: parent, Username: "u"}}},
		{"a username beside an email", name(store.Lookup{Email: "e"}), []rules.Place{email(parent)}},
		{"a username beside an identity", name(store.Lookup{Issuer: "i", Subject: "s"}), []rules.Place{by(parent)}},
		{"a username beside a passkey", all, []rules.Place{{Scope: parent, Credential: []byte{1}}}},
		{"nothing", store.Lookup{}, nil},
	} {
		if got := slices.Collect(rules.Places(c.l, parent)); !slices.EqualFunc(got, c.want, func(a, b rules.Place) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		n := 0
		for range rules.Places(c.l, parent) {
			n++
			break
		}
		if n != min(1, len(c.want)) {
			t.Errorf("%s: whoever stops is given %d", c.name, n)
		}
	}
}

func TestScopeIsALivingRootAccount(t *testing.T) {
	keyed := store.Lookup{Scope: other, ScopeNumber: 7}
	for _, c := range []struct {
		name  string
		l     store.Lookup
		owner *store.Account
		want  uuid.UUID
		err   error
	}{
		{"without key", store.Lookup{Scope: other}, nil, other, nil},
		{"unknown", keyed, nil, uuid.Nil, store.ErrNoParent},
		{"a child", keyed, &store.Account{ID: child, Parent: parent}, uuid.Nil, store.ErrNoParent},
		{"deleted", keyed, &store.Account{ID: parent, Status: store.StatusDeleted}, uuid.Nil, store.ErrNoParent},
		{"a house", keyed, &store.Account{ID: parent, House: true}, uuid.Nil, store.ErrNoParent},
		{"a house by id", store.Lookup{Scope: parent}, &store.Account{ID: parent, House: true}, parent, nil},
		{"disabled", keyed, &store.Account{ID: parent, Status: store.StatusDisabled}, parent, nil},
	} {
		if got, err := rules.Scope(c.l, c.owner); got != c.want || err != c.err {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestAHouseIsHiddenFromNumbersAndKeys(t *testing.T) {
	house, tenant := &store.Account{ID: parent, House: true}, &store.Account{ID: parent}
	for _, c := range []struct {
		l    store.Lookup
		want bool
	}{
		{store.Lookup{Number: 1}, true},
		{store.Lookup{PublicKey: "APK_1"}, true},
		{store.Lookup{ID: parent}, false},
		{store.Lookup{ID: parent, PublicKey: "APK_1"}, false},
		{store.Lookup{Email: "e"}, false},
	} {
		if got := rules.Hidden(c.l, house); got != c.want || rules.Hidden(c.l, tenant) {
			t.Errorf("%+v: %v, want %v", c.l, got, c.want)
		}
	}
	if rules.Listed(house, store.Page{}) || !rules.Listed(&store.Account{ID: child}, store.Page{}) {
		t.Error("a house is listed, or nobody else")
	}
}

func TestStraysAreLookedForWithoutKeyOnly(t *testing.T) {
	for _, c := range []struct {
		l    store.Lookup
		want bool
	}{
		{store.Lookup{Stray: true, Email: "e"}, true},
		{store.Lookup{Stray: true}, false},
		{store.Lookup{Stray: true, Username: "u"}, false},
		{store.Lookup{Email: "e"}, false},
		{store.Lookup{Stray: true, Email: "e", Scope: parent}, false},
		{store.Lookup{Stray: true, Email: "e", ScopeKey: "APK"}, false},
		{store.Lookup{Stray: true, Email: "e", Credential: []byte{1}}, false},
	} {
		if rules.Strays(c.l) != c.want {
			t.Errorf("%+v: %v", c.l, !c.want)
		}
	}
	for n, want := range []bool{false, true, false} {
		if _, ok := rules.Alone(make([]int, n)); ok != want {
			t.Errorf("one of %d: %v", n, ok)
		}
	}
}

func TestAUsernameCountsLast(t *testing.T) {
	for _, c := range []struct {
		l    store.Lookup
		want bool
	}{
		{store.Lookup{Username: "u"}, true},
		{store.Lookup{Username: "u", Issuer: "i"}, true},
		{store.Lookup{Username: "u", Subject: "s"}, true},
		{store.Lookup{}, false},
		{store.Lookup{Username: "u", Credential: []byte{1}}, false},
		{store.Lookup{Username: "u", Issuer: "i", Subject: "s"}, false},
		{store.Lookup{Username: "u", Email: "e"}, false},
	} {
		if rules.ByUsername(c.l) != c.want {
			t.Errorf("%+v: %v", c.l, !c.want)
		}
	}
}

func TestOrganizationIsTheNearest(t *testing.T) {
	own, owners, parents := new(store.Organization), new(store.Organization), new(store.Organization)
	if rules.Organization(own, owners, parents) != own || rules.Organization(nil, owners, parents) != owners ||
		rules.Organization(nil, nil, parents) != parents || rules.Organization(nil, nil, nil) != nil {
		t.Error("another one counts")
	}
}

func TestListed(t *testing.T) {
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	a := &store.Account{ID: child, EmailKey: "ada@one.example", Username: "Countess", CreatedAt: day}
	for _, c := range []struct {
		name string
		p    store.Page
		want bool
	}{
		{"all", store.Page{}, true},
		{"an email", store.Page{Search: "ada@"}, true},
		{"a username", store.Page{Search: "count"}, true},
		{"the middle of a name", store.Page{Search: "one"}, false},
		{"from then", store.Page{From: day}, true},
		{"from later", store.Page{From: day.Add(time.Millisecond)}, false},
		{"to then", store.Page{To: day}, false},
		{"to later", store.Page{To: day.Add(time.Millisecond)}, true},
		{"after itself", store.Page{After: store.Position{At: day, ID: child}}, false},
		{"after a later id of the same time", store.Page{After: store.Position{At: day, ID: uuid.Max}}, false},
		{"after a later id of an earlier time", store.Page{After: store.Position{At: day.Add(-time.Millisecond), ID: uuid.Max}}, true},
		{"after an earlier id of a later time", store.Page{After: store.Position{At: day.Add(time.Millisecond)}}, false},
	} {
		if got := rules.Listed(a, c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestStart(t *testing.T) {
	day := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	place := func(ms int) store.Position {
		return store.Position{At: day.Add(time.Duration(ms) * time.Millisecond), ID: child}
	}
	for _, c := range []struct {
		name string
		p    store.Page
		ms   int64
		id   uuid.UUID
	}{
		{"everything", store.Page{}, math.MinInt64, uuid.Nil},
		{"after an account", store.Page{After: place(0)}, day.UnixMilli(), child},
		{"after one of the zero time", store.Page{After: store.Position{ID: child}}, time.Time{}.UnixMilli(), child},
		{"from a day", store.Page{From: day}, day.UnixMilli() - 1, uuid.Max},
		{"from a day, after one of it", store.Page{From: day, After: place(0)}, day.UnixMilli(), child},
		{"from a day, after one before it", store.Page{From: day, After: place(-1)}, day.UnixMilli() - 1, uuid.Max},
		{"up to a day", store.Page{To: day}, math.MinInt64, uuid.Nil},
	} {
		if ms, id := rules.Start(c.p); ms != c.ms || id != c.id {
			t.Errorf("%s: %d, %v", c.name, ms, id)
		}
	}
}

// An organization has a client of an issuer once, if it is its own, named and on.
func TestClients(t *testing.T) {
	on := store.IssuerSettings{Issuer: "https://issuer.example", Enabled: true, ClientID: "c"}
	off, shared, unnamed, other := on, on, on, on
	off.Enabled, shared.Shared, unnamed.ClientID, other.ClientID = false, true, "", "d"
	got := rules.Clients(&store.Organization{Issuers: []store.IssuerSettings{on, off, shared, unnamed, on, other}})
	if want := []rules.Client{{on.Issuer, "c"}, {on.Issuer, "d"}}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := rules.Clients(nil); got != nil {
		t.Errorf("nobody has %v", got)
	}
}
