package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func secrets(k *kit) {
	k.run("put", putSecrets)
	k.run("read", readSecrets)
	k.run("consume", consumeSecret)
	k.run("races", raceSecrets)
}

// secret returns a secret as it stands.
func (k *kit) secret(s store.Secret) store.Secret {
	k.Helper()
	got, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	k.ok(err)
	return got
}

func putSecrets(k *kit) {
	k.run("all or none", func(k *kit) {
		a := k.child(k.parent(0))
		one, two := secret(a, store.PurposeReset), secret(a, store.PurposeVerify)
		none := secret(store.Account{ID: id()}, store.PurposeReset)
		k.fails(k.store.PutSecrets(k.ctx, []store.Secret{one, none, two}, now), store.ErrNotFound)
		for _, s := range []store.Secret{one, none, two} {
			_, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
			k.fails(err, store.ErrNotFound)
		}
		k.ok(k.store.PutSecrets(k.ctx, []store.Secret{one, two}, now))
		k.equal("first", k.secret(one), one)
		k.equal("second", k.secret(two), two)
		k.ok(k.store.PutSecrets(k.ctx, nil, now))
	})
	k.run("a digest again is made live", func(k *kit) {
		a := k.child(k.parent(0))
		s := k.put(secret(a, store.PurposeSignIn))
		k.guess(a, digest(), 5, false)
		k.guess(a, s.Digest, 5, true)
		k.that(!k.secret(s).UsedAt.IsZero(), "not used")
		s.CreatedAt, s.ExpiresAt = now.Add(time.Minute), now.Add(time.Hour)
		k.put(s)
		k.equal("renewed", k.secret(s), s)
		k.guess(a, s.Digest, 5, true)
	})
	k.run("the next of a mail replaces the one before", putMailAgain)
	k.run("tries and use start at zero", func(k *kit) {
		a := k.child(k.parent(0))
		s := secret(a, store.PurposeReset)
		s.Tries, s.UsedAt = 3, now
		k.put(s)
		s.Tries, s.UsedAt = 0, time.Time{}
		k.equal("secret", k.secret(s), s)
	})
	k.run("of two with one digest the last counts", func(k *kit) {
		a := k.child(k.parent(0))
		first, last := secret(a, store.PurposeReset), secret(a, store.PurposeVerify)
		last.Digest, last.Address = first.Digest, "other@example.com"
		k.ok(k.store.PutSecrets(k.ctx, []store.Secret{first, last}, now))
		k.equal("secret", k.secret(last), last)
		k.that(!k.hasSecret(first), "the first one is there, too")
	})
	k.run("two accounts may have the same digest", func(k *kit) {
		p := k.parent(0)
		a, b := k.child(p), k.child(p)
		one, two := secret(a, store.PurposeSignIn), secret(b, store.PurposeSignIn)
		two.Digest = one.Digest
		k.put(one)
		k.put(two)
		k.guess(a, one.Digest, 5, true)
		k.guess(a, one.Digest, 5, false)
		k.guess(b, two.Digest, 5, true)
	})
}

func readSecretCredentials(k *kit) {
	a, l := k.known(k.parent(0).ID)
	f, begun := passkey(), pending(totp(3))
	k.puts(a, f, begun)
	s := k.put(secret(a, store.PurposeReset))
	_, subject, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	k.ok(err)
	k.equal("identities", subject.Linked, []store.Linked{l})
	k.equal("factors", subject.Factors, owned(a, f, begun))
	for _, asked := range []bool{false, true} {
		c := claim(a, digest(), 0)
		c.Lookup.Credentials = asked
		subject, err = k.store.ConsumeSecret(k.ctx, c, now)
		k.fails(err, store.ErrNotFound)
		k.that(len(subject.Linked) == 1 == asked && len(subject.Factors) == 2 == asked, "asked %v, and got %+v", asked, subject.Linked)
	}
}

func putMailAgain(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	mail := id()
	of := func(who store.Account) store.Secret {
		s := secret(who, store.PurposeSignIn)
		s.Mail = mail
		return s
	}
	first, others, anothers, loose := k.put(of(a)), k.put(of(b)), of(a), k.put(secret(a, store.PurposeSignIn))
	anothers.Mail = id()
	k.put(anothers)
	second, third := of(a), of(a)
	k.ok(k.store.PutSecrets(k.ctx, []store.Secret{second, third}, now))
	k.that(!k.hasSecret(first), "the first try lives on")
	for what, s := range map[string]store.Secret{
		"second": second, "third": third, "of another account": others, "of another mail": anothers, "of no mail": loose,
	} {
		k.equal(what, k.secret(s), s)
	}
	k.put(second)
	k.that(!k.hasSecret(third), "the third try lives on")
	k.equal("the same digest again", k.secret(second), second)
	k.guess(a, first.Digest, 5, false)
	k.guess(a, second.Digest, 5, true)
}

func readSecrets(k *kit) {
	k.run("whatever its state, with the subject", func(k *kit) {
		o := k.owner()
		a := k.child(o)
		s := secret(a, store.PurposeReset)
		s.ExpiresAt = now.Add(-time.Hour)
		k.put(s)
		got, subject, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
		k.ok(err)
		k.equal("secret", got, s)
		k.equal("subject", subject, store.Subject{Account: a, Parent: &o, Organization: o.Organization})
		k.run("and its credentials", readSecretCredentials)
		forever := secret(a, store.PurposeRecovery)
		forever.ExpiresAt, forever.Address = time.Time{}, ""
		k.equal("without end", k.secret(k.put(forever)), forever)
	})
	k.run("reading does not use it", func(k *kit) {
		a := k.child(k.parent(0))
		s := k.put(secret(a, store.PurposeReset))
		for range 3 {
			k.equal("secret", k.secret(s), s)
		}
		k.update(a.ID, func(c *store.Change) { c.Proof = s.Digest })
	})
	k.run("of another purpose or unknown is not found", func(k *kit) {
		s := k.put(secret(k.child(k.parent(0)), store.PurposeReset))
		_, _, err := k.store.Secret(k.ctx, store.PurposeVerify, s.Digest)
		k.fails(err, store.ErrNotFound)
		_, _, err = k.store.Secret(k.ctx, store.PurposeReset, digest())
		k.fails(err, store.ErrNotFound)
	})
	k.run("of two accounts with one digest the lower id is read", func(k *kit) {
		p := k.parent(0)
		ids := inOrder([]uuid.UUID{k.child(p).ID, k.child(p).ID})
		one := secret(k.find(ids[0]), store.PurposeSignIn)
		for _, i := range []int{1, 0} {
			s := one
			s.Account = ids[i]
			k.put(s)
		}
		k.equal("secret", k.secret(one), one)
		k.remove(k.find(ids[0]))
		k.that(k.secret(one).Account == ids[1], "a deleted account hides the other one")
	})
	k.run("of a child of a deleted parent is not found", func(k *kit) {
		p := k.parent(0)
		s := k.put(secret(k.child(p), store.PurposeReset))
		k.remove(p)
		_, _, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
		k.fails(err, store.ErrNotFound)
	})
}
