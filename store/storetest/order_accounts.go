package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// signUp makes a request for a child that its parent pays for.
func signUp(k *kit) store.NewAccount {
	p := k.parent(10)
	return store.NewAccount{
		Account: account(p.ID), Linked: []store.Linked{linked()}, Factors: []store.Factor{passkey()},
		Effects: effects(charge(p.ID, store.OpSignUp, 5)),
	}
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
		k.did(err == nil, n.Effects)
		return err
	})
}

// signUpAgain does a request that was done, whose mail is gone meanwhile.
func signUpAgain(k *kit, n store.NewAccount) error {
	k.Helper()
	_, _, err := k.store.CreateAccount(k.ctx, n, now)
	k.didBefore(n.Effects)
	return err
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
	}
}

// takenClient makes an organization that names a client of another one.
func (k *kit) takenClient() *store.Organization {
	k.Helper()
	return &store.Organization{Issuers: k.owner().Organization.Issuers}
}

// takenCredential makes a passkey with a credential that an account of the scope has.
func (k *kit) takenCredential(scope uuid.UUID) store.Factor {
	k.Helper()
	f := passkey()
	k.create(store.NewAccount{Account: account(scope), Factors: []store.Factor{f}})
	f.ID = id()
	return f
}

// whole returns the account's credentials; of one who is gone none.
func (k *kit) whole(id uuid.UUID) store.Subject {
	s, _ := k.store.FindAccount(k.ctx, store.Lookup{ID: id, Credentials: true})
	return store.Subject{Linked: s.Linked, Factors: s.Factors}
}

func createFaults() []fault[store.NewAccount] {
	type request = store.NewAccount
	faults := []fault[request]{
		{"a tombstone", func(_ *kit, n *request) { n.Account.Status = store.StatusDeleted }, store.ErrInvalid},
		{"a disabled parent", func(k *kit, n *request) { k.disable(n.Account.Parent) }, store.ErrNoParent},
		{"a grant for a child", func(_ *kit, n *request) { n.Grant = grant(n.Account.ID, 5) }, store.ErrInvalid},
		{"an identity without subject", func(_ *kit, n *request) { n.Linked = append(n.Linked, store.Linked{Issuer: "i"}) }, store.ErrInvalid},
		{"a factor without id", func(_ *kit, n *request) { n.Factors = append(n.Factors, store.Factor{}) }, store.ErrInvalid},
		{"a charge for somebody else", func(k *kit, n *request) { n.Charge.Owner = k.parent(10).ID }, store.ErrInvalid},
	}
	faults = append(faults, chargeFaults(func(n *request) *store.Charge { return &n.Charge })...)
	faults = append(faults, nameFaults(func(n *request) *store.Account { return &n.Account })...)
	faults = append(faults, []fault[request]{
		{"a taken identity", func(k *kit, n *request) {
			_, l := k.known(n.Account.Parent)
			n.Linked = append(n.Linked, l)
		}, store.Conflict{Field: "identity"}},
		{"a taken credential", func(k *kit, n *request) {
			n.Factors = append(n.Factors, k.takenCredential(n.Account.Parent))
		}, store.Conflict{Field: "credential"}},
		{"a taken client", func(k *kit, n *request) { n.Account.Organization = k.takenClient() }, store.Conflict{Field: "client"}},
	}...)
	return append(faults, fault[request]{"a taken public key", func(k *kit, n *request) {
		n.Account.PublicKey = k.child(store.Account{ID: n.Account.Parent}).PublicKey
	}, store.Conflict{}})
}

func createOrder(k *kit) { firstWins(k, signUp, trySignUp, createFaults()) }

func createRepeats(k *kit) { repeats(k, signUp, trySignUp, signUpAgain, createFaults()) }

func createZeroID(k *kit) {
	n := signUp(k)
	n.Account.ID = uuid.Nil
	k.fails(trySignUp(k, n), store.ErrInvalid)
}

func createBadGrant(k *kit) {
	for _, spoil := range []func(*store.LedgerEntry){
		func(e *store.LedgerEntry) { e.Amount = -1 },
		func(e *store.LedgerEntry) { e.Package.FreeUsers = -1 },
		func(e *store.LedgerEntry) { e.Package.TransactionID = e.Key },
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
	n := store.NewAccount{Account: account(store.Root), Effects: store.Effects{Charge: charge(k.parent(10).ID, store.OpSignUp, 5)}}
	k.fails(trySignUp(k, n), store.ErrInvalid)
	n.Charge.Owner = n.Account.ID
	_, _, err := k.store.CreateAccount(k.ctx, n, now)
	k.fails(err, store.ErrInvalid)
	k.absent(n.Account.ID)
}

// change makes a request about the last admin of a scope, with a charge and a proof.
func change(k *kit) store.Change {
	p := k.parent(10)
	a, f := k.armed(p, 7, admin)
	k.child(p)
	proof := k.put(secret(a, store.PurposeVerify))
	return store.Change{
		Account: a, Proof: proof.Digest, Use: store.Use{Factor: f.ID, Counter: 8}, Once: once(), Link: []store.Linked{linked()},
		PutFactors: []store.Factor{passkey()}, Effects: effects(charge(p.ID, store.OpVerify, 5)),
	}
}

// tryChange changes the account, and wants it as it was after an error.
func tryChange(k *kit, c store.Change) error {
	k.Helper()
	return k.refusable(c.Account.Parent, func() error {
		account := store.Account{ID: c.Account.ID}
		before, credentials := k.stands(account), k.whole(account.ID)
		a, receipt, err := k.store.UpdateAccount(k.ctx, c, now)
		if err != nil {
			k.equal("account of a refusal", a, store.Account{})
			k.equal("receipt of a refusal", receipt, store.Receipt{})
			k.equal("account after an error", k.stands(account), before)
			k.equal("credentials after an error", k.whole(account.ID), credentials)
		}
		k.did(err == nil, c.Effects)
		return err
	})
}

func updateOrder(k *kit) {
	type request = store.Change
	faults := []fault[request]{
		{"a deleted parent", func(k *kit, c *request) { k.remove(store.Account{ID: c.Account.Parent}) }, store.ErrNotFound},
		{"another version", func(_ *kit, c *request) { c.Account.Version-- }, store.Conflict{}},
		{"a tombstone", func(_ *kit, c *request) { c.Account.Status = store.StatusDeleted }, store.ErrInvalid},
		{"an identity without issuer", func(_ *kit, c *request) { c.Link = append(c.Link, store.Linked{Subject: "s"}) }, store.ErrInvalid},
		{"a factor put and used", func(_ *kit, c *request) { c.PutFactors = append(c.PutFactors, store.Factor{ID: c.Use.Factor}) }, store.ErrInvalid},
		{"a dead proof", func(_ *kit, c *request) { c.Proof = digest() }, store.ErrProofSpent},
		{"a spent counter", func(_ *kit, c *request) { c.Use.Counter = 7 }, store.Conflict{}},
		{"a spent challenge", func(k *kit, c *request) {
			a := k.child(k.parent(0))
			k.ok(provingChange(k, a, store.Use{}, c.Once, store.Effects{}, now))
		}, store.ErrProofSpent},
		{"the last admin", func(_ *kit, c *request) { c.Account.Role = store.RoleUser }, store.ErrLastAdmin},
		{"a secret of nobody", func(_ *kit, c *request) {
			c.Secrets = []store.Secret{secret(c.Account, store.PurposeReset), secret(store.Account{ID: id()}, store.PurposeReset)}
		}, store.ErrNotFound},
	}
	faults = append(faults, chargeFaults(func(c *request) *store.Charge { return &c.Charge })...)
	faults = append(faults, nameFaults(func(c *request) *store.Account { return &c.Account })...)
	faults = append(faults, []fault[request]{
		{"a taken identity", func(k *kit, c *request) {
			_, l := k.known(c.Account.Parent)
			c.Link = append(c.Link, l)
		}, store.Conflict{Field: "identity"}},
		{"a taken credential", func(k *kit, c *request) {
			c.PutFactors = append(c.PutFactors, k.takenCredential(c.Account.Parent))
		}, store.Conflict{Field: "credential"}},
		{"a taken client", func(k *kit, c *request) { c.Account.Organization = k.takenClient() }, store.Conflict{Field: "client"}},
	}...)
	firstWins(k, change, tryChange, faults)
}

func deleteOrder(k *kit) {
	p := k.parent(0)
	last := k.child(p, admin)
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: k.parent(0).ID, ID: last.ID}, now), store.ErrNotFound)
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: last.ID}, now), store.ErrLastAdmin)
	k.remove(p)
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: last.ID}, now), store.ErrNotFound)
}
