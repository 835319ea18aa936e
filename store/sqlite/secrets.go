package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// PutSecrets meets [store.SecretStore].
func (s *Store) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		found, err := owners(c, list)
		if err != nil {
			return err
		}
		kept, err := rules.Put(list, found)
		if err != nil {
			return err
		}
		return putSecrets(c, kept)
	})
}

const selectOwner = `SELECT a.status, p.status FROM accounts a LEFT JOIN accounts p ON p.id = a.parent WHERE a.id = ?`

// owners reports whether the accounts of all of them can be found.
func owners(c *conn, list []store.Secret) (bool, error) {
	var last uuid.UUID
	for i := range list {
		if i > 0 && list[i].Account == last {
			continue
		}
		last = list[i].Account
		gone := false
		found, err := c.one(selectOwner, func(r *row) { gone = rules.Gone(store.Status(r.text()), store.Status(r.text())) }, last[:])
		if err != nil || !found || gone {
			return false, err
		}
	}
	return true, nil
}

const (
	deleteMailed = `DELETE FROM secrets WHERE account = ?1 AND mail = ?2`
	upsertSecret = `INSERT INTO secrets (account, digest, purpose, address, asker, mail, tries, created_at, expires_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8)
  ON CONFLICT (account, digest) DO UPDATE SET purpose = excluded.purpose, address = excluded.address, asker = excluded.asker,
  mail = excluded.mail, tries = 0, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL`
)

func putSecrets(c *conn, list []store.Secret) error {
	for i := range list {
		if x := &list[i]; x.Mail != uuid.Nil {
			if _, err := c.exec(deleteMailed, x.Account[:], x.Mail[:]); err != nil {
				return err
			}
		}
	}
	for i := range list {
		x := &list[i]
		_, err := c.exec(upsertSecret, x.Account[:], x.Digest[:], string(x.Purpose), x.Address, optionalDigest(x.Asker), optionalID(x.Mail),
			millis(x.CreatedAt), millis(x.ExpiresAt))
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	secretColumns = `s.account, s.purpose, s.address, s.asker, s.mail, s.digest, s.tries, s.created_at, s.expires_at, s.used_at`

	selectSecrets = `SELECT ` + secretColumns + ` FROM secrets s WHERE s.account = ?`
	updateSecret  = `UPDATE secrets SET tries = ?3, used_at = ?4 WHERE account = ?1 AND digest = ?2`
)

func secretOf(r *row) store.Secret {
	return store.Secret{
		Account: r.id(), Purpose: store.Purpose(r.text()), Address: r.text(), Asker: r.digest(), Mail: r.id(), Digest: r.digest(),
		Tries: int(r.int()), CreatedAt: r.time(), ExpiresAt: r.time(), UsedAt: r.time(),
	}
}

// secretsOf returns all that the account has.
func secretsOf(c *conn, account uuid.UUID) (list []store.Secret, err error) {
	err = c.each(context.Background(), selectSecrets, func(r *row) error {
		list = append(list, secretOf(r))
		return nil
	}, account[:])
	return list, err
}

// saveSecrets writes what was decided on some secrets.
func saveSecrets(c *conn, changed []store.Secret) error {
	for i := range changed {
		x := &changed[i]
		if _, err := c.exec(updateSecret, x.Account[:], x.Digest[:], int64(x.Tries), millis(x.UsedAt)); err != nil {
			return err
		}
	}
	return nil
}

const selectSecret = `SELECT ` + secretColumns + `
  FROM secrets s JOIN accounts a ON a.id = s.account LEFT JOIN accounts p ON p.id = a.parent
  WHERE s.digest = ?1 AND s.purpose = ?2 AND a.status <> 'deleted' AND coalesce(p.status, 'active') <> 'deleted'
  ORDER BY s.account LIMIT 1`

// Secret meets [store.SecretStore]. Should several accounts have the digest, the one with the lowest id is returned.
func (s *Store) Secret(ctx context.Context, p store.Purpose, d store.Digest) (x store.Secret, subject store.Subject, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		found, err := c.one(selectSecret, func(r *row) { x = secretOf(r) }, d[:], string(p))
		if err != nil {
			return err
		}
		if !found {
			return store.ErrNotFound
		}
		subject, err = find(c, store.Lookup{ID: x.Account, Credentials: true})
		return err
	})
	return x, subject, err
}

// ConsumeSecret meets [store.SecretStore]. The tries that a wrong code cost stay counted although it is an error.
func (s *Store) ConsumeSecret(ctx context.Context, claim store.Claim, now time.Time) (subject store.Subject, err error) {
	var missing error
	err = s.write(ctx, func(c *conn) (err error) {
		subject, missing = find(c, claim.Lookup)
		if errors.Is(missing, store.ErrNotFound) {
			return countUnread(c, claim, 0, now)
		}
		if missing != nil {
			return missing
		}
		list, err := secretsOf(c, subject.Account.ID)
		if err != nil {
			return err
		}
		done := rules.Claim(claim, subject.Account.EmailKey, list, now)
		if err := saveSecrets(c, done.Secrets); err != nil {
			return err
		}
		if !done.Matched {
			missing = store.ErrNotFound
			return countUnread(c, claim, len(done.Secrets), now)
		}
		return log(c, rules.Matched(claim, subject.Account.Parent, subject.Account.ID), subject.Account.ID)
	})
	if err == nil {
		err = missing
	}
	return subject, err
}

// countUnread writes the row of a try that counts nowhere.
func countUnread(c *conn, claim store.Claim, counted int, now time.Time) error {
	key, ok := rules.Unread(claim, counted)
	if !ok {
		return nil
	}
	until := now.Add(rules.UnreadFor)
	_, err := c.exec(upsertAttempt, key[:], int64(0), millis(until), millis(until), millis(now), int64(0), int64(0), until.UnixMilli())
	return err
}

const countSecrets = `SELECT count(*) FROM secrets s JOIN accounts a ON a.id = s.account LEFT JOIN accounts p ON p.id = a.parent
  WHERE s.account = ?1 AND s.purpose = ?2 AND s.used_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > ?3)
  AND a.status <> 'deleted' AND coalesce(p.status, 'active') <> 'deleted'`

// CountSecrets meets [store.SecretStore].
func (s *Store) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (n int, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		_, err := c.one(countSecrets, func(r *row) { n = int(r.int()) }, account[:], string(p), now.UnixMilli())
		return err
	})
	return n, err
}
