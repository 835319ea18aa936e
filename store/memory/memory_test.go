package memory_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// numbered returns an id that sorts as n does.
func numbered(n int) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
	return id
}

func account(n int, parent uuid.UUID) store.Account {
	id := numbered(n)
	return store.Account{
		ID: id, Parent: parent, PublicKey: "APK_" + id.String(), Role: store.RoleUser, Status: store.StatusActive,
		Email: id.String() + "@example.com", EmailKey: id.String() + "@example.com", CreatedAt: now,
	}
}

func create(t testing.TB, s *memory.Store, a store.Account) store.Account {
	t.Helper()
	n := store.NewAccount{Account: a}
	if a.Parent == store.Root {
		n.Grant = &store.LedgerEntry{ID: numbered(0), Key: "grant", Operation: store.OpGrant, Amount: 1 << 40, At: now}
	}
	got, _, err := s.CreateAccount(t.Context(), n, now)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func signIn(t testing.TB, s *memory.Store, id, account uuid.UUID) {
	t.Helper()
	x := store.Session{ID: id, Account: account, Epoch: 1, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	if _, err := s.CreateSession(t.Context(), store.NewSession{Session: x}, now); err != nil {
		t.Fatal(err)
	}
}

// Nobody finds the secrets of a deleted account, so that only their memory tells whether they are gone.
func TestDeletionLeavesNoSecret(t *testing.T) {
	s := memory.New()
	parent := create(t, s, account(1, store.Root))
	gone, stays := create(t, s, account(2, parent.ID)), create(t, s, account(3, parent.ID))
	for i, a := range []store.Account{gone, stays} {
		for _, expires := range []time.Time{{}, now.Add(time.Hour)} {
			x := store.Secret{Account: a.ID, Purpose: store.PurposeReset, Digest: store.Digest{byte(i), byte(expires.Hour())}, CreatedAt: now, ExpiresAt: expires}
			if err := s.PutSecrets(t.Context(), []store.Secret{x}, now); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.DeleteAccount(t.Context(), store.Deletion{Scope: parent.ID, ID: gone.ID}, now); err != nil {
		t.Fatal(err)
	}
	if n := s.Secrets(); n != 2 {
		t.Errorf("%d secrets are kept, want the two of the account that stays", n)
	}
}

func TestSessionAllocatesNothing(t *testing.T) {
	s := memory.New()
	parent := account(1, store.Root)
	parent.OrganizationOwner, parent.Organization = parent.ID, &store.Organization{FactorRequired: true}
	create(t, s, parent)
	create(t, s, account(2, parent.ID))
	signIn(t, s, numbered(3), numbered(2))
	ctx := t.Context()
	allocs := testing.AllocsPerRun(100, func() {
		if l, err := s.Session(ctx, numbered(3), now); err != nil || !l.MustFactor {
			t.Fatal(l, err)
		}
		if _, err := s.Session(ctx, numbered(4), now); !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Fatalf("%v allocations", allocs)
	}
}

func TestNeitherSideReachesIntoTheOther(t *testing.T) {
	s := memory.New()
	a := account(1, store.Root)
	a.OrganizationOwner, a.Organization = a.ID, &store.Organization{Name: "O", Authorized: []uuid.UUID{a.ID}}
	a.PasswordHistory, a.Metadata = []store.SecretText{"$old"}, []byte("{}")
	spoil := func(a *store.Account) {
		a.Organization.Name, a.Organization.Authorized[0] = "spoilt", uuid.Nil
		a.PasswordHistory[0], a.Metadata[0] = "spoilt", 9
	}
	check := func(step string) {
		t.Helper()
		f, err := s.FindAccount(t.Context(), store.Lookup{ID: a.ID})
		if err != nil {
			t.Fatal(err)
		}
		g, o := f.Account, f.Organization
		if o.Name != "O" || o.Authorized[0] != a.ID || g.PasswordHistory[0] != "$old" || g.Metadata[0] != '{' {
			t.Fatalf("%s reached the store: %+v %+v", step, g, o)
		}
		spoil(&f.Account)
	}
	got := create(t, s, a)
	spoil(&a)
	check("what was passed to CreateAccount")
	spoil(&got)
	check("the answer of CreateAccount")
	check("the answer of FindAccount")
	list, err := s.ListAccounts(t.Context(), store.Root, store.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	spoil(&list[0])
	check("the answer of ListAccounts")
}

func TestPackagesAndMailAreCopied(t *testing.T) {
	s := memory.New()
	a := create(t, s, account(1, store.Root))
	p := &store.Package{Type: "STARTER", FreeUsers: 1}
	e := store.LedgerEntry{ID: numbered(2), Owner: a.ID, Key: "t", Operation: store.OpPackage, Amount: 5, Package: p}
	for range 2 {
		got, _, _, err := s.ApplyCredit(t.Context(), store.Posting{Entry: e})
		if err != nil || got.Package.Type != "STARTER" {
			t.Fatal(got.Package, err)
		}
		p.Type, got.Package.Type = "spoilt", "spoilt"
	}
	list, err := s.ListCredits(t.Context(), a.ID, store.CreditQuery{Operation: store.OpPackage, Limit: 9})
	if err != nil || len(list) != 1 || list[0].Package.Type != "STARTER" {
		t.Fatal(list, err)
	}
	args := map[string]string{"k": "v"}
	if err := s.QueueMail(t.Context(), []store.QueuedMail{{ID: numbered(1), Args: args, DueAt: now}}); err != nil {
		t.Fatal(err)
	}
	args["k"] = "spoilt"
	for range 2 {
		m, err := s.ClaimMail(t.Context(), 1, 0, now)
		if err != nil || len(m) != 1 || m[0].Args["k"] != "v" {
			t.Fatal(m, err)
		}
		m[0].Args["k"] = "spoilt"
	}
}

// TestListsStayInOrder makes and deletes children in random order, more than one piece of an index holds, and compares
// every page with a plain sorted slice.
func TestListsStayInOrder(t *testing.T) {
	s := memory.New()
	p := create(t, s, account(1<<20, store.Root)).ID
	r := rand.New(rand.NewPCG(1, 2))
	var want []int
	for _, n := range r.Perm(3000) {
		create(t, s, account(n, p))
		want = append(want, n)
		if r.IntN(3) == 0 {
			i := r.IntN(len(want))
			if err := s.DeleteAccount(t.Context(), store.Deletion{Scope: p, ID: numbered(want[i])}, now); err != nil {
				t.Fatal(err)
			}
			want = slices.Delete(want, i, i+1)
		}
	}
	slices.Sort(want)
	var got []int
	for after := (store.Position{}); ; {
		page, err := s.ListAccounts(t.Context(), p, store.Page{After: after, Limit: 7})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, a := range page {
			got = append(got, int(binary.BigEndian.Uint64(a.ID[:8]))-1)
			after = store.Position{At: a.CreatedAt, ID: a.ID}
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%d accounts listed, want %d", len(got), len(want))
	}
}

// TestSearchWaysAgree asks for a rare and a common prefix: one is answered from the names, the other from the
// list.
func TestSearchWaysAgree(t *testing.T) {
	s := memory.New()
	p := create(t, s, account(1<<20, store.Root)).ID
	for n := range 3000 {
		a := account(n, p)
		a.EmailKey = map[bool]string{true: "rare-", false: "common-"}[n%100 == 99] + a.EmailKey
		a.Username = a.EmailKey[:4] + a.ID.String()
		create(t, s, a)
	}
	for prefix, want := range map[string]int{"rare": 29, "common-": 2900 - 29, "rare-x": 0} {
		page, err := s.ListAccounts(t.Context(), p, store.Page{After: store.Position{At: now, ID: numbered(99)}, Limit: 5000, Search: prefix})
		if err != nil {
			t.Fatal(err)
		}
		sorted := slices.IsSortedFunc(page, func(a, b store.Account) int { return slices.Compare(a.ID[:], b.ID[:]) })
		if len(page) != want || !sorted {
			t.Errorf("%q: %d accounts, want %d; in order: %v", prefix, len(page), want, sorted)
		}
	}
}

// TestJunkDoesNotEvictLock is R22: whoever makes a hundred thousand other counters stays locked, and they do not stay.
func TestJunkDoesNotEvictLock(t *testing.T) {
	s := memory.New()
	lock := store.Bucket{Key: store.Digest{1}, Limit: store.Limit{Free: 1, Base: time.Hour, Max: time.Hour, Window: time.Hour}}
	take := func(b store.Bucket, at time.Time) bool {
		t.Helper()
		d, err := s.Take(t.Context(), []store.Bucket{b}, at)
		if err != nil {
			t.Fatal(err)
		}
		return d.Allowed
	}
	if !take(lock, now) {
		t.Fatal("the first attempt was refused")
	}
	if err := s.Release(t.Context(), store.Release{Failed: []store.Bucket{lock}}, now); err != nil {
		t.Fatal(err)
	}
	before := heap()
	junk := store.Bucket{Limit: store.Limit{Every: time.Millisecond, Burst: 1}}
	for i := range 100_000 {
		binary.BigEndian.PutUint64(junk.Key[1:], uint64(i))
		take(junk, now.Add(time.Duration(i)*time.Millisecond))
	}
	if grown := heap() - before; grown > 4<<20 {
		t.Errorf("dead counters hold %d bytes", grown)
	}
	if take(lock, now.Add(59*time.Minute)) {
		t.Fatal("the lock is gone")
	}
	if !take(lock, now.Add(time.Hour)) {
		t.Fatal("the lock does not end")
	}
}

// heap returns the bytes in use. A hundred thousand counters would take some twenty million.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestOverflowIsRefused(t *testing.T) {
	s := memory.New()
	a := create(t, s, account(1, store.Root))
	before, err := s.Balance(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]store.LedgerEntry{
		"credits":    {Amount: math.MaxInt64 - before.Granted + 1},
		"free users": {Package: &store.Package{FreeUsers: -1}},
	} {
		e.ID, e.Owner, e.Key, e.Operation = numbered(2), a.ID, name, store.OpPackage
		if _, _, _, err := s.ApplyCredit(t.Context(), store.Posting{Entry: e}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := store.LedgerEntry{ID: numbered(2), Owner: a.ID, Key: "debit", Operation: "api", Amount: math.MinInt64}
	if _, _, _, err := s.ApplyCredit(t.Context(), store.Posting{Entry: e}); !errors.Is(err, store.ErrInsufficientCredits) {
		t.Error(err)
	}
	if after, err := s.Balance(t.Context(), a.ID); err != nil || after != before {
		t.Fatalf("%+v became %+v, %v", before, after, err)
	}
}

func TestMailIsCountedSoFar(t *testing.T) {
	s := memory.New()
	mails := make([]store.QueuedMail, store.MostMail+1)
	for i := range mails {
		mails[i] = store.QueuedMail{ID: numbered(i + 1), DueAt: time.UnixMilli(int64(i))}
	}
	if err := s.QueueMail(t.Context(), mails[1:]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if n, err := s.CountMail(t.Context()); err != nil || n.Waiting != store.MostMail || n.Failed != 0 || !n.Oldest.Equal(mails[1].DueAt) {
			t.Fatalf("%+v, %v", n, err)
		}
		if err := s.QueueMail(t.Context(), append(mails[:0:0], store.QueuedMail{ID: mails[0].ID, DueAt: mails[store.MostMail].DueAt})); err != nil {
			t.Fatal(err)
		}
	}
}
