package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// claim is a try at a sign-in code by the network that asked for it.
func claim(a store.Account, d store.Digest, tries int) store.Claim {
	return store.Claim{
		Purpose: store.PurposeSignIn, Digest: d, Asker: asker, Tries: tries, Lookup: store.Lookup{Email: a.EmailKey, Scope: a.Parent},
	}
}

// guess tries a sign-in code of the account and wants it to be right or wrong.
func (k *kit) guess(a store.Account, d store.Digest, tries int, right bool) {
	k.Helper()
	s, err := k.store.ConsumeSecret(k.ctx, claim(a, d, tries), now)
	if right {
		k.ok(err)
	} else {
		k.fails(err, store.ErrNotFound)
	}
	k.that(s.Account.ID == a.ID, "subject is %v, want %v", s.Account.ID, a.ID)
}

func consumeSecret(k *kit) {
	k.run("a match uses up all of the purpose", consumeAll)
	k.run("single uses up just itself", consumeSingle)
	k.run("count says how many are live", countSecrets)
	k.run("tries are shared by the live ones", consumeTries)
	k.run("an asker is compared with its own alone", consumeAsker)
	k.run("anybody else is compared with all and counts on none", consumeOthers)
	k.run("the last try may be right", consumeLastTry)
	k.run("no tries means unlimited and uncounted", consumeUncounted)
	k.run("used, expired and foreign ones do not match", consumeNotLive)
	k.run("only what was sent to the present address", consumeAddress)
	k.run("looks the account up as find does", consumeLookup)
}

func consumeAll(k *kit) {
	o := k.owner()
	a := k.child(o)
	first, second := k.put(secret(a, store.PurposeSignIn)), k.put(secret(a, store.PurposeSignIn))
	reset, over := k.put(secret(a, store.PurposeReset)), secret(a, store.PurposeSignIn)
	over.ExpiresAt = now
	k.put(over)
	c := claim(a, first.Digest, 5)
	c.Lookup = store.Lookup{Email: a.EmailKey, ScopeKey: o.PublicKey}
	s, err := k.store.ConsumeSecret(k.ctx, c, now)
	k.ok(err)
	k.equal("subject", s, store.Subject{Account: a, Parent: &o, Organization: o.Organization, KeyOwner: &o})
	k.that(k.secret(first).UsedAt.Equal(now) && k.secret(second).UsedAt.Equal(now), "not all are used up")
	k.that(k.secret(over).UsedAt.Equal(now), "one that is over lives again should the clock go back")
	k.equal("another purpose", k.secret(reset), reset)
	k.guess(a, first.Digest, 5, false)
	k.guess(a, second.Digest, 5, false)
}

func consumeSingle(k *kit) {
	a := k.child(k.parent(0))
	var codes []store.Secret
	for range 3 {
		s := secret(a, store.PurposeRecovery)
		s.Address, s.ExpiresAt = "", time.Time{}
		codes = append(codes, k.put(s))
	}
	c := store.Claim{Purpose: store.PurposeRecovery, Lookup: store.Lookup{ID: a.ID}, Single: true}
	for i, s := range codes {
		c.Digest = s.Digest
		_, err := k.store.ConsumeSecret(k.ctx, c, now)
		k.ok(err)
		_, err = k.store.ConsumeSecret(k.ctx, c, now)
		k.fails(err, store.ErrNotFound)
		for _, later := range codes[i+1:] {
			k.that(k.secret(later).UsedAt.IsZero(), "another code is used up, too")
		}
	}
}

// countSecrets counts what is live, of one account and one purpose.
func countSecrets(k *kit) {
	p := k.parent(0)
	a, other := k.child(p), k.child(p)
	count := func(a store.Account, want int) {
		k.Helper()
		n, err := k.store.CountSecrets(k.ctx, a.ID, store.PurposeRecovery, now)
		k.ok(err)
		k.that(n == want, "%d live secrets, want %d", n, want)
	}
	count(a, 0)
	code := func(a store.Account, expires time.Time) store.Secret {
		s := secret(a, store.PurposeRecovery)
		s.Address, s.ExpiresAt = "", expires
		return k.put(s)
	}
	first := code(a, time.Time{})
	code(a, time.Time{})
	code(a, now.Add(time.Millisecond))
	code(a, now) // over
	code(other, time.Time{})
	k.put(secret(a, store.PurposeSignIn))
	count(a, 3)
	_, err := k.store.ConsumeSecret(k.ctx, store.Claim{
		Purpose: store.PurposeRecovery, Lookup: store.Lookup{ID: a.ID}, Digest: first.Digest, Single: true,
	}, now)
	k.ok(err)
	count(a, 2)
	count(other, 1)
	count(store.Account{ID: id()}, 0)
	k.ok(k.store.DeleteAccount(k.ctx, store.Deletion{Scope: store.Root, ID: p.ID}, now))
	count(a, 0)
}

func consumeTries(k *kit) {
	a := k.child(k.parent(0))
	old := k.put(secret(a, store.PurposeSignIn))
	recovery := k.put(secret(a, store.PurposeRecovery))
	k.guess(a, digest(), 3, false)
	young := k.put(secret(a, store.PurposeSignIn))
	k.guess(a, digest(), 3, false)
	k.guess(a, recovery.Digest, 3, false)
	k.that(k.secret(old).Tries == 3 && k.secret(young).Tries == 2, "tries are %d and %d, want 3 and 2", k.secret(old).Tries, k.secret(young).Tries)
	k.that(k.secret(recovery).Tries == 0, "a try counts on another purpose")
	k.guess(a, old.Digest, 3, false)
	k.that(k.secret(young).Tries == 3, "a try at a dead code does not count on the live one")
	k.guess(a, young.Digest, 3, false)
	k.that(k.secret(old).Tries == 3 && k.secret(young).Tries == 3, "a dead code counts on")
	fresh := k.put(secret(a, store.PurposeSignIn))
	k.guess(a, old.Digest, 3, false)
	k.guess(a, fresh.Digest, 3, true)
}

// by claims a sign-in code as somebody.
func (k *kit) by(who store.Digest, a store.Account, d store.Digest) error {
	k.Helper()
	c := claim(a, d, 3)
	c.Asker = who
	_, err := k.store.ConsumeSecret(k.ctx, c, now)
	return err
}

func consumeAsker(k *kit) {
	a, thief := k.child(k.parent(0)), digest()
	mine, his, nobodys := secret(a, store.PurposeSignIn), secret(a, store.PurposeSignIn), secret(a, store.PurposeSignIn)
	his.Asker, nobodys.Asker = thief, store.Digest{}
	for _, s := range []store.Secret{mine, his, nobodys} {
		k.put(s)
	}
	for range 5 {
		k.fails(k.by(thief, a, mine.Digest), store.ErrNotFound)
		k.fails(k.by(thief, a, nobodys.Digest), store.ErrNotFound)
	}
	k.fails(k.by(thief, a, his.Digest), store.ErrNotFound) // its tries are used up
	k.that(k.secret(his).Tries == 3, "%d tries at the own code, want 3", k.secret(his).Tries)
	k.that(k.secret(mine).Tries == 0 && k.secret(nobodys).Tries == 0, "tries at codes of others count")
	k.ok(k.by(asker, a, mine.Digest))
	for _, s := range []store.Secret{mine, his, nobodys} {
		k.that(k.secret(s).UsedAt.Equal(now), "a match leaves a code that somebody else asked for: %+v", k.secret(s))
	}
}

func consumeOthers(k *kit) {
	a := k.child(k.parent(0))
	for i, asked := range []store.Digest{asker, {}} {
		mine, worn := secret(a, store.PurposeSignIn), secret(a, store.PurposeSignIn)
		mine.Asker = asked
		k.put(mine)
		k.put(worn)
		for range 4 {
			k.fails(k.by(asker, a, digest()), store.ErrNotFound)
		}
		tries := k.secret(mine).Tries
		for range 20 {
			k.fails(k.by(store.Digest{}, a, digest()), store.ErrNotFound)
		}
		k.that(k.secret(mine).Tries == tries && k.secret(worn).Tries == 3, "tries of others count")
		k.ok(k.by(store.Digest{}, a, []store.Secret{mine, worn}[i].Digest))
		k.that(k.secret(mine).UsedAt.Equal(now) && k.secret(worn).UsedAt.Equal(now), "a match leaves a sibling")
	}
}

func consumeLastTry(k *kit) {
	a := k.child(k.parent(0))
	s := k.put(secret(a, store.PurposeSignIn))
	for range 4 {
		k.guess(a, digest(), 5, false)
	}
	k.guess(a, s.Digest, 5, true)
}

func consumeUncounted(k *kit) {
	a := k.child(k.parent(0))
	s := k.put(secret(a, store.PurposeSignIn))
	for range 20 {
		k.guess(a, digest(), 0, false)
	}
	k.equal("secret", k.secret(s), s)
	k.guess(a, s.Digest, 0, true)
}

func consumeNotLive(k *kit) {
	p := k.parent(0)
	a, b := k.child(p), k.child(p)
	expired, last := secret(a, store.PurposeSignIn), secret(a, store.PurposeSignIn)
	expired.ExpiresAt, last.ExpiresAt = now, now.Add(time.Millisecond)
	k.put(expired)
	k.put(last)
	foreign, purpose := k.put(secret(b, store.PurposeSignIn)), k.put(secret(a, store.PurposeReset))
	for _, s := range []store.Secret{expired, foreign, purpose} {
		k.guess(a, s.Digest, 10, false)
	}
	k.equal("the other's code", k.secret(foreign), foreign)
	k.equal("the expired code", k.secret(expired), expired)
	k.guess(a, last.Digest, 10, true)
	k.guess(a, last.Digest, 10, false)
	voided := k.put(secret(b, store.PurposeSignIn))
	k.update(b.ID, func(c *store.Change) { c.Void = []store.Purpose{store.PurposeSignIn} })
	k.guess(b, voided.Digest, 10, false)
}

func consumeAddress(k *kit) {
	a := k.child(k.parent(0))
	mailed, paper := k.put(secret(a, store.PurposeSignIn)), secret(a, store.PurposeSignIn)
	paper.Address = ""
	k.put(paper)
	moved := k.update(a.ID, func(c *store.Change) { c.Account.EmailKey = word("moved") + "@example.com" })
	k.guess(moved, mailed.Digest, 5, false)
	k.that(k.secret(mailed).Tries == 0, "a try counts on a code of another address")
	k.that(k.secret(paper).Tries == 1, "a try does not count on a code without address")
	k.guess(moved, paper.Digest, 5, true)
	k.that(k.secret(mailed).UsedAt.IsZero(), "a match uses up a code of another address")
}

func consumeLookup(k *kit) {
	p, q := k.parent(0), k.parent(0)
	a := k.child(p)
	same := k.child(q, email(a.Email))
	s := k.put(secret(a, store.PurposeSignIn))
	k.guess(same, s.Digest, 5, false)
	k.equal("the code of a namesake", k.secret(s), s)
	for _, c := range []struct {
		l     store.Lookup
		field string
	}{
		{store.Lookup{Email: a.EmailKey}, ""}, {store.Lookup{Email: word("no"), Scope: p.ID}, ""}, {store.Lookup{ID: id()}, ""},
		{store.Lookup{Email: a.EmailKey, ScopeKey: word("APK_")}, "parent"},
		{store.Lookup{Email: a.EmailKey, ScopeNumber: a.Number}, "parent"},
	} {
		got, err := k.store.ConsumeSecret(k.ctx, store.Claim{Purpose: s.Purpose, Digest: s.Digest, Asker: asker, Tries: 5, Lookup: c.l}, now)
		k.fails(err, store.ErrNotFound, c.field)
		k.that(got.Account.ID == uuid.Nil, "a subject of nobody: %v", got.Account.ID)
	}
	h := k.parent(0, house)
	inHouse := k.child(h)
	own := k.put(secret(inHouse, store.PurposeSignIn))
	for _, l := range []store.Lookup{{Email: inHouse.EmailKey, ScopeNumber: h.Number}, {Email: inHouse.EmailKey, ScopeKey: h.PublicKey}} {
		_, err := k.store.ConsumeSecret(k.ctx, store.Claim{Purpose: own.Purpose, Digest: own.Digest, Tries: 5, Lookup: l}, now)
		k.fails(err, store.ErrNotFound, "parent")
	}
	k.guess(inHouse, own.Digest, 5, true)
	l := store.Lookup{Email: a.EmailKey, ScopeNumber: p.Number}
	_, err := k.store.ConsumeSecret(k.ctx, store.Claim{Purpose: s.Purpose, Digest: s.Digest, Tries: 5, Lookup: l}, now)
	k.ok(err)
	gone := k.put(secret(a, store.PurposeSignIn))
	k.remove(a)
	_, err = k.store.ConsumeSecret(k.ctx, claim(a, gone.Digest, 5), now)
	k.fails(err, store.ErrNotFound)
}
