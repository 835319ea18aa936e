package storetest

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

// scribble writes over everything that an account points to.
func scribble(a *tollkeeper.Account) {
	for i := range a.PasswordHistory {
		a.PasswordHistory[i] = "scribble"
	}
	for _, b := range [][]byte{a.TOTP, a.TOTPPending} {
		for i := range b {
			b[i] = 0xff
		}
	}
	if o := a.Organization; o != nil {
		o.Name, o.VerificationRequired = "scribble", !o.VerificationRequired
		for i := range o.Authorized {
			o.Authorized[i] = uuid.Nil
		}
	}
}

// apart answers a copy that shares nothing, so that what is compared cannot be scribbled on through the store.
func apart(a tollkeeper.Account) tollkeeper.Account {
	a.PasswordHistory, a.TOTP, a.TOTPPending = slices.Clone(a.PasswordHistory), bytes.Clone(a.TOTP), bytes.Clone(a.TOTPPending)
	a.Organization = organizationApart(a.Organization)
	return a
}

func organizationApart(o *tollkeeper.Organization) *tollkeeper.Organization {
	if o == nil {
		return nil
	}
	c := *o
	c.Authorized = slices.Clone(o.Authorized)
	return &c
}

func subjectApart(s tollkeeper.Subject) tollkeeper.Subject {
	s.Account, s.Organization = apart(s.Account), organizationApart(s.Organization)
	for _, a := range []**tollkeeper.Account{&s.Parent, &s.KeyOwner} {
		if *a != nil {
			c := apart(**a)
			*a = &c
		}
	}
	return s
}

func aliasPassed(k *kit) {
	p := k.owner()
	a := account(p.ID)
	first := apart(k.create(tollkeeper.NewAccount{Account: a}))
	scribble(&a)
	k.equal("after create", k.find(a.ID), first)
	c := tollkeeper.Change{Account: k.find(p.ID)}
	c.Account.Organization.Name = "Other"
	_, _, err := k.store.UpdateAccount(k.ctx, c, now)
	k.ok(err)
	stands := apart(k.find(p.ID))
	scribble(&c.Account)
	k.equal("after update", k.find(p.ID), stands)
	e := entry(p.ID, tollkeeper.OpPackage, 5)
	e.Package = &tollkeeper.Package{Type: "STARTER", FreeUsers: 1}
	k.apply(e)
	e.Package.FreeUsers, e.Package.Type = 99, "scribble"
	k.books(p.ID)
	k.that(k.entry(p.ID, e.Key).Package.Type == "STARTER", "a package is shared with the caller")
	m := k.post(1)
	m[0].Args["what"] = "scribble"
	k.that(k.due(1, posting)[0].Args["what"] == "changed", "the arguments of a mail are shared with the caller")
}

func aliasAnswered(k *kit) {
	p := k.owner()
	a := k.child(p)
	s := k.put(secret(a, tollkeeper.PurposeReset))
	spare := k.put(secret(a, tollkeeper.PurposeSignIn))
	want := subjectApart(k.finds(tollkeeper.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey}, a.ID))
	unchanged := func(by string) {
		k.Helper()
		k.equal("after "+by, k.finds(tollkeeper.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey}, a.ID), want)
	}
	spoil := func(s tollkeeper.Subject) {
		scribble(&s.Account)
		for _, a := range []*tollkeeper.Account{s.Parent, s.KeyOwner} {
			if a != nil {
				scribble(a)
			}
		}
		if s.Organization != nil {
			scribble(&tollkeeper.Account{Organization: s.Organization})
		}
	}
	spoil(k.finds(tollkeeper.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey}, a.ID))
	unchanged("find")
	spoil(tollkeeper.Subject{Account: k.create(tollkeeper.NewAccount{Account: a})})
	unchanged("create again")
	_, subject, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	k.ok(err)
	spoil(subject)
	unchanged("secret")
	subject, err = k.store.ConsumeSecret(k.ctx, claim(a, spare.Digest, 5), now)
	k.ok(err)
	spoil(subject)
	unchanged("consume")
	list, err := k.store.ListAccounts(k.ctx, p.ID, tollkeeper.Page{Limit: 10})
	k.ok(err)
	scribble(&list[0])
	unchanged("list")
	got := k.update(a.ID, func(*tollkeeper.Change) {})
	want.Account.Version++
	scribble(&got)
	unchanged("update")
	k.aliasRows(p)
}

// aliasRows spoils what the books and the outbox answer.
func (k *kit) aliasRows(p tollkeeper.Account) {
	k.Helper()
	e := entry(p.ID, tollkeeper.OpPackage, 5)
	e.Package = &tollkeeper.Package{Type: "STARTER"}
	for range 2 {
		got, _, _, err := k.store.ApplyCredit(k.ctx, e)
		k.ok(err)
		k.that(got.Package.Type == "STARTER", "a package is shared with the caller of apply")
		got.Package.Type = "scribble"
		got = k.entry(p.ID, e.Key)
		k.that(got.Package.Type == "STARTER", "a package is shared with the caller of list")
		got.Package.Type = "scribble"
	}
	k.post(1)
	for try := range 2 {
		m := k.due(1, posting.Add(time.Duration(try)*time.Minute))[0]
		k.that(m.Args["what"] == "changed", "the arguments of a mail are shared with the claimer")
		m.Args["what"] = "scribble"
	}
}
