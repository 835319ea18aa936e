package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const insertAccount = `INSERT INTO accounts AS a (id, parent, email, email_key, username, username_key, name, role, status, password,
    password_changed_at, password_temporary, password_history, verified_at, proven_at, locale, metadata, factors, key_master,
    key_version, organization_owner, organization, must_verify, must_factor, updated_at, house, public_key, created_at)
  SELECT @account::uuid, @parent::uuid, @email::text, @email_key::bytea, @username::text, @username_key::bytea, @name::text,
    @role::text, @status::text, @password::text, @password_changed_at::bigint, @password_temporary::boolean,
    @password_history::text[], @verified_at::bigint, @proven_at::bigint, @locale::text, @metadata::bytea, @factor_set::bigint,
    @key_master::text, @key_version::bigint, @organization_owner::uuid, @organization::jsonb, @must_verify::boolean,
    @must_factor::boolean, @updated_at::bigint, @house::boolean, @public_key::text, @created_at::bigint`

// createChild charges the parent, counts the child and makes it. The parent is locked against being deleted or disabled
// meanwhile, but not against sign-ins. A violated unique constraint undoes all of it, and its name tells the field.
//
// Here and wherever a balance is decided on under a lock, the new one is computed from the locked row: at READ
// COMMITTED the server first makes the new row from the one in its snapshot and checks constraints on that, and only
// then notices that there is a newer one.
var createChild = assemble(newParts|telling, func(p parts) (string, []values[creation]) {
	var w writer[creation]
	w.add(`WITH parent AS (
  SELECT id FROM accounts WHERE id = @parent AND parent = `+root+` AND status = 'active' FOR KEY SHARE
), wallet AS (
  SELECT c.owner, c.balance, @payer::uuid = c.owner AND @price::bigint > 0 AND c.balance >= @price AS covers FROM credits c
  WHERE c.owner = (SELECT id FROM parent) FOR UPDATE
), bill AS (
  SELECT w.*, CASE WHEN w.covers THEN @price ELSE 0 END AS price, CASE WHEN w.covers THEN @operation::text ELSE '' END AS use FROM wallet w
), pay AS (
  UPDATE credits c SET children = c.children + 1, balance = bill.balance - bill.price, used = c.used + bill.price,
    latest_month = CASE WHEN bill.covers THEN greatest(c.latest_month, @month::bigint) ELSE c.latest_month END, `+countUse+`
  FROM bill WHERE c.owner = bill.owner AND (bill.covers OR NOT @required::boolean) RETURNING c.*, bill.covers
), acc AS (
  `+insertAccount+` FROM pay RETURNING `+accountColumns+`
), led AS (
  `+addDebit+` WHERE pay.covers
), mail AS (`+mailWith("acc")+`)`, writtenValues, newAccountValues, newMailValues, chargeValues(creationCharge), requiredValue(creationCharge), values[creation]{
		"month": field(func(c *creation) int { return rules.Evidence(c.Charge.Operation, c.now) }),
		"now":   field(func(c *creation) int64 { return millis(c.now) }),
	})
	addNew(&w, p)
	if p.has(telling) {
		w.add(tell(paidNow+` WHERE c.covers`), tellValues(func(c *creation) store.Telling { return c.Charge.Tell }))
	}
	w.add(` SELECT acc.*, c.covers, ` + balanceColumns + ` FROM acc, pay c`)
	return w.done()
})

// createRoot opens the balance with the grant.
var createRoot = assemble(newParts, func(p parts) (string, []values[creation]) {
	var w writer[creation]
	w.add(`WITH acc AS (
  `+insertAccount+` RETURNING `+accountColumns+`
), book AS (
  INSERT INTO credits (owner, balance, granted, free_users, closed_month, latest_month)
  SELECT @account::uuid, @amount::bigint, @amount::bigint, coalesce(@free_users::bigint, 0), @closed_month::bigint, @latest_month::bigint FROM acc
), led AS (
  INSERT INTO ledger (owner, id, key, op, amount, balance, subject, refunds, package, at)
  SELECT @account::uuid, @entry::uuid, @key::text, @operation::text, @amount::bigint, @amount::bigint, @subject::uuid, @refunds::text,
    @package::jsonb, @at::bigint FROM acc WHERE @grants::boolean
), mail AS (`+mailWith("acc")+`)`, writtenValues, newAccountValues, newMailValues, entryValues(func(c *creation) *entry { return &c.grant }), values[creation]{
		"closed_month": field(func(c *creation) int64 { return int64(c.opened.ClosedMonth) }),
		"latest_month": field(func(c *creation) int64 { return int64(c.opened.LatestMonth) }),
		"grants":       field(func(c *creation) bool { return c.Grant != nil }),
	})
	addNew(&w, p)
	w.add(` SELECT acc.*, false, ` + noBalance + ` FROM acc`)
	return w.done()
})

// newParts are what any new account may come with.
const newParts = enrolling | claiming | listing

// addNew goes on with what comes with the account.
func addNew(w *writer[creation], p parts) {
	if p.has(enrolling) {
		w.add(enroll, linkValues(func(c *creation) *links { return &c.links }), factorValues(func(c *creation) *factors { return &c.factors }))
	}
	if p.has(claiming) {
		w.add(`, claim AS (
  INSERT INTO clients (issuer, client_id, owner) SELECT o.*, acc.id FROM acc, `+askedClients+`
)`, clientValues(func(c *creation) *store.Account { return &c.Account }))
	}
	if p.has(listing) {
		w.add(logAll("acc"), eventsValues(func(c *creation) events { return c.events }))
	}
}

// creation is a call of CreateAccount.
type creation struct {
	store.NewAccount
	account written
	opened  store.Balance // with the grant
	grant   entry         // the zero entry without a Grant
	mails   mails
	links   links
	factors factors
	events  events
	now     time.Time
}

func creationCharge(c *creation) *store.Charge { return &c.Charge }

var (
	writtenValues    = accountValues(func(c *creation) *written { return &c.account })
	newMailValues    = mailValues(func(c *creation) *mails { return &c.mails })
	newAccountValues = values[creation]{
		"house":      field(func(c *creation) bool { return c.Account.House }),
		"public_key": field(func(c *creation) string { return c.Account.PublicKey }),
		"created_at": field(func(c *creation) int64 { return c.Account.CreatedAt.UnixMilli() }),
	}
)

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (a store.Account, r store.Receipt, err error) {
	err = retry(ctx, func() error {
		a, r, err = s.create(ctx, n, now)
		return err
	})
	if err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	return a, r, nil
}

// create tries once; errRaced: it was refused for a reason that is gone.
func (s *Store) create(ctx context.Context, n store.NewAccount, now time.Time) (a store.Account, r store.Receipt, err error) {
	if rules.SenselessAccount(n) {
		return s.whyNotCreated(ctx, n, now)
	}
	c, err := creationOf(n, now)
	if err != nil {
		return a, r, err
	}
	sql, args := c.statement()
	var row accountRow
	made, err := s.one(ctx, sql, args, append(append(row.to(), &r.Charged), balanceTo(&r.Balance)...)...)
	if made && err == nil {
		if a, err = row.value(); err == nil && !r.Charged {
			r, err = s.standing(ctx, n.Charge)
		}
		return a, r, err
	}
	if err != nil && violated(err) == "" {
		return a, store.Receipt{}, err
	}
	return s.whyNotCreated(ctx, n, now)
}

// creationOf returns what the statements of a new account are run with.
func creationOf(n store.NewAccount, now time.Time) (c *creation, err error) {
	c = &creation{NewAccount: n, links: linksOf(n.Linked), factors: factorsOf(n.Factors), now: now}
	if c.account, err = writtenOf(&c.Account); err != nil {
		return c, err
	}
	if c.mails, err = mailsOf(n.Mail); err != nil {
		return c, err
	}
	if len(n.Events) > 0 {
		c.events = eventsOf(n.Events)
	}
	opened, grant := rules.Open(n.Account.ID, n.Grant, now)
	if c.opened = opened; grant != nil {
		c.grant, err = entryOf(*grant)
	}
	return c, err
}

// statement returns the one that makes the account.
func (c *creation) statement() (string, []any) {
	p := enrolling.when(len(c.Linked)+len(c.Factors) > 0) | listing.when(len(c.Events) > 0)
	p |= claiming.when(len(rules.Clients(c.Account.Organization)) > 0)
	sql := createRoot.of(p)
	if c.Account.Parent != store.Root {
		sql = createChild.of(p | telling.when(tells(c.Charge)))
	}
	return sql.Text, sql.Args(c)
}

// admission is what a new account is decided on: a is the one to come.
var admission = prepare(`SELECT EXISTS (SELECT 1 FROM accounts x WHERE x.id = a.id),
  coalesce(p.id, `+root+`), coalesce(p.parent, `+root+`), coalesce(p.status, ''),
  EXISTS (SELECT 1 FROM accounts x WHERE x.public_key = @public_key), `+takenColumns+`, `+purseColumns+`
  FROM (SELECT @account::uuid AS id, @parent::uuid AS parent) a`+joinParent+joinPurse,
	purseValues(creationCharge), nameValues(func(c *creation) *store.Account { return &c.Account }),
	clientValues(func(c *creation) *store.Account { return &c.Account }),
	takenValues(func(c *creation) (*links, *factors) { return &c.links, &c.factors }), values[creation]{
		"drop":         field(func(*creation) [][16]byte { return [][16]byte{} }),
		"end_sessions": field(func(*creation) bool { return false }),
		"account":      field(func(c *creation) [16]byte { return c.Account.ID }),
		"parent":       field(func(c *creation) [16]byte { return c.Account.Parent }),
		"public_key":   field(func(c *creation) string { return storable(c.Account.PublicKey) }),
	})

// newcomer looks up what the new account is decided on.
func (s *Store) newcomer(ctx context.Context, c *creation) (w rules.Newcomer, err error) {
	var parent store.Account
	var names taken
	to := []any{&w.Stands, idTo(&parent.ID), idTo(&parent.Parent), &parent.Status, &w.KeyTaken}
	_, err = s.one(ctx, admission.Text, admission.Args(c), slices.Concat(to, names.to(), purseTo(&w.Purse))...)
	if parent.ID != uuid.Nil {
		w.Parent = &parent
	}
	w.Taken = names.first()
	return w, err
}

// whyNotCreated returns the account if its id exists, and else the error. A charge that stands already is left out, and
// the rest is done.
func (s *Store) whyNotCreated(ctx context.Context, n store.NewAccount, now time.Time) (a store.Account, r store.Receipt, err error) {
	facts, err := s.newcomer(ctx, &creation{NewAccount: n, links: linksOf(n.Linked), factors: factorsOf(n.Factors)})
	if err != nil {
		return a, r, err
	}
	done, err := rules.Admit(n, facts, now)
	switch {
	case err != nil:
		return a, r, err
	case done.Stands:
		a, err = s.account(ctx, n.Account.ID)
		return a, done.Payment.Receipt, err
	case paidBefore(done.Payment):
		c := n.Charge
		n.Charge = store.Charge{}
		if a, _, err = s.create(ctx, n, now); err == nil {
			r, err = s.standing(ctx, c)
		}
		return a, r, err
	}
	return a, r, errRaced
}

const accountByID = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.id = $1`

// account returns one that is known to be there, in whatever state.
func (s *Store) account(ctx context.Context, account uuid.UUID) (store.Account, error) {
	var row accountRow
	if _, err := s.one(ctx, accountByID, []any{id(account)}, row.to()...); err != nil {
		return store.Account{}, err
	}
	return row.value()
}

// takenColumns have one for each of takenFields, in their order: another account below the same parent has it. Of a
// credential also another factor of the account itself that stays, as [rules.Stays] says.
const takenColumns = `EXISTS (SELECT 1 FROM accounts x WHERE x.parent = a.parent AND x.email_key = @email_key AND x.id <> a.id),
  EXISTS (SELECT 1 FROM accounts x WHERE x.parent = a.parent AND x.username_key = @username_key AND x.id <> a.id),
  EXISTS (SELECT 1 FROM unnest(@link_issuers::text[], @link_subjects::text[]) l (issuer, subject)
    JOIN identities i ON i.scope = a.parent AND i.issuer = l.issuer AND i.subject = l.subject WHERE i.account <> a.id),
  EXISTS (SELECT 1 FROM unnest(@factors::uuid[], @factor_credentials::bytea[]) f (id, credential)
    JOIN factors x ON x.scope = a.parent AND x.credential = f.credential
    WHERE x.account <> a.id OR x.id <> ALL (@factors) AND x.id <> ALL (@drop::uuid[]) AND NOT (@end_sessions::boolean AND x.pending_until > 0)),
  EXISTS (SELECT 1 FROM ` + askedClients + ` JOIN clients c ON c.issuer = o.issuer AND c.client_id = o.client_id WHERE c.owner <> a.id)`

var takenFields = [...]string{"email", "username", "identity", "credential", "client"}

// nameValues and takenValues are those of takenColumns, but for what goes. Nothing equals NULL.
func nameValues[A any](of func(*A) *store.Account) values[A] {
	return values[A]{
		"email_key":    field(func(a *A) []byte { return bytesOrNull(rules.Names(of(a))[0].Key) }),
		"username_key": field(func(a *A) []byte { return bytesOrNull(rules.Names(of(a))[1].Key) }),
	}
}

// askedClients are the clients that an organization wants for itself alone.
const askedClients = `unnest(@client_issuers::text[], @client_ids::text[]) AS o (issuer, client_id)`

func clientValues[A any](of func(*A) *store.Account) values[A] {
	column := func(take func(rules.Client) string) func(*A) []string {
		return func(a *A) []string {
			list := []string{}
			for _, c := range rules.Clients(of(a).Organization) {
				list = append(list, storable(take(c)))
			}
			return list
		}
	}
	return values[A]{
		"client_issuers": field(column(func(c rules.Client) string { return c.Issuer })),
		"client_ids":     field(column(func(c rules.Client) string { return c.ID })),
	}
}

func takenValues[A any](of func(*A) (*links, *factors)) values[A] {
	return values[A]{
		"link_issuers":       field(func(a *A) []string { l, _ := of(a); return l.issuers }),
		"link_subjects":      field(func(a *A) []string { l, _ := of(a); return l.subjects }),
		"factors":            field(func(a *A) [][16]byte { _, f := of(a); return f.ids }),
		"factor_credentials": field(func(a *A) [][]byte { _, f := of(a); return f.credentials }),
	}
}

// taken is what takenColumns are scanned to.
type taken [len(takenFields)]bool

func (t *taken) to() []any { return []any{&t[0], &t[1], &t[2], &t[3], &t[4]} }

// first returns the Field of the first that is taken; empty: none is.
func (t *taken) first() string {
	if i := slices.Index(t[:], true); i >= 0 {
		return takenFields[i]
	}
	return ""
}
