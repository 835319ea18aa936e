package storetest

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func factors(k *kit) {
	k.run("any number, pending ones too, by creation", factorsKept)
	k.run("an id is its account's own", factorsOwned)
	k.run("a credential is unique in its scope", factorsUnique)
	k.run("a credential may move from one factor to another", factorsMoved)
	k.run("found by the credential of a confirmed one", factorsFound)
	k.run("putting replaces but never goes back", factorsReplaced)
	k.run("dropping frees", factorsDropped)
	k.run("ending the sessions drops what is pending", factorsEnded)
	k.run("what makes no sense is refused", factorsSenseless)
	k.run("the account's bits are kept as they are written", factorBits)
}

// pending makes a factor that waits to be confirmed.
func pending(f store.Factor) store.Factor {
	f.PendingUntil = now.Add(10 * time.Minute)
	return f
}

// owned returns the factors as the account has them.
func owned(a store.Account, list ...store.Factor) []store.Factor {
	list = slices.Clone(list)
	for i := range list {
		list[i].Account = a.ID
	}
	slices.SortFunc(list, func(x, y store.Factor) int {
		return cmp.Or(x.CreatedAt.Compare(y.CreatedAt), bytes.Compare(x.ID[:], y.ID[:]))
	})
	return list
}

// has wants the account to have just these factors.
func (k *kit) has(a store.Account, list ...store.Factor) {
	k.Helper()
	k.equal("factors", k.credentials(a.ID).Factors, owned(a, list...))
}

// puts puts the factors, after those that go.
func (k *kit) puts(a store.Account, list ...store.Factor) {
	k.Helper()
	k.update(a.ID, func(c *store.Change) { c.PutFactors = list })
}

func factorsKept(k *kit) {
	for _, parent := range []store.Account{{}, k.parent(0)} {
		a := account(parent.ID)
		one, two, key, bare := totp(7), pending(totp(0)), passkey(), store.Factor{ID: id(), Kind: "another"}
		key.CreatedAt = now.Add(-time.Hour) // its id is the greatest
		one.UsedAt, key.Credential = now.Add(-time.Minute), append([]byte{0, 0xff, '\'', 0}, key.Credential...)
		k.create(store.NewAccount{Account: a, Factors: []store.Factor{key, two, one}})
		k.puts(a, bare)
		k.has(a, one, two, key, bare)
		k.puts(a, pending(passkey()))
		k.that(len(k.credentials(a.ID).Factors) == 5, "not five factors")
		k.that(len(k.finds(store.Lookup{ID: a.ID}, a.ID).Factors) == 0, "factors come without being asked for")
	}
}

func factorsOwned(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	f := totp(5)
	f.Account = b.ID
	k.puts(a, f)
	g := f
	g.Counter, g.Label = 3, "Another"
	k.puts(b, g)
	c := k.create(store.NewAccount{Account: account(p.ID), Factors: []store.Factor{f}})
	for _, x := range []store.Account{a, c} {
		k.has(x, f)
	}
	k.has(b, g)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(b, now), Use: store.Use{Factor: f.ID, Counter: 4}}, now)
	k.ok(err)
	g.Counter, g.UsedAt = 4, now
	k.has(a, f)
	k.has(b, g)
	k.update(a.ID, func(c *store.Change) { c.DropFactors = append(c.DropFactors, f.ID) })
	k.has(a)
	k.has(b, g)
	k.remove(b)
	k.has(c, f)
}

func factorsUnique(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	confirmed, begun := passkey(), pending(passkey())
	k.puts(a, confirmed, begun)
	for _, taken := range []store.Factor{confirmed, begun} {
		twin := passkey()
		twin.Credential = bytes.Clone(taken.Credential)
		for _, f := range []store.Factor{twin, pending(twin)} {
			_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: account(p.ID), Factors: []store.Factor{totp(0), f}}, now)
			k.fails(err, store.Conflict{}, "credential")
			for _, x := range []store.Account{a, b} {
				before := k.credentials(x.ID)
				err := k.tries(x.ID, func(c *store.Change) { c.PutFactors = []store.Factor{passkey(), f} })
				k.fails(err, store.Conflict{}, "credential")
				k.equal("after the conflict", k.credentials(x.ID), before)
			}
		}
	}
	k.puts(a, confirmed, begun)
	k.has(a, confirmed, begun)
	elsewhere, root := k.child(k.parent(0)), k.parent(0)
	for _, x := range []store.Account{elsewhere, root} {
		k.puts(x, confirmed)
		k.finds(store.Lookup{Credential: confirmed.Credential, Scope: x.Parent}, x.ID)
	}
	k.puts(b, totp(0), totp(0))
}

func factorsMoved(k *kit) {
	a := k.child(k.parent(0))
	one, two, begun := passkey(), passkey(), pending(passkey())
	k.puts(a, one, two, begun)
	one.Credential, two.Credential = two.Credential, one.Credential
	k.puts(a, one, two)
	k.has(a, one, two, begun)
	three := passkey()
	three.Credential = one.Credential
	k.fails(k.tries(a.ID, func(c *store.Change) { c.PutFactors = []store.Factor{three} }), store.Conflict{}, "credential")
	k.update(a.ID, func(c *store.Change) {
		c.PutFactors, c.DropFactors = []store.Factor{three}, append(c.DropFactors, one.ID)
	})
	k.has(a, two, begun, three)
	one.Credential, three.Credential = three.Credential, nil
	k.puts(a, one, three)
	k.has(a, one, two, begun, three)
	four := passkey()
	four.Credential = begun.Credential
	k.update(a.ID, func(c *store.Change) { c.PutFactors, c.EndSessions = []store.Factor{four}, true })
	k.has(a, one, two, three, four)
	k.finds(store.Lookup{Credential: four.Credential, Scope: a.Parent}, a.ID)
}

func factorsFound(k *kit) {
	o := k.owner()
	a, b, root := k.child(o), k.child(o), k.parent(0)
	f, begun, atRoot := passkey(), pending(passkey()), passkey()
	k.puts(a, f, begun)
	k.puts(root, atRoot)
	l := store.Lookup{Credential: f.Credential, Scope: o.ID}
	s := k.finds(store.Lookup{Credential: f.Credential, ScopeKey: o.PublicKey, Credentials: true}, a.ID)
	k.equal("factors", s.Factors, owned(a, f, begun))
	k.finds(store.Lookup{Credential: f.Credential, ScopeNumber: o.Number}, a.ID)
	k.misses(store.Lookup{Credential: f.Credential})
	k.misses(store.Lookup{Credential: f.Credential, Scope: k.parent(0).ID})
	k.misses(store.Lookup{Credential: f.Credential, ScopeKey: word("APK_")}, "parent")
	for _, odd := range [][]byte{{0}, f.Credential[:len(f.Credential)-1], append([]byte{0}, f.Credential...), []byte(word("none"))} {
		k.misses(store.Lookup{Credential: odd, Scope: o.ID})
	}
	k.run("a pending one finds nobody", func(k *kit) {
		k.misses(store.Lookup{Credential: begun.Credential, Scope: o.ID})
		begun.PendingUntil = time.Time{}
		k.puts(a, begun)
		k.finds(store.Lookup{Credential: begun.Credential, Scope: o.ID}, a.ID)
	})
	k.run("it counts before identity and email", func(k *kit) {
		with := l
		with.Email = b.EmailKey
		k.finds(with, a.ID)
		with.Credential = []byte(word("none"))
		k.misses(with)
		with.ID = b.ID
		k.finds(with, b.ID)
	})
	k.run("neither widget nor stray", func(k *kit) {
		k.finds(store.Lookup{Credential: atRoot.Credential}, root.ID)
		k.misses(store.Lookup{Credential: atRoot.Credential, ScopeKey: o.PublicKey, Widget: true})
		k.misses(store.Lookup{Credential: f.Credential, Email: a.EmailKey, Stray: true})
	})
	k.run("a disabled account is found", func(k *kit) {
		k.disable(a.ID)
		k.finds(l, a.ID)
	})
}

func factorsReplaced(k *kit) {
	a, f := k.armed(k.parent(0), 5)
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, now), Use: store.Use{Factor: f.ID, Counter: 9}}, now)
	k.ok(err)
	next := passkey()
	next.ID, next.Counter, next.UsedAt, next.CreatedAt = f.ID, 8, now.Add(-time.Hour), now.Add(time.Hour)
	k.puts(a, next)
	next.Counter, next.UsedAt = 9, now
	k.has(a, next)
	next.Counter, next.UsedAt, next.Sealed = 11, now.Add(time.Hour), nil
	k.puts(a, next)
	k.has(a, next)
	next = pending(next)
	k.puts(a, next)
	k.has(a, next)
	k.update(a.ID, func(c *store.Change) { c.DropFactors = append(c.DropFactors, f.ID) })
	k.puts(a, f)
	k.has(a, f)
}

func factorsDropped(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	f, stays, begun, other := passkey(), totp(1), pending(totp(2)), passkey()
	k.puts(a, f, stays, begun)
	k.puts(b, other)
	k.update(a.ID, func(c *store.Change) { c.DropFactors = append(c.DropFactors, f.ID, id(), begun.ID, f.ID, other.ID) })
	k.has(a, stays)
	k.has(b, other)
	k.misses(store.Lookup{Credential: f.Credential, Scope: p.ID})
	k.puts(b, f)
	k.has(b, f, other)
}

func factorsEnded(k *kit) {
	a := k.child(k.parent(0))
	confirmed, begun, put, done := totp(1), pending(passkey()), pending(totp(3)), pending(totp(4))
	k.puts(a, confirmed, begun, put, done)
	k.update(a.ID, func(*store.Change) {})
	k.has(a, confirmed, begun, put, done)
	k.fails(k.tries(a.ID, func(c *store.Change) { c.EndSessions, c.Proof = true, digest() }), store.ErrProofSpent)
	k.has(a, confirmed, begun, put, done)
	done.PendingUntil = time.Time{}
	fresh := pending(totp(5))
	k.update(a.ID, func(c *store.Change) { c.EndSessions, c.PutFactors = true, []store.Factor{put, done, fresh} })
	k.has(a, confirmed, put, done, fresh)
	k.puts(a, begun)
	k.update(a.ID, func(c *store.Change) { c.EndSessions = true })
	k.has(a, confirmed, done)
}

func factorsSenseless(k *kit) {
	p := k.parent(0)
	a, f := k.armed(p, 5)
	before := k.credentials(a.ID)
	one, twin, copied := passkey(), totp(0), passkey()
	twin.ID, copied.Credential = one.ID, one.Credential
	for name, list := range map[string][]store.Factor{
		"without id": {one, {Kind: store.FactorTOTP}}, "twice": {one, totp(0), twin}, "a credential twice": {one, copied},
	} {
		k.run(name, func(k *kit) {
			n := account(p.ID)
			_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: n, Factors: list}, now)
			k.fails(err, store.ErrInvalid)
			k.absent(n.ID)
			k.fails(k.tries(a.ID, func(c *store.Change) { c.PutFactors = list }), store.ErrInvalid)
		})
	}
	k.run("put and dropped", func(k *kit) {
		k.fails(k.tries(a.ID, func(c *store.Change) {
			c.PutFactors, c.DropFactors = []store.Factor{f}, append(c.DropFactors, id(), f.ID)
		}), store.ErrInvalid)
	})
	k.run("put and used", func(k *kit) {
		k.fails(k.tries(a.ID, func(c *store.Change) {
			c.PutFactors, c.Use = []store.Factor{f}, store.Use{Factor: f.ID, Counter: 6}
		}), store.ErrInvalid)
	})
	k.equal("account", k.credentials(a.ID), before)
}

func factorBits(k *kit) {
	a, _ := k.armed(k.parent(0), 5)
	for _, bits := range []store.FactorSet{0, store.HasPasskey, store.HasTOTP | store.HasPasskey, 1 << 31} {
		k.update(a.ID, func(c *store.Change) { c.Account.Factors = bits })
		k.that(k.find(a.ID).Factors == bits, "bits are %b, want %b", k.find(a.ID).Factors, bits)
		l := k.live(k.signIn(session(a, now)).ID, now)
		k.that(l.HasFactor == (bits != 0), "%b: a session has a factor: %v", bits, l.HasFactor)
	}
}
