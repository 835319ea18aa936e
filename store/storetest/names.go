package storetest

import (
	"strings"

	"github.com/tollkeeper/tollkeeper/store"
)

// nameBytes wants names that differ in a byte to be different, wherever a scope keeps them apart.
func nameBytes(k *kit) {
	p := k.parent(0)
	a := k.child(p, email("caf\u00e9@one.example"), func(a *store.Account) { a.Username = "J\u00f6rg" })
	for _, other := range []edit{
		func(b *store.Account) { b.EmailKey = strings.ToUpper(a.EmailKey) },
		func(b *store.Account) { b.EmailKey = "cafe\u0301@one.example" },
		func(b *store.Account) { b.EmailKey = a.EmailKey + " " },
		func(b *store.Account) { b.Username = "J\u00d6RG" },
		func(b *store.Account) { b.Username = "Jo\u0308rg" },
		func(b *store.Account) { b.PublicKey = strings.ToLower(a.PublicKey) + "x" },
	} {
		k.child(p, other)
	}
	second := account(p.ID)
	second.Username = "j\u00f6RG"
	_, _, err := k.store.CreateAccount(k.ctx, store.NewAccount{Account: second}, now)
	k.fails(err, store.Conflict{}, "username")
}

// findFirstField wants a Lookup with too much in it to count by the first of its fields.
func findFirstField(k *kit) {
	p, q := k.parent(0), k.parent(0)
	a, b := k.child(p), k.child(q, email(word("b")+"@example.com"))
	k.finds(store.Lookup{ID: a.ID, Number: b.Number, PublicKey: q.PublicKey, Email: b.EmailKey, Scope: q.ID}, a.ID)
	k.finds(store.Lookup{Number: a.Number, PublicKey: q.PublicKey, Email: b.EmailKey, Scope: q.ID}, a.ID)
	k.finds(store.Lookup{PublicKey: a.PublicKey, Email: b.EmailKey, Scope: q.ID}, a.ID)
	k.finds(store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey, ScopeNumber: q.Number, Scope: q.ID}, a.ID)
	k.finds(store.Lookup{Email: a.EmailKey, ScopeNumber: p.Number, Scope: q.ID}, a.ID)
	k.misses(store.Lookup{ID: id(), Number: a.Number, Email: a.EmailKey, Scope: p.ID})
	k.misses(store.Lookup{Email: a.EmailKey, ScopeKey: q.PublicKey, Scope: p.ID})
}

// findAnyBytes looks up what no text is.
func findAnyBytes(k *kit) {
	p := k.parent(0)
	for _, odd := range []string{"\x00", "\xff", "a\x00@one.example", "\xc3(@one.example"} {
		k.misses(store.Lookup{PublicKey: odd})
		k.misses(store.Lookup{Email: odd, Scope: p.ID})
		k.misses(store.Lookup{Email: odd, Stray: true})
		k.misses(store.Lookup{Issuer: odd, Subject: odd, Email: odd, ScopeKey: p.PublicKey})
		k.misses(store.Lookup{Email: p.EmailKey, ScopeKey: odd}, "parent")
	}
}

// agentBytes wants a User-Agent back as it was sent.
func agentBytes(k *kit) {
	s := session(k.child(k.parent(0)), now)
	s.Agent = "agent/1.0 \xff\xc3(\x00\u2028"
	k.signIn(s)
	k.equal("session", k.live(s.ID, now).Session, s)
	list, err := k.store.ListSessions(k.ctx, s.Account, store.Page{Limit: 1}, now)
	k.ok(err)
	k.equal("sessions", list, []store.Session{s})
}
