package storetest

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func updateAccount(k *kit) {
	k.run("replaces the values that may change", updateReplaces)
	k.run("keeps what never changes", updateKeeps)
	k.run("another version is a lost race", updateVersion)
	k.run("a missing or deleted account is not found", updateMissing)
	k.run("a taken name is a conflict with its field", updateTaken)
	k.run("an own name is no conflict", updateOwnNames)
	k.run("the organization is read and written whole", updateOrganization)
	k.run("a client is of one organization", updateClients)
	k.run("a client is free when its organization leaves it", updateFreesClients)
	k.run("a counter must grow", updateCounter)
	k.run("ending sessions ends them all", updateEndsSessions)
	k.run("one session may be kept", updateKeepsSession)
	k.run("keeping brings no dead session to life", updateKeepsNoDead)
	k.run("voids secrets by purpose, then adds", updateSecrets)
	k.run("a proof is used up", updateProof)
	k.run("a proof must be live and its own", updateNeedsProof)
	k.run("charges once per key", updateCharges)
	k.run("insufficient credits change nothing", updateInsufficient)
	k.run("mail is queued with it", updateMail)
	k.run("of two errors the first wins", updateOrder)
}

// tries runs a change of an account as it stands.
func (k *kit) tries(id uuid.UUID, f func(*store.Change)) error {
	k.Helper()
	c := store.Change{Account: k.find(id)}
	f(&c)
	_, _, err := k.store.UpdateAccount(k.ctx, c, now)
	return err
}

// other is what an account may become.
func other(a store.Account) store.Account {
	b := account(a.Parent)
	b.ID, b.Number, b.PublicKey, b.House, b.CreatedAt = a.ID, a.Number, a.PublicKey, a.House, a.CreatedAt
	b.Epoch, b.Version, b.LastSignIn = a.Epoch, a.Version, a.LastSignIn
	b.Role, b.Status = "editor", store.StatusDisabled
	b.PasswordChangedAt, b.PasswordTemporary, b.PasswordHistory = now.Add(time.Minute), true, []store.SecretText{"$third"}
	b.EmailVerifiedAt, b.EmailProvenAt, b.Locale, b.Metadata = time.Time{}, now.Add(time.Second), "", nil
	b.Factors = store.HasPasskey
	b.KeyMaster, b.KeyVersion = "m2", 4
	return b
}

func updateReplaces(k *kit) {
	p := k.parent(0)
	for _, a := range []store.Account{p, k.child(p)} {
		want := other(a)
		if a.Parent == store.Root {
			want.OrganizationOwner, want.Organization = a.ID, organization()
		}
		got, receipt, err := k.store.UpdateAccount(k.ctx, store.Change{Account: want}, now)
		k.ok(err)
		want.Version++
		k.equal("answer", got, want)
		k.equal("stored", k.find(a.ID), want)
		k.equal("receipt", receipt, store.Receipt{})
	}
}

func updateKeeps(k *kit) {
	a := k.child(k.parent(0))
	k.signIn(session(a, now))
	a = k.find(a.ID)
	c := a
	c.Number, c.PublicKey, c.House, c.CreatedAt = 1<<50, word("APK_"), true, now.Add(-time.Hour)
	c.Epoch, c.LastSignIn, c.Name = 66, now.Add(time.Hour), "New"
	_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: c}, now)
	k.ok(err)
	a.Name, a.Version = "New", a.Version+1
	k.equal("stored", k.find(a.ID), a)
}

func updateVersion(k *kit) {
	a := k.child(k.parent(0))
	change := store.Change{Account: a, EndSessions: true}
	change.Account.Name = "First"
	k.update(a.ID, func(c *store.Change) { *c = change })
	first := k.find(a.ID)
	for _, version := range []int64{a.Version, first.Version + 1, 0} {
		change.Account.Name, change.Account.Version = "Second", version
		_, _, err := k.store.UpdateAccount(k.ctx, change, now)
		k.fails(err, store.Conflict{})
	}
	k.equal("after lost races", k.find(a.ID), first)
}

func updateMissing(k *kit) {
	a := k.child(k.parent(0))
	c := store.Change{Account: a}
	c.Account.ID = id()
	_, _, err := k.store.UpdateAccount(k.ctx, c, now)
	k.fails(err, store.ErrNotFound)
	k.remove(a)
	for _, version := range []int64{a.Version, a.Version + 1} {
		c.Account = a
		c.Account.Version = version
		_, _, err = k.store.UpdateAccount(k.ctx, c, now)
		k.fails(err, store.ErrNotFound)
	}
}

func updateTaken(k *kit) {
	p := k.parent(0)
	for _, scope := range []func() store.Account{func() store.Account { return k.child(p) }, func() store.Account { return k.parent(0) }} {
		a, b := scope(), scope()
		fields := map[string]func(*store.Account){
			"email":    func(c *store.Account) { c.Email, c.EmailKey = a.Email, a.EmailKey },
			"username": func(c *store.Account) { c.Username = "n" + a.Username[1:] },
		}
		for field, take := range fields {
			err := k.tries(b.ID, func(c *store.Change) { take(&c.Account); c.EndSessions = true })
			k.fails(err, store.Conflict{}, field)
			k.equal("after the conflict", k.find(b.ID), b)
		}
	}
	a, b := k.child(p), k.child(k.parent(0))
	k.update(b.ID, func(c *store.Change) {
		c.Account.EmailKey, c.Account.Username = a.EmailKey, a.Username
	})
	k.remove(a)
	k.update(k.child(p).ID, func(c *store.Change) { c.Account.EmailKey = a.EmailKey })
}

func updateOwnNames(k *kit) {
	a := k.child(k.parent(0))
	k.update(a.ID, func(c *store.Change) { c.Account.Username = "n" + a.Username[1:] })
	old := a.EmailKey
	k.update(a.ID, func(c *store.Change) { c.Account.EmailKey = word("new") + "@example.com" })
	k.misses(store.Lookup{Email: old, Scope: a.Parent})
	k.finds(store.Lookup{Email: k.find(a.ID).EmailKey, Scope: a.Parent}, a.ID)
	k.child(store.Account{ID: a.Parent}, email(old))
}

func updateOrganization(k *kit) {
	o := k.owner()
	org := store.Organization{Name: "Other", VerificationRequired: true, UpdateCount: 3}
	k.update(o.ID, func(c *store.Change) { c.Account.Organization = &org })
	k.equal("replaced", k.finds(store.Lookup{ID: o.ID}, o.ID).Organization, &org)
	k.update(o.ID, func(c *store.Change) { c.Account.Organization, c.Account.OrganizationOwner = nil, uuid.Nil })
	k.that(k.finds(store.Lookup{ID: o.ID}, o.ID).Organization == nil, "a removed organization is there")
}

// client makes what an organization is to an issuer.
func client() store.IssuerSettings {
	return store.IssuerSettings{Issuer: "https://issuer.example", Enabled: true, ClientID: word("Client")}
}

// names has an organization name nothing but these clients.
func (k *kit) names(owner uuid.UUID, s ...store.IssuerSettings) error {
	k.Helper()
	return k.tries(owner, func(c *store.Change) { c.Account.Organization = &store.Organization{Issuers: s} })
}

func updateClients(k *kit) {
	a, b, own := k.owner(), k.owner(), client()
	k.ok(k.names(a.ID, own))
	k.ok(k.names(a.ID, client(), own))
	before := k.find(b.ID)
	k.fails(k.names(b.ID, client(), own), store.Conflict{}, "client")
	k.equal("after the conflict", k.find(b.ID), before)
	late := account(store.Root)
	late.OrganizationOwner, late.Organization = late.ID, &store.Organization{Issuers: []store.IssuerSettings{client(), own}}
	_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: late}, now)
	k.fails(err, store.Conflict{}, "client")
	k.absent(late.ID)
	off, shared, elsewhere, spelt := own, own, own, own
	off.Enabled, shared.Shared, elsewhere.Issuer, spelt.ClientID = false, true, "https://other.example", strings.ToUpper(own.ClientID)
	k.ok(k.names(b.ID, off, shared, elsewhere, spelt, client()))
	k.fails(k.names(b.ID, own), store.Conflict{}, "client") // what others leave and take frees none of a's
	k.equal("what it names", k.find(b.ID).Organization.Issuers[:4], []store.IssuerSettings{off, shared, elsewhere, spelt})
	none := client()
	none.ClientID = ""
	k.ok(k.names(a.ID, own, none))
	k.ok(k.names(b.ID, none))
}

func updateFreesClients(k *kit) {
	off, shared := func(s *store.IssuerSettings) { s.Enabled = false }, func(s *store.IssuerSettings) { s.Shared = true }
	for name, leave := range map[string]func(store.Account, store.IssuerSettings) error{
		"for another":  func(o store.Account, _ store.IssuerSettings) error { return k.names(o.ID, client()) },
		"turned off":   func(o store.Account, s store.IssuerSettings) error { off(&s); return k.names(o.ID, s) },
		"shared":       func(o store.Account, s store.IssuerSettings) error { shared(&s); return k.names(o.ID, s) },
		"by its owner": func(o store.Account, _ store.IssuerSettings) error { k.remove(o); return nil },
		"without a new": func(o store.Account, _ store.IssuerSettings) error {
			return k.tries(o.ID, func(c *store.Change) { c.Account.Organization, c.Account.OrganizationOwner = nil, uuid.Nil })
		},
	} {
		made, own := account(store.Root), client()
		made.OrganizationOwner, made.Organization = made.ID, &store.Organization{Issuers: []store.IssuerSettings{own}}
		a := k.create(store.NewAccount{Account: made})
		b := k.owner()
		k.fails(k.names(b.ID, own), store.Conflict{}, "client")
		k.ok(leave(a, own))
		if err := k.names(b.ID, own); err != nil {
			k.that(false, "left %s, the client is not free: %v", name, err)
		}
	}
}

func updateCounter(k *kit) {
	a, f := k.armed(k.parent(0), 100)
	use := func(counter int64) func(*store.Change) {
		return func(c *store.Change) { c.Use, c.Account.Name = store.Use{Factor: f.ID, Counter: counter}, "New" }
	}
	for _, counter := range []int64{100, 99, 0} {
		before := k.credentials(a.ID)
		k.fails(k.tries(a.ID, use(counter)), store.Conflict{})
		k.equal("after a used counter", k.credentials(a.ID), before)
	}
	k.update(a.ID, use(101))
	k.update(a.ID, func(*store.Change) {})
	f.Counter, f.UsedAt = 101, now
	k.equal("factors", k.credentials(a.ID).Factors, []store.Factor{f})
}
