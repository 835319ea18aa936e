package storetest

import (
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func accounts(k *kit) {
	k.run("create", createAccount)
	k.run("find", findAccount)
	k.run("update", updateAccount)
	k.run("last admin", lastAdmin)
	k.run("delete", deleteAccount)
	k.run("list", listAccounts)
	k.run("count", countAccounts)
	k.run("races", raceAccounts)
}

func createAccount(k *kit) {
	k.run("a root account opens its balance with the grant", createRoot)
	k.run("a root account without grant has an empty balance", createWithoutGrant)
	k.run("a child charges and counts at its parent", createChild)
	k.run("the store sets number, epoch and version", createSetsNumbers)
	k.run("the parent must be an active root account", createNeedsParent)
	k.run("duplicate email undoes the charge", createDuplicateEmail)
	k.run("duplicate username undoes the charge", createDuplicateUsername)
	k.run("duplicate identity undoes the charge", createDuplicateIdentity)
	k.run("duplicate credential undoes the charge", createDuplicateCredential)
	k.run("a duplicate root account is refused", createDuplicateRoot)
	k.run("the same names in another scope are free", createSameNames)
	k.run("empty names do not collide", createEmptyNames)
	k.run("a taken public key stays taken", createTakenKey)
	k.run("insufficient credits make nothing", createInsufficient)
	k.run("an optional charge is left out", createOptionalCharge)
	k.run("the same id again changes nothing", createAgain)
	k.run("the same id again answers what stands", createAgainChanged)
	k.run("mail is queued with it", createMail)
	k.run("names are compared byte by byte", nameBytes)
	k.run("a zero id makes no sense", createZeroID)
	k.run("a grant is of a root account and not negative", createBadGrant)
	k.run("nobody pays for a root account", createPaidRoot)
	k.run("of two errors the first wins", createOrder)
	k.run("the same id again wins over every error", createRepeats)
}

func createRoot(k *kit) {
	a := account(store.Root)
	a.OrganizationOwner, a.Organization = a.ID, organization()
	got, receipt, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Grant: grant(a.ID, 3000)}, now)
	k.ok(err)
	a.Number, a.Epoch, a.Version = got.Number, 1, 1
	k.equal("answer", got, a)
	k.equal("stored", k.find(a.ID), a)
	k.equal("receipt", receipt, store.Receipt{})
	want := store.Balance{Credits: 3000, Granted: 3000, FreeUsers: 2, ClosedMonth: store.MonthOf(now) - 1, LatestMonth: store.MonthOf(now)}
	k.equal("balance", k.balance(a.ID), want)
	entries := k.ledger(a.ID)
	e := grant(a.ID, 3000)
	e.ID, e.Balance = entries[0].ID, 3000
	k.equal("ledger", entries, []store.LedgerEntry{*e})
}

func createWithoutGrant(k *kit) {
	for _, house := range []bool{false, true} {
		a := account(store.Root)
		a.House = house
		k.create(store.NewAccount{Account: a})
		k.equal("balance", k.balance(a.ID), store.Balance{ClosedMonth: store.MonthOf(now) - 1})
		k.equal("ledger", k.ledger(a.ID), []store.LedgerEntry{})
	}
}

func createChild(k *kit) {
	p := k.parent(12)
	a := account(p.ID)
	c := charge(p.ID, store.OpSignUp, 5)
	got, receipt, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: c}}, now)
	k.ok(err)
	a.Number, a.Epoch, a.Version = got.Number, 1, 1
	k.equal("answer", got, a)
	k.equal("stored", k.find(a.ID), a)
	want := store.Balance{
		Credits: 7, Granted: 12, Used: 5, FreeUsers: 2, Children: 1, SignUps: 1, ClosedMonth: store.MonthOf(now) - 1,
		LatestMonth: store.MonthOf(now),
	}
	k.equal("balance", k.balance(p.ID), want)
	k.equal("receipt", receipt, store.Receipt{Charged: true, Balance: want})
	k.equal("entry", k.entry(p.ID, c.Key), store.LedgerEntry{
		ID: c.Entry, Owner: p.ID, Key: c.Key, Operation: c.Operation, Amount: -5, Balance: 7, Subject: a.ID, At: now,
	})
	_, err = k.store.Balance(k.ctx, a.ID)
	k.fails(err, store.ErrNotFound)
	k.child(p)
	k.that(k.balance(p.ID).Children == 2, "a free child is not counted")
}

func createSetsNumbers(k *kit) {
	seen := map[int64]bool{}
	p := k.parent(0)
	for range 5 {
		a := account(p.ID)
		a.Number, a.Epoch, a.Version = 7, 8, 9
		got := k.create(store.NewAccount{Account: a})
		k.that(got.Epoch == 1 && got.Version == 1, "epoch %d and version %d, want 1 and 1", got.Epoch, got.Version)
		k.that(got.Number > 0 && got.Number <= 1<<53, "number %d is not in 1..2^53", got.Number)
		k.that(!seen[got.Number] && got.Number != p.Number, "number %d is given twice", got.Number)
		seen[got.Number] = true
	}
	gone := k.child(p)
	k.remove(gone)
	k.that(k.child(p).Number != gone.Number, "the number of a tombstone is given again")
}

func createNeedsParent(k *kit) {
	off, gone, root := k.parent(9), k.parent(9), k.parent(9)
	k.disable(off.ID)
	k.remove(gone)
	parents := map[string]uuid.UUID{"unknown": id(), "child": k.child(root).ID, "disabled": off.ID, "deleted": gone.ID}
	for name, parent := range parents {
		k.run(name, func(k *kit) {
			a := account(parent)
			_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: charge(parent, store.OpSignUp, 5)}}, now)
			k.fails(err, store.ErrNotFound, "parent")
			k.absent(a.ID)
			for _, p := range []store.Account{off, gone, root} {
				k.that(k.balance(p.ID).Credits == 9, "charged all the same")
			}
		})
	}
	k.child(k.parent(0, house))
}

// collide tries to make a twin of a child with a required charge and a mail, and wants nothing of it to stay.
func (k *kit) collide(field string, twin func(first store.NewAccount, second *store.NewAccount)) {
	k.Helper()
	p := k.parent(12)
	first := store.NewAccount{Account: account(p.ID), Linked: []store.Linked{linked(), linked()}, Factors: []store.Factor{passkey(), passkey()}}
	k.create(first)
	second := account(p.ID)
	mail := queued(store.Lookup{ID: second.ID})
	n := store.NewAccount{Account: second, Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5), Mail: []store.QueuedMail{mail}}}
	twin(first, &n)
	before := k.balance(p.ID)
	_, receipt, err := k.store.CreateAccount(k.ctx, n, now)
	k.fails(err, store.Conflict{}, field)
	k.equal("receipt", receipt, store.Receipt{})
	k.equal("balance", k.balance(p.ID), before)
	k.that(len(k.ledger(p.ID)) == 1, "a ledger row of nothing stands")
	k.absent(second.ID)
	k.that(len(k.claimed(mail.ID)) == 0, "mail of nothing is queued")
}

func createDuplicateEmail(k *kit) {
	k.collide("email", func(first store.NewAccount, second *store.NewAccount) {
		second.Account.Email, second.Account.EmailKey = strings.ToUpper(first.Account.Email), first.Account.EmailKey
	})
}

func createDuplicateUsername(k *kit) {
	k.collide("username", func(first store.NewAccount, second *store.NewAccount) {
		second.Account.Username = strings.ToUpper(first.Account.Username)
	})
}

func createDuplicateIdentity(k *kit) {
	k.collide("identity", func(first store.NewAccount, second *store.NewAccount) {
		second.Linked = []store.Linked{linked(), first.Linked[1]}
	})
}

func createDuplicateCredential(k *kit) {
	k.collide("credential", func(first store.NewAccount, second *store.NewAccount) {
		second.Factors = []store.Factor{passkey(), first.Factors[1]}
		second.Factors[1].ID = id()
	})
}

func createDuplicateRoot(k *kit) {
	first, second := k.parent(0), account(store.Root)
	second.EmailKey = first.EmailKey
	_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: second, Grant: grant(second.ID, 5)}, now)
	k.fails(err, store.Conflict{}, "email")
	_, err = k.store.Balance(k.ctx, second.ID)
	k.fails(err, store.ErrNotFound)
	k.equal("ledger", k.ledger(second.ID), []store.LedgerEntry{})
}

func createSameNames(k *kit) {
	first := k.parent(0)
	same := func(a *store.Account) {
		a.Email, a.EmailKey, a.Username = first.Email, first.EmailKey, first.Username
	}
	k.child(first, same)
	k.child(k.parent(0), same)
	gone := k.child(k.parent(0), same)
	k.remove(gone)
	again := account(gone.Parent)
	same(&again)
	k.create(store.NewAccount{Account: again})
}

func createEmptyNames(k *kit) {
	p := k.parent(0)
	for range 2 {
		k.child(p, func(a *store.Account) { a.Email, a.EmailKey, a.Username = "", "", "" })
	}
}

func createTakenKey(k *kit) {
	p := k.parent(0)
	for _, gone := range []bool{false, true} {
		first, second := k.child(p), account(p.ID)
		second.PublicKey = first.PublicKey
		if gone {
			k.remove(first)
		}
		_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: second}, now)
		k.fails(err, store.Conflict{})
		k.absent(second.ID)
	}
}
