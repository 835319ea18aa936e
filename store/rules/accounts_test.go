package rules_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

var (
	now    = time.Date(2044, 5, 6, 7, 8, 9, 12e6, time.UTC)
	parent = uuid.Must(uuid.NewV7())
	child  = uuid.Must(uuid.NewV7())
	other  = uuid.Must(uuid.NewV7())
)

// wants reports an error that is not exactly want: a Conflict with its Field, ErrNoParent and not the ErrNotFound it is.
func wants(t *testing.T, err, want error) {
	t.Helper()
	if err != want {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// An order is a request with everything wrong with it. Putting right one thing after the other must meet the errors in
// the order of the steps.
type order[F any] []struct {
	want  error
	right func(*F)
}

func (o order[F]) check(t *testing.T, facts F, rule func(F) error) {
	t.Helper()
	for _, step := range o {
		wants(t, rule(facts), step.want)
		step.right(&facts)
	}
	wants(t, rule(facts), nil)
}

func required(owner uuid.UUID, price int64) store.Charge {
	return store.Charge{Owner: owner, Key: "key", Entry: other, Operation: store.OpSignIn, Price: price, Required: true}
}

func rich() rules.Purse {
	return rules.Purse{Found: true, Balance: store.Balance{Credits: 10, Granted: 10}}
}

func TestAdmitErrorsWinInOrder(t *testing.T) {
	type facts struct {
		n store.NewAccount
		w rules.Newcomer
	}
	broken := facts{
		store.NewAccount{
			Account: store.Account{Status: store.StatusDeleted, Parent: parent}, Effects: store.Effects{Charge: required(other, -1)}, Grant: &store.LedgerEntry{},
			Factors: []store.Factor{{}},
		},
		rules.Newcomer{Taken: "email", KeyTaken: true, Purse: rules.Purse{Taken: true}},
	}
	order[facts]{
		{store.ErrInvalid, func(f *facts) { f.n.Account.ID = child }},
		{store.ErrInvalid, func(f *facts) { f.n.Account.Status = store.StatusActive }},
		{store.ErrNoParent, func(f *facts) { f.w.Parent = &store.Account{ID: parent, Parent: other, Status: store.StatusActive} }},
		{store.ErrNoParent, func(f *facts) { f.w.Parent = &store.Account{ID: parent, Status: store.StatusDisabled} }},
		{store.ErrNoParent, func(f *facts) { f.w.Parent = &store.Account{ID: parent, Status: store.StatusActive} }},
		{store.ErrInvalid, func(f *facts) { f.n.Grant = nil }},
		{store.ErrInvalid, func(f *facts) { f.n.Factors = nil }},
		{store.ErrInvalid, func(f *facts) { f.n.Charge.Price = 3 }},
		{store.ErrInvalid, func(f *facts) { f.n.Charge.Owner = parent }},
		{store.ErrInsufficientCredits, func(f *facts) { f.w.Purse.Found, f.w.Purse.Balance.Credits = true, 2 }},
		{store.ErrInsufficientCredits, func(f *facts) { f.w.Purse.Balance.Credits = 3 }},
		{store.Conflict{}, func(f *facts) { f.w.Purse.Taken = false }},
		{store.Conflict{Field: "email"}, func(f *facts) { f.w.Taken = "" }},
		{store.Conflict{}, func(f *facts) { f.w.KeyTaken = false }},
	}.check(t, broken, func(f facts) error { _, err := rules.Admit(f.n, f.w, now); return err })
}

func TestARootAccountStartsWithItsGrant(t *testing.T) {
	root := store.Account{ID: parent, Status: store.StatusActive}
	for name, g := range map[string]store.LedgerEntry{
		"nothing":                 {},
		"credits":                 {Amount: 1},
		"a package of no users":   {Package: &store.Package{}},
		"a package of free users": {Amount: 5, Package: &store.Package{FreeUsers: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			n := store.NewAccount{Account: root, Grant: &g}
			got, err := rules.Admit(n, rules.Newcomer{}, now)
			wants(t, err, nil)
			if got.Stray || got.Account.ID != parent || rules.SenselessAccount(n) {
				t.Errorf("admitted %+v", got)
			}
		})
	}
}

func TestAnAccountKeepsWhatItComesWith(t *testing.T) {
	n := store.NewAccount{
		Account: store.Account{ID: child, Parent: parent},
		Linked:  []store.Linked{{Issuer: "i", Subject: "s", LinkedAt: now.Add(time.Microsecond), UsedAt: now.Add(time.Microsecond)}},
		Factors: []store.Factor{{ID: other, CreatedAt: now.Add(time.Microsecond), UsedAt: now.Add(time.Microsecond), PendingUntil: now.Add(time.Microsecond)}},
	}
	got, err := rules.Admit(n, rules.Newcomer{Parent: &store.Account{ID: parent, Status: store.StatusActive}}, now)
	wants(t, err, nil)
	linked := []store.Linked{{Account: child, Scope: parent, Issuer: "i", Subject: "s", LinkedAt: now, UsedAt: now}}
	factors := []store.Factor{{ID: other, Account: child, CreatedAt: now, UsedAt: now, PendingUntil: now}}
	if !reflect.DeepEqual(got.Linked, linked) || !reflect.DeepEqual(got.Factors, factors) {
		t.Errorf("admitted with %+v, %+v", got.Linked, got.Factors)
	}
}

func TestAdmitRefusesAGrantThatMakesNoSense(t *testing.T) {
	root := store.Account{ID: parent, Status: store.StatusActive}
	for name, g := range map[string]store.LedgerEntry{
		"negative":            {Amount: -1},
		"negative free users": {Package: &store.Package{FreeUsers: -1}},
		"paid for":            {Package: &store.Package{TransactionID: "tx"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rules.Admit(store.NewAccount{Account: root, Grant: &g}, rules.Newcomer{}, now)
			wants(t, err, store.ErrInvalid)
		})
	}
}

func TestWhatMakesNoSenseIsInvalidOnTheBestFacts(t *testing.T) {
	sound := map[string]bool{"nothing": true, "somebody else's charge of nothing": true}
	for name, spoil := range map[string]func(*store.NewAccount){
		"nothing":                           func(*store.NewAccount) {},
		"no id":                             func(n *store.NewAccount) { n.Account.ID = uuid.Nil },
		"born deleted":                      func(n *store.NewAccount) { n.Account.Status = store.StatusDeleted },
		"a child's grant":                   func(n *store.NewAccount) { n.Grant = &store.LedgerEntry{} },
		"a charge of somebody else":         func(n *store.NewAccount) { n.Charge.Owner = other },
		"somebody else's charge of nothing": func(n *store.NewAccount) { n.Charge.Owner, n.Charge.Price = other, 0 },
		"a factor without id":               func(n *store.NewAccount) { n.Factors = []store.Factor{{}} },
		"an identity without issuer":        func(n *store.NewAccount) { n.Linked = []store.Linked{{Subject: "s"}} },
		"a negative price":                  func(n *store.NewAccount) { n.Charge.Price = -1 },
		"a negative price of nobody":        func(n *store.NewAccount) { n.Charge = store.Charge{Price: -1} },
	} {
		t.Run(name, func(t *testing.T) {
			n := store.NewAccount{Account: store.Account{ID: child, Parent: parent, Status: store.StatusActive}, Effects: store.Effects{Charge: required(parent, 3)}}
			spoil(&n)
			_, err := rules.Admit(n, rules.Newcomer{Parent: &store.Account{Status: store.StatusActive}, Purse: rich()}, now)
			if got, want := rules.SenselessAccount(n), err == store.ErrInvalid; got != want || got == sound[name] {
				t.Errorf("senseless as a new account: %v, want %v", got, want)
			}
			c := store.Change{Account: n.Account, Effects: store.Effects{Charge: n.Charge}}
			_, err = rules.Update(c, rules.Updating{Found: true, Was: store.Account{ID: child}, Purse: rich()}, now)
			if got, want := rules.SenselessChange(c), err == store.ErrInvalid; got != want {
				t.Errorf("senseless as a change: %v, want %v", got, want)
			}
		})
	}
}

func TestAdmitCountsTheChildBeforeItPays(t *testing.T) {
	n := store.NewAccount{Account: store.Account{ID: child, Parent: parent, Epoch: 8, Version: 9}, Effects: store.Effects{Charge: required(parent, 3)}}
	facts := rules.Newcomer{Parent: &store.Account{Status: store.StatusActive}, Purse: rich()}
	got, err := rules.Admit(n, facts, now)
	wants(t, err, nil)
	want := store.Balance{Credits: 7, Granted: 10, Used: 3, SignIns: 1, Children: 1, LatestMonth: store.MonthOf(now)}
	if got.Payment.Receipt != (store.Receipt{Charged: true, Balance: want}) || got.Payment.Entry.Balance != 7 {
		t.Errorf("payment is %+v", got.Payment)
	}
	if got.Account.Epoch != 1 || got.Account.Version != 1 || !got.Stray {
		t.Errorf("admitted is %+v", got)
	}
	facts.Parent.House = true
	if got, _ := rules.Admit(n, facts, now); got.Stray {
		t.Error("a house's child strays")
	}
}

func TestARepeatedAccountStands(t *testing.T) {
	n := store.NewAccount{Account: store.Account{ID: child, Parent: parent}, Effects: store.Effects{Charge: required(parent, 3)}}
	purse := rich()
	for _, purse.Paid = range []bool{false, true} {
		got, err := rules.Admit(n, rules.Newcomer{Stands: true, Purse: purse, Taken: "email"}, now)
		wants(t, err, nil)
		if !got.Stands || got.Payment.Entry != nil || got.Payment.Receipt.Charged != purse.Paid || got.Payment.Receipt.Balance.Children != 0 {
			t.Errorf("paid %v: %+v", purse.Paid, got)
		}
	}
}

func TestUpdateErrorsWinInOrder(t *testing.T) {
	type facts struct {
		c store.Change
		w rules.Updating
	}
	proof := store.Digest{1}
	broken := facts{
		store.Change{
			Account: store.Account{Status: store.StatusDeleted, Version: 4}, Effects: store.Effects{Charge: required(parent, -1)}, Proof: proof, Use: store.Use{Factor: other, Counter: 7}, Once: store.Once{Digest: proof},
			Link:    []store.Linked{{}},
			Secrets: []store.Secret{{}},
		},
		rules.Updating{
			Was:     store.Account{ID: child, Parent: parent, Role: store.RoleAdmin, Status: store.StatusActive, Version: 5},
			Factors: []store.Factor{{ID: other, Counter: 7}}, Spent: true,
			Taken: "identity", Purse: rules.Purse{Taken: true},
		},
	}
	order[facts]{
		{store.ErrNotFound, func(f *facts) { f.w.Found = true }},
		{store.Conflict{}, func(f *facts) { f.c.Account.Version = 5 }},
		{store.ErrInvalid, func(f *facts) { f.c.Account.Status = store.StatusDisabled }},
		{store.ErrInvalid, func(f *facts) { f.c.Link = nil }},
		{store.ErrProofSpent, func(f *facts) { f.w.Secrets = []store.Secret{{Digest: proof, UsedAt: now}} }},
		{store.ErrProofSpent, func(f *facts) { f.w.Secrets = []store.Secret{{Digest: proof, ExpiresAt: now}} }},
		{store.ErrProofSpent, func(f *facts) { f.w.Secrets = []store.Secret{{Digest: proof}} }},
		{store.Conflict{}, func(f *facts) { f.c.Use.Counter = 8 }},
		{store.ErrProofSpent, func(f *facts) { f.w.Spent = false }},
		{store.ErrLastAdmin, func(f *facts) { f.w.OtherAdmin = true }},
		{store.ErrNotFound, func(f *facts) { f.w.Owners = true }},
		{store.ErrInvalid, func(f *facts) { f.c.Charge.Price = 3 }},
		{store.ErrInsufficientCredits, func(f *facts) { f.w.Purse.Found, f.w.Purse.Balance.Credits = true, 3 }},
		{store.Conflict{}, func(f *facts) { f.w.Purse.Taken = false }},
		{store.Conflict{Field: "identity"}, func(f *facts) { f.w.Taken = "" }},
	}.check(t, broken, func(f facts) error { _, err := rules.Update(f.c, f.w, now); return err })
}

func TestUpdateKeepsWhatItNeverMoves(t *testing.T) {
	was := store.Account{
		ID: child, Number: 3, Parent: parent, House: true, PublicKey: "APK_1", CreatedAt: now, LastSignIn: now, Epoch: 2, Version: 5,
	}
	c := store.Change{Account: store.Account{ID: child, Name: "new", Version: 5, Epoch: 70, Number: 8}, EndSessions: true}
	got, err := rules.Update(c, rules.Updating{Found: true, Was: was}, now)
	wants(t, err, nil)
	want := was
	want.Name, want.Epoch, want.Version = "new", 3, 6
	if !reflect.DeepEqual(got.Account, want) {
		t.Errorf("account is %+v", got.Account)
	}
}

func TestUpdateSpendsProofAndWhatItVoids(t *testing.T) {
	list := []store.Secret{
		{Digest: store.Digest{1}, Purpose: store.PurposeReset},
		{Digest: store.Digest{2}, Purpose: store.PurposeVerify},
		{Digest: store.Digest{3}, Purpose: store.PurposeVerify, ExpiresAt: now},
		{Digest: store.Digest{4}, Purpose: store.PurposeSignIn},
		{Digest: store.Digest{5}, Purpose: store.PurposeVerify, UsedAt: now.Add(-1)},
	}
	c := store.Change{Account: store.Account{ID: child}, Proof: list[0].Digest, Void: []store.Purpose{store.PurposeVerify}}
	got, err := rules.Update(c, rules.Updating{Found: true, Was: store.Account{ID: child}, Secrets: list}, now)
	wants(t, err, nil)
	if len(got.Spent) != 3 || got.Spent[0].UsedAt != now {
		t.Fatalf("spent are %+v", got.Spent)
	}
	for i, x := range got.Spent {
		if x.Digest != list[i].Digest {
			t.Errorf("spent is %v, want %v", x.Digest, list[i].Digest)
		}
	}
}

func TestTombstoneErrorsWinInOrder(t *testing.T) {
	was := store.Account{ID: child, Parent: parent, Role: store.RoleAdmin, Status: store.StatusActive}
	for _, c := range []struct {
		name  string
		scope uuid.UUID
		facts rules.Leaving
		want  error
	}{
		{"gone", parent, rules.Leaving{}, store.ErrNotFound},
		{"in another scope", other, rules.Leaving{Found: true, Was: was}, store.ErrNotFound},
		{"a user, the only one", parent, rules.Leaving{Found: true, Was: store.Account{ID: child, Parent: parent, Status: store.StatusActive}}, nil},
		{"nothing, at the root", store.Root, rules.Leaving{}, store.ErrNotFound},
		{"the last admin", parent, rules.Leaving{Found: true, Was: was}, store.ErrLastAdmin},
		{"one of two", parent, rules.Leaving{Found: true, Was: was, OtherAdmin: true}, nil},
	} {
		_, err := rules.Tombstone(c.scope, c.facts, now)
		if err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// An admin of a scope is guarded; that of none, or one who is an admin no more, is not.
func TestOnlyTheAdminsOfAScopeResign(t *testing.T) {
	admin := store.Account{Parent: parent, Role: store.RoleAdmin, Status: store.StatusActive}
	change := func(f func(*store.Account)) *store.Account {
		a := admin
		f(&a)
		return &a
	}
	root := change(func(a *store.Account) { a.Parent = store.Root })
	user := change(func(a *store.Account) { a.Role = store.RoleUser })
	disabled := change(func(a *store.Account) { a.Status = store.StatusDisabled })
	for _, c := range []struct {
		name      string
		was, next *store.Account
		want      bool
	}{
		{"an admin goes", &admin, nil, true},
		{"an admin becomes a user", &admin, user, true},
		{"an admin is disabled", &admin, disabled, true},
		{"an admin stays one", &admin, &admin, false},
		{"a root account goes", root, nil, false},
		{"a user goes", user, nil, false},
		{"a disabled admin goes", disabled, nil, false},
		{"a disabled admin becomes a user", disabled, user, false},
	} {
		if got := rules.Resigns(c.was, c.next); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := rules.Admin(c.was); got != (c.was.Role == store.RoleAdmin && c.was != disabled) {
			t.Errorf("%s: an admin before: %v", c.name, got)
		}
	}
}

func TestAChangeKeepsWhatItAddsAndPays(t *testing.T) {
	secret := store.Secret{Account: child, Digest: store.Digest{7}, Purpose: store.PurposeReset}
	c := store.Change{Account: store.Account{ID: child}, Effects: store.Effects{Charge: required(parent, 3)}, Secrets: []store.Secret{secret}}
	got, err := rules.Update(c, rules.Updating{Found: true, Owners: true, Was: store.Account{ID: child, Epoch: 4}, Purse: rich()}, now)
	wants(t, err, nil)
	if len(got.Added) != 1 || got.Added[0].Digest != secret.Digest || !got.Payment.Receipt.Charged || got.Payment.Receipt.Balance.Credits != 7 {
		t.Errorf("changed %+v", got)
	}
	if got.Account.Epoch != 4 {
		t.Error("sessions end without being asked to")
	}
}

func TestEraseKeepsNoPerson(t *testing.T) {
	got := rules.Erase(store.Account{
		ID: child, Email: "a", EmailKey: "a", Username: "b", Name: "c", Password: "d", Locale: "e", Metadata: []byte{1}, Factors: store.HasTOTP, PublicKey: "APK_1",
		House: true, Number: 8, Parent: parent, KeyMaster: "m", KeyVersion: 6, CreatedAt: now.Add(-time.Hour),
		Organization: &store.Organization{}, LastSignIn: now, EmailVerifiedAt: now, EmailProvenAt: now, Epoch: 3, Version: 4, Role: store.RoleAdmin,
	}, now.Add(time.Microsecond))
	want := store.Account{
		ID: child, House: true, Number: 8, Parent: parent, KeyMaster: "m", KeyVersion: 6, CreatedAt: now.Add(-time.Hour),
		PublicKey: "APK_1", Role: store.RoleAdmin, Status: store.StatusDeleted, Epoch: 4, Version: 5, UpdatedAt: now,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("tombstone is %+v, want %+v", got, want)
	}
}

func TestGoneAndActive(t *testing.T) {
	for _, c := range []struct {
		status, parent store.Status
		gone, active   bool
	}{
		{store.StatusActive, "", false, true},
		{store.StatusActive, store.StatusActive, false, true},
		{store.StatusActive, store.StatusDisabled, false, false},
		{store.StatusActive, store.StatusDeleted, true, false},
		{store.StatusDisabled, "", false, false},
		{store.StatusDeleted, "", true, false},
	} {
		if rules.Gone(c.status, c.parent) != c.gone || rules.Active(c.status, c.parent) != c.active {
			t.Errorf("%q below %q is judged wrongly", c.status, c.parent)
		}
	}
}

func TestTimesAreKeptInWholeMilliseconds(t *testing.T) {
	late := now.Add(999 * time.Microsecond).In(time.FixedZone("", 3600))
	if got := rules.Whole(late); got != now {
		t.Errorf("%v is kept as %v", late, got)
	}
	a := store.Account{PasswordChangedAt: late, EmailVerifiedAt: late, EmailProvenAt: late, CreatedAt: late, UpdatedAt: late, LastSignIn: late}
	want := store.Account{PasswordChangedAt: now, EmailVerifiedAt: now, EmailProvenAt: now, CreatedAt: now, UpdatedAt: now, LastSignIn: now}
	if got := rules.WholeAccount(a); !reflect.DeepEqual(got, want) {
		t.Errorf("an account is kept as %+v", got)
	}
}

func TestUsernameKeyLowersASCIIOnly(t *testing.T) {
	if got := rules.UsernameKey("ÄBcZ_9İ"); got != "Äbcz_9İ" {
		t.Errorf("key is %q", got)
	}
}

func TestNoParentIsToldApart(t *testing.T) {
	_, err := rules.Scope(store.Lookup{ScopeKey: "APK_1"}, nil)
	if !errors.Is(err, store.ErrNotFound) || err != store.ErrNoParent {
		t.Errorf("error is %v", err)
	}
}
