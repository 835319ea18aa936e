package rules_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

func TestClaim(t *testing.T) {
	code := store.Digest{1}
	net := store.Digest{7}
	mine := store.Secret{Purpose: store.PurposeSignIn, Address: "a@x", Asker: net, Digest: code, ExpiresAt: now.Add(1)}
	sibling := mine
	sibling.Digest, sibling.Address = store.Digest{2}, ""
	spoilt := func(f func(*store.Secret)) store.Secret { x := mine; f(&x); return x }
	worn, others := sibling, sibling
	worn.Tries, others.Asker = 3, store.Digest{8}
	served := sibling
	served.UsedAt = now.Add(-time.Hour)
	claim := store.Claim{Purpose: store.PurposeSignIn, Digest: code, Asker: net, Tries: 3}
	wrong, single, uncounted, stranger, guess := claim, claim, claim, claim, claim
	wrong.Digest, single.Single, uncounted.Tries = store.Digest{9}, true, 0
	stranger.Asker, guess.Asker, guess.Digest = store.Digest{}, store.Digest{}, wrong.Digest
	for _, c := range []struct {
		name        string
		claim       store.Claim
		list        []store.Secret
		matched     bool
		tried, used int
	}{
		{"a match uses up all", claim, []store.Secret{mine, sibling}, true, 2, 2},
		{"or just itself", single, []store.Secret{mine, sibling}, true, 2, 1},
		{"a wrong code counts on all", wrong, []store.Secret{mine, sibling}, false, 2, 0},
		{"without a limit nothing counts", uncounted, []store.Secret{mine, sibling}, true, 0, 2},
		{"used", claim, []store.Secret{spoilt(func(x *store.Secret) { x.UsedAt = now })}, false, 0, 0},
		{"expired", claim, []store.Secret{spoilt(func(x *store.Secret) { x.ExpiresAt = now })}, false, 0, 0},
		{"tried too often", claim, []store.Secret{spoilt(func(x *store.Secret) { x.Tries = 3 })}, false, 0, 0},
		{"of another purpose", claim, []store.Secret{spoilt(func(x *store.Secret) { x.Purpose = store.PurposeReset })}, false, 0, 0},
		{"mailed to an address that was left", claim, []store.Secret{spoilt(func(x *store.Secret) { x.Address = "b@x" })}, false, 0, 0},
		{"a sibling that is worn out", claim, []store.Secret{mine, worn}, true, 4, 2},
		{"a sibling that somebody else asked for", claim, []store.Secret{mine, others}, true, 1, 2},
		{"a wrong code at the own one alone", wrong, []store.Secret{mine, others}, false, 1, 0},
		{"a sibling that was used before stays as it is", claim, []store.Secret{mine, served}, true, 1, 1},
		{"what somebody else asked for", claim, []store.Secret{spoilt(func(x *store.Secret) { x.Asker = others.Asker })}, false, 0, 0},
		{"anybody", stranger, []store.Secret{mine, others}, true, 0, 2},
		{"anybody, at one that is worn out", stranger, []store.Secret{spoilt(func(x *store.Secret) { x.Tries = 3 }), sibling}, true, 3, 2},
		{"anybody, wrong", guess, []store.Secret{mine, others}, false, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rules.Claim(c.claim, "a@x", c.list, now)
			tried, used := 0, 0
			for _, x := range got.Secrets {
				tried += x.Tries
				if !x.UsedAt.IsZero() {
					used++
				}
			}
			if got.Matched != c.matched || tried != c.tried || used != c.used {
				t.Errorf("matched %v, tried %d, used %d: %+v", got.Matched, tried, used, got.Secrets)
			}
		})
	}
}

func TestPut(t *testing.T) {
	x := store.Secret{Tries: 4, UsedAt: now, CreatedAt: now.Add(time.Microsecond)}
	_, err := rules.Put([]store.Secret{x}, false)
	wants(t, err, store.ErrNotFound)
	got, err := rules.Put([]store.Secret{x}, true)
	wants(t, err, nil)
	if got[0] != (store.Secret{CreatedAt: now}) || x.Tries != 4 {
		t.Errorf("kept are %+v", got)
	}
	_, err = rules.Put(nil, false)
	wants(t, err, nil)
}

func TestReplacedIsWhatTheSameMailBroughtBefore(t *testing.T) {
	mail := uuid.UUID{1}
	list := []store.Secret{{Account: uuid.UUID{9}, Mail: mail}, {Account: uuid.UUID{9}}}
	for _, c := range []struct {
		x    store.Secret
		want bool
	}{
		{store.Secret{Account: uuid.UUID{9}, Mail: mail}, true},
		{store.Secret{Account: uuid.UUID{8}, Mail: mail}, false},
		{store.Secret{Account: uuid.UUID{9}, Mail: uuid.UUID{2}}, false},
		{store.Secret{Account: uuid.UUID{9}}, false},
	} {
		if rules.Replaced(&c.x, list) != c.want {
			t.Errorf("%+v: %v", c.x, !c.want)
		}
	}
}

func TestForgotten(t *testing.T) {
	for _, x := range []store.Secret{{ExpiresAt: now, UsedAt: now.Add(-1)}, {UsedAt: now}} {
		if !rules.Forgotten(&x).Equal(now) {
			t.Errorf("%+v is forgotten at %v", x, rules.Forgotten(&x))
		}
	}
	if !rules.Forgotten(&store.Secret{}).IsZero() {
		t.Error("one that lives for ever is forgotten")
	}
}

// The last try is a try, and there is none after it.
func TestAnAskerHasSoManyTries(t *testing.T) {
	asker := store.Digest{9}
	for tries, want := range map[int]bool{0: true, 1: false} {
		list := []store.Secret{{Digest: store.Digest{1}, Purpose: store.PurposeSignIn, Asker: asker, Tries: tries}}
		got := rules.Claim(store.Claim{Purpose: store.PurposeSignIn, Digest: store.Digest{1}, Asker: asker, Tries: 1}, "", list, now)
		if got.Matched != want || want && got.Secrets[0].Tries != 1 {
			t.Errorf("after %d tries of one: %+v", tries, got)
		}
	}
}

func TestNoProofSpendsNothing(t *testing.T) {
	got, err := rules.Update(store.Change{Account: store.Account{ID: child}}, rules.Updating{
		Found: true, Was: store.Account{ID: child}, Secrets: []store.Secret{{Purpose: store.PurposeReset}},
	}, now)
	wants(t, err, nil)
	if len(got.Spent) != 0 {
		t.Errorf("spent %+v", got.Spent)
	}
}

// A try that counts at a secret, or cannot count at any, writes no row; all others write one of 256.
func TestUnread(t *testing.T) {
	full := store.Claim{Digest: store.Digest{7, 8}, Asker: store.Digest{1}, Tries: 1}
	want := store.Digest{}
	for i := range want {
		want[i] = 7
	}
	if key, ok := rules.Unread(full, 0); !ok || key != want {
		t.Errorf("%v, %x", ok, key)
	}
	stranger, free := full, full
	stranger.Asker, free.Tries = store.Digest{}, 0
	for name, ok := range map[string]bool{"counted": second(rules.Unread(full, 1)), "a stranger": second(rules.Unread(stranger, 0)), "no limit": second(rules.Unread(free, 0))} {
		if ok {
			t.Errorf("%s: a row", name)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }
