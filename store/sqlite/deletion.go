package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		a, err := living(c, id)
		if err != nil {
			return err
		}
		if a.Parent != scope {
			return store.ErrNotFound
		}
		if err := guardAdmin(c, &a); err != nil {
			return err
		}
		return erase(c, &a, now)
	})
}

func isAdmin(a *store.Account) bool {
	return a.Role == store.RoleAdmin && a.Status == store.StatusActive
}

const selectOtherAdmin = `SELECT 1 FROM accounts WHERE parent = ?1 AND role = 'admin' AND status = 'active' AND id <> ?2 LIMIT 1`

// guardAdmin answers ErrLastAdmin when the account, about to be no active admin any more, is the last one of its scope.
func guardAdmin(c *conn, a *store.Account) error {
	if a.Parent == store.Root || !isAdmin(a) {
		return nil
	}
	other, err := c.exists(selectOtherAdmin, a.Parent[:], a.ID[:])
	if err == nil && !other {
		err = store.ErrLastAdmin
	}
	return err
}

const (
	deleteSecrets = `DELETE FROM secrets WHERE account = ?`
	forgetSignIn  = `UPDATE accounts SET last_sign_in = NULL, active_day = NULL WHERE id = ?`
	insertErasure = `INSERT INTO erasures (parent) SELECT ?1
  WHERE EXISTS (SELECT 1 FROM accounts WHERE parent = ?1 AND status <> 'deleted')`
)

// erase makes a tombstone: what is not named here is gone.
func erase(c *conn, a *store.Account, now time.Time) error {
	tombstone := store.Account{
		ID: a.ID, Role: a.Role, Status: store.StatusDeleted, TOTPStep: a.TOTPStep,
		KeyMaster: a.KeyMaster, KeyVersion: a.KeyVersion, Epoch: a.Epoch + 1, Version: a.Version + 1, UpdatedAt: now,
	}
	if err := save(c, &tombstone); err != nil {
		return err
	}
	if _, err := c.exec(forgetSignIn, a.ID[:]); err != nil {
		return err
	}
	if _, err := c.exec(deleteSecrets, a.ID[:]); err != nil {
		return err
	}
	if a.Parent != store.Root {
		_, err := c.exec(addChild, a.Parent[:], int64(-1))
		return err
	}
	_, err := c.exec(insertErasure, a.ID[:])
	return err
}
