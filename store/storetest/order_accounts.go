package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// signUp makes a request for a child that its parent pays for.
func signUp(k *kit) store.NewAccount {
	p := k.parent(10)
	return store.NewAccount{Account: account(p.ID), Charge: charge(p.ID, store.OpSignUp, 5)}
}

// trySignUp creates the account, and wants none after an error.
func trySignUp(k *kit, n store.NewAccount) error {
	k.Helper()
	return k.refusable(n.Charge.Owner, func() error {
		a, receipt, err := k.store.CreateAccount(k.ctx, n, now)
		if err != nil {
			k.equal("account of a refusal", a, store.Account{})
			k.equal("receipt of a refusal", receipt, store.Receipt{})
			k.absent(n.Account.ID)
		}
		return err
	})
}

// nameFaults give an account a name that another one of its scope has.
func nameFaults[R any](of func(*R) *store.Account) []fault[R] {
	takes := func(field, name string, copy func(to *store.Account, from store.Account)) fault[R] {
		return fault[R]{"a taken " + name, func(k *kit, r *R) {
			copy(of(r), k.child(store.Account{ID: of(r).Parent}))
		}, store.Conflict{Field: field}}
	}
	return []fault[R]{
		takes("email", "email", func(to *store.Account, from store.Account) { to.EmailKey = from.EmailKey }),
		takes("username", "username", func(to *store.Account, from store.Account) { to.Username = from.Username }),
		takes("google", "google subject", func(to *store.Account, from store.Account) { to.GoogleSubject = from.GoogleSubject }),
	}
}

func createFaults() []fault[store.NewAccount] {
	type request = store.NewAccount
	faults := []fault[request]{
		{"a tombstone", func(_ *kit, n *request) { n.Account.Status = store.StatusDeleted }, store.ErrInvalid},
		{"a disabled parent", func(k *kit, n *request) { k.disable(n.Account.Parent) }, store.ErrNoParent},
		{"a grant for a child", func(_ *kit, n *request) { n.Grant = grant(n.Account.ID, 5) }, store.ErrInvalid},
		{"a charge for somebody else", func(k *kit, n *request) { n.Charge.Owner = k.parent(10).ID }, store.ErrInvalid},
	}
	faults = append(faults, chargeFaults(func(n *request) *store.Charge { return &n.Charge })...)
	faults = append(faults, nameFaults(func(n *request) *store.Account { return &n.Account })...)
	return append(faults, fault[request]{"a taken public key", func(k *kit, n *request) {
		n.Account.PublicKey = k.child(store.Account{ID: n.Account.Parent}).PublicKey
	}, store.Conflict{}})
}

func createOrder(k *kit) { firstWins(k, signUp, trySignUp, createFaults()) }

func createRepeats(k *kit) { repeats(k, signUp, trySignUp, createFaults()) }

func createZeroID(k *kit) {
	n := signUp(k)
	n.Account.ID = uuid.Nil
	k.fails(trySignUp(k, n), store.ErrInvalid)
}

func createBadGrant(k *kit) {
	for _, spoil := range []func(*store.LedgerEntry){
		func(e *store.LedgerEntry) { e.Amount = -1 },
		func(e *store.LedgerEntry) { e.Package.FreeUsers = -1 },
	} {
		a := account(store.Root)
		g := grant(a.ID, 5)
		spoil(g)
		_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: a, Grant: g}, now)
		k.fails(err, store.ErrInvalid)
		k.absent(a.ID)
	}
}

func createPaidRoot(k *kit) {
	n := store.NewAccount{Account: account(store.Root), Charge: charge(k.parent(10).ID, store.OpSignUp, 5)}
	k.fails(trySignUp(k, n), store.ErrInvalid)
	n.Charge.Owner = n.Account.ID
	_, _, err := k.store.CreateAccount(k.ctx, n, now)
	k.fails(err, store.ErrInvalid)
	k.absent(n.Account.ID)
}

// change makes a request about the last admin of a scope, with a charge and a proof.
func change(k *kit) store.Change {
	p := k.parent(10)
	a := k.child(p, admin)
	k.child(p)
	a = k.update(a.ID, func(c *store.Change) { c.TOTPStep = 7 })
	proof := k.put(secret(a, store.PurposeVerify))
	return store.Change{Account: a, Proof: proof.Digest, TOTPStep: 8, Charge: charge(p.ID, store.OpVerify, 5)}
}

// tryChange changes the account, and wants it as it was after an error.
func tryChange(k *kit, c store.Change) error {
	k.Helper()
	return k.refusable(c.Account.Parent, func() error {
		account := store.Account{ID: c.Account.ID}
		before := k.stands(account)
		a, receipt, err := k.store.UpdateAccount(k.ctx, c, now)
		if err != nil {
			k.equal("account of a refusal", a, store.Account{})
			k.equal("receipt of a refusal", receipt, store.Receipt{})
			k.equal("account after an error", k.stands(account), before)
		}
		return err
	})
}

func updateOrder(k *kit) {
	type request = store.Change
	faults := []fault[request]{
		{"a deleted parent", func(k *kit, c *request) { k.remove(store.Account{ID: c.Account.Parent}) }, store.ErrNotFound},
		{"another version", func(_ *kit, c *request) { c.Account.Version-- }, store.Conflict{}},
		{"a tombstone", func(_ *kit, c *request) { c.Account.Status = store.StatusDeleted }, store.ErrInvalid},
		{"a dead proof", func(_ *kit, c *request) { c.Proof = digest() }, store.ErrProofSpent},
		{"a spent step", func(_ *kit, c *request) { c.TOTPStep = 7 }, store.Conflict{}},
		{"the last admin", func(_ *kit, c *request) { c.Account.Role = store.RoleUser }, store.ErrLastAdmin},
		{"a secret of nobody", func(_ *kit, c *request) {
			c.Secrets = []store.Secret{secret(c.Account, store.PurposeReset), secret(store.Account{ID: id()}, store.PurposeReset)}
		}, store.ErrNotFound},
	}
	faults = append(faults, chargeFaults(func(c *request) *store.Charge { return &c.Charge })...)
	faults = append(faults, nameFaults(func(c *request) *store.Account { return &c.Account })...)
	firstWins(k, change, tryChange, faults)
}

func deleteOrder(k *kit) {
	p := k.parent(0)
	last := k.child(p, admin)
	k.fails(k.store.DeleteAccount(k.ctx, k.parent(0).ID, last.ID, now), store.ErrNotFound)
	k.fails(k.store.DeleteAccount(k.ctx, p.ID, last.ID, now), store.ErrLastAdmin)
	k.remove(p)
	k.fails(k.store.DeleteAccount(k.ctx, p.ID, last.ID, now), store.ErrNotFound)
}
