package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/tollkeeper/tollkeeper"
)

// DeleteAccount meets tollkeeper.AccountStore.
func (s *Store) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		a, err := living(c, id)
		if err != nil {
			return err
		}
		if a.Parent != scope {
			return tollkeeper.ErrNotFound
		}
		if err := guardAdmin(c, &a); err != nil {
			return err
		}
		return erase(c, &a, now)
	})
}

func isAdmin(a *tollkeeper.Account) bool {
	return a.Role == tollkeeper.RoleAdmin && a.Status == tollkeeper.StatusActive
}

const selectOtherAdmin = `SELECT 1 FROM accounts WHERE parent = ?1 AND role = 'admin' AND status = 'active' AND id <> ?2 LIMIT 1`

// guardAdmin answers ErrLastAdmin when the account, about to be no active admin any more, is the last one of its scope.
func guardAdmin(c *conn, a *tollkeeper.Account) error {
	if a.Parent == tollkeeper.Root || !isAdmin(a) {
		return nil
	}
	other, err := c.exists(selectOtherAdmin, a.Parent[:], a.ID[:])
	if err == nil && !other {
		err = tollkeeper.ErrLastAdmin
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
func erase(c *conn, a *tollkeeper.Account, now time.Time) error {
	tombstone := tollkeeper.Account{
		ID: a.ID, Role: a.Role, Status: tollkeeper.StatusDeleted, TOTPStep: a.TOTPStep,
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
	if a.Parent != tollkeeper.Root {
		_, err := c.exec(addChild, a.Parent[:], int64(-1))
		return err
	}
	_, err := c.exec(insertErasure, a.ID[:])
	return err
}
