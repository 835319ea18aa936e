package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// The ways to find an account. hit is the account that was found, if any, and key the root account whose public key or
// number was given.
var (
	byID = routeOf(`WITH `+noKey+`, hit AS (`+hitWhere+`a.id = @id::uuid), `, values[search]{
		"id": field(func(q *search) [16]byte { return q.ID }),
	})
	byNumber = routeOf(`WITH `+noKey+`, hit AS (`+hitWhere+`a.number = @number::bigint`+noHouse+`), `, values[search]{
		"number": field(func(q *search) int64 { return q.Number }),
	})
	byPublicKey = routeOf(`WITH `+noKey+`, hit AS (`+hitWhere+`a.public_key = @public_key::text`+noHouse+`), `, values[search]{
		"public_key": field(func(q *search) string { return storable(q.PublicKey) }),
	})
	inScope = routeOf(`WITH `+noKey+`, hit AS (SELECT * FROM (`+ofIdentity+`@scope::uuid`+ofEmail+`@scope::uuid) x ORDER BY rank LIMIT 1), `,
		scopeValue, personValues)
	inScopeOrStray = routeOf(`WITH `+noKey+`, hit AS (SELECT * FROM (`+ofIdentity+`@scope::uuid`+ofEmail+`@scope::uuid UNION ALL `+onlyStray+`) x ORDER BY rank LIMIT 1), `,
		scopeValue, personValues)
	inScopeOfKey    = routeOf(scopeKey+ofKey, keyValue, personValues, widgetValue)
	inScopeOfNumber = routeOf(scopeNumber+ofKey, numberValue, personValues, widgetValue)

	byUsername         = routeOf(`WITH `+noKey+`, `+ofUsername+`@scope::uuid), `, scopeValue, usernameValue)
	byUsernameOfKey    = routeOf(scopeKey+ofUsername+`(SELECT id FROM key)), `, keyValue, usernameValue)
	byUsernameOfNumber = routeOf(scopeNumber+ofUsername+`(SELECT id FROM key)), `, numberValue, usernameValue)

	byCredential         = routeOf(`WITH `+noKey+`, `+ofCredential+`@scope::uuid), `, scopeValue, passkeyValue)
	byCredentialOfKey    = routeOf(scopeKey+ofCredential+`(SELECT id FROM key)), `, keyValue, passkeyValue)
	byCredentialOfNumber = routeOf(scopeNumber+ofCredential+`(SELECT id FROM key)), `, numberValue, passkeyValue)
)

var (
	scopeValue    = values[search]{"scope": field(func(q *search) [16]byte { return q.Scope })}
	keyValue      = values[search]{"scope_key": field(func(q *search) string { return storable(q.ScopeKey) })}
	numberValue   = values[search]{"scope_number": field(func(q *search) int64 { return q.ScopeNumber })}
	widgetValue   = values[search]{"widget": field(func(q *search) bool { return q.Widget })}
	usernameValue = values[search]{"username": field(func(q *search) []byte { return []byte(q.Username) })}
	passkeyValue  = values[search]{"credential": field(func(q *search) []byte { return q.Credential })}
	personValues  = values[search]{ // text that no database can hold finds nothing
		"issuer":  field(func(q *search) *string { return textOrNull(storable(q.Issuer)) }),
		"subject": field(func(q *search) *string { return textOrNull(storable(q.Lookup.Subject)) }),
		"email":   field(func(q *search) []byte { return bytesOrNull(q.Email) }),
	}
)

const (
	noKey        = `key AS (SELECT NULL::uuid AS id WHERE false)`
	standingRoot = `parent = ` + root + ` AND status <> 'deleted' AND NOT house`
	noHouse      = ` AND NOT a.house` // nobody reaches one by number or key
	scopeKey     = `WITH key AS (SELECT id FROM accounts WHERE public_key = @scope_key::text AND ` + standingRoot + `), `
	scopeNumber  = `WITH key AS (SELECT id FROM accounts WHERE number = @scope_number::bigint AND ` + standingRoot + `), `

	hitColumns = `a.id, a.parent, a.organization_owner, a.email_key`
	hitWhere   = `SELECT ` + hitColumns + `, false AS stray FROM accounts a WHERE `
	byIdentity = ` AS rank, ` + hitColumns + `, false AS stray FROM identities i JOIN accounts a ON a.id = i.account
  WHERE i.issuer = @issuer::text AND i.subject = @subject::text AND i.scope = `
	byEmail    = ` AS rank, ` + hitColumns + `, false AS stray FROM accounts a WHERE a.email_key = @email::bytea AND a.parent = `
	ofIdentity = `SELECT 1` + byIdentity
	ofEmail    = ` UNION ALL SELECT 3` + byEmail

	// The widget looks among the root accounts for what no child has, first by identity, then by email.
	ofKey = `hit AS (SELECT * FROM (` + ofIdentity + `(SELECT id FROM key)` + ofEmail + `(SELECT id FROM key)
  UNION ALL SELECT 2` + byIdentity + root + ofWidget + `
  UNION ALL SELECT 4` + byEmail + root + ofWidget + `
  ) x ORDER BY rank LIMIT 1), `
	ofWidget = ` AND @widget::boolean AND EXISTS (SELECT 1 FROM key)`

	ofUsername = `hit AS (` + hitWhere + `a.username_key = @username::bytea AND a.parent = `

	ofCredential = `hit AS (SELECT ` + hitColumns + `, false AS stray FROM factors f JOIN accounts a ON a.id = f.account
  WHERE f.credential = @credential::bytea AND f.pending_until = 0 AND f.scope = `

	// Two of them are as good as none.
	onlyStray = `SELECT 5, y.id, y.parent, y.organization_owner, y.email_key, true FROM (
  SELECT z.*, count(*) OVER () AS n FROM (
    SELECT ` + hitColumns + ` FROM accounts a JOIN accounts p ON p.id = a.parent
    WHERE a.email_key = @email::bytea AND a.parent <> ` + root + ` AND a.status <> 'deleted' AND NOT p.house AND p.status <> 'deleted'
    LIMIT 2) z) y WHERE y.n = 1`

	hitAlive = `live AS (SELECT hit.* FROM hit JOIN accounts a ON a.id = hit.id` + joinParent + ` WHERE ` + undeleted + `)`

	// who are the rows of a Subject: the key's owner, the account, its parent, the owner of its organization.
	who = `, who AS (
  SELECT 0 AS part, id, false AS stray FROM key
  UNION ALL SELECT 1, id, stray FROM live
  UNION ALL SELECT 2, parent, stray FROM live WHERE parent <> ` + root + `
  UNION ALL SELECT 3, organization_owner, stray FROM live WHERE organization_owner <> ` + root + ` AND organization_owner <> id)`
	subjectColumns = who + ` SELECT who.part, who.stray, ` + accountColumns
	subjectRows    = ` FROM who JOIN accounts a ON a.id = who.id`
)

// route is a way to find an account: a statement that finds it, and one that also claims a secret of it.
type route struct {
	find, claim *assembly[search]
}

func routeOf(hit string, groups ...values[search]) route {
	return route{
		find: assemble(showing, func(p parts) (string, []values[search]) {
			return hit + hitAlive + subjectColumns + credentialsIf(p) + subjectRows, groups
		}),
		claim: assemble(showing|listing, func(p parts) (string, []values[search]) {
			w := writer[search]{groups: slices.Clone(groups)}
			w.add(hit+hitAlive+claim, claimValues)
			if p.has(listing) {
				w.add(logFrom(aboutTheFound+` FROM `+askedEvents+`, live WHERE `+claimed, `open`), eventsValues(func(q *search) events { return q.events }))
			}
			w.add(subjectColumns + `, ` + claimed + credentialsIf(p) + subjectRows)
			return w.done()
		}),
	}
}

func credentialsIf(p parts) string {
	if p.has(showing) {
		return credentialColumns
	}
	return ""
}

// search is a call of FindAccount or ConsumeSecret.
type search struct {
	store.Lookup
	claim  store.Claim
	events events
	now    time.Time
}

// route chooses how.
func (q *search) route() *route {
	way := rules.WayOf(q.Lookup)
	switch way {
	case rules.ByID:
		return &byID
	case rules.ByNumber:
		return &byNumber
	case rules.ByPublicKey:
		return &byPublicKey
	}
	if len(q.Credential) > 0 {
		return routeIn(way, &byCredential, &byCredentialOfKey, &byCredentialOfNumber)
	}
	if rules.ByUsername(q.Lookup) {
		return routeIn(way, &byUsername, &byUsernameOfKey, &byUsernameOfNumber)
	}
	switch way {
	case rules.ByScopeKey:
		return &inScopeOfKey
	case rules.ByScopeNumber:
		return &inScopeOfNumber
	}
	if rules.Strays(q.Lookup) {
		return &inScopeOrStray
	}
	return &inScope
}

// routeIn chooses by how the scope is named.
func routeIn(way rules.Way, byScope, byKey, byNumber *route) *route {
	switch way {
	case rules.ByScopeKey:
		return byKey
	case rules.ByScopeNumber:
		return byNumber
	}
	return byScope
}

// FindAccount meets [store.AccountStore].
func (s *Store) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	q := search{Lookup: l}
	sql := q.route().find.of(showing.when(l.Credentials))
	args := sql.Args(&q)
	var f finding
	err := retry(ctx, func() error {
		f = finding{showing: l.Credentials}
		return s.all(ctx, sql.Text, args, f.scan)
	})
	if err != nil {
		return store.Subject{}, err
	}
	return f.subject(&q)
}

// finding gathers the rows of a Subject.
type finding struct {
	account, parent, keyOwner, owner *store.Account
	stray                            bool
	showing                          bool // the credentials, too
	credentials                      credentialRow
}

func (f *finding) scan(row pgx.Row) error { return f.scanWith(row) }

// scanWith scans a row that goes on after the columns of the account, before those of its credentials.
func (f *finding) scanWith(row pgx.Row, more ...any) error {
	var part int
	var stray bool
	var r accountRow
	var c credentialRow
	to := slices.Concat([]any{&part, &stray}, r.to(), more)
	if f.showing {
		to = append(to, c.to()...)
	}
	if err := row.Scan(to...); err != nil {
		return err
	}
	a, err := r.value()
	switch part {
	case 0:
		f.keyOwner = &a
	case 1:
		f.account, f.stray, f.credentials = &a, stray, c
	case 2:
		f.parent = &a
	case 3:
		f.owner = &a
	}
	return err
}

// subject returns what was found, or ErrNotFound.
func (f *finding) subject(q *search) (store.Subject, error) {
	if _, err := rules.Scope(q.Lookup, f.keyOwner); err != nil {
		return store.Subject{}, err
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
	if err := f.credentials.fill(&out); err != nil {
		return store.Subject{}, err
	}
	return out, nil
}
