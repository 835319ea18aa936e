package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// proving is a verb that takes a Use and a Once.
type proving func(k *kit, a store.Account, u store.Use, o store.Once, fx store.Effects, at time.Time) error

func provingSession(k *kit, a store.Account, u store.Use, o store.Once, fx store.Effects, at time.Time) error {
	a.Epoch = 1
	_, err := k.store.CreateSession(k.ctx, store.NewSession{Session: session(a, at), Use: u, Once: o, Effects: fx}, at)
	return err
}

func provingChange(k *kit, a store.Account, u store.Use, o store.Once, fx store.Effects, at time.Time) error {
	s, err := k.store.FindAccount(k.ctx, store.Lookup{ID: a.ID})
	if err != nil {
		return err
	}
	_, _, err = k.store.UpdateAccount(k.ctx, store.Change{Account: s.Account, Use: u, Once: o, Effects: fx}, at)
	return err
}

var provings = map[string]proving{"create session": provingSession, "update account": provingChange}

// inBoth runs a test with each verb that takes a Use and a Once.
func inBoth(k *kit, test func(*kit, proving)) {
	for name, verb := range provings {
		k.run(name, func(k *kit) { test(k, verb) })
	}
}

func uses(k *kit) {
	inBoth(k, func(k *kit, do proving) {
		k.run("a counter only grows", func(k *kit) { usesGrow(k, do) })
		k.run("zero after zero is accepted", func(k *kit) { usesZero(k, do) })
		k.run("only a confirmed factor of the account", func(k *kit) { usesOwn(k, do) })
		k.run("a verb that fails uses none", func(k *kit) { usesFail(k, do) })
	})
	k.run("one that is dropped may be used once more", usesDropped)
	k.run("the others stay as they are", usesOne)
}

func usesGrow(k *kit, do proving) {
	a, f := k.armed(k.parent(0), 5)
	at := now
	for _, c := range []struct {
		counter int64
		ok      bool
	}{{5, false}, {4, false}, {0, false}, {-1, false}, {6, true}, {6, false}, {1 << 40, true}, {7, false}, {0, false}} {
		at = at.Add(time.Minute)
		err := do(k, a, store.Use{Factor: f.ID, Counter: c.counter}, store.Once{}, store.Effects{}, at)
		if c.ok {
			k.ok(err)
			f.Counter, f.UsedAt = c.counter, at
		} else {
			k.fails(err, store.Conflict{})
		}
		k.has(a, f)
	}
}

func usesZero(k *kit, do proving) {
	a, f := k.armed(k.parent(0), 0)
	for i, counter := range []int64{0, 0, 3} {
		at := now.Add(time.Duration(i) * time.Minute)
		k.ok(do(k, a, store.Use{Factor: f.ID, Counter: counter}, store.Once{}, store.Effects{}, at))
		f.Counter, f.UsedAt = counter, at
		k.has(a, f)
	}
	k.fails(do(k, a, store.Use{Factor: f.ID}, store.Once{}, store.Effects{}, now), store.Conflict{})
	k.fails(do(k, a, store.Use{Factor: f.ID, Counter: -1}, store.Once{}, store.Effects{}, now), store.Conflict{})
}

func usesOwn(k *kit, do proving) {
	p := k.parent(0)
	a, f := k.armed(p, 5)
	_, foreign := k.armed(p, 5)
	begun := pending(totp(0))
	k.puts(a, begun)
	for name, x := range map[string]store.Factor{"absent": totp(0), "foreign": foreign, "pending": begun} {
		for _, counter := range []int64{0, 9} {
			err := do(k, a, store.Use{Factor: x.ID, Counter: counter}, store.Once{}, store.Effects{}, now)
			k.that(anyOf(err, []error{store.Conflict{}}), "%s: %v", name, err)
		}
	}
	k.has(a, f, begun)
	k.ok(do(k, a, store.Use{Counter: 77}, store.Once{}, store.Effects{}, now))
	k.has(a, f, begun)
}

func usesFail(k *kit, do proving) {
	p := k.parent(1)
	a, f := k.armed(p, 5)
	use := store.Use{Factor: f.ID, Counter: 6}
	k.fails(do(k, a, use, store.Once{}, store.Effects{Charge: charge(p.ID, store.OpVerify, 2)}, now), store.ErrInsufficientCredits)
	k.has(a, f)
	k.ok(do(k, a, use, store.Once{}, store.Effects{Charge: charge(p.ID, store.OpVerify, 1)}, now))
}

func usesDropped(k *kit) {
	a, f := k.armed(k.parent(0), 5)
	drop := func(counter int64) func(*store.Change) {
		return func(c *store.Change) {
			c.DropFactors, c.Use = append(c.DropFactors, f.ID), store.Use{Factor: f.ID, Counter: counter}
		}
	}
	k.fails(k.tries(a.ID, drop(5)), store.Conflict{})
	k.has(a, f)
	k.update(a.ID, drop(6))
	k.has(a)
}

func usesOne(k *kit) {
	a, f := k.armed(k.parent(0), 5)
	other, key := totp(5), passkey()
	k.puts(a, other, key)
	k.ok(provingSession(k, a, store.Use{Factor: other.ID, Counter: 6}, store.Once{}, store.Effects{}, now))
	other.Counter, other.UsedAt = 6, now
	k.has(a, f, other, key)
	k.ok(provingChange(k, a, store.Use{Factor: key.ID}, store.Once{}, store.Effects{}, now))
	key.UsedAt = now
	k.has(a, f, other, key)
	k.finds(store.Lookup{Credential: key.Credential, Scope: a.Parent}, a.ID)
}

func onces(k *kit) {
	inBoth(k, func(k *kit, do proving) {
		k.run("serves once, whomever", func(k *kit) { oncesSpent(k, do) })
		k.run("a verb that fails leaves it unused", func(k *kit) { oncesFail(k, do) })
		k.run("is remembered until it ends", func(k *kit) { oncesEnd(k, do) })
		k.run("none is no digest", func(k *kit) {
			a := k.child(k.parent(0))
			for range 2 {
				k.ok(do(k, a, store.Use{}, store.Once{Until: now.Add(time.Hour)}, store.Effects{}, now))
			}
		})
	})
}

// once makes a challenge that nobody has answered yet.
func once() store.Once { return store.Once{Digest: digest(), Until: now.Add(5 * time.Minute)} }

func oncesSpent(k *kit, do proving) {
	p := k.parent(0)
	a, f := k.armed(p, 5)
	o := once()
	k.ok(do(k, a, store.Use{}, o, store.Effects{}, now))
	before := k.credentials(a.ID)
	for _, again := range provings {
		k.fails(again(k, a, store.Use{Factor: f.ID, Counter: 6}, o, store.Effects{}, now), store.ErrProofSpent)
		k.fails(again(k, k.child(p), store.Use{}, o, store.Effects{}, now), store.ErrProofSpent)
		longer := o
		longer.Until = now.Add(time.Hour)
		k.fails(again(k, k.parent(0), store.Use{}, longer, store.Effects{}, now), store.ErrProofSpent)
	}
	k.equal("account", k.credentials(a.ID), before)
	k.ok(do(k, a, store.Use{}, once(), store.Effects{}, now))
}

func oncesFail(k *kit, do proving) {
	p := k.parent(1)
	a, f := k.armed(p, 5)
	o := once()
	k.fails(do(k, a, store.Use{}, o, store.Effects{Charge: charge(p.ID, store.OpVerify, 2)}, now), store.ErrInsufficientCredits)
	k.fails(do(k, a, store.Use{Factor: f.ID, Counter: 5}, o, store.Effects{}, now), store.Conflict{})
	k.ok(do(k, a, store.Use{Factor: f.ID, Counter: 6}, o, store.Effects{Charge: charge(p.ID, store.OpVerify, 1)}, now))
}

func oncesEnd(k *kit, do proving) {
	a := k.child(k.parent(0))
	o := once()
	k.ok(do(k, a, store.Use{}, o, store.Effects{}, now))
	for _, early := range []time.Time{now, o.Until.Add(-time.Millisecond)} {
		k.fails(do(k, a, store.Use{}, o, store.Effects{}, early), store.ErrProofSpent)
	}
	next := o
	next.Until = o.Until.Add(time.Minute)
	k.ok(do(k, a, store.Use{}, next, store.Effects{}, o.Until))
	k.fails(do(k, a, store.Use{}, o, store.Effects{}, next.Until.Add(-time.Millisecond)), store.ErrProofSpent)
	k.ok(do(k, a, store.Use{}, o, store.Effects{}, next.Until))
}
