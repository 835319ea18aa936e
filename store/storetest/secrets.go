package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper"
)

func secrets(k *kit) {
	k.run("put", putSecrets)
	k.run("read", readSecrets)
	k.run("consume", consumeSecret)
	k.run("races", raceSecrets)
}

// secret answers a secret as it stands.
func (k *kit) secret(s tollkeeper.Secret) tollkeeper.Secret {
	k.Helper()
	got, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	k.ok(err)
	return got
}

func putSecrets(k *kit) {
	k.run("all or none", func(k *kit) {
		a := k.child(k.parent(0))
		one, two := secret(a, tollkeeper.PurposeReset), secret(a, tollkeeper.PurposeVerify)
		none := secret(tollkeeper.Account{ID: id()}, tollkeeper.PurposeReset)
		k.fails(k.store.PutSecrets(k.ctx, []tollkeeper.Secret{one, none, two}, now), tollkeeper.ErrNotFound)
		for _, s := range []tollkeeper.Secret{one, none, two} {
			_, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
			k.fails(err, tollkeeper.ErrNotFound)
		}
		k.ok(k.store.PutSecrets(k.ctx, []tollkeeper.Secret{one, two}, now))
		k.equal("first", k.secret(one), one)
		k.equal("second", k.secret(two), two)
		k.ok(k.store.PutSecrets(k.ctx, nil, now))
	})
	k.run("a digest again is made live", func(k *kit) {
		a := k.child(k.parent(0))
		s := k.put(secret(a, tollkeeper.PurposeSignIn))
		k.guess(a, digest(), 5, false)
		k.guess(a, s.Digest, 5, true)
		k.that(!k.secret(s).UsedAt.IsZero(), "not used")
		s.CreatedAt, s.ExpiresAt = now.Add(time.Minute), now.Add(time.Hour)
		k.put(s)
		k.equal("renewed", k.secret(s), s)
		k.guess(a, s.Digest, 5, true)
	})
	k.run("two accounts may have the same digest", func(k *kit) {
		p := k.parent(0)
		a, b := k.child(p), k.child(p)
		one, two := secret(a, tollkeeper.PurposeSignIn), secret(b, tollkeeper.PurposeSignIn)
		two.Digest = one.Digest
		k.put(one)
		k.put(two)
		k.guess(a, one.Digest, 5, true)
		k.guess(a, one.Digest, 5, false)
		k.guess(b, two.Digest, 5, true)
	})
}

func readSecrets(k *kit) {
	k.run("whatever its state, with the subject", func(k *kit) {
		o := k.owner()
		a := k.child(o)
		s := secret(a, tollkeeper.PurposeReset)
		s.ExpiresAt = now.Add(-time.Hour)
		k.put(s)
		got, subject, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
		k.ok(err)
		k.equal("secret", got, s)
		k.equal("subject", subject, tollkeeper.Subject{Account: a, Parent: &o, Organization: o.Organization})
		forever := secret(a, tollkeeper.PurposeRecovery)
		forever.ExpiresAt, forever.Address = time.Time{}, ""
		k.equal("without end", k.secret(k.put(forever)), forever)
	})
	k.run("reading does not use it", func(k *kit) {
		a := k.child(k.parent(0))
		s := k.put(secret(a, tollkeeper.PurposeReset))
		for range 3 {
			k.equal("secret", k.secret(s), s)
		}
		k.update(a.ID, func(c *tollkeeper.Change) { c.Proof = s.Digest })
	})
	k.run("of another purpose or unknown is not found", func(k *kit) {
		s := k.put(secret(k.child(k.parent(0)), tollkeeper.PurposeReset))
		_, _, err := k.store.Secret(k.ctx, tollkeeper.PurposeVerify, s.Digest)
		k.fails(err, tollkeeper.ErrNotFound)
		_, _, err = k.store.Secret(k.ctx, tollkeeper.PurposeReset, digest())
		k.fails(err, tollkeeper.ErrNotFound)
	})
	k.run("of a child of a deleted parent is not found", func(k *kit) {
		p := k.parent(0)
		s := k.put(secret(k.child(p), tollkeeper.PurposeReset))
		k.remove(p)
		_, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
		k.fails(err, tollkeeper.ErrNotFound)
	})
}
