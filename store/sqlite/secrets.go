package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// PutSecrets meets [store.SecretStore].
func (s *Store) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	return s.write(ctx, func(c *conn) error {
		if err := canPut(c, list); err != nil {
			return err
		}
		return putSecrets(c, list)
	})
}

func canPut(c *conn, list []store.Secret) error {
	var last uuid.UUID
	for i := range list {
		if i > 0 && list[i].Account == last {
			continue
		}
		last = list[i].Account
		if _, err := living(c, last); err != nil {
			return err
		}
	}
	return nil
}

const upsertSecret = `INSERT INTO secrets (account, digest, purpose, address, tries, created_at, expires_at)
  VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)
  ON CONFLICT (account, digest) DO UPDATE SET purpose = excluded.purpose, address = excluded.address, tries = 0,
  created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = NULL`

func putSecrets(c *conn, list []store.Secret) error {
	for i := range list {
		x := &list[i]
		_, err := c.exec(upsertSecret, x.Account[:], x.Digest[:], string(x.Purpose), x.Address, millis(x.CreatedAt), millis(x.ExpiresAt))
		if err != nil {
			return err
		}
	}
	return nil
}

// isLive leaves the tries aside: how many are allowed is known to a Claim only.
const isLive = ` used_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)`

const (
	selectProof = `SELECT 1 FROM secrets WHERE account = ?1 AND digest = ?2 AND` + isLive
	useSecret   = `UPDATE secrets SET used_at = ?3 WHERE account = ?1 AND digest = ?2`
	voidSecrets = `UPDATE secrets SET used_at = ?3 WHERE account = ?1 AND purpose = ?2 AND` + isLive
)

// changeSecrets uses up the proof of a change, voids and then adds.
func changeSecrets(c *conn, ch store.Change, now time.Time) error {
	if ch.Proof != (store.Digest{}) {
		if _, err := c.exec(useSecret, ch.Account.ID[:], ch.Proof[:], millis(now)); err != nil {
			return err
		}
	}
	for _, p := range ch.Void {
		if _, err := c.exec(voidSecrets, ch.Account.ID[:], string(p), millis(now)); err != nil {
			return err
		}
	}
	return putSecrets(c, ch.Secrets)
}

const selectSecret = `SELECT s.account, s.purpose, s.address, s.digest, s.tries, s.created_at, s.expires_at, s.used_at
  FROM secrets s JOIN accounts a ON a.id = s.account LEFT JOIN accounts p ON p.id = a.parent
  WHERE s.digest = ?1 AND s.purpose = ?2 AND a.status <> 'deleted' AND coalesce(p.status, 'active') <> 'deleted'
  ORDER BY s.account LIMIT 1`

// Secret meets [store.SecretStore].
func (s *Store) Secret(ctx context.Context, p store.Purpose, d store.Digest) (x store.Secret, subject store.Subject, err error) {
	err = s.snapshot(ctx, func(c *conn) error {
		found, err := c.one(selectSecret, func(r *row) {
			x = store.Secret{
				Account: r.id(), Purpose: store.Purpose(r.text()), Address: r.text(), Digest: r.digest(),
				Tries: int(r.int()), CreatedAt: r.time(), ExpiresAt: r.time(), UsedAt: r.time(),
			}
		}, d[:], string(p))
		if err != nil {
			return err
		}
		if !found {
			return store.ErrNotFound
		}
		subject, err = find(c, store.Lookup{ID: x.Account})
		return err
	})
	return x, subject, err
}

// ConsumeSecret meets [store.SecretStore].
func (s *Store) ConsumeSecret(ctx context.Context, claim store.Claim, now time.Time) (subject store.Subject, err error) {
	matched := false
	err = s.write(ctx, func(c *conn) (err error) {
		if subject, err = find(c, claim.Lookup); err != nil {
			return err
		}
		matched, err = consume(c, &subject.Account, claim, now)
		return err
	})
	if err == nil && !matched {
		err = store.ErrNotFound
	}
	return subject, err
}

// isOpen is what a claim may meet: live, with tries left, and not mailed to an address that the account has left.
const isOpen = isLive + ` AND purpose = ?2 AND address IN ('', ?4) AND (?5 <= 0 OR tries < ?5)`

const (
	selectMatch = `SELECT 1 FROM secrets WHERE account = ?1 AND digest = ?6 AND` + isOpen
	countTry    = `UPDATE secrets SET tries = tries + (?5 > 0), used_at = CASE WHEN ?6 THEN ?3 END WHERE account = ?1 AND` + isOpen
)

func consume(c *conn, a *store.Account, claim store.Claim, now time.Time) (matched bool, err error) {
	args := []driver.Value{a.ID[:], string(claim.Purpose), millis(now), a.EmailKey, int64(claim.Tries)}
	matched, err = c.exists(selectMatch, append(args, claim.Digest[:])...)
	if err != nil {
		return false, err
	}
	if _, err = c.exec(countTry, append(args, flag(matched && !claim.Single))...); err != nil {
		return false, err
	}
	if matched && claim.Single {
		_, err = c.exec(useSecret, a.ID[:], claim.Digest[:], millis(now))
	}
	return matched, err
}
