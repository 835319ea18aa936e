package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		facts, err := leaving(c, d.ID)
		if err != nil {
			return err
		}
		tombstone, err := rules.Tombstone(d.Scope, facts, now)
		if err != nil {
			return err
		}
		if _, err := bury(c, &tombstone, fewEvents); err != nil {
			return err
		}
		if err := queue(c, d.Mail); err != nil {
			return err
		}
		return log(c, d.Events, uuid.Nil)
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

// bury puts the tombstone in the account's place. It erases up to limit of its events, leaves the others to Sweep, and
// returns how many it erased.
func bury(c *conn, tombstone *store.Account, limit int) (erased int, err error) {
	if err := save(c, tombstone); err != nil {
		return 0, err
	}
	if _, err := c.exec(forgetSignIn, tombstone.ID[:]); err != nil {
		return 0, err
	}
	if err := forget(c, tombstone.ID); err != nil {
		return 0, err
	}
	if tombstone.Parent != store.Root {
		_, err = c.exec(addChild, tombstone.Parent[:], int64(-1))
	} else {
		_, err = c.exec(insertErasure, tombstone.ID[:])
	}
	if err != nil {
		return 0, err
	}
	return eraseEvents(c, tombstone.ID, limit)
}
