package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestTheFirstFieldOfALookupCounts(t *testing.T) {
	l := store.Lookup{
		ID: child, Number: 5, PublicKey: "APK_2", ScopeKey: "APK_1", ScopeNumber: 7, Scope: parent, Email: "e", GoogleSubject: "g", Stray: true,
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
	google, email := rules.Name{Field: "google", Key: "g"}, rules.Name{Field: "email", Key: "e"}
	both := store.Lookup{GoogleSubject: "g", Email: "e"}
	widget := both
	widget.ScopeKey, widget.Widget = "APK_1", true
	keyless := both
	keyless.Widget = true
	for _, c := range []struct {
		name string
		l    store.Lookup
		want []rules.Place
	}{
		{"both", both, []rules.Place{{parent, google}, {parent, email}}},
		{"an email", store.Lookup{Email: "e"}, []rules.Place{{parent, email}}},
		{"a widget", widget, []rules.Place{{parent, google}, {store.Root, google}, {parent, email}, {store.Root, email}}},
		{"a widget without key", keyless, []rules.Place{{parent, google}, {parent, email}}},
		{"nothing", store.Lookup{}, nil},
	} {
		if got := slices.Collect(rules.Places(c.l, parent)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
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
	for l, want := range map[store.Lookup]bool{
		{Number: 1}:                      true,
		{PublicKey: "APK_1"}:             true,
		{ID: parent}:                     false,
		{ID: parent, PublicKey: "APK_1"}: false,
		{Email: "e"}:                     false,
	} {
		if got := rules.Hidden(l, house); got != want || rules.Hidden(l, tenant) {
			t.Errorf("%+v: %v, want %v", l, got, want)
		}
	}
	if rules.Listed(house, store.Page{}) || !rules.Listed(&store.Account{ID: child}, store.Page{}) {
		t.Error("a house is listed, or nobody else")
	}
}

func TestStraysAreLookedForWithoutKeyOnly(t *testing.T) {
	for l, want := range map[store.Lookup]bool{
		{Stray: true, Email: "e"}:                  true,
		{Stray: true}:                              false,
		{Email: "e"}:                               false,
		{Stray: true, Email: "e", Scope: parent}:   false,
		{Stray: true, Email: "e", ScopeKey: "APK"}: false,
	} {
		if rules.Strays(l) != want {
			t.Errorf("%+v: %v", l, !want)
		}
	}
	for n, want := range []bool{false, true, false} {
		if _, ok := rules.Alone(make([]int, n)); ok != want {
			t.Errorf("one of %d: %v", n, ok)
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
		{"after itself", store.Page{After: child}, false},
	} {
		if got := rules.Listed(a, c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
