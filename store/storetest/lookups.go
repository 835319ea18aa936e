package storetest

import (
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func findAccount(k *kit) {
	k.run("by id, number and public key", findByOwn)
	k.run("by email inside its scope only", findScoped)
	k.run("by identity inside its scope only", findIdentityScoped)
	k.run("identity before email", findIdentityFirst)
	k.run("by username inside its scope only", findByUsername)
	k.run("a username is looked at last", findUsernameLast)
	k.run("keys are compared byte by byte", findBytes)
	k.run("any bytes may be looked up", findAnyBytes)
	k.run("an empty lookup finds nothing", findNothing)
	k.run("the first field that is set counts", findFirstField)
	k.run("an unknown scope names the parent", findUnknownScope)
	k.run("a known scope without the account is plain", findKnownScope)
	k.run("a disabled scope is still known", findDisabledScope)
	k.run("deleted accounts are never found", findDeleted)
	k.run("children of a deleted parent are not found", findOrphan)
	k.run("a house by its id only", findHouse)
	k.run("with parent and key owner", findSubject)
	k.run("with its organization", findOrganization)
	k.run("widget: children first, then root accounts", findWidget)
	k.run("stray: exactly one child", findStray)
	k.run("stray: what does not count", findStrayUncounted)
	k.run("by username neither widget nor stray", findUsernameNowhereElse)
}

// finds wants the account behind a lookup.
func (k *kit) finds(l store.Lookup, want uuid.UUID) store.Subject {
	k.Helper()
	s, err := k.store.FindAccount(k.ctx, l)
	if err != nil {
		k.Fatalf("%+v: %v", l, describe(err))
	}
	k.that(s.Account.ID == want, "%+v found %v, want %v", l, s.Account.ID, want)
	return s
}

// misses wants nobody behind a lookup.
func (k *kit) misses(l store.Lookup, field ...string) {
	k.Helper()
	s, err := k.store.FindAccount(k.ctx, l)
	k.that(err != nil, "%+v found %v below %v", l, s.Account.ID, s.Account.Parent)
	k.fails(err, store.ErrNotFound, field...)
	k.equal("subject of nobody", s, store.Subject{})
}

func findByOwn(k *kit) {
	p := k.parent(0)
	for _, a := range []store.Account{p, k.child(p)} {
		k.equal("by id", k.finds(store.Lookup{ID: a.ID}, a.ID).Account, a)
		k.equal("by number", k.finds(store.Lookup{Number: a.Number}, a.ID).Account, a)
		k.equal("by public key", k.finds(store.Lookup{PublicKey: a.PublicKey}, a.ID).Account, a)
		k.disable(a.ID)
		k.that(k.finds(store.Lookup{ID: a.ID}, a.ID).Account.Status == store.StatusDisabled, "not disabled")
	}
	k.misses(store.Lookup{ID: id()})
	k.misses(store.Lookup{Number: 1 << 52})
	k.misses(store.Lookup{PublicKey: word("APK_")})
}

func findScoped(k *kit) {
	p, q := k.parent(0), k.parent(0)
	root, same := k.parent(0), email(word("same")+"@example.com")
	inP, inQ := k.child(p, same), k.child(q, same)
	address := inP.EmailKey
	k.finds(store.Lookup{Email: address, Scope: p.ID}, inP.ID)
	k.finds(store.Lookup{Email: address, ScopeKey: p.PublicKey}, inP.ID)
	k.finds(store.Lookup{Email: address, ScopeNumber: p.Number}, inP.ID)
	k.finds(store.Lookup{Email: address, Scope: q.ID}, inQ.ID)
	k.finds(store.Lookup{Email: address, ScopeKey: q.PublicKey}, inQ.ID)
	k.misses(store.Lookup{Email: address})
	k.misses(store.Lookup{Email: address, Scope: root.ID})
	k.misses(store.Lookup{Email: address, ScopeKey: root.PublicKey})
	k.finds(store.Lookup{Email: root.EmailKey}, root.ID)
	k.misses(store.Lookup{Email: root.EmailKey, Scope: root.ID})
	k.misses(store.Lookup{Email: root.EmailKey, Scope: p.ID})
	k.misses(store.Lookup{Email: root.EmailKey, ScopeNumber: p.Number})
}

func findIdentityScoped(k *kit) {
	p, q := k.parent(0), k.parent(0)
	a, l := k.known(p.ID)
	root, r := k.known(store.Root)
	k.finds(by(l, store.Lookup{Scope: p.ID}), a.ID)
	k.finds(by(l, store.Lookup{ScopeKey: p.PublicKey}), a.ID)
	k.finds(by(l, store.Lookup{ScopeNumber: p.Number}), a.ID)
	k.misses(by(l, store.Lookup{}))
	k.misses(by(l, store.Lookup{Scope: q.ID}))
	k.finds(by(r, store.Lookup{}), root.ID)
	k.misses(by(r, store.Lookup{Scope: root.ID}))
}

func findIdentityFirst(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	b, m := k.known(p.ID)
	k.finds(by(l, store.Lookup{Email: b.EmailKey, Scope: p.ID}), a.ID)
	k.finds(by(m, store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey}), b.ID)
	k.finds(by(linked(), store.Lookup{Email: b.EmailKey, Scope: p.ID}), b.ID)
	k.finds(by(linked(), store.Lookup{Email: b.EmailKey, ScopeKey: p.PublicKey}), b.ID)
}

func findBytes(k *kit) {
	p := k.parent(0)
	a, l := k.known(p.ID)
	k.misses(store.Lookup{Email: strings.ToUpper(a.EmailKey), Scope: p.ID})
	k.misses(store.Lookup{Email: a.EmailKey + " ", Scope: p.ID})
	k.misses(store.Lookup{Email: strings.Replace(a.EmailKey, "u", "_", 1), Scope: p.ID})
	k.misses(store.Lookup{Issuer: l.Issuer, Subject: strings.ToUpper(l.Subject), Scope: p.ID})
	k.misses(store.Lookup{Issuer: strings.ToUpper(l.Issuer), Subject: l.Subject, Scope: p.ID})
	k.misses(store.Lookup{Issuer: l.Issuer + l.Subject[:1], Subject: l.Subject[1:], Scope: p.ID})
	b := k.child(p, username("Ren\u00c9_b"))
	k.finds(store.Lookup{Username: "ren\u00c9_b", Scope: p.ID}, b.ID)
	for _, other := range []string{"Ren\u00c9_b", "ren\u00e9_b", "ren\u00c9_", "ren\u00c9_b ", "ren\u00c9%b", "rene\u0301_b"} {
		k.misses(store.Lookup{Username: other, Scope: p.ID})
	}
	k.misses(store.Lookup{PublicKey: strings.ToLower(p.PublicKey)})
	k.misses(store.Lookup{Email: a.EmailKey, ScopeKey: strings.ToLower(p.PublicKey)}, "parent")
}

func findNothing(k *kit) {
	p := k.parent(0, email(""))
	k.child(p, func(a *store.Account) { a.Email, a.EmailKey = "", "" })
	k.remove(k.child(p))
	k.misses(store.Lookup{})
	k.misses(store.Lookup{Scope: p.ID})
	k.misses(store.Lookup{ScopeKey: p.PublicKey})
	k.misses(store.Lookup{Stray: true})
	k.misses(store.Lookup{ScopeKey: p.PublicKey, Widget: true})
}

func findHouse(k *kit) {
	h := k.parent(0, house)
	a := k.child(h)
	k.equal("by id", k.finds(store.Lookup{ID: h.ID}, h.ID).Account, h)
	k.finds(store.Lookup{Email: a.EmailKey, Scope: h.ID}, a.ID)
	k.finds(store.Lookup{Number: a.Number}, a.ID)
	k.finds(store.Lookup{PublicKey: a.PublicKey}, a.ID)
	k.misses(store.Lookup{Number: h.Number})
	k.misses(store.Lookup{PublicKey: h.PublicKey})
	for _, l := range []store.Lookup{{ScopeNumber: h.Number}, {ScopeKey: h.PublicKey}, {ScopeKey: h.PublicKey, Widget: true}} {
		l.Email = a.EmailKey
		k.misses(l, "parent")
		l.Issuer, l.Subject = "https://issuer.example", "nobody"
		k.misses(l, "parent")
		l.Email, l.Issuer, l.Subject = k.parent(0).EmailKey, "", ""
		k.misses(l, "parent")
	}
}

func findUnknownScope(k *kit) {
	p, gone := k.parent(0), k.parent(0)
	a, orphan := k.child(p), k.child(gone)
	k.remove(gone)
	k.misses(store.Lookup{Email: a.EmailKey, ScopeKey: word("APK_")}, "parent")
	k.misses(store.Lookup{Email: a.EmailKey, ScopeNumber: 1 << 52}, "parent")
	k.misses(store.Lookup{Email: a.EmailKey, ScopeKey: a.PublicKey}, "parent")
	k.misses(store.Lookup{Email: a.EmailKey, ScopeNumber: a.Number}, "parent")
	k.misses(store.Lookup{Email: orphan.EmailKey, ScopeKey: gone.PublicKey}, "parent")
	k.misses(store.Lookup{Email: orphan.EmailKey, ScopeNumber: gone.Number}, "parent")
	k.misses(store.Lookup{Email: p.EmailKey, ScopeKey: a.PublicKey, Widget: true}, "parent")
}

func findKnownScope(k *kit) {
	p := k.parent(0)
	for _, l := range []store.Lookup{{ScopeKey: p.PublicKey}, {ScopeNumber: p.Number}, {ScopeKey: p.PublicKey, Widget: true}} {
		l.Email = word("nobody") + "@example.com"
		k.misses(l)
		l.Issuer, l.Subject = "issuer", word("nobody")
		k.misses(l)
	}
}

func findDisabledScope(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	k.disable(p.ID)
	s := k.finds(store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey}, a.ID)
	k.that(s.Parent != nil && s.Parent.Status == store.StatusDisabled, "the parent is not told to be disabled")
	k.misses(store.Lookup{Email: word("nobody") + "@example.com", ScopeKey: p.PublicKey})
}

func findDeleted(k *kit) {
	root, r := k.known(store.Root)
	child, l := k.known(root.ID)
	for i, a := range []store.Account{child, root} {
		by := []store.Linked{l, r}[i]
		k.remove(a)
		k.misses(store.Lookup{ID: a.ID})
		k.misses(store.Lookup{Number: a.Number})
		k.misses(store.Lookup{PublicKey: a.PublicKey})
		k.misses(store.Lookup{Email: a.EmailKey, Scope: a.Parent})
		k.misses(store.Lookup{Issuer: by.Issuer, Subject: by.Subject, Scope: a.Parent})
	}
}

func findOrphan(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	k.remove(p)
	k.misses(store.Lookup{ID: a.ID})
	k.misses(store.Lookup{Number: a.Number})
	k.misses(store.Lookup{PublicKey: a.PublicKey})
	k.misses(store.Lookup{Email: a.EmailKey, Scope: p.ID})
	k.misses(store.Lookup{Email: a.EmailKey, Stray: true})
}
