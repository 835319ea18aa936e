package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
)

const (
	queueMail = `INSERT INTO outbox (id, kind, lookup, address, args, due_at)
  SELECT m.id, m.kind, m.lookup::jsonb, m.address, m.args::jsonb, m.due_at
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) AS m (id, kind, lookup, address, args, due_at)
  ORDER BY m.id ON CONFLICT (id) DO NOTHING`

	// The lease is due_at in the future; tries is the fence.
	claimMail = `WITH due AS (
  SELECT id, due_at FROM outbox WHERE due_at <= $1 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE id = ANY (ARRAY(SELECT id FROM due))
  RETURNING id, kind, lookup, address, args, tries, due_at
)
SELECT c.id, c.kind, c.lookup, c.address, c.args, c.tries, c.due_at FROM claimed c JOIN due ON due.id = c.id ORDER BY due.due_at, c.id`

	sentMail  = `DELETE FROM outbox WHERE id = $1 AND tries = $2`
	retryMail = `UPDATE outbox SET due_at = $3 WHERE id = $1 AND tries = $2`
)

// mailArgs are the columns of the mail, one array each.
func mailArgs(list []store.QueuedMail) ([]any, error) {
	n := len(list)
	ids, due := make([][16]byte, n), make([]int64, n)
	kinds, lookups, addresses, args := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, m := range list {
		lookup, err := json.Marshal(m.Lookup)
		if err != nil {
			return nil, err
		}
		more, err := json.Marshal(m.Args)
		if err != nil {
			return nil, err
		}
		ids[i], due[i] = id(m.ID), millis(m.DueAt)
		kinds[i], lookups[i], addresses[i], args[i] = string(m.Kind), string(lookup), m.To, string(more)
	}
	return []any{ids, kinds, lookups, addresses, args, due}, nil
}

// QueueMail meets [store.OutboxStore].
func (s *Store) QueueMail(ctx context.Context, m []store.QueuedMail) error {
	args, err := mailArgs(m)
	if err != nil || len(m) == 0 {
		return err
	}
	_, err = s.exec(ctx, queueMail, args...)
	return err
}

// ClaimMail meets [store.OutboxStore].
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) (claimed []store.QueuedMail, err error) {
	err = retry(ctx, func() error {
		claimed = nil
		return s.all(ctx, claimMail, []any{millis(now), millis(now.Add(lease)), limit}, func(row pgx.Row) error {
			var m store.QueuedMail
			var lookup, args []byte
			var due int64
			err := row.Scan(idTo(&m.ID), &m.Kind, &lookup, &m.To, &args, &m.Tries, &due)
			if err == nil {
				err = json.Unmarshal(lookup, &m.Lookup)
			}
			if err == nil {
				err = json.Unmarshal(args, &m.Args)
			}
			m.DueAt = moment(due)
			claimed = append(claimed, m)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, mail uuid.UUID, tries int, again time.Time) (err error) {
	if again.IsZero() {
		_, err = s.exec(ctx, sentMail, id(mail), tries)
	} else {
		_, err = s.exec(ctx, retryMail, id(mail), tries, millis(again))
	}
	return err
}
