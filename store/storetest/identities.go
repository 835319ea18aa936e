package storetest

import (
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// credentials states what holds for identities and factors.
func credentials(k *kit) {
	k.run("identities", identities)
	k.run("factors", factors)
	k.run("use", uses)
	k.run("once", onces)
	k.run("races", raceCredentials)
}

func identities(k *kit) {
	k.run("any number, in the order in which they were linked", identitiesKept)
	k.run("the store says whose they are", identitiesOwned)
	k.run("each is unique in its scope", identitiesUnique)
	k.run("linking again replaces", identitiesReplaced)
	k.run("unlinking frees", identitiesUnlinked)
	k.run("a deletion frees", identitiesFreed)
	k.run("what makes no sense is refused", identitiesSenseless)
	k.run("a sign-in by one moves its use", identitiesUsed)
	k.run("the widget finds root accounts by one", identitiesWidget)
}

// issued is an identity of another issuer.
func issued(issuer string, at time.Time) store.Linked {
	l := linked()
	l.Issuer, l.LinkedAt = issuer, at
	return l
}

func identitiesKept(k *kit) {
	for _, parent := range []store.Account{{}, k.parent(0)} {
		a := account(parent.ID)
		first, second := issued("https://z.example", now.Add(-time.Hour)), issued("https://a.example", now)
		third, fourth := issued("https://b.example", now), issued("https://b.example", now)
		third.Subject, fourth.Subject, fourth.Email, fourth.UsedAt = "1"+third.Subject, "2"+fourth.Subject, "", now.Add(time.Minute)
		k.create(store.NewAccount{Account: a, Linked: []store.Linked{fourth, first, third}})
		k.update(a.ID, func(c *store.Change) { c.Link = []store.Linked{second} })
		want := []store.Linked{first, second, third, fourth}
		for i := range want {
			want[i].Account, want[i].Scope = a.ID, parent.ID
		}
		k.equal("identities", k.credentials(a.ID).Linked, want)
		plain := k.finds(store.Lookup{ID: a.ID}, a.ID)
		k.that(len(plain.Linked) == 0 && len(plain.Factors) == 0, "they come without being asked for: %+v", plain.Linked)
		for _, l := range want {
			s := k.finds(by(l, store.Lookup{Scope: parent.ID, Credentials: true}), a.ID)
			k.equal("identities of a look-up by one", s.Linked, want)
		}
	}
}

func identitiesOwned(k *kit) {
	p := k.parent(0)
	other, l := k.known(p.ID)
	made, added := linked(), linked()
	for _, x := range []*store.Linked{&made, &added} {
		x.Account, x.Scope = other.ID, store.Root
	}
	a := k.create(store.NewAccount{Account: account(p.ID), Linked: []store.Linked{made}})
	k.update(a.ID, func(c *store.Change) { c.Link = []store.Linked{added} })
	for _, x := range k.credentials(a.ID).Linked {
		k.that(x.Account == a.ID && x.Scope == p.ID, "an identity of %v is said to be of %v below %v", a.ID, x.Account, x.Scope)
	}
	k.equal("the other's", k.credentials(other.ID).Linked, []store.Linked{l})
}

func identitiesUnique(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	b := k.child(p)
	again := l
	again.Email = "other@issuer.example"
	_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: account(p.ID), Linked: []store.Linked{linked(), again}}, now)
	k.fails(err, store.Conflict{}, "identity")
	before := k.credentials(b.ID)
	k.fails(k.tries(b.ID, func(c *store.Change) { c.Link = []store.Linked{linked(), again} }), store.Conflict{}, "identity")
	k.fails(k.tries(b.ID, func(c *store.Change) {
		c.Link, c.Unlink = []store.Linked{again}, []store.IssuedKey{linked().Key()}
	}), store.Conflict{}, "identity")
	k.equal("after the conflicts", k.credentials(b.ID), before)
	k.equal("the holder", k.credentials(a.ID).Linked, []store.Linked{l})
	elsewhere, root := k.child(k.parent(0)), k.parent(0)
	for _, c := range []store.Account{elsewhere, root} {
		k.update(c.ID, func(c *store.Change) { c.Link = []store.Linked{l} })
	}
	k.finds(by(l, store.Lookup{Scope: p.ID}), a.ID)
	k.finds(by(l, store.Lookup{Scope: elsewhere.Parent}), elsewhere.ID)
	k.finds(by(l, store.Lookup{}), root.ID)
	moved := issued("https://elsewhere.example", now)
	moved.Subject = l.Subject
	k.update(b.ID, func(c *store.Change) { c.Link = []store.Linked{moved} })
	k.finds(by(moved, store.Lookup{Scope: p.ID}), b.ID)
	k.finds(by(l, store.Lookup{Scope: p.ID}), a.ID)
}

func identitiesReplaced(k *kit) {
	a, l := k.known(k.parent(0).ID)
	other := linked()
	other.Account, other.Scope, other.LinkedAt = a.ID, a.Parent, now.Add(time.Second)
	next := l
	next.Email, next.LinkedAt, next.UsedAt = "", now.Add(time.Minute), now.Add(time.Hour)
	k.update(a.ID, func(c *store.Change) { c.Link = []store.Linked{next, other} })
	k.equal("replaced", k.credentials(a.ID).Linked, []store.Linked{other, next})
	k.update(a.ID, func(c *store.Change) { c.Link = []store.Linked{l} })
	k.equal("and again", k.credentials(a.ID).Linked, []store.Linked{l, other})
}

func identitiesUnlinked(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	b, m := k.known(p.ID)
	k.update(a.ID, func(c *store.Change) {
		c.Unlink = []store.IssuedKey{m.Key(), linked().Key(), {}, {Issuer: l.Issuer}, {Subject: l.Subject}}
	})
	k.equal("what is not there is left", k.credentials(a.ID).Linked, []store.Linked{l})
	k.equal("the other's", k.credentials(b.ID).Linked, []store.Linked{m})
	k.update(a.ID, func(c *store.Change) { c.Unlink = []store.IssuedKey{l.Key(), l.Key()} })
	k.equal("unlinked", k.credentials(a.ID).Linked, []store.Linked{})
	k.misses(by(l, store.Lookup{Scope: p.ID}))
	k.update(b.ID, func(c *store.Change) { c.Unlink, c.Link = []store.IssuedKey{m.Key()}, []store.Linked{l} })
	k.finds(by(l, store.Lookup{Scope: p.ID}), b.ID)
	k.update(a.ID, func(c *store.Change) { c.Link = []store.Linked{m} })
	k.finds(by(m, store.Lookup{Scope: p.ID}), a.ID)
}

func identitiesFreed(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	f := passkey()
	k.update(a.ID, func(c *store.Change) { c.PutFactors = []store.Factor{f} })
	k.remove(a)
	k.misses(by(l, store.Lookup{Scope: p.ID, Credentials: true}))
	k.misses(store.Lookup{Credential: f.Credential, Scope: p.ID})
	b := k.create(store.NewAccount{Account: account(p.ID), Linked: []store.Linked{l}, Factors: []store.Factor{f}})
	k.finds(by(l, store.Lookup{Scope: p.ID}), b.ID)
	k.finds(store.Lookup{Credential: f.Credential, Scope: p.ID}, b.ID)
	k.remove(p)
	k.misses(by(l, store.Lookup{Scope: p.ID}))
	k.misses(store.Lookup{Credential: f.Credential, Scope: p.ID})
	k.misses(store.Lookup{ID: b.ID, Credentials: true})
}

func identitiesSenseless(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	before := k.credentials(a.ID)
	fresh := linked()
	twin := fresh
	twin.Email = ""
	for name, list := range map[string][]store.Linked{
		"without issuer": {fresh, {Subject: "s"}}, "without subject": {{Issuer: "i"}}, "twice": {fresh, linked(), twin},
	} {
		k.run(name, func(k *kit) {
			n := account(p.ID)
			_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: n, Linked: list}, now)
			k.fails(err, store.ErrInvalid)
			k.absent(n.ID)
			k.fails(k.tries(a.ID, func(c *store.Change) { c.Link = list }), store.ErrInvalid)
		})
	}
	k.run("linked and unlinked", func(k *kit) {
		k.fails(k.tries(a.ID, func(c *store.Change) {
			c.Link, c.Unlink = []store.Linked{l}, []store.IssuedKey{linked().Key(), l.Key()}
		}), store.ErrInvalid)
	})
	k.equal("account", k.credentials(a.ID), before)
}

func identitiesUsed(k *kit) {
	p, at := k.parent(0), now.Add(time.Minute)
	a, l := k.known(p.ID)
	other := issued("https://zz.example", now)
	other.Account, other.Scope = a.ID, p.ID
	k.update(a.ID, func(c *store.Change) { c.Link = []store.Linked{other} })
	b, _ := k.known(p.ID)
	namesake := k.child(k.parent(0))
	k.update(namesake.ID, func(c *store.Change) { c.Link = []store.Linked{l} })
	in := func(a store.Account, key store.IssuedKey, c store.Charge) error {
		n := store.NewSession{Session: session(a, at), By: key, Effects: store.Effects{Charge: c}}
		_, err := k.store.CreateSession(k.ctx, n, at)
		return err
	}
	k.fails(in(a, l.Key(), charge(p.ID, store.OpSignIn, 5)), store.ErrInsufficientCredits)
	k.ok(in(b, l.Key(), store.Charge{}))
	k.ok(in(a, store.IssuedKey{Issuer: l.Issuer}, store.Charge{}))
	k.ok(in(a, store.IssuedKey{}, store.Charge{}))
	k.equal("not used", k.credentials(a.ID).Linked, []store.Linked{l, other})
	k.ok(in(a, l.Key(), store.Charge{}))
	l.UsedAt = at
	k.equal("used", k.credentials(a.ID).Linked, []store.Linked{l, other})
	k.that(k.credentials(namesake.ID).Linked[0].UsedAt.IsZero(), "the identity of a namesake in another scope is used")
	k.that(k.find(a.ID).Version == 2, "a sign-in by an identity moved the version")
}

func identitiesWidget(k *kit) {
	o := k.owner()
	root, l := k.known(store.Root)
	widget := store.Lookup{ScopeKey: o.PublicKey, Widget: true}
	s := k.finds(by(l, widget), root.ID)
	k.equal("of a root account", s, store.Subject{Account: root, KeyOwner: &o})
	plain := widget
	plain.Widget = false
	k.misses(by(l, plain))
	byEmail := k.child(o)
	both := widget
	both.Email = byEmail.EmailKey
	k.finds(by(l, both), root.ID)
	k.finds(by(linked(), both), byEmail.ID)
	own := k.create(store.NewAccount{Account: account(o.ID), Linked: []store.Linked{l}})
	k.finds(by(l, both), own.ID)
	k.remove(own)
	k.finds(by(l, both), root.ID)
	k.update(root.ID, func(c *store.Change) { c.Unlink = []store.IssuedKey{l.Key()} })
	k.finds(by(l, both), byEmail.ID)
	k.that(!slices.Contains([]bool{k.finds(by(l, both), byEmail.ID).Stray}, true), "a child of the scope is a stray")
}
