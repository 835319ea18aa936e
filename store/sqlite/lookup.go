package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
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
	selectByNumber = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.number = ?`
	selectByKey    = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.public_key = ?`
	selectByEmail  = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = ?1 AND a.email_key = ?2`
	selectByGoogle = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.parent = ?1 AND a.google_subject = ?2`
	selectStrays   = `SELECT ` + accountColumns + ` FROM accounts a JOIN accounts p ON p.id = a.parent
  WHERE a.stray = 1 AND a.email_key = ?1 AND p.status <> 'deleted' LIMIT 2`
)

// find answers ErrNotFound, or a Subject whose account is not gone.
func find(c *conn, l store.Lookup) (s store.Subject, err error) {
	switch {
	case l.ID != uuid.Nil:
		s.Account, err = account(c, l.ID)
	case l.Number != 0:
		s.Account, err = only(c, selectByNumber, l.Number)
	case l.PublicKey != "":
		s.Account, err = only(c, selectByKey, l.PublicKey)
	default:
		s, err = findInScope(c, l)
	}
	if err != nil {
		return store.Subject{}, err
	}
	return complete(c, s)
}

// only answers the account of a query that finds one at most, or ErrNotFound.
func only(c *conn, query string, args ...driver.Value) (a store.Account, err error) {
	found, err := c.one(query, func(r *row) { a = accountOf(r) }, args...)
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return a, err
}

func findInScope(c *conn, l store.Lookup) (s store.Subject, err error) {
	scopes := []uuid.UUID{l.Scope}
	if l.ScopeKey != "" || l.ScopeNumber != 0 {
		owner, err := keyOwner(c, l)
		if err != nil {
			return s, err
		}
		s.KeyOwner = &owner
		scopes[0] = owner.ID
		if l.Widget {
			scopes = append(scopes, store.Root)
		}
	}
	for _, name := range []struct{ query, key string }{{selectByGoogle, l.GoogleSubject}, {selectByEmail, l.Email}} {
		for _, scope := range scopes {
			if name.key == "" {
				continue
			}
			s.Account, err = only(c, name.query, scope[:], name.key)
			if !errors.Is(err, store.ErrNotFound) {
				return s, err
			}
		}
	}
	if l.Stray && l.Email != "" && scopes[0] == store.Root && s.KeyOwner == nil {
		s.Stray = true
		s.Account, err = onlyStray(c, l.Email)
		return s, err
	}
	return s, store.ErrNotFound
}

// keyOwner answers the root account whose key or number was given.
func keyOwner(c *conn, l store.Lookup) (a store.Account, err error) {
	if l.ScopeKey != "" {
		a, err = only(c, selectByKey, l.ScopeKey)
	} else {
		a, err = only(c, selectByNumber, l.ScopeNumber)
	}
	if err != nil || a.Parent != store.Root || a.Status == store.StatusDeleted {
		return a, absentParent(err)
	}
	return a, nil
}

// absentParent answers what to tell when there is no such parent; an error that is not about that stays as it is.
func absentParent(err error) error {
	if err == nil || errors.Is(err, store.ErrNotFound) {
		return store.ErrNoParent
	}
	return err
}

// onlyStray answers the child with this email if there is exactly one below a parent that is no house and not deleted.
func onlyStray(c *conn, email string) (a store.Account, err error) {
	n := 0
	err = c.each(context.Background(), selectStrays, func(r *row) error {
		n++
		a = accountOf(r)
		return nil
	}, email)
	if err == nil && n != 1 {
		err = store.ErrNotFound
	}
	return a, err
}

const selectOrganization = `SELECT value FROM organizations WHERE owner = ?`

// complete adds parent and organization to the account that was found, unless it is gone.
func complete(c *conn, s store.Subject) (store.Subject, error) {
	a := &s.Account
	if a.Parent != store.Root {
		parent, err := account(c, a.Parent)
		if err != nil {
			return store.Subject{}, err
		}
		s.Parent = &parent
	}
	if a.Status == store.StatusDeleted || s.Parent != nil && s.Parent.Status == store.StatusDeleted {
		return store.Subject{}, store.ErrNotFound
	}
	s.Organization = a.Organization
	if s.Organization == nil && a.OrganizationOwner != uuid.Nil {
		_, err := c.one(selectOrganization, func(r *row) {
			s.Organization = new(store.Organization)
			r.json(s.Organization)
		}, a.OrganizationOwner[:])
		if err != nil {
			return store.Subject{}, err
		}
	}
	if s.Organization == nil && s.Parent != nil {
		s.Organization = s.Parent.Organization
	}
	return s, nil
}
