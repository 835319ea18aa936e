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

// findByUsername wants a username to name the one of its scope, by the lower-cased ASCII of it.
func findByUsername(k *kit) {
	p, q := k.parent(0), k.parent(0)
	root := k.parent(0, username("Root_Name"+p.ID.String()))
	inP, inQ := k.child(p, username("Same_Name")), k.child(q, username("same_name"))
	for _, l := range []store.Lookup{{Scope: p.ID}, {ScopeKey: p.PublicKey}, {ScopeNumber: p.Number}} {
		l.Username = "same_name"
		s := k.finds(l, inP.ID)
		k.that(s.Parent != nil && s.Parent.ID == p.ID && (s.KeyOwner != nil) == (l.Scope != p.ID), "the subject is not whole: %+v", s)
	}
	k.finds(store.Lookup{Username: "same_name", ScopeKey: q.PublicKey}, inQ.ID)
	k.misses(store.Lookup{Username: "same_name"})
	k.misses(store.Lookup{Username: "same_name", Scope: root.ID})
	k.misses(store.Lookup{Username: inP.EmailKey, Scope: p.ID})
	k.misses(store.Lookup{Email: "same_name", Scope: p.ID})
	k.misses(store.Lookup{Username: "same_name", ScopeKey: word("APK_")}, "parent")
	k.finds(store.Lookup{Username: strings.ToLower(root.Username)}, root.ID)
	k.disable(inP.ID)
	k.finds(store.Lookup{Username: "same_name", Scope: p.ID}, inP.ID)

	renamed := inQ
	renamed.Username = "Other_Name"
	_, _, err := k.store.UpdateAccount(k.ctx, store.Change{Account: renamed}, now)
	k.ok(err)
	k.misses(store.Lookup{Username: "same_name", Scope: q.ID})
	k.finds(store.Lookup{Username: "other_name", Scope: q.ID}, inQ.ID)
	k.remove(inP)
	k.misses(store.Lookup{Username: "same_name", Scope: p.ID})
	next := k.child(p, username("same_name"))
	k.finds(store.Lookup{Username: "same_name", Scope: p.ID}, next.ID)
	k.remove(q)
	k.misses(store.Lookup{Username: "other_name", Scope: q.ID})
}

// findUsernameLast wants everything else of a Lookup to count before its username.
func findUsernameLast(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	b := k.child(p, username("b_name"))
	for _, where := range []store.Lookup{{Scope: p.ID}, {ScopeKey: p.PublicKey}, {ScopeNumber: p.Number}} {
		where.Username = "b_name"
		k.finds(where, b.ID)
		half := where
		half.Subject = l.Subject
		k.finds(half, b.ID)
		k.finds(by(l, where), a.ID)
		k.misses(by(linked(), where))
		email := where
		email.Email = a.EmailKey
		k.finds(email, a.ID)
		email.Email = word("nobody") + "@example.com"
		k.misses(email)
		passkey := where
		passkey.Credential = []byte(word("key"))
		k.misses(passkey)
	}
	k.finds(store.Lookup{ID: a.ID, Username: "b_name", Scope: p.ID}, a.ID)
}

// findUsernameNowhereElse wants a username to be looked for in its scope alone.
func findUsernameNowhereElse(k *kit) {
	p := k.parent(0)
	root := k.parent(0, username("root"+p.ID.String()))
	a := k.child(p, username("child"+p.ID.String()))
	k.misses(store.Lookup{Username: root.Username, ScopeKey: p.PublicKey, Widget: true})
	k.misses(store.Lookup{Username: root.Username, ScopeNumber: p.Number, Widget: true})
	k.misses(store.Lookup{Username: a.Username, Stray: true})
	k.finds(store.Lookup{Username: a.Username, ScopeKey: p.PublicKey, Widget: true}, a.ID)
}

// findAnyBytes looks up what no text is.
func findAnyBytes(k *kit) {
	p := k.parent(0)
	for _, odd := range []string{"\x00", "\xff", "a\x00@one.example", "\xc3(@one.example"} {
		k.misses(store.Lookup{PublicKey: odd})
		k.misses(store.Lookup{Email: odd, Scope: p.ID})
		k.misses(store.Lookup{Email: odd, Stray: true})
		k.misses(store.Lookup{Username: odd, Scope: p.ID})
		k.misses(store.Lookup{Username: odd, ScopeKey: p.PublicKey})
		k.misses(store.Lookup{Username: p.Username, ScopeKey: odd}, "parent")
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
