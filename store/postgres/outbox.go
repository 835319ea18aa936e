package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	// addMail inserts mail that is not there yet. A condition may follow, then inOrder.
	addMail = `INSERT INTO outbox (id, kind, lookup, address, args, due_at)
  SELECT m.id, m.kind, m.lookup::jsonb, m.address, m.args::jsonb, m.due_at
  FROM unnest(@mails::uuid[], @mail_kinds::text[], @mail_lookups::text[], @mail_addresses::text[], @mail_args::text[], @mail_due::bigint[])
    AS m (id, kind, lookup, address, args, due_at)`
	inOrder = ` ORDER BY m.id ON CONFLICT (id) DO NOTHING`

	// The lease is due_at in the future; tries is the fence. $1 now $2 end of the lease; $N is how many, written out.
	claimMail = `WITH due AS (
  SELECT id, due_at FROM outbox WHERE due_at <= $1 ORDER BY due_at, id LIMIT $N FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE outbox SET due_at = $2, tries = tries + 1, failure = NULL WHERE id = ANY (ARRAY(SELECT id FROM due))
  RETURNING id, kind, lookup, address, args, tries, due_at
)
SELECT c.id, c.kind, c.lookup, c.address, c.args, c.tries, c.due_at, NULL::text FROM claimed c JOIN due ON due.id = c.id ORDER BY due.due_at, c.id`

	sentMail  = `DELETE FROM outbox WHERE id = @mail AND tries = @tries`
	retryMail = `UPDATE outbox SET due_at = @retry::bigint, args = COALESCE(@args::jsonb, args), failure = @failure::text
  WHERE id = @mail AND tries = @tries`

	// Whoever waits here for another's claim finds no failure any more.
	dropMail   = `DELETE FROM outbox WHERE id = @mail AND failure IS NOT NULL`
	hastenMail = `UPDATE outbox SET due_at = @due::bigint WHERE id = @mail AND failure IS NOT NULL`
)

// mailWith inserts the mail that goes with what from has a row of.
func mailWith(from string) string {
	return addMail + ` WHERE EXISTS (SELECT 1 FROM ` + from + `)` + inOrder
}

// removeMail and delayMail are the ends of a try, giveUpMail and resumeMail what becomes of mail that waits for one.
var (
	removeMail = settling(sentMail, deliveryEvents, deliveryValues)
	delayMail  = settling(retryMail, deliveryEvents, deliveryValues, values[delivery]{
		"retry":   field(func(d *delivery) int64 { return millis(d.Retry) }),
		"args":    field(func(d *delivery) *string { return d.args }),
		"failure": field(func(d *delivery) *string { return textOrNull(d.Failure) }),
	})
	giveUpMail = settling(dropMail, resumptionEvents, resumptionValues)
	resumeMail = settling(hastenMail, resumptionEvents, resumptionValues, values[resumption]{
		"due": field(func(r *resumption) int64 { return millis(r.DueAt) }),
	})
)

// settling is a statement that changes one mail, with events, and returns a row if it did.
func settling[A any](sql string, of func(*A) events, with ...values[A]) *assembly[A] {
	return assemble(listing, func(p parts) (string, []values[A]) {
		var w writer[A]
		w.add(`WITH done AS (`+sql+` RETURNING 1)`, with...)
		if p.has(listing) {
			w.add(logAll("done"), eventsValues(of))
		}
		w.add(` SELECT 1 FROM done`)
		return w.done()
	})
}

var (
	deliveryEvents = func(d *delivery) events { return d.events }
	deliveryValues = values[delivery]{
		"mail":  field(func(d *delivery) [16]byte { return d.ID }),
		"tries": field(func(d *delivery) int { return d.Tries }),
	}
	resumptionEvents = func(r *resumption) events { return r.events }
	resumptionValues = values[resumption]{"mail": field(func(r *resumption) [16]byte { return r.ID })}
)

// delivery is a call of FinishMail.
type delivery struct {
	store.Delivery
	args   *string
	events events
}

// resumption is a call of ResumeMail.
type resumption struct {
	store.Resumption
	events events
}

var queueMail = prepare(addMail+inOrder, mailValues(func(m *mails) *mails { return m }))

// mails are queued mails in columns.
type mails struct {
	ids                             [][16]byte
	kinds, lookups, addresses, args []string
	due                             []int64
}

// mailValues are those of addMail.
func mailValues[A any](of func(*A) *mails) values[A] {
	return values[A]{
		"mails":          field(func(a *A) [][16]byte { return of(a).ids }),
		"mail_kinds":     field(func(a *A) []string { return of(a).kinds }),
		"mail_lookups":   field(func(a *A) []string { return of(a).lookups }),
		"mail_addresses": field(func(a *A) []string { return of(a).addresses }),
		"mail_args":      field(func(a *A) []string { return of(a).args }),
		"mail_due":       field(func(a *A) []int64 { return of(a).due }),
	}
}

func mailsOf(list []store.QueuedMail) (m mails, err error) {
	n := len(list)
	m.ids, m.due = make([][16]byte, n), make([]int64, n)
	m.kinds, m.lookups, m.addresses, m.args = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i := range list {
		x := &list[i]
		lookup, err := json.Marshal(x.Lookup)
		if err != nil {
			return mails{}, err
		}
		args, err := json.Marshal(x.Args)
		if err != nil {
			return mails{}, err
		}
		m.ids[i], m.due[i] = x.ID, millis(x.DueAt)
		m.kinds[i], m.lookups[i], m.addresses[i], m.args[i] = string(x.Kind), string(lookup), x.To, string(args)
	}
	return m, nil
}

// QueueMail meets [store.OutboxStore].
func (s *Store) QueueMail(ctx context.Context, list []store.QueuedMail) error {
	if len(list) == 0 {
		return ctx.Err()
	}
	m, err := mailsOf(list)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, queueMail.Text, queueMail.Args(&m)...)
	return err
}

// ClaimMail meets [store.OutboxStore].
func (s *Store) ClaimMail(ctx context.Context, limit int, lease time.Duration, now time.Time) (claimed []store.QueuedMail, err error) {
	sql := writtenOut(claimMail, limit)
	err = retry(ctx, func() error {
		claimed = nil
		return s.all(ctx, sql, []any{millis(now), millis(now.Add(lease))}, mailTo(&claimed))
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// FinishMail meets [store.OutboxStore].
func (s *Store) FinishMail(ctx context.Context, d store.Delivery) error {
	x, way := delivery{Delivery: d, events: eventsOf(d.Events)}, delayMail
	if d.Retry.IsZero() {
		way = removeMail
	} else if d.Args != nil {
		args, err := json.Marshal(d.Args)
		if err != nil {
			return err
		}
		text := string(args)
		x.args = &text
	}
	sql := way.of(listing.when(len(d.Events) > 0))
	_, err := s.exec(ctx, sql.Text, sql.Args(&x)...)
	return err
}

const (
	mailColumns = `SELECT id, kind, lookup, address, args, tries, due_at, failure FROM outbox`

	listMail       = mailColumns + ` WHERE (due_at, id) > ($1::bigint, $2::uuid)`
	onlyFailed     = ` AND failure IS NOT NULL`
	inTurn         = ` ORDER BY due_at, id`
	findQueuedMail = mailColumns + ` WHERE id = $1`

	// Both are counted along an index: without an order the server reads the table, which is wider.
	countMail = `SELECT (SELECT count(*) FROM (SELECT FROM outbox ORDER BY due_at, id LIMIT $1) x),
  (SELECT count(*) FROM (SELECT FROM outbox WHERE failure IS NOT NULL ORDER BY due_at, id LIMIT $1) x),
  coalesce((SELECT due_at FROM outbox ORDER BY due_at, id LIMIT 1), 0)`
)

// mailTo scans rows of mailColumns.
func mailTo(list *[]store.QueuedMail) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var m store.QueuedMail
		var lookup, args []byte
		var due int64
		var failure *string
		err := row.Scan(idTo(&m.ID), &m.Kind, &lookup, &m.To, &args, &m.Tries, &due, &failure)
		if err == nil {
			err = json.Unmarshal(lookup, &m.Lookup)
		}
		if err == nil {
			err = json.Unmarshal(args, &m.Args)
		}
		if m.DueAt = moment(due); failure != nil {
			m.Failure = *failure
		}
		*list = append(*list, m)
		return err
	}
}

// ListMail meets [store.OutboxStore].
func (s *Store) ListMail(ctx context.Context, q store.MailQuery) ([]store.QueuedMail, error) {
	after, _ := rules.Start(store.Page{After: q.After})
	sql, args := listMail, []any{after, id(q.After.ID), q.Limit}
	if q.Failed {
		sql += onlyFailed
	}
	sql = limited(sql+inTurn, 3, q.Limit)
	if q.ID != uuid.Nil {
		sql, args = findQueuedMail, []any{id(q.ID)}
	}
	var all []store.QueuedMail
	err := retry(ctx, func() error {
		all = nil
		return s.all(ctx, sql, args, mailTo(&all))
	})
	if err != nil {
		return nil, err
	}
	var page []store.QueuedMail
	for i := range all {
		if len(page) < q.Limit && rules.Queued(&all[i], q) {
			page = append(page, all[i])
		}
	}
	return page, nil
}

// CountMail meets [store.OutboxStore].
func (s *Store) CountMail(ctx context.Context) (n store.MailCounts, err error) {
	var oldest int64
	err = retry(ctx, func() error {
		_, err := s.one(ctx, countMail, []any{store.MostMail}, &n.Waiting, &n.Failed, &oldest)
		return err
	})
	if err != nil {
		return store.MailCounts{}, err
	}
	n.Oldest = moment(oldest)
	return n, nil
}

// ResumeMail meets [store.OutboxStore].
func (s *Store) ResumeMail(ctx context.Context, r store.Resumption) error {
	x, way := resumption{r, eventsOf(r.Events)}, resumeMail
	if r.DueAt.IsZero() {
		way = giveUpMail
	}
	sql := way.of(listing.when(len(r.Events) > 0))
	args := sql.Args(&x)
	return retry(ctx, func() error {
		var one int
		found, err := s.one(ctx, sql.Text, args, &one)
		if err == nil && !found {
			err = store.ErrNotFound
		}
		return err
	})
}
