package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// A look-up is the beginning of a statement: hit is the account that was found, if any, and key the root account whose
// public key or number was given. $1 to $4 are the look-up's.
const (
	findByID        = `WITH ` + noKey + `, hit AS (SELECT a.id, a.parent, a.organization_owner, a.email_key, false AS stray FROM accounts a WHERE a.id = $1::uuid` + unscoped + `), ` + hitAlive
	findByNumber    = `WITH ` + noKey + `, hit AS (SELECT a.id, a.parent, a.organization_owner, a.email_key, false AS stray FROM accounts a WHERE a.number = $1::bigint` + unscoped + `), ` + hitAlive
	findByPublicKey = `WITH ` + noKey + `, hit AS (SELECT a.id, a.parent, a.organization_owner, a.email_key, false AS stray FROM accounts a WHERE a.public_key = $1::text` + unscoped + `), ` + hitAlive
	findByKey       = `WITH key AS (SELECT id FROM accounts WHERE public_key = $1::text AND parent = ` + root + ` AND status <> 'deleted'), ` + inScope + hitAlive
	findByKeyNumber = `WITH key AS (SELECT id FROM accounts WHERE number = $1::bigint AND parent = ` + root + ` AND status <> 'deleted'), ` + inScope + hitAlive
	findInScope     = `WITH ` + noKey + `, hit AS (SELECT * FROM (` + inScopeOf + `$1::uuid AND NOT $4::boolean` + inScopeEmail + `$1::uuid) x ORDER BY rank LIMIT 1), ` + hitAlive
	findStray       = `WITH ` + noKey + `, hit AS (SELECT * FROM (` + inScopeOf + `$1::uuid` + inScopeEmail + `$1::uuid UNION ALL ` + onlyStray + `) x ORDER BY rank LIMIT 1), ` + hitAlive

	// Every look-up has the same four parameters.
	unscoped = ` AND $2::text IS NULL AND $3::bytea IS NULL AND NOT $4::boolean`

	root  = `'00000000-0000-0000-0000-000000000000'`
	noKey = `key AS (SELECT NULL::uuid AS id WHERE false)`

	inScopeOf = `SELECT 1 AS rank, a.id, a.parent, a.organization_owner, a.email_key, false AS stray FROM accounts a
  WHERE a.google_subject = $2::text AND a.parent = `
	inScopeEmail = ` UNION ALL SELECT 3, a.id, a.parent, a.organization_owner, a.email_key, false FROM accounts a
  WHERE a.email_key = $3::bytea AND a.parent = `

	// The widget looks among the root accounts for what no child has, first by Google subject, then by email.
	inScope = `hit AS (SELECT * FROM (` + inScopeOf + `(SELECT id FROM key)` + inScopeEmail + `(SELECT id FROM key)
  UNION ALL SELECT 2, a.id, a.parent, a.organization_owner, a.email_key, false FROM accounts a
  WHERE a.google_subject = $2::text AND a.parent = ` + root + ` AND $4::boolean AND EXISTS (SELECT 1 FROM key)
  UNION ALL SELECT 4, a.id, a.parent, a.organization_owner, a.email_key, false FROM accounts a
  WHERE a.email_key = $3::bytea AND a.parent = ` + root + ` AND $4::boolean AND EXISTS (SELECT 1 FROM key)
  ) x ORDER BY rank LIMIT 1), `

	// Two of them are as good as none.
	onlyStray = `SELECT 5, y.id, y.parent, y.organization_owner, y.email_key, true FROM (
  SELECT z.*, count(*) OVER () AS n FROM (
    SELECT a.id, a.parent, a.organization_owner, a.email_key FROM accounts a JOIN accounts p ON p.id = a.parent
    WHERE a.email_key = $3::bytea AND a.parent <> ` + root + ` AND $4::boolean AND a.status <> 'deleted' AND NOT p.house AND p.status <> 'deleted'
    LIMIT 2) z) y WHERE y.n = 1`

	// An account is gone when it or its parent is deleted.
	hitAlive = `live AS (SELECT hit.* FROM hit JOIN accounts a ON a.id = hit.id LEFT JOIN accounts p ON p.id = a.parent
  WHERE a.status <> 'deleted' AND coalesce(p.status, '') <> 'deleted')`

	// who are the rows of a Subject: the key's owner, the account, its parent, the owner of its organization.
	who = `, who AS (
  SELECT 0 AS part, id, false AS stray FROM key
  UNION ALL SELECT 1, id, stray FROM live
  UNION ALL SELECT 2, parent, stray FROM live WHERE parent <> ` + root + `
  UNION ALL SELECT 3, organization_owner, stray FROM live WHERE organization_owner <> ` + root + ` AND organization_owner <> id)`
	subjectRows = ` FROM who JOIN accounts a ON a.id = who.id`
	subject     = who + ` SELECT who.part, who.stray, ` + accountColumns + subjectRows
)

// FindAccount meets [store.AccountStore].
func (s *Store) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	q := queryOf(l)
	var f finding
	err := retry(ctx, func() error {
		f = finding{}
		return s.all(ctx, q.find, q.args, f.scan)
	})
	if err != nil {
		return store.Subject{}, err
	}
	return f.subject(q.keyed)
}

// query is a Lookup as statements: one that finds, one that also claims a secret.
type query struct {
	find, claim string
	args        []any
	keyed       bool // a key owner must be there
}

// queryOf chooses the statements. Text that no database can hold finds nothing.
func queryOf(l store.Lookup) query {
	google, email := textOrNull(storable(l.GoogleSubject)), bytesOrNull(l.Email)
	none := []any{(*string)(nil), []byte(nil), false}
	switch {
	case l.ID != uuid.Nil:
		return query{findByID + subject, findByID + claim, append([]any{id(l.ID)}, none...), false}
	case l.Number != 0:
		return query{findByNumber + subject, findByNumber + claim, append([]any{l.Number}, none...), false}
	case l.PublicKey != "":
		return query{findByPublicKey + subject, findByPublicKey + claim, append([]any{storable(l.PublicKey)}, none...), false}
	case l.ScopeKey != "":
		return query{findByKey + subject, findByKey + claim, []any{storable(l.ScopeKey), google, email, l.Widget}, true}
	case l.ScopeNumber != 0:
		return query{findByKeyNumber + subject, findByKeyNumber + claim, []any{l.ScopeNumber, google, email, l.Widget}, true}
	case l.Stray && l.Scope == store.Root:
		return query{findStray + subject, findStray + claim, []any{id(l.Scope), google, email, true}, false}
	}
	return query{findInScope + subject, findInScope + claim, []any{id(l.Scope), google, email, false}, false}
}

// finding gathers the rows of a Subject.
type finding struct {
	account, parent, keyOwner, owner *store.Account
	stray                            bool
}

func (f *finding) scan(row pgx.Row) error { return f.scanWith(row) }

// scanWith scans a row that goes on after the columns of the account.
func (f *finding) scanWith(row pgx.Row, more ...any) error {
	var part int
	var stray bool
	var r accountRow
	if err := row.Scan(append(append([]any{&part, &stray}, r.to()...), more...)...); err != nil {
		return err
	}
	a, err := r.value()
	switch part {
	case 0:
		f.keyOwner = &a
	case 1:
		f.account, f.stray = &a, stray
	case 2:
		f.parent = &a
	case 3:
		f.owner = &a
	}
	return err
}

// subject answers what was found, or ErrNotFound.
func (f *finding) subject(keyed bool) (store.Subject, error) {
	if keyed && f.keyOwner == nil {
		return store.Subject{}, store.ErrNoParent
	}
	if f.account == nil {
		return store.Subject{}, store.ErrNotFound
	}
	out := store.Subject{Account: *f.account, Parent: f.parent, KeyOwner: f.keyOwner, Stray: f.stray}
	var owners, parents *store.Organization
	if f.owner != nil {
		owners = f.owner.Organization
	}
	if f.parent != nil {
		parents = f.parent.Organization
	}
	out.Organization = rules.Organization(f.account.Organization, owners, parents)
	return out, nil
}
