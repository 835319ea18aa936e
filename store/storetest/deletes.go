package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func lastAdmin(k *kit) {
	k.run("cannot be demoted", guarded(func(k *kit, a store.Account) error {
		return k.tries(a.ID, func(c *store.Change) { c.Account.Role = store.RoleUser })
	}))
	k.run("cannot be labelled", guarded(func(k *kit, a store.Account) error {
		return k.tries(a.ID, func(c *store.Change) { c.Account.Role = "editor"; c.EndSessions = true })
	}))
	k.run("cannot be disabled", guarded(func(k *kit, a store.Account) error {
		return k.tries(a.ID, func(c *store.Change) { c.Account.Status = store.StatusDisabled })
	}))
	k.run("cannot be deleted", guarded(func(k *kit, a store.Account) error {
		return k.store.DeleteAccount(k.ctx, store.Deletion{Scope: a.Parent, ID: a.ID}, now)
	}))
	k.run("may change otherwise", func(k *kit) {
		a := k.child(k.parent(0), admin)
		k.update(a.ID, func(c *store.Change) { c.Account.Name = "New"; c.EndSessions = true })
	})
	k.run("root accounts are not guarded", func(k *kit) {
		a := k.parent(0, admin)
		k.update(a.ID, func(c *store.Change) { c.Account.Role = store.RoleUser })
		b := k.parent(0, admin)
		k.disable(b.ID)
		k.remove(k.parent(0, admin))
	})
	k.run("who is none may go", func(k *kit) {
		p := k.parent(0)
		off := k.child(p, admin, func(a *store.Account) { a.Status = store.StatusDisabled })
		k.update(off.ID, func(c *store.Change) { c.Account.Role = store.RoleUser })
		k.remove(k.child(p))
		k.remove(k.child(p, admin, func(a *store.Account) { a.Status = store.StatusDisabled }))
	})
}

// guarded wants the last active admin of a scope to stay, whoever else is around, and any other one to go.
func guarded(lose func(*kit, store.Account) error) func(*kit) {
	return func(k *kit) {
		p := k.parent(0, admin)
		last := k.child(p, admin)
		k.child(p)
		k.child(k.parent(0), admin)
		k.child(p, admin, func(a *store.Account) { a.Status = store.StatusDisabled })
		gone := k.child(p, admin)
		k.remove(gone)
		k.child(p, func(a *store.Account) { a.Role = "administrator" })
		k.fails(lose(k, last), store.ErrLastAdmin)
		k.equal("the last admin", k.find(last.ID), last)
		second := k.child(p, admin)
		k.ok(lose(k, last))
		k.fails(lose(k, second), store.ErrLastAdmin)
	}
}

func deleteAccount(k *kit) {
	k.run("leaves a tombstone", deleteTombstone)
	k.run("ends its sessions", deleteSessions)
	k.run("drops its secrets", deleteSecrets)
	k.run("takes one from the parent's count", deleteCount)
	k.run("only below that parent", deleteScope)
	k.run("a second time is not found", deleteTwice)
	k.run("ledger and balance stay", deleteLedger)
	k.run("children of a deleted parent cannot live", deleteParent)
	k.run("not found wins over the last admin", deleteOrder)
}

func deleteTombstone(k *kit) {
	p := k.parent(0)
	owner := k.owner()
	for _, a := range []store.Account{k.child(p), owner} {
		k.remove(a)
		k.absent(a.ID)
		t := k.create(store.NewAccount{Account: a})
		k.tombstone(t, a)
	}
}

// tombstone wants all personal data gone and what names the account to stay.
func (k *kit) tombstone(t, was store.Account) {
	k.Helper()
	k.that(t.Status == store.StatusDeleted, "status is %q", t.Status)
	k.that(t.ID == was.ID && t.Parent == was.Parent && t.Number == was.Number && t.PublicKey == was.PublicKey,
		"id, parent, number or public key changed: %+v", t)
	k.that(t.Email == "" && t.EmailKey == "" && t.Username == "" && t.Name == "" && t.Locale == "" && t.Password == "",
		"personal data is left: %+v", t)
	k.that(len(t.PasswordHistory) == 0 && len(t.Metadata) == 0 && t.Factors == 0 && t.Organization == nil,
		"secrets, metadata or organization are left: %+v", t)
	k.that(t.EmailVerifiedAt.IsZero() && t.EmailProvenAt.IsZero(), "a proof of an address is left: %+v", t)
}

func deleteSessions(k *kit) {
	a := k.child(k.parent(0))
	one, two := k.signIn(session(a, now)), k.signIn(refreshable(a))
	k.remove(a)
	k.dead(a.ID, one.ID, now)
	k.dead(a.ID, two.ID, now)
}

func deleteSecrets(k *kit) {
	a := k.child(k.parent(0))
	s := k.put(secret(a, store.PurposeReset))
	k.remove(a)
	_, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	k.fails(err, store.ErrNotFound)
	k.fails(k.store.PutSecrets(k.ctx, []store.Secret{s}, now), store.ErrNotFound)
}

func deleteCount(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	k.remove(a)
	k.that(k.balance(p.ID).Children == 1, "count is %d, want 1", k.balance(p.ID).Children)
	k.remove(b)
	k.that(k.balance(p.ID).Children == 0, "count is %d, want 0", k.balance(p.ID).Children)
}

func deleteScope(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	for _, scope := range []uuid.UUID{store.Root, k.parent(0).ID, id(), a.ID} {
		k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: scope, ID: a.ID}, now), store.ErrNotFound)
	}
	k.equal("account", k.find(a.ID), a)
	k.that(k.balance(p.ID).Children == 1, "the count fell")
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: id()}, now), store.ErrNotFound)
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: p.ID}, now), store.ErrNotFound)
}

func deleteTwice(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	k.child(p)
	k.remove(a)
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: p.ID, ID: a.ID}, now), store.ErrNotFound)
	k.that(k.balance(p.ID).Children == 1, "the count fell twice")
	k.remove(p)
	k.fails(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: store.Root, ID: p.ID}, now), store.ErrNotFound)
}

func deleteLedger(k *kit) {
	p := k.parent(10)
	a := account(p.ID)
	k.create(store.NewAccount{Account: a, Effects: store.Effects{Charge: charge(p.ID, store.OpSignUp, 5)}})
	k.remove(a)
	before := k.ledger(p.ID)
	k.that(len(before) == 2, "%d entries, want 2", len(before))
	k.remove(p)
	k.equal("ledger", k.ledger(p.ID), before)
	k.that(k.balance(p.ID).Credits == 5, "balance is %+v", k.balance(p.ID))
	k.apply(entry(p.ID, "host-operation", -5))
	k.books(p.ID)
}

func deleteParent(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	s := k.signIn(refreshable(a))
	k.remove(p)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now)}, now)
	k.fails(err, store.ErrNotFound)
	k.dead(a.ID, s.ID, now)
	_, err = k.store.RotateSession(k.ctx, rotation(s, 0, 0), now)
	k.fails(err, store.ErrNotFound)
	k.fails(k.store.PutSecrets(k.ctx, []store.Secret{secret(a, store.PurposeReset)}, now), store.ErrNotFound)
	k.absent(a.ID)
	k.equal("accounts", k.listed(p.ID, store.Page{Limit: 10}), []uuid.UUID{})
	n, err := k.store.CountAccounts(k.ctx, p.ID, now.AddDate(-60, 0, 0))
	k.ok(err)
	k.that(n == 0, "%d accounts of a deleted parent signed in", n)
}
