package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	// putSecrets adds them all or none: a NULL for an account that is gone fails the statement. What the same mail
	// brought before goes, but what is put again.
	putSecrets = holdAccounts + `, old AS (
  SELECT s.account, s.digest FROM secrets s WHERE s.account = ANY ($1) AND s.mail = ANY ($8::uuid[])
    AND EXISTS (SELECT 1 FROM unnest($1::uuid[], $8::uuid[]) AS u (account, mail) WHERE u.account = s.account AND u.mail = s.mail)
    AND NOT EXISTS (SELECT 1 FROM unnest($1::uuid[], $2::bytea[]) AS u (account, digest) WHERE u.account = s.account AND u.digest = s.digest)
  ORDER BY s.account, s.digest FOR UPDATE
), replaced AS (
  DELETE FROM secrets s USING old WHERE s.account = old.account AND s.digest = old.digest
)
INSERT INTO secrets AS s (account, digest, purpose, address, asker, mail, tries, created_at, expires_at, used_at)
  SELECT a.id, x.digest, x.purpose, x.address, x.asker, x.mail, 0, x.created_at, x.expires_at, 0
  FROM (SELECT DISTINCT ON (u.account, u.digest) u.*
    FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bytea[], $8::uuid[])
    WITH ORDINALITY AS u (account, digest, purpose, address, created_at, expires_at, asker, mail, n) ORDER BY u.account, u.digest, u.n DESC) x
  LEFT JOIN held a ON a.id = x.account
  ORDER BY x.account, x.digest
  ON CONFLICT (account, digest) DO UPDATE SET purpose = excluded.purpose, address = excluded.address, asker = excluded.asker,
    mail = excluded.mail, tries = 0, created_at = excluded.created_at, expires_at = excluded.expires_at, used_at = 0`

	// Held against being deleted meanwhile.
	holdAccounts = `WITH held AS (
  SELECT a.id FROM accounts a WHERE a.id = ANY ($1) AND a.status <> 'deleted'
    AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = a.parent AND p.status = 'deleted') ORDER BY a.id FOR KEY SHARE
)`

	// $1 digest $2 purpose.
	secretByDigest = `WITH secret AS (
  SELECT s.* FROM secrets s JOIN accounts a ON a.id = s.account` + joinParent + `
  WHERE s.digest = $1 AND s.purpose = $2 AND ` + undeleted + ` ORDER BY s.account LIMIT 1
), ` + noKey + `, live AS (SELECT ` + hitColumns + `, false AS stray FROM secret JOIN accounts a ON a.id = secret.account)` +
		subjectColumns + `, s.account, s.address, s.asker, s.mail, s.tries, s.created_at, s.expires_at, s.used_at` + credentialColumns + subjectRows + `, secret s`

	// claim follows a look-up, and is followed by the rows of a Subject. open is what it looks at; what it compares of
	// that counts the try of an asker.
	claim = `, open AS (
  SELECT s.account, s.digest, ` + unspent + `
    AND (@asker::bytea IS NULL OR coalesce(s.asker = @asker, false) AND (@tries::bigint = 0 OR s.tries < @tries)) AS compared
  FROM secrets s
  WHERE s.account = (SELECT id FROM live) AND s.purpose = @purpose::text AND ` + unused + `
    AND (s.address = '' OR s.address = (SELECT email_key FROM live))
  ORDER BY s.digest FOR UPDATE
), used AS (
  UPDATE secrets s SET tries = s.tries + CASE WHEN open.compared AND ` + counted + ` THEN 1 ELSE 0 END,
    used_at = CASE WHEN NOT @single::boolean OR s.digest = @digest::bytea THEN
      CASE WHEN ` + claimed + ` THEN @now ELSE 0 END ELSE 0 END
  FROM open WHERE s.account = open.account AND s.digest = open.digest
    AND (open.compared AND ` + counted + ` OR ` + claimed + ` AND (NOT @single OR s.digest = @digest))
), unread AS (
  INSERT INTO attempts (key, n, until, expires, at, held, held_until, dead_day, fence)
  SELECT @unread::bytea, 0, @now, @now, @now, 0, 0, @now / 86400000 + 2, 1 WHERE @unread IS NOT NULL AND NOT EXISTS (SELECT 1 FROM open WHERE compared)
  ON CONFLICT (key) DO UPDATE SET at = excluded.at, dead_day = excluded.dead_day
)`
	counted = `@asker IS NOT NULL AND @tries > 0`
	claimed = `EXISTS (SELECT 1 FROM open WHERE digest = @digest AND compared)`
)

// claimValues are those of claim.
var claimValues = values[search]{
	"purpose": field(func(q *search) string { return string(q.claim.Purpose) }),
	"digest":  field(func(q *search) []byte { return q.claim.Digest[:] }),
	"asker":   field(func(q *search) []byte { return digestOrNull(q.claim.Asker) }),
	"tries":   field(func(q *search) int64 { return int64(max(0, q.claim.Tries)) }),
	"single":  field(func(q *search) bool { return q.claim.Single }),
	"now":     field(func(q *search) int64 { return millis(q.now) }),
	"unread": field(func(q *search) []byte { // where the try counts nowhere
		if key, ok := rules.Unread(q.claim, 0); ok {
			return key[:]
		}
		return nil
	}),
}

// secretArgs are the columns of the secrets, one array each.
func secretArgs(list []store.Secret) []any {
	n := len(list)
	accounts, digests, addresses := make([][16]byte, n), make([][]byte, n), make([][]byte, n)
	purposes, created, expires := make([]string, n), make([]int64, n), make([]int64, n)
	askers, mails := make([][]byte, n), make([]*[16]byte, n)
	for i := range list {
		x := &list[i]
		accounts[i], digests[i], addresses[i] = id(x.Account), x.Digest[:], []byte(x.Address)
		purposes[i], created[i], expires[i] = string(x.Purpose), millis(x.CreatedAt), millis(x.ExpiresAt)
		askers[i] = digestOrNull(x.Asker)
		if x.Mail != uuid.Nil {
			mails[i] = (*[16]byte)(&x.Mail)
		}
	}
	return []any{accounts, digests, purposes, addresses, created, expires, askers, mails}
}

// PutSecrets meets [store.SecretStore].
func (s *Store) PutSecrets(ctx context.Context, list []store.Secret, _ time.Time) error {
	if len(list) == 0 {
		return ctx.Err()
	}
	put := []step{{sql: putSecrets, args: secretArgs(list)}}
	err := retry(ctx, func() error { return s.batch(ctx, put) })
	if pgCode(err) == "23502" {
		_, err = rules.Put(list, false)
	}
	return err
}

// Secret meets [store.SecretStore].
func (s *Store) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	x := store.Secret{Purpose: p, Digest: d}
	var f finding
	err := retry(ctx, func() error {
		f = finding{showing: true}
		return s.all(ctx, secretByDigest, []any{d[:], string(p)}, func(row pgx.Row) error {
			var times moments
			var address, asker []byte
			var mail *[16]byte
			err := f.scanWith(row, idTo(&x.Account), &address, &asker, &mail, &x.Tries, times.of(&x.CreatedAt), times.of(&x.ExpiresAt), times.of(&x.UsedAt))
			times.fill()
			x.Address = string(address)
			copy(x.Asker[:], asker)
			if mail != nil {
				x.Mail = *mail
			}
			return err
		})
	})
	var subject store.Subject
	if err == nil {
		subject, err = f.subject(&search{})
	}
	if err != nil {
		return store.Secret{}, store.Subject{}, err
	}
	return x, subject, nil
}

// ConsumeSecret meets [store.SecretStore].
func (s *Store) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	q := search{Lookup: c.Lookup, claim: c, events: eventsOf(c.Events), now: now}
	sql := q.route().claim.of(showing.when(c.Lookup.Credentials) | listing.when(len(c.Events) > 0))
	args := sql.Args(&q)
	var f finding
	var match bool
	err := retry(ctx, func() error {
		f, match = finding{showing: c.Lookup.Credentials}, false
		return s.all(ctx, sql.Text, args, func(row pgx.Row) error { return f.scanWith(row, &match) })
	})
	if err != nil {
		return store.Subject{}, err
	}
	subject, err := f.subject(&q)
	if err == nil && !match {
		err = store.ErrNotFound
	}
	return subject, err
}

// $1 account $2 purpose $3 now.
const countSecrets = `SELECT count(*) FROM secrets s JOIN accounts a ON a.id = s.account` + joinParent + `
  WHERE s.account = $1 AND s.purpose = $2 AND ` + unused + ` AND (s.expires_at = 0 OR s.expires_at > $3) AND ` + undeleted

// CountSecrets meets [store.SecretStore].
func (s *Store) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (n int, err error) {
	err = retry(ctx, func() error {
		_, err := s.one(ctx, countSecrets, []any{id(account), string(p), now.UnixMilli()}, &n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
