package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestUsed(t *testing.T) {
	at := func(counter int64) *store.Factor { return &store.Factor{ID: other, Counter: counter} }
	for _, c := range []struct {
		name string
		use  store.Use
		f    *store.Factor
		want bool
	}{
		{"none", store.Use{Counter: 3}, nil, true},
		{"absent", store.Use{Factor: other, Counter: 3}, nil, false},
		{"pending", store.Use{Factor: other, Counter: 3}, &store.Factor{PendingUntil: now}, false},
		{"later", store.Use{Factor: other, Counter: 3}, at(2), true},
		{"the same", store.Use{Factor: other, Counter: 3}, at(3), false},
		{"earlier", store.Use{Factor: other, Counter: 2}, at(3), false},
		{"zero after zero", store.Use{Factor: other}, at(0), true},
		{"zero after one", store.Use{Factor: other}, at(1), false},
		{"below zero after zero", store.Use{Factor: other, Counter: -1}, at(0), false},
	} {
		if rules.Used(c.use, c.f) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
	got := rules.AfterUse(*at(2), store.Use{Factor: other, Counter: 3}, now.Add(time.Microsecond))
	if got.Counter != 3 || got.UsedAt != now {
		t.Errorf("after it %+v", got)
	}
}

func TestAChallengeIsRememberedUntilItsEnd(t *testing.T) {
	if !rules.Remembered(now, now.Add(-1)) || rules.Remembered(now, now) {
		t.Error("it ends at another time")
	}
	if _, any := rules.Forgets(store.Once{Until: now}); any {
		t.Error("no digest is remembered")
	}
	until, any := rules.Forgets(store.Once{Digest: store.Digest{1}, Until: now.Add(time.Microsecond)})
	if !any || until != now {
		t.Errorf("remembered %v until %v", any, until)
	}
}

func TestSignInUsesAFactorAndEndsTheOldest(t *testing.T) {
	n := store.NewSession{Session: store.Session{Account: child}, Use: store.Use{Factor: other, Counter: 5}, Most: 3}
	for living, want := range []int{0, 0, 0, 1, 2} {
		facts := rules.Signer{Found: true, Status: store.StatusActive, Factor: &store.Factor{ID: other, Counter: 4}, Living: living}
		got, err := rules.SignIn(n, facts, now)
		wants(t, err, nil)
		if got.Ends != want || got.Factor.Counter != 5 || got.Factor.UsedAt != now || facts.Factor.Counter != 4 {
			t.Errorf("of %d: signed in %+v", living, got)
		}
	}
	n.Most = 0
	got, err := rules.SignIn(n, rules.Signer{Found: true, Status: store.StatusActive, Factor: &store.Factor{ID: other}, Living: 9}, now)
	wants(t, err, nil)
	if got.Ends != 0 {
		t.Errorf("without a cap %d end", got.Ends)
	}
}

func TestCredentialsThatMakeNoSense(t *testing.T) {
	l, key := store.Linked{Issuer: "i", Subject: "s"}, []byte{1}
	for name, c := range map[string]struct {
		change store.Change
		want   bool
	}{
		"two of each": {store.Change{
			Link:       []store.Linked{l, {Issuer: "i", Subject: "other"}, {Issuer: "other", Subject: "s"}},
			PutFactors: []store.Factor{{ID: child, Credential: key}, {ID: other}, {ID: parent}},
		}, false},
		"what goes twice":                     {store.Change{Unlink: []store.IssuedKey{l.Key(), l.Key(), {}}, DropFactors: []uuid.UUID{child, child, {}}}, false},
		"used and dropped":                    {store.Change{Use: store.Use{Factor: child, Counter: 1}, DropFactors: []uuid.UUID{child}}, false},
		"without issuer":                      {store.Change{Link: []store.Linked{{Subject: "s"}}}, true},
		"without subject":                     {store.Change{Link: []store.Linked{{Issuer: "i"}}}, true},
		"linked twice":                        {store.Change{Link: []store.Linked{l, l}}, true},
		"linked and unlinked":                 {store.Change{Link: []store.Linked{l}, Unlink: []store.IssuedKey{l.Key()}}, true},
		"without id":                          {store.Change{PutFactors: []store.Factor{{}}}, true},
		"without id, beside one that is used": {store.Change{PutFactors: []store.Factor{{}}, Use: store.Use{Factor: child, Counter: 1}}, true},
		"put twice":                           {store.Change{PutFactors: []store.Factor{{ID: child}, {ID: child}}}, true},
		"one credential of two":               {store.Change{PutFactors: []store.Factor{{ID: child, Credential: key}, {ID: other, Credential: key}}}, true},
		"put and dropped":                     {store.Change{PutFactors: []store.Factor{{ID: child}}, DropFactors: []uuid.UUID{child}}, true},
		"put and used":                        {store.Change{PutFactors: []store.Factor{{ID: child}}, Use: store.Use{Factor: child, Counter: 1}}, true},
	} {
		if got := rules.SenselessChange(c.change); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		_, err := rules.Update(c.change, rules.Updating{Found: true, Factors: []store.Factor{{ID: child}}}, now)
		if (err == store.ErrInvalid) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		n := store.NewAccount{Account: store.Account{ID: child}, Linked: c.change.Link, Factors: c.change.PutFactors}
		if rules.SenselessAccount(n) && !c.want {
			t.Errorf("%s: senseless in a new account", name)
		}
	}
}

func TestUpdateKeepsCredentialsAsTheAccountsOwn(t *testing.T) {
	c := store.Change{
		Account: store.Account{ID: child}, EndSessions: true, Use: store.Use{Factor: other, Counter: 8}, DropFactors: []uuid.UUID{uuid.Max},
		Link:       []store.Linked{{Issuer: "i", Subject: "s", Account: other, Scope: other, LinkedAt: now.Add(time.Microsecond)}},
		PutFactors: []store.Factor{{ID: parent, Account: other, Counter: 2, UsedAt: now.Add(-1e6), PendingUntil: now}},
	}
	has := []store.Factor{
		{ID: other, Counter: 7}, {ID: parent, Counter: 3, UsedAt: now, PendingUntil: now}, {ID: child, PendingUntil: now},
	}
	got, err := rules.Update(c, rules.Updating{Found: true, Was: store.Account{ID: child, Parent: parent}, Factors: has}, now)
	wants(t, err, nil)
	if want := (store.Linked{Issuer: "i", Subject: "s", Account: child, Scope: parent, LinkedAt: now}); !slices.Equal(got.Linked, []store.Linked{want}) {
		t.Errorf("linked are %+v", got.Linked)
	}
	if !slices.Equal(got.Dropped, []uuid.UUID{child}) {
		t.Errorf("dropped are %v", got.Dropped)
	}
	put, used := got.Factors[0], got.Factors[1]
	if put.Account != child || put.Counter != 3 || put.UsedAt != now || put.PendingUntil != now || used.ID != other || used.Counter != 8 || used.UsedAt != now {
		t.Errorf("factors are %+v", got.Factors)
	}
	if c.PutFactors[0].Account != other || c.Link[0].Account != other {
		t.Error("the request was written over")
	}
	c.DropFactors = []uuid.UUID{other}
	if got, err = rules.Update(c, rules.Updating{Found: true, Factors: has}, now); err != nil || len(got.Factors) != 1 || len(got.Dropped) != 2 {
		t.Errorf("used and dropped: %+v, %v", got, err)
	}
}

func TestStays(t *testing.T) {
	confirmed, begun := &store.Factor{ID: child}, &store.Factor{ID: other, PendingUntil: now}
	for name, c := range map[string]struct {
		change         store.Change
		first, another bool
	}{
		"nothing":      {store.Change{Use: store.Use{Factor: child}}, true, true},
		"dropped":      {store.Change{DropFactors: []uuid.UUID{child}}, false, true},
		"put":          {store.Change{PutFactors: []store.Factor{{ID: other}}}, true, false},
		"ended":        {store.Change{EndSessions: true}, true, false},
		"ended, kept":  {store.Change{EndSessions: true, PutFactors: []store.Factor{{ID: other}}}, true, false},
		"of an absent": {store.Change{DropFactors: []uuid.UUID{parent}}, true, true},
	} {
		if rules.Stays(c.change, confirmed) != c.first || rules.Stays(c.change, begun) != c.another {
			t.Errorf("%s: the confirmed one stays %v, the pending one %v", name, !c.first, !c.another)
		}
	}
	for name, c := range map[string]store.Change{
		"ends": {EndSessions: true}, "uses": {Use: store.Use{Factor: child}}, "puts": {PutFactors: []store.Factor{{}}}, "drops": {DropFactors: []uuid.UUID{{}}},
	} {
		if !rules.Handles(c) {
			t.Errorf("a change that %s does not look at factors", name)
		}
	}
	if rules.Handles(store.Change{Use: store.Use{Counter: 3}, Link: []store.Linked{{}}}) {
		t.Error("a change of nothing looks at factors")
	}
}
