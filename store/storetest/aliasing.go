package storetest

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// scribble writes over everything that an account points to.
func scribble(a *store.Account) {
	for i := range a.PasswordHistory {
		a.PasswordHistory[i] = "scribble"
	}
	blot(a.Metadata)
	if o := a.Organization; o != nil {
		o.Name, o.VerificationRequired = "scribble", !o.VerificationRequired
		for i := range o.Authorized {
			o.Authorized[i] = uuid.Nil
		}
	}
}

func blot(b []byte) {
	for i := range b {
		b[i] = 0xff
	}
}

// apart returns a copy that shares nothing, so that what is compared cannot be scribbled on through the store.
func apart(a store.Account) store.Account {
	a.PasswordHistory, a.Metadata = slices.Clone(a.PasswordHistory), bytes.Clone(a.Metadata)
	a.Organization = organizationApart(a.Organization)
	return a
}

func organizationApart(o *store.Organization) *store.Organization {
	if o == nil {
		return nil
	}
	c := *o
	c.Authorized = slices.Clone(o.Authorized)
	return &c
}

// blotFactors writes over everything that factors point to.
func blotFactors(list []store.Factor) {
	for i := range list {
		blot(list[i].Sealed)
		blot(list[i].Credential)
		list[i].Label = "scribble"
	}
}

func factorsApart(list []store.Factor) []store.Factor {
	list = slices.Clone(list)
	for i := range list {
		list[i].Sealed, list[i].Credential = bytes.Clone(list[i].Sealed), bytes.Clone(list[i].Credential)
	}
	return list
}

func subjectApart(s store.Subject) store.Subject {
	s.Linked, s.Factors = slices.Clone(s.Linked), factorsApart(s.Factors)
	s.Account, s.Organization = apart(s.Account), organizationApart(s.Organization)
	for _, a := range []**store.Account{&s.Parent, &s.KeyOwner} {
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
	first := apart(k.create(store.NewAccount{Account: a}))
	scribble(&a)
	k.equal("after create", k.find(a.ID), first)
	c := store.Change{Account: k.find(p.ID)}
	c.Account.Organization.Name = "Other"
	_, _, err := k.store.UpdateAccount(k.ctx, c, now)
	k.ok(err)
	stands := apart(k.find(p.ID))
	scribble(&c.Account)
	k.equal("after update", k.find(p.ID), stands)
	e := entry(p.ID, store.OpPackage, 5)
	e.Package = &store.Package{Type: "STARTER", FreeUsers: 1}
	k.apply(e)
	e.Package.FreeUsers, e.Package.Type = 99, "scribble"
	k.books(p.ID)
	k.that(k.entry(p.ID, e.Key).Package.Type == "STARTER", "a package is shared with the caller")
	m := k.post(1)
	m[0].Args["what"] = "scribble"
	k.that(k.due(1, posting)[0].Args["what"] == "changed", "the arguments of a mail are shared with the caller")
	k.aliasPassedCredentials(p)
}

// aliasPassedCredentials spoils what was passed in as credentials, events and a look-up of a mail.
func (k *kit) aliasPassedCredentials(p store.Account) {
	k.Helper()
	made, put := passkey(), passkey()
	n := store.NewAccount{Account: account(p.ID), Linked: []store.Linked{linked()}, Factors: factorsApart([]store.Factor{made})}
	n.Events = []store.Event{event(id())}
	told := slices.Clone(n.Events)
	a := k.create(n)
	want := slices.Clone(k.credentials(a.ID).Linked)
	blotFactors(n.Factors)
	n.Linked[0].Email, n.Events[0].Detail = "scribble", "scribble"
	c := store.Change{Account: a, PutFactors: factorsApart([]store.Factor{put})}
	_, _, err := k.store.UpdateAccount(k.ctx, c, now)
	k.ok(err)
	blotFactors(c.PutFactors)
	k.has(a, made, put)
	k.equal("identities", k.credentials(a.ID).Linked, want)
	k.equal("events", k.log(told[0].Account), told)
	k.claimed()
	m := queued(store.Lookup{Credential: bytes.Clone(put.Credential)})
	k.ok(k.store.QueueMail(k.ctx, []store.QueuedMail{m}))
	blot(m.Lookup.Credential)
	for try := range 2 {
		got := k.due(1, posting.Add(time.Duration(try)*time.Minute))[0].Lookup.Credential
		k.equal("the credential of a mail", got, put.Credential)
		blot(got)
	}
}

func aliasAnswered(k *kit) {
	p := k.owner()
	a := k.create(store.NewAccount{Account: account(p.ID), Linked: []store.Linked{linked()}, Factors: []store.Factor{passkey()}})
	s := k.put(secret(a, store.PurposeReset))
	spare := k.put(secret(a, store.PurposeSignIn))
	want := subjectApart(k.finds(store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey, Credentials: true}, a.ID))
	unchanged := func(by string) {
		k.Helper()
		k.equal("after "+by, k.finds(store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey, Credentials: true}, a.ID), want)
	}
	spoil := func(s store.Subject) {
		blotFactors(s.Factors)
		for i := range s.Linked {
			s.Linked[i].Email = "scribble"
		}
		scribble(&s.Account)
		for _, a := range []*store.Account{s.Parent, s.KeyOwner} {
			if a != nil {
				scribble(a)
			}
		}
		if s.Organization != nil {
			scribble(&store.Account{Organization: s.Organization})
		}
	}
	spoil(k.finds(store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey, Credentials: true}, a.ID))
	unchanged("find")
	spoil(store.Subject{Account: k.create(store.NewAccount{Account: a})})
	unchanged("create again")
	_, subject, err := k.store.Secret(k.ctx, s.Purpose, s.Digest)
	k.ok(err)
	spoil(subject)
	unchanged("secret")
	c := claim(a, spare.Digest, 5)
	c.Lookup.Credentials = true
	subject, err = k.store.ConsumeSecret(k.ctx, c, now)
	k.ok(err)
	spoil(subject)
	unchanged("consume")
	list, err := k.store.ListAccounts(k.ctx, p.ID, store.Page{Limit: 10})
	k.ok(err)
	scribble(&list[0])
	unchanged("list")
	got := k.update(a.ID, func(*store.Change) {})
	want.Account.Version++
	scribble(&got)
	unchanged("update")
	k.aliasRows(p)
}

// aliasRows spoils what the books and the outbox return.
func (k *kit) aliasRows(p store.Account) {
	k.Helper()
	e := entry(p.ID, store.OpPackage, 5)
	e.Package = &store.Package{Type: "STARTER"}
	for range 2 {
		got, _, _, err := k.store.ApplyCredit(k.ctx, store.Posting{Entry: e})
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
