package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// deleteAccount makes the tombstone. The account was locked before, so that this sees all that it ever had.
var deleteAccount = assemble(listing|mailing, func(p parts) (string, []values[deletion]) {
	var w writer[deletion]
	w.add(`WITH me AS (
  SELECT a.id, `+guarded+` AS guarded FROM accounts a
  WHERE a.id = @account AND a.parent = @parent AND a.status <> 'deleted' FOR UPDATE
), `+witness+`, gone AS (
  UPDATE accounts a SET `+tombstone+`, orphans = a.parent = `+root+`
  FROM me WHERE a.id = me.id AND (NOT me.guarded OR EXISTS (SELECT 1 FROM witness))
    AND NOT EXISTS (SELECT 1 FROM accounts p WHERE p.id = @parent AND p.status = 'deleted')
  RETURNING a.id, a.parent
), `+erase+`, less AS (
  UPDATE credits c SET children = c.children - 1 FROM gone WHERE c.owner = gone.parent
)`, values[deletion]{
		"account": field(func(d *deletion) [16]byte { return d.ID }),
		"parent":  field(func(d *deletion) [16]byte { return d.Scope }),
		"now":     field(func(d *deletion) int64 { return millis(d.now) }),
	})
	if p.has(mailing) {
		w.add(`, mail AS (`+mailWith("gone")+`)`, mailValues(func(d *deletion) *mails { return &d.mails }))
	}
	if p.has(listing) {
		w.add(logAll("gone"), eventsValues(func(d *deletion) events { return d.events }))
	}
	w.add(` SELECT count(*) FROM gone`)
	return w.done()
})

const (
	// lockAccount locks the account alone.
	lockAccount = `SELECT id FROM accounts WHERE id = $1 FOR UPDATE`

	// tombstone is what is left of an account.
	tombstone = `status = 'deleted', epoch = a.epoch + 1, version = a.version + 1, updated_at = @now::bigint,
    email = '', email_key = NULL, username = '', username_key = NULL, name = '', locale = '', metadata = '',
    password = '', password_changed_at = 0, password_temporary = false, password_history = '{}', verified_at = 0, proven_at = 0,
    factors = 0, organization_owner = ` + root + `, organization = NULL, must_verify = false, must_factor = false,
    last_sign_in = 0, active_day = 0, sessions = 0`

	// erase takes the secrets and credentials of accounts that are gone, and from their events what tells of a person.
	erase = `secret AS (
  DELETE FROM secrets s USING gone WHERE s.account = gone.id
), identity AS (
  DELETE FROM identities i USING gone WHERE i.account = gone.id
), client AS (
  DELETE FROM clients c USING gone WHERE c.owner = gone.id
), factor AS (
  DELETE FROM factors f USING gone WHERE f.account = gone.id
), erased AS (
  UPDATE events e SET network = NULL, detail = NULL, salt = NULL FROM gone
  WHERE e.account = gone.id AND (e.network IS NOT NULL OR e.detail IS NOT NULL OR e.salt IS NOT NULL)
)`
)

// deletion is a call of DeleteAccount.
type deletion struct {
	store.Deletion
	mails  mails
	events events
	now    time.Time
}

func deletionOf(d store.Deletion, now time.Time) (x *deletion, err error) {
	x = &deletion{Deletion: d, now: now}
	told := slices.Clone(d.Events)
	for i := range told {
		if told[i].Account == d.ID {
			told[i] = rules.Erased(told[i])
		}
	}
	x.events = eventsOf(told)
	x.mails, err = mailsOf(d.Mail)
	return x, err
}

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, n store.Deletion, now time.Time) error {
	d, err := deletionOf(n, now)
	if err != nil {
		return err
	}
	first := step{sql: lockAccount, args: []any{id(d.ID)}}
	if d.Scope != store.Root {
		first = step{sql: lockScope, args: []any{id(d.ID), id(d.Scope)}}
	}
	sql := deleteAccount.of(listing.when(len(d.Events) > 0) | mailing.when(len(d.Mail) > 0))
	args := sql.Args(d)
	return retry(ctx, func() error {
		var n int
		steps := []step{first, {sql: sql.Text, args: args, scan: func(rows pgx.Rows) error { return rows.Scan(&n) }}}
		if err := s.batch(ctx, steps); err != nil || n == 1 {
			return err
		}
		return s.whyNotDeleted(ctx, d)
	})
}

const memberByID = `SELECT ` + memberColumns + ` FROM accounts a` + joinParent + ` WHERE a.id = $1`

// whyNotDeleted returns the error of a deletion that was refused.
func (s *Store) whyNotDeleted(ctx context.Context, d *deletion) error {
	var m member
	if _, err := s.one(ctx, memberByID, []any{id(d.ID)}, m.to()...); err != nil {
		return err
	}
	facts := rules.Leaving{Found: m.stands(), Was: m.Account, OtherAdmin: m.otherAdmin}
	if _, err := rules.Tombstone(d.Scope, facts, d.now); err != nil {
		return err
	}
	return errRaced
}
