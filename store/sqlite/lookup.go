package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// FindAccount meets [store.AccountStore].
func (s *Store) FindAccount(ctx context.Context, l store.Lookup) (subject store.Subject, err error) {
	err = s.snapshot(ctx, func(c *conn) (err error) {
		subject, err = find(c, l)
		return err
	})
	return subject, err
}

const (
	selectByNumber   = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.number = ?`
	selectByKey      = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.public_key = ?`
	selectByEmail    = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = ?1 AND a.email_key = ?2`
	selectByUsername = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = ?1 AND a.username_key = ?2`
	selectByIdentity = `SELECT ` + accountColumns + ` FROM identities i JOIN accounts a ON a.id = i.account
  WHERE i.scope = ?1 AND i.issuer = ?2 AND i.subject = ?3`
	selectByCredential = `SELECT ` + accountColumns + ` FROM factors f JOIN accounts a ON a.id = f.account
  WHERE f.scope = ?1 AND f.credential = ?2 AND f.pending_until IS NULL`
	selectStrays = `SELECT ` + accountColumns + ` FROM accounts a JOIN accounts p ON p.id = a.parent
  WHERE a.stray = 1 AND a.email_key = ?1 AND p.status <> 'deleted' LIMIT 2`
)

// find returns ErrNotFound, or a Subject whose account is not gone.
func find(c *conn, l store.Lookup) (s store.Subject, err error) {
	switch rules.WayOf(l) {
	case rules.ByID:
		s.Account, err = account(c, l.ID)
	case rules.ByNumber:
		s.Account, err = only(c, selectByNumber, l.Number)
	case rules.ByPublicKey:
		s.Account, err = only(c, selectByKey, l.PublicKey)
	default:
		s, err = findInScope(c, l)
	}
	if err == nil && rules.Hidden(l, &s.Account) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Subject{}, err
	}
	if s, err = complete(c, s); err != nil || !l.Credentials {
		return s, err
	}
	if s.Linked, err = linkedOf(c, s.Account.ID); err != nil {
		return store.Subject{}, err
	}
	if s.Factors, err = factorsOf(c, s.Account.ID); err != nil {
		return store.Subject{}, err
	}
	return s, nil
}

// only returns the account of a query that finds one at most, or ErrNotFound.
func only(c *conn, query string, args ...driver.Value) (a store.Account, err error) {
	found, err := c.one(query, func(r *row) { a = accountOf(r) }, args...)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return a, err
}

func findInScope(c *conn, l store.Lookup) (s store.Subject, err error) {
	if s.KeyOwner, err = keyOwner(c, l); err != nil {
		return s, err
	}
	scope, err := rules.Scope(l, s.KeyOwner)
	if err != nil {
		return s, err
	}
	for place := range rules.Places(l, scope) {
		s.Account, err = at(c, place)
		if !errors.Is(err, store.ErrNotFound) {
			return s, err
		}
	}
	if rules.Strays(l) {
		s.Stray = true
		s.Account, err = onlyStray(c, l.Email)
		return s, err
	}
	return s, store.ErrNotFound
}

// at returns the account that the place names, or ErrNotFound.
func at(c *conn, p rules.Place) (store.Account, error) {
	switch {
	case len(p.Credential) > 0:
		return only(c, selectByCredential, p.Scope[:], p.Credential)
	case p.Identity != store.IssuedKey{}:
		return only(c, selectByIdentity, p.Scope[:], p.Identity.Issuer, p.Identity.Subject)
	case p.Username != "":
		return only(c, selectByUsername, p.Scope[:], p.Username)
	}
	return only(c, selectByEmail, p.Scope[:], p.Email)
}

// keyOwner returns the account whose key or number was given; nil: none was, or there is none.
func keyOwner(c *conn, l store.Lookup) (*store.Account, error) {
	var a store.Account
	var err error
	switch rules.WayOf(l) {
	case rules.ByScopeKey:
		a, err = only(c, selectByKey, l.ScopeKey)
	case rules.ByScopeNumber:
		a, err = only(c, selectByNumber, l.ScopeNumber)
	default:
		return nil, nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &a, err
}

// onlyStray returns the child with this email if there is exactly one below a parent that is no house and not deleted.
func onlyStray(c *conn, email string) (a store.Account, err error) {
	var few []store.Account
	err = c.each(context.Background(), selectStrays, func(r *row) error {
		few = append(few, accountOf(r))
		return nil
	}, email)
	a, alone := rules.Alone(few)
	if err == nil && !alone {
		err = store.ErrNotFound
	}
	return a, err
}

const selectOrganization = `SELECT value FROM organizations WHERE owner = ?`

// complete adds parent and organization to the account that was found, unless it is gone.
func complete(c *conn, s store.Subject) (store.Subject, error) {
	a := &s.Account
	var parentStatus store.Status
	var owners, parents *store.Organization
	if a.Parent != store.Root {
		parent, err := account(c, a.Parent)
		if err != nil {
			return store.Subject{}, err
		}
		s.Parent, parentStatus, parents = &parent, parent.Status, parent.Organization
	}
	if rules.Gone(a.Status, parentStatus) {
		return store.Subject{}, store.ErrNotFound
	}
	if a.Organization == nil && a.OrganizationOwner != uuid.Nil {
		_, err := c.one(selectOrganization, func(r *row) {
			owners = new(store.Organization)
			r.json(owners)
		}, a.OrganizationOwner[:])
		if err != nil {
			return store.Subject{}, err
		}
	}
	s.Organization = rules.Organization(a.Organization, owners, parents)
	return s, nil
}
