package toystore

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// living returns the account; nil: there is none, or it is gone.
func (t *tx) living(id uuid.UUID) *account { return t.unlessGone(load[account](t, accountKey(id))) }

func (t *tx) unlessGone(a *account) *account {
	if a == nil || rules.Gone(a.Status, t.parentStatus(a)) {
		return nil
	}
	return a
}

// parent returns the account's; nil: it is a root account.
func (t *tx) parent(a *account) *store.Account {
	if p := load[account](t, accountKey(a.Parent)); p != nil {
		return &p.Account
	}
	return nil
}

// parentStatus is empty for a root account.
func (t *tx) parentStatus(a *account) store.Status {
	if p := t.parent(a); p != nil {
		return p.Status
	}
	return ""
}

func (t *tx) organization(a *account, parent *store.Account) *store.Organization {
	var owners, parents *store.Organization
	if owner := load[account](t, accountKey(a.OrganizationOwner)); owner != nil {
		owners = owner.Organization
	}
	if parent != nil {
		parents = parent.Organization
	}
	return rules.Organization(a.Organization, owners, parents)
}

// FindAccount meets [store.AccountStore].
func (s *Store) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	return view(ctx, s, func(t *tx) (store.Subject, error) {
		f, err := t.find(l)
		if err != nil {
			return store.Subject{}, err
		}
		return t.subject(f, l.Credentials), nil
	})
}

// found is what a look-up led to.
type found struct {
	account  *account
	keyOwner *account
	stray    bool
}

// find returns an account that is not gone, or an error.
func (t *tx) find(l store.Lookup) (f found, err error) {
	switch rules.WayOf(l) {
	case rules.ByID:
		f.account = load[account](t, accountKey(l.ID))
	case rules.ByNumber:
		f.account = through[account](t, path("numbers", l.Number))
	case rules.ByPublicKey:
		f.account = through[account](t, path("publickeys", l.PublicKey))
	default:
		f, err = t.findInScope(l)
	}
	if err == nil && (t.unlessGone(f.account) == nil || rules.Hidden(l, &f.account.Account)) {
		err = store.ErrNotFound
	}
	return f, err
}

func (t *tx) findInScope(l store.Lookup) (f found, err error) {
	var owner *store.Account
	switch rules.WayOf(l) {
	case rules.ByScopeKey:
		f.keyOwner = through[account](t, path("publickeys", l.ScopeKey))
	case rules.ByScopeNumber:
		f.keyOwner = through[account](t, path("numbers", l.ScopeNumber))
	}
	if f.keyOwner != nil {
		owner = &f.keyOwner.Account
	}
	scope, err := rules.Scope(l, owner)
	if err != nil {
		return f, err
	}
	for place := range rules.Places(l, scope) {
		if f.account = t.at(place); f.account != nil {
			return f, nil
		}
	}
	if rules.Strays(l) {
		var strays []*account
		for _, a := range rows[account](t, path("strays", l.Email, ""), "") {
			if t.unlessGone(a) != nil {
				strays = append(strays, a)
			}
		}
		f.account, f.stray = rules.Alone(strays)
	}
	return f, nil
}

// at returns the account that a place names; nil: none.
func (t *tx) at(p rules.Place) *account {
	switch {
	case len(p.Credential) > 0:
		if f := through[factor](t, credentialKey(p.Scope, p.Credential)); f != nil && f.PendingUntil.IsZero() {
			return load[account](t, accountKey(f.Account))
		}
	case p.Identity != store.IssuedKey{}:
		if l := load[identity](t, identityKey(p.Scope, p.Identity)); l != nil {
			return load[account](t, accountKey(l.Account))
		}
	case p.Username != "":
		return through[account](t, nameKey(p.Scope, rules.Name{Field: "username", Key: p.Username}))
	default:
		return through[account](t, nameKey(p.Scope, rules.Name{Field: "email", Key: p.Email}))
	}
	return nil
}

func (t *tx) subject(f found, credentials bool) store.Subject {
	out := store.Subject{Account: f.account.Account, Parent: t.parent(f.account), Stray: f.stray}
	out.Organization = t.organization(f.account, out.Parent)
	if f.keyOwner != nil {
		out.KeyOwner = &f.keyOwner.Account
	}
	if credentials {
		out.Linked, out.Factors = t.linkedOf(f.account.ID), t.factorsOf(f.account.ID)
	}
	return out
}

// members walks over the accounts of a scope in order of creation, from where the page begins. An unknown scope has
// none, as a deleted one.
func (t *tx) members(scope uuid.UUID, p store.Page, visit func(*account) bool) {
	if scope != store.Root && t.living(scope) == nil {
		return
	}
	ms, id := rules.Start(p)
	for _, a := range rows[account](t, path("members", scope, ""), path("members", scope, int(ms), id)) {
		if !visit(a) {
			return
		}
	}
}

// ListAccounts meets [store.AccountStore].
func (s *Store) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) ([]store.Account, error) {
	return view(ctx, s, func(t *tx) (page []store.Account, _ error) {
		t.members(scope, p, func(a *account) bool {
			if rules.Listed(&a.Account, p) {
				page = append(page, a.Account)
			}
			return len(page) < p.Limit || p.Newest
		})
		if p.Newest {
			slices.Reverse(page)
		}
		return page[:min(len(page), max(p.Limit, 0))], nil
	})
}

// CountAccounts meets [store.AccountStore].
func (s *Store) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error) {
	return view(ctx, s, func(t *tx) (count int64, _ error) {
		t.members(scope, store.Page{}, func(a *account) bool {
			if !a.LastSignIn.IsZero() && !a.LastSignIn.Before(since) {
				count++
			}
			return true
		})
		return count, nil
	})
}
