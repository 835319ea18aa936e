package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// lockScope locks the account, and with it two of the active admins of its scope when it is one of them: whoever may
// take the last but one away meets the others here, in the order of ids. $1 account $2 scope.
const lockScope = `SELECT id FROM accounts WHERE id = ANY (ARRAY(
  SELECT x.id FROM (SELECT id FROM accounts WHERE parent = $2 AND ` + activeAdmin + `
    AND EXISTS (SELECT 1 FROM accounts WHERE id = $1 AND ` + activeAdmin + `) ORDER BY id LIMIT 2) x
  UNION ALL SELECT $1::uuid)) ORDER BY id FOR UPDATE`

// witness is another active admin, held so that it stays one; it is looked for when me is one who ceases to be.
const witness = `witness AS (
  SELECT id FROM accounts WHERE parent = @parent AND ` + activeAdmin + ` AND id <> @account
    AND (SELECT me.guarded FROM me) ORDER BY id LIMIT 1 FOR UPDATE
)`

// updateAccount does the whole Change but for new secrets and credentials. When some go with it, a refusal must fail,
// so that it takes the statements behind it along.
var updateAccount = assemble(listing|telling, func(p parts) (string, []values[update]) {
	var w writer[update]
	w.add(`WITH me AS (
  SELECT a.id, a.epoch, `+guarded+`
    AND (@role::text <> 'admin' OR @status::text <> 'active') AS guarded FROM accounts a
  WHERE a.id = @account AND a.version = @version::bigint AND a.status <> 'deleted' FOR UPDATE
), `+witness+`, proof AS (
  SELECT s.digest FROM secrets s WHERE s.account = (SELECT id FROM me) AND s.digest = @proof::bytea AND `+unspent+` FOR UPDATE
), fit AS (
  SELECT me.id, me.epoch FROM me
  WHERE (@proof::bytea IS NULL OR EXISTS (SELECT 1 FROM proof))
    AND (NOT me.guarded OR EXISTS (SELECT 1 FROM witness))
    AND NOT EXISTS (SELECT 1 FROM accounts a JOIN accounts p ON p.id = a.parent WHERE a.id = @account AND p.status = 'deleted')
    AND `+holdersStand+`
), pay AS (
  UPDATE credits c SET `+debit+`
  FROM fit, `+theBill+` WHERE c.owner = @payer::uuid AND bill.price > 0 AND c.balance >= bill.price RETURNING c.*
), acc AS (
  UPDATE accounts a SET `+writeAccount+`,
    version = a.version + 1, epoch = a.epoch + CASE WHEN @end_sessions::boolean THEN 1 ELSE 0 END,
    sessions = CASE WHEN @end_sessions THEN 1 ELSE a.sessions END
  FROM fit WHERE a.id = fit.id AND (NOT @required::boolean OR EXISTS (SELECT 1 FROM pay)) RETURNING `+accountColumns+`
), keep AS (
  UPDATE sessions s SET epoch = acc.epoch FROM acc
  WHERE @end_sessions AND s.id = @keep::uuid AND s.account = acc.id AND s.epoch = acc.epoch - 1 AND s.ended_at = 0
), void AS (
  UPDATE secrets s SET used_at = @now FROM acc
  WHERE s.account = acc.id AND `+unused+` AND (s.digest = @proof OR s.purpose = ANY (@void::text[]))
), client AS (
  DELETE FROM clients c USING acc WHERE @organization IS NULL AND c.owner = acc.id
), led AS (
  `+addDebit+`, acc
), mail AS (`+mailWith("acc")+`)`, changeValues, proofValues, unspentValue)
	if p.has(listing) {
		w.add(logAll("acc"), eventsValues(func(u *update) events { return u.events }))
	}
	if p.has(telling) {
		w.add(tell(paidNow+`, acc`), tellValues(func(u *update) store.Telling { return u.Charge.Tell }))
	}
	w.add(` SELECT acc.*, 1 / CASE WHEN acc.id IS NULL THEN 0 ELSE 1 END, c.owner IS NOT NULL, ` + balanceColumns + `
  FROM (SELECT 1) one LEFT JOIN acc ON true LEFT JOIN pay c ON true WHERE acc.id IS NOT NULL OR @must_not_refuse::boolean`)
	return w.done()
})

// writeAccount is what a Change replaces.
const writeAccount = `email = @email::text, email_key = @email_key::bytea, username = @username::text,
    username_key = @username_key::bytea, name = @name::text, role = @role::text, status = @status::text, password = @password::text,
    password_changed_at = @password_changed_at::bigint, password_temporary = @password_temporary::boolean,
    password_history = @password_history::text[], verified_at = @verified_at::bigint, proven_at = @proven_at::bigint,
    locale = @locale::text, metadata = @metadata::bytea, factors = @factor_set::bigint, key_master = @key_master::text,
    key_version = @key_version::bigint, organization_owner = @organization_owner::uuid, organization = @organization::jsonb,
    must_verify = @must_verify::boolean, must_factor = @must_factor::boolean, updated_at = @updated_at::bigint`

// changeValues are those of every change.
var changeValues = merged(accountValues(func(u *update) *written { return &u.account }), chargeValues(updateCharge),
	requiredValue(updateCharge), mailValues(func(u *update) *mails { return &u.mails }), values[update]{
		"month":           field(func(u *update) int { return rules.Evidence(u.Charge.Operation, u.now) }),
		"version":         field(func(u *update) int64 { return u.Account.Version }),
		"end_sessions":    field(func(u *update) bool { return u.EndSessions }),
		"keep":            field(func(u *update) [16]byte { return u.KeepSession }),
		"void":            field(func(u *update) []string { return u.void() }),
		"must_not_refuse": field(func(u *update) bool { return len(u.more) > 0 }),
	})

var (
	unspentValue = values[update]{"now": field(func(u *update) int64 { return millis(u.now) })}

	// proofValues are the proof, and what holdersStand needs.
	proofValues = values[update]{
		"proof":   field(func(u *update) []byte { return digestOrNull(u.Proof) }),
		"holders": field(func(u *update) [][16]byte { return holders(u.Secrets) }),
	}
)

// holdersStand is whether every account of the new secrets is there.
const holdersStand = `NOT EXISTS (SELECT 1 FROM unnest(@holders::uuid[]) u (id) LEFT JOIN accounts a ON a.id = u.id` + joinParent + `
      WHERE a.id IS NULL OR a.status = 'deleted' OR coalesce(p.status, '') = 'deleted')`

// update is a call of UpdateAccount.
type update struct {
	store.Change
	account written
	mails   mails
	links   links
	factors factors
	events  events
	more    []step // behind the one that changes the account
	now     time.Time
}

func updateCharge(u *update) *store.Charge { return &u.Charge }

// forFacts is what is needed of a Change to look up why it was refused.
func forFacts(c store.Change, now time.Time) *update {
	return &update{Change: c, links: linksOf(c.Link), factors: factorsOf(c.PutFactors), now: now}
}

func updateOf(c store.Change, now time.Time) (u *update, err error) {
	u = forFacts(c, now)
	if u.account, err = writtenOf(&u.Account); err != nil {
		return nil, err
	}
	if len(c.Events) > 0 {
		u.events = eventsOf(c.Events)
	}
	u.more = u.credentialSteps()
	if c.Account.Organization != nil {
		u.more = append(u.more, step{sql: claimClients.Text, args: claimClients.Args(u)})
	}
	if len(c.Secrets) > 0 {
		u.more = append(u.more, step{sql: putSecrets, args: secretArgs(c.Secrets)})
	}
	u.mails, err = mailsOf(c.Mail)
	return u, err
}

// void is what the Change voids.
func (u *update) void() []string {
	purposes := make([]string, len(u.Void))
	for i, p := range u.Void {
		purposes[i] = string(p)
	}
	return purposes
}

// holders are the accounts of the secrets.
func holders(list []store.Secret) [][16]byte {
	accounts := make([][16]byte, len(list))
	for i := range list {
		accounts[i] = list[i].Account
	}
	return accounts
}

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (a store.Account, r store.Receipt, err error) {
	err = retry(ctx, func() error {
		a, r, err = s.update(ctx, c, now)
		return err
	})
	if err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	return a, r, nil
}

// update tries once; errRaced: it was refused for a reason that is gone.
func (s *Store) update(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	if rules.SenselessChange(c) {
		return s.whyNotUpdated(ctx, forFacts(c, now))
	}
	var none store.Account
	var row accountRow
	var r store.Receipt
	done := false
	u, err := updateOf(c, now)
	if err != nil {
		return none, r, err
	}
	err = s.batch(ctx, u.steps(func(rows pgx.Rows) error {
		done = true
		return rows.Scan(append(append(row.to(), nil, &r.Charged), balanceTo(&r.Balance)...)...)
	}))
	if err == nil && done {
		a, err := row.value()
		if err == nil && !r.Charged {
			r, err = s.standing(ctx, c.Charge)
		}
		return a, r, err
	}
	if err != nil && violated(err) == "" && !refused(err) {
		return none, store.Receipt{}, err
	}
	return s.whyNotUpdated(ctx, u)
}

// steps returns the batch that does the Change; scan takes the account as it then stands.
func (u *update) steps(scan func(pgx.Rows) error) []step {
	var steps []step
	a := &u.Account
	if a.Parent != store.Root && !rules.Admin(a) {
		steps = append(steps, step{sql: lockScope, args: []any{id(a.ID), id(a.Parent)}})
	}
	sql := updateAccount.of(listing.when(len(u.Events) > 0) | telling.when(tells(u.Charge)))
	return append(append(steps, step{sql: sql.Text, args: sql.Args(u), scan: scan}), u.more...)
}

// changing is what a change is decided on.
var changing = prepare(`SELECT `+memberColumns+`, s.digest, coalesce(s.used_at, 0), coalesce(s.expires_at, 0),
  `+holdersStand+`, `+factorColumns+`, `+spentColumn+`, `+takenColumns+`, `+purseColumns+`
  FROM accounts a`+joinParent+` LEFT JOIN secrets s ON s.account = a.id AND s.digest = @proof`+joinFactor+joinPurse+` WHERE a.id = @account`,
	proofValues, unspentValue, purseValues(updateCharge), nameValues(func(u *update) *store.Account { return &u.Account }),
	clientValues(func(u *update) *store.Account { return &u.Account }), accountValue,
	takenValues(func(u *update) (*links, *factors) { return &u.links, &u.factors }), values[update]{
		"drop":         field(func(u *update) [][16]byte { return ids(u.DropFactors) }),
		"end_sessions": field(func(u *update) bool { return u.EndSessions }),
		"factor":       field(func(u *update) [16]byte { return u.Use.Factor }),
		"once":         field(func(u *update) []byte { return digestOrNull(u.Once.Digest) }),
	})

// updating looks up what the change is decided on. Of the account's secrets the proof is enough, and of its factors the
// one that is used: what else the change takes refuses nothing.
func (s *Store) updating(ctx context.Context, u *update) (w rules.Updating, err error) {
	var m member
	var proof store.Secret
	var digest []byte
	var times moments
	var names taken
	var f usedFactor
	to := []any{&digest, times.of(&proof.UsedAt), times.of(&proof.ExpiresAt), &w.Owners}
	to = slices.Concat(m.to(), to, f.to(), []any{&w.Spent}, names.to(), purseTo(&w.Purse))
	if _, err := s.one(ctx, changing.Text, changing.Args(u), to...); err != nil {
		return w, err
	}
	if times.fill(); digest != nil {
		proof.Digest = u.Proof
		w.Secrets = []store.Secret{proof}
	}
	if has := f.value(u.Use); has != nil {
		w.Factors = []store.Factor{*has}
	}
	w.Found, w.Was, w.OtherAdmin = m.stands(), m.Account, m.otherAdmin
	w.Taken = names.first()
	return w, nil
}

// whyNotUpdated returns the error of an update that was refused. A charge that stands already is left out, and the rest
// is done.
func (s *Store) whyNotUpdated(ctx context.Context, u *update) (a store.Account, r store.Receipt, err error) {
	facts, err := s.updating(ctx, u)
	if err != nil {
		return a, r, err
	}
	done, err := rules.Update(u.Change, facts, u.now)
	switch {
	case err != nil:
		return a, r, err
	case paidBefore(done.Payment):
		c := u.Change
		c.Charge = store.Charge{}
		a, _, err = s.update(ctx, c, u.now)
		return a, done.Payment.Receipt, err
	}
	return a, r, errRaced
}

// memberColumns are what a change of an account or its deletion is decided on, in the order of member.
const memberColumns = `a.id, a.parent, a.role, a.status, a.version, coalesce(p.status, ''),
  EXISTS (SELECT 1 FROM accounts x WHERE x.parent = a.parent AND x.role = 'admin' AND x.status = 'active' AND x.id <> a.id)`

// member is where memberColumns are scanned to.
type member struct {
	store.Account
	parent     store.Status // of its parent
	otherAdmin bool         // its scope has one
}

func (m *member) to() []any {
	return []any{idTo(&m.ID), idTo(&m.Parent), &m.Role, &m.Status, &m.Version, &m.parent, &m.otherAdmin}
}

// stands reports whether the account is there.
func (m *member) stands() bool { return m.ID != uuid.Nil && !rules.Gone(m.Status, m.parent) }

// refused reports whether a statement of a batch ended it on purpose: the update was refused (it divides by zero) or an
// account of the new secrets went meanwhile (it is NULL).
func refused(err error) bool { return pgCode(err) == "22012" || pgCode(err) == "23502" }
