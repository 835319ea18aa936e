package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		facts, err := leaving(c, id)
		if err != nil {
			return err
		}
		tombstone, err := rules.Tombstone(scope, facts, now)
		if err != nil {
			return err
		}
		return bury(c, &tombstone)
	})
}

// leaving looks up what the deletion is decided on.
func leaving(c *conn, id uuid.UUID) (w rules.Leaving, err error) {
	w.Was, w.Found, err = living(c, id)
	if err == nil && w.Found && rules.Resigns(&w.Was, nil) {
		w.OtherAdmin, err = otherAdmin(c, &w.Was)
	}
	return w, err
}

const (
	deleteSecrets = `DELETE FROM secrets WHERE account = ?`
	forgetSignIn  = `UPDATE accounts SET last_sign_in = NULL, active_day = NULL WHERE id = ?`
	insertErasure = `INSERT INTO erasures (parent) SELECT ?1
  WHERE EXISTS (SELECT 1 FROM accounts WHERE parent = ?1 AND status <> 'deleted')`
)

// bury puts the tombstone in the account's place.
func bury(c *conn, tombstone *store.Account) error {
	if err := save(c, tombstone); err != nil {
		return err
	}
	if _, err := c.exec(forgetSignIn, tombstone.ID[:]); err != nil {
		return err
	}
	if _, err := c.exec(deleteSecrets, tombstone.ID[:]); err != nil {
		return err
	}
	if tombstone.Parent != store.Root {
		_, err := c.exec(addChild, tombstone.Parent[:], int64(-1))
		return err
	}
	_, err := c.exec(insertErasure, tombstone.ID[:])
	return err
}
