package storetest

import (
	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

func findSubject(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	s := k.finds(store.Lookup{ID: p.ID}, p.ID)
	k.equal("of a root account", s, store.Subject{Account: p})
	s = k.finds(store.Lookup{ID: a.ID}, a.ID)
	k.equal("by id", s, store.Subject{Account: a, Parent: &p})
	s = k.finds(store.Lookup{Email: a.EmailKey, Scope: p.ID}, a.ID)
	k.equal("by scope", s, store.Subject{Account: a, Parent: &p})
	s = k.finds(store.Lookup{Email: a.EmailKey, ScopeKey: p.PublicKey}, a.ID)
	k.equal("by scope key", s, store.Subject{Account: a, Parent: &p, KeyOwner: &p})
	s = k.finds(store.Lookup{Email: a.EmailKey, ScopeNumber: p.Number}, a.ID)
	k.equal("by scope number", s, store.Subject{Account: a, Parent: &p, KeyOwner: &p})
}

// owner makes a root account with an organization of its own.
func (k *kit) owner(edits ...func(*store.Organization)) store.Account {
	k.Helper()
	return k.parent(100, func(a *store.Account) {
		a.OrganizationOwner, a.Organization = a.ID, organization()
		for _, e := range edits {
			e(a.Organization)
		}
	})
}

func findOrganization(k *kit) {
	o := k.owner()
	member := k.parent(0, func(a *store.Account) { a.OrganizationOwner = o.ID })
	a := k.child(o)
	for name, id := range map[string]uuid.UUID{"its own": o.ID, "its owner's": member.ID, "its parent's": a.ID} {
		k.equal(name, k.finds(store.Lookup{ID: id}, id).Organization, o.Organization)
	}
	lone := k.child(k.parent(0))
	none := k.finds(store.Lookup{ID: lone.ID}, lone.ID)
	k.that(none.Organization == nil, "an organization from nowhere: %+v", none.Organization)
	k.remove(o)
	s := k.finds(store.Lookup{ID: member.ID}, member.ID)
	k.that(s.Organization == nil, "the organization of a deleted owner is there: %+v", s.Organization)
}

func findWidget(k *kit) {
	o := k.owner()
	root := k.parent(0)
	address := root.EmailKey
	l := store.Lookup{Email: address, ScopeKey: o.PublicKey, Widget: true}
	s := k.finds(l, root.ID)
	k.equal("of a root account", s, store.Subject{Account: root, KeyOwner: &o})
	k.finds(store.Lookup{Email: o.EmailKey, ScopeKey: o.PublicKey, Widget: true}, o.ID)
	l.Widget = false
	k.misses(l)
	l.Widget = true
	a := k.child(k.parent(0), email(root.Email))
	k.finds(l, root.ID)
	own := k.child(o, email(root.Email))
	s = k.finds(l, own.ID)
	k.equal("of a child", s, store.Subject{Account: own, Parent: &o, Organization: o.Organization, KeyOwner: &o})
	k.remove(own)
	k.finds(l, root.ID)
	k.remove(root)
	k.misses(l)
	k.finds(store.Lookup{Email: address, Scope: a.Parent}, a.ID)
}

func findStray(k *kit) {
	p := k.parent(0)
	a := k.child(p)
	l := store.Lookup{Email: a.EmailKey, Stray: true}
	k.equal("one child", k.finds(l, a.ID), store.Subject{Account: a, Parent: &p, Stray: true})
	l.Stray = false
	k.misses(l)
	k.that(!k.finds(store.Lookup{Email: a.EmailKey, Scope: p.ID, Stray: true}, a.ID).Stray, "inside its scope nobody is a stray")
	l.Stray = true
	b := k.child(k.parent(0), email(a.Email))
	k.misses(l)
	c := k.child(k.parent(0), email(a.Email))
	k.misses(l)
	root := k.parent(0, email(a.Email))
	k.that(!k.finds(l, root.ID).Stray, "a root account is no stray")
	k.remove(root)
	k.misses(l)
	k.remove(c)
	k.remove(a)
	k.that(k.finds(l, b.ID).Stray, "the last child is not told to be a stray")
}

func findStrayUncounted(k *kit) {
	h, gone := k.parent(0, house), k.parent(0)
	inHouse := k.child(h)
	same := email(inHouse.Email)
	l := store.Lookup{Email: inHouse.EmailKey, Stray: true}
	k.misses(l)
	k.child(gone, same)
	k.remove(gone)
	k.misses(l)
	k.remove(k.child(k.parent(0), same))
	k.misses(l)
	a := k.child(k.parent(0), same)
	k.finds(l, a.ID)
	k.disable(a.ID)
	k.finds(l, a.ID)
}
