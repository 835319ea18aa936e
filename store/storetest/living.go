package storetest

import (
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

func readSession(k *kit) {
	k.run("with what decides about it", readLive)
	k.run("inherits the organization's demands", readDemands)
	k.run("until nothing of it is good", readExpiry)
	k.run("shows the present state", readPresent)
	k.run("an unknown session is not found", func(k *kit) { k.dead(id(), id(), now) })
}

func readLive(k *kit) {
	p := k.parent(0)
	a := k.child(p, admin)
	s := k.signIn(refreshable(a))
	want := store.Live{
		Session: s, Parent: p.ID, Number: a.Number, Email: a.Email, Username: a.Username, Name: a.Name, PublicKey: a.PublicKey,
		Role: a.Role, Status: a.Status, ParentStatus: store.StatusActive, PasswordChangedAt: a.PasswordChangedAt,
		Verified: true, Proven: true, HasFactor: true, KeyMaster: p.KeyMaster, KeyVersion: p.KeyVersion,
	}
	k.equal("live", k.live(s.ID, now), want)
	root := k.parent(0, func(a *store.Account) {
		a.EmailVerifiedAt, a.EmailProvenAt, a.Factors, a.PasswordTemporary = time.Time{}, time.Time{}, 0, true
	})
	l := k.live(k.signIn(session(root, now)).ID, now)
	k.that(l.ParentStatus == store.StatusActive && l.Parent == store.Root, "parent of a root account: %+v", l)
	k.that(l.KeyMaster == root.KeyMaster && l.KeyVersion == root.KeyVersion, "key of a root account: %+v", l)
	p = k.update(p.ID, func(c *store.Change) { c.Account.KeyVersion += 6 })
	k.that(k.live(s.ID, now).KeyVersion == p.KeyVersion, "a child's session sees that its parent's key was rotated")
	k.that(!l.Verified && !l.Proven && !l.HasFactor && l.PasswordTemporary, "nothing was proved: %+v", l)
}

func readDemands(k *kit) {
	for _, c := range []struct{ verify, factor bool }{{true, false}, {false, true}, {true, true}, {false, false}} {
		o := k.owner(func(o *store.Organization) { o.VerificationRequired, o.FactorRequired = c.verify, c.factor })
		member := k.parent(0, func(a *store.Account) { a.OrganizationOwner = o.ID })
		for name, a := range map[string]store.Account{"own": o, "its owner's": member, "its parent's": k.child(o)} {
			l := k.live(k.signIn(session(a, now)).ID, now)
			k.that(l.MustVerify == c.verify && l.MustFactor == c.factor, "%s %+v: must verify %v, factor %v", name, c, l.MustVerify, l.MustFactor)
		}
	}
	a := k.child(k.parent(0))
	l := k.live(k.signIn(session(a, now)).ID, now)
	k.that(!l.MustVerify && !l.MustFactor, "demands of no organization")
}

func readExpiry(k *kit) {
	a := k.child(k.parent(0))
	plain, long := k.signIn(session(a, now)), k.signIn(refreshable(a))
	k.live(plain.ID, plain.ExpiresAt.Add(-time.Millisecond))
	k.dead(a.ID, plain.ID, plain.ExpiresAt)
	k.live(long.ID, long.ExpiresAt.Add(time.Millisecond))
	k.live(long.ID, long.RefreshUntil.Add(-time.Millisecond))
	k.dead(a.ID, long.ID, long.RefreshUntil)
	short := refreshable(a)
	short.RefreshUntil = now.Add(time.Minute)
	k.signIn(short)
	k.live(short.ID, now.Add(2*time.Minute))
}

func readPresent(k *kit) {
	a := k.child(k.parent(0))
	s := k.signIn(session(a, now))
	k.update(a.ID, func(c *store.Change) { c.Account.Role = "editor"; c.Account.Name = "New" })
	l := k.live(s.ID, now)
	k.that(l.Role == "editor" && l.Name == "New", "role %q and name %q are old", l.Role, l.Name)
	k.disable(a.Parent)
	k.that(k.live(s.ID, now).ParentStatus == store.StatusDisabled, "the parent is not told to be disabled")
	k.disable(a.ID)
	k.that(k.live(s.ID, now).Status == store.StatusDisabled, "the account is not told to be disabled")
	k.remove(a)
	k.dead(a.ID, s.ID, now)
}
