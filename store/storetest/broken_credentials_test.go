package storetest

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

type (
	changeEdit  = func(store.Store, *store.Change) error
	sessionEdit = func(store.Store, *store.NewSession) error
	lookupEdit  = func(store.Store, *store.Lookup) error
)

// brokenCredentials are stores that keep identities and factors in another way.
var brokenCredentials = []brokenStore{
	{"a client that several organizations have", "accounts/update/a client is of one organization",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error {
			if o := c.Account.Organization; o != nil {
				shared := *o
				shared.Issuers = slices.Clone(o.Issuers)
				for i := range shared.Issuers {
					shared.Issuers[i].Shared = true
				}
				c.Account.Organization = &shared
			}
			return nil
		})}.broken},
	{"a client that is never left", "accounts/update/a client is free when its organization leaves it",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error {
			f, _ := s.FindAccount(context.Background(), store.Lookup{ID: c.Account.ID})
			if has := f.Account.Organization; has != nil && c.Account.Organization != nil && len(c.Account.Organization.Issuers) > 0 {
				more := *c.Account.Organization
				more.Issuers = slices.Concat(more.Issuers, has.Issuers)
				c.Account.Organization = &more
			}
			return nil
		})}.broken},
	{"an order of identities by subject", "credentials/identities/any number, in the order in which they were linked",
		func(s store.Store) store.Store { return bySubject{s} }},
	{"credentials nobody asked for", "credentials/factors/any number, pending ones too, by creation",
		misread{lookup: func(_ store.Store, l *store.Lookup) error { l.Credentials = true; return nil }}.broken},
	{"factors by id", "credentials/factors/any number, pending ones too, by creation",
		func(s store.Store) store.Store { return factorsByID{s} }},
	{"pending factors that nobody sees", "credentials/factors/any number, pending ones too, by creation",
		func(s store.Store) store.Store { return confirmedOnly{s} }},
	{"an identity that moves", "credentials/identities/each is unique in its scope",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error { return takeOver(s, c) })}.broken},
	{"an identity without its issuer", "credentials/identities/each is unique in its scope",
		misread{lookup: lookupEdit(func(_ store.Store, l *store.Lookup) error {
			if l.Issuer != "" {
				l.Issuer = "https://issuer.example"
			}
			return nil
		})}.broken},
	{"an identity that stays as it was", "credentials/identities/linking again replaces",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error {
			f, _ := s.FindAccount(context.Background(), store.Lookup{ID: c.Account.ID, Credentials: true})
			c.Link = slices.DeleteFunc(slices.Clone(c.Link), func(l store.Linked) bool {
				return slices.ContainsFunc(f.Linked, func(o store.Linked) bool { return o.Key() == l.Key() })
			})
			return nil
		})}.broken},
	{"an identity that is never unlinked", "credentials/identities/unlinking frees",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error { c.Unlink = nil; return nil })}.broken},
	{"an absent identity that is not found", "credentials/identities/unlinking frees",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error {
			for _, key := range c.Unlink {
				l := store.Lookup{Scope: c.Account.Parent, Issuer: key.Issuer, Subject: key.Subject}
				if f, err := s.FindAccount(context.Background(), l); err != nil || f.Account.ID != c.Account.ID {
					return store.ErrNotFound
				}
			}
			return nil
		})}.broken},
	{"an identity whose use is not kept", "credentials/identities/a sign-in by one moves its use",
		misread{session: sessionEdit(func(_ store.Store, n *store.NewSession) error { n.By = store.IssuedKey{}; return nil })}.broken},
	{"a widget that knows no identity", "credentials/identities/the widget finds root accounts by one",
		misread{lookup: lookupEdit(func(_ store.Store, l *store.Lookup) error { l.Widget = l.Widget && l.Subject == ""; return nil })}.broken},
	{"what makes no sense, left out", "credentials/factors/what makes no sense is refused/without id",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error {
			c.PutFactors = slices.DeleteFunc(slices.Clone(c.PutFactors), func(f store.Factor) bool { return f.ID == uuid.Nil })
			return nil
		})}.broken},
	{"a dropped factor that is put", "credentials/factors/what makes no sense is refused/put and dropped",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error {
			for _, f := range c.PutFactors {
				c.DropFactors = slices.DeleteFunc(slices.Clone(c.DropFactors), func(id uuid.UUID) bool { return id == f.ID })
			}
			return nil
		})}.broken},
	{"ids of factors unique in the store", "credentials/factors/an id is its account's own",
		func(s store.Store) store.Store { return &factorIDs{Store: s, of: map[uuid.UUID]uuid.UUID{}} }},
	{"a credential that only confirmed factors hold", "credentials/factors/a credential is unique in its scope",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error {
			c.PutFactors = slices.Clone(c.PutFactors)
			for i := range c.PutFactors {
				if f := &c.PutFactors[i]; !f.PendingUntil.IsZero() {
					f.Credential = nil
				}
			}
			return nil
		})}.broken},
	{"a credential in use until the change is over", "credentials/factors/a credential may move from one factor to another",
		misread{change: changeEdit(held)}.broken},
	{"a credential looked for in every scope", "credentials/factors/found by the credential of a confirmed one",
		func(s store.Store) store.Store { return &anywhere{Store: s, of: map[string]uuid.UUID{}} }},
	{"a counter that goes back", "credentials/factors/putting replaces but never goes back",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error { return replaced(s, c) })}.broken},
	{"pending factors that outlive the sessions", "credentials/factors/ending the sessions drops what is pending",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error { return putAll(s, c) })}.broken},
	{"bits made of the rows", "credentials/factors/the account's bits are kept as they are written",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error { c.Account.Factors = store.HasTOTP; return nil })}.broken},
	{"metadata made small", "accounts/create/a child charges and counts at its parent",
		misread{account: func(_ store.Store, n *store.NewAccount) error {
			n.Account.Metadata = slices.DeleteFunc(slices.Clone(n.Account.Metadata), func(b byte) bool { return b == ' ' })
			return nil
		}}.broken},
	{"a secret without its credentials", "secrets/read/whatever its state, with the subject/and its credentials",
		func(s store.Store) store.Store { return bareSecret{s} }},
}

// bySubject sorts identities by what they are called.
type bySubject struct{ store.Store }

func (b bySubject) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	slices.SortFunc(s.Linked, func(x, y store.Linked) int { return slices.Compare([]byte(x.Subject), []byte(y.Subject)) })
	return s, err
}

// confirmedOnly shows what serves.
type confirmedOnly struct{ store.Store }

func (b confirmedOnly) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	s.Factors = slices.DeleteFunc(s.Factors, func(f store.Factor) bool { return !f.PendingUntil.IsZero() })
	return s, err
}

// takeOver takes an identity from whoever has it.
func takeOver(s store.Store, c *store.Change) error {
	ctx := context.Background()
	for _, l := range c.Link {
		f, err := s.FindAccount(ctx, by(l, store.Lookup{Scope: c.Account.Parent}))
		if err == nil && f.Account.ID != c.Account.ID {
			_, _, _ = s.UpdateAccount(ctx, store.Change{Account: f.Account, Unlink: []store.IssuedKey{l.Key()}}, now)
		}
	}
	return nil
}

// factorIDs takes a factor's id for one of the whole store.
type factorIDs struct {
	store.Store
	of map[uuid.UUID]uuid.UUID
}

func (b *factorIDs) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	for _, f := range c.PutFactors {
		if whose, taken := b.of[f.ID]; taken && whose != c.Account.ID {
			return store.Account{}, store.Receipt{}, store.Conflict{}
		}
		b.of[f.ID] = c.Account.ID
	}
	return b.Store.UpdateAccount(ctx, c, now)
}

// held refuses a credential that a factor had before the change.
func held(s store.Store, c *store.Change) error {
	f, _ := s.FindAccount(context.Background(), store.Lookup{ID: c.Account.ID, Credentials: true})
	for _, put := range c.PutFactors {
		for _, has := range f.Factors {
			if has.ID != put.ID && len(put.Credential) > 0 && slices.Equal(has.Credential, put.Credential) {
				return store.Conflict{Field: "credential"}
			}
		}
	}
	return nil
}

// anywhere finds a credential in whatever scope it was put.
type anywhere struct {
	store.Store
	of map[string]uuid.UUID
}

func (b *anywhere) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	for _, f := range c.PutFactors {
		b.of[string(f.Credential)] = c.Account.Parent
	}
	return b.Store.UpdateAccount(ctx, c, now)
}

func (b *anywhere) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	if scope, ok := b.of[string(l.Credential)]; ok && len(l.Credential) > 0 {
		l.Scope = scope
	}
	return b.Store.FindAccount(ctx, l)
}

// replaced drops what is put before it is put.
func replaced(s store.Store, c *store.Change) error {
	drop := store.Change{Account: c.Account}
	for _, f := range c.PutFactors {
		drop.DropFactors = append(drop.DropFactors, f.ID)
	}
	if len(drop.DropFactors) == 0 {
		return nil
	}
	a, _, err := s.UpdateAccount(context.Background(), drop, now)
	c.Account.Version = a.Version
	return err
}

// putAll puts what is pending once more.
func putAll(s store.Store, c *store.Change) error {
	f, _ := s.FindAccount(context.Background(), store.Lookup{ID: c.Account.ID, Credentials: true})
	for _, has := range f.Factors {
		put := slices.ContainsFunc(c.PutFactors, func(o store.Factor) bool { return o.ID == has.ID })
		if c.EndSessions && !put && !has.PendingUntil.IsZero() {
			c.PutFactors = append(slices.Clone(c.PutFactors), has)
		}
	}
	return nil
}

// bareSecret returns the account alone.
type bareSecret struct{ store.Store }

func (b bareSecret) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	x, s, err := b.Store.Secret(ctx, p, d)
	s.Linked, s.Factors = nil, nil
	return x, s, err
}

// factorsByID has the factors of an account in another order.
type factorsByID struct{ store.Store }

func (b factorsByID) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	slices.SortFunc(s.Factors, func(x, y store.Factor) int { return bytes.Compare(x.ID[:], y.ID[:]) })
	return s, err
}
