package postgres

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	identityFields = `scope, account, issuer, subject, email, linked_at, used_at`
	factorFields   = `scope, account, id, kind, label, sealed, credential, counter, created_at, used_at, pending_until`

	askedLinks = `unnest(@link_issuers::text[], @link_subjects::text[], @link_emails::text[], @linked_at::bigint[], @link_used_at::bigint[])
    AS l (issuer, subject, email, linked_at, used_at)`
	askedFactors = `unnest(@factors::uuid[], @factor_kinds::text[], @factor_labels::text[], @factor_sealed::bytea[], @factor_credentials::bytea[],
    @factor_counters::bigint[], @factor_created_at::bigint[], @factor_used_at::bigint[], @factor_pending_until::bigint[])
    AS f (id, kind, label, sealed, credential, counter, created_at, used_at, pending_until)`

	// enroll gives them to the account a that is new.
	enroll = `, links AS (
  INSERT INTO identities (` + identityFields + `) SELECT acc.parent, acc.id, l.* FROM acc, ` + askedLinks + `
), factors_of AS (
  INSERT INTO factors (` + factorFields + `) SELECT acc.parent, acc.id, f.* FROM acc, ` + askedFactors + `
)`

	// accepted is [rules.Used] of a factor f.
	accepted = `f.pending_until = 0 AND (f.counter < @counter::bigint OR @counter = 0 AND f.counter = 0)`
)

const (
	// factorColumns are what the use of a factor is decided on, in the order of usedFactor. joinFactor finds it.
	factorColumns = `f.id IS NOT NULL, coalesce(f.counter, 0), coalesce(f.pending_until, 0)`
	joinFactor    = ` LEFT JOIN factors f ON f.account = a.id AND f.id = @factor`

	// spentColumn is whether what serves once was used before.
	spentColumn = `EXISTS (SELECT 1 FROM once WHERE digest = @once AND until > @now::bigint)`

	// serve remembers it, and goes on with the row unless it is remembered already.
	serve = ` ON CONFLICT (digest) DO UPDATE SET until = excluded.until WHERE o.until <= @now RETURNING 1`
)

// usedFactor is where factorColumns are scanned to.
type usedFactor struct {
	found          bool
	counter, until int64
}

func (f *usedFactor) to() []any { return []any{&f.found, &f.counter, &f.until} }

// value returns the factor of the use; nil: there is none.
func (f *usedFactor) value(u store.Use) *store.Factor {
	if !f.found {
		return nil
	}
	return &store.Factor{ID: u.Factor, Counter: f.counter, PendingUntil: moment(f.until)}
}

// The steps of a change, each after the account's row is locked. What they refuse divides by zero or violates a
// constraint, which undoes the change.
var (
	useFactor = prepare(`WITH used AS (
  UPDATE factors f SET counter = @counter, used_at = @now::bigint WHERE f.account = @account AND f.id = @factor AND `+accepted+` RETURNING 1
)
SELECT 1 / count(*) FROM used`, useValues(func(u *update) *store.Use { return &u.Use }), unspentValue, accountValue)

	spendOnce = prepare(`WITH served AS (
  INSERT INTO once AS o (digest, until) VALUES (@once, @once_until)`+serve+`
)
SELECT 1 / count(*) FROM served`, onceValues(func(u *update) *store.Once { return &u.Once }), unspentValue)

	// What is put gives its credential up first: factors of one account may swap theirs.
	dropCredentials = prepare(`WITH unlinked AS (
  DELETE FROM identities i USING accounts a, unnest(@unlink_issuers::text[], @unlink_subjects::text[]) u (issuer, subject)
  WHERE a.id = @account AND i.scope = a.parent AND i.account = a.id AND i.issuer = u.issuer AND i.subject = u.subject
), vacated AS (
  UPDATE factors f SET credential = NULL WHERE f.account = @account AND f.id = ANY (@factors::uuid[]) AND f.credential IS NOT NULL
)
DELETE FROM factors f WHERE f.account = @account
  AND (f.id = ANY (@drop::uuid[]) OR @end_sessions::boolean AND f.pending_until > 0 AND f.id <> ALL (@factors))`, accountValue, values[update]{
		"end_sessions":    field(func(u *update) bool { return u.EndSessions }),
		"unlink_issuers":  field(func(u *update) []string { return issuers(u.Unlink) }),
		"unlink_subjects": field(func(u *update) []string { return subjects(u.Unlink) }),
		"drop":            field(func(u *update) [][16]byte { return ids(u.DropFactors) }),
		"factors":         field(func(u *update) [][16]byte { return u.factors.ids }),
	})

	link = prepare(`WITH put AS (
  INSERT INTO identities AS i (`+identityFields+`)
  SELECT a.parent, a.id, l.* FROM accounts a, `+askedLinks+` WHERE a.id = @account ORDER BY l.issuer, l.subject
  ON CONFLICT (scope, issuer, subject) DO UPDATE SET email = excluded.email, linked_at = excluded.linked_at, used_at = excluded.used_at
  WHERE i.account = excluded.account RETURNING 1
)
SELECT 1 / CASE WHEN count(*) = cardinality(@link_issuers) THEN 1 ELSE 0 END FROM put`, accountValue, linkValues(func(u *update) *links { return &u.links }))

	// claimClients gives an organization the clients that it names, and takes the others.
	claimClients = prepare(`WITH gone AS (
  DELETE FROM clients c WHERE c.owner = @account
    AND NOT EXISTS (SELECT 1 FROM `+askedClients+` WHERE o.issuer = c.issuer AND o.client_id = c.client_id)
), put AS (
  INSERT INTO clients AS c (issuer, client_id, owner) SELECT o.*, @account::uuid FROM `+askedClients+` ORDER BY o.issuer, o.client_id
  ON CONFLICT (issuer, client_id) DO UPDATE SET owner = excluded.owner WHERE c.owner = excluded.owner RETURNING 1
)
SELECT 1 / CASE WHEN count(*) = cardinality(@client_issuers) THEN 1 ELSE 0 END FROM put`, accountValue,
		clientValues(func(u *update) *store.Account { return &u.Account }))

	// putFactors keeps what never goes back.
	putFactors = prepare(`INSERT INTO factors AS was (`+factorFields+`)
  SELECT a.parent, a.id, f.* FROM accounts a, `+askedFactors+` WHERE a.id = @account ORDER BY f.id
  ON CONFLICT (account, id) DO UPDATE SET kind = excluded.kind, label = excluded.label, sealed = excluded.sealed,
    credential = excluded.credential, counter = greatest(was.counter, excluded.counter), created_at = excluded.created_at,
    used_at = greatest(was.used_at, excluded.used_at), pending_until = excluded.pending_until`,
		accountValue, factorValues(func(u *update) *factors { return &u.factors }))
)

var accountValue = values[update]{"account": field(func(u *update) [16]byte { return u.Account.ID })}

// credentialSteps are those of the credentials that the change uses, takes and gives.
func (u *update) credentialSteps() (steps []step) {
	add := func(needed bool, s *statement[update]) {
		if needed {
			steps = append(steps, step{sql: s.Text, args: s.Args(u)})
		}
	}
	add(u.Use.Factor != uuid.Nil, &useFactor)
	add(u.Once.Digest != store.Digest{}, &spendOnce)
	add(u.EndSessions || len(u.Unlink)+len(u.DropFactors)+len(u.PutFactors) > 0, &dropCredentials)
	add(len(u.Link) > 0, &link)
	add(len(u.PutFactors) > 0, &putFactors)
	return steps
}

// useValues and onceValues are those of a use and of what serves once.
func useValues[A any](of func(*A) *store.Use) values[A] {
	return values[A]{
		"factor":  field(func(a *A) [16]byte { return of(a).Factor }),
		"counter": field(func(a *A) int64 { return of(a).Counter }),
	}
}

func onceValues[A any](of func(*A) *store.Once) values[A] {
	return values[A]{
		"once":       field(func(a *A) []byte { return of(a).Digest[:] }),
		"once_until": field(func(a *A) int64 { return millis(of(a).Until) }),
	}
}

// links are identities in columns.
type links struct {
	issuers, subjects, emails []string
	linked, used              []int64
}

func linksOf(list []store.Linked) (l links) {
	for _, x := range list {
		l.issuers, l.subjects, l.emails = append(l.issuers, x.Issuer), append(l.subjects, x.Subject), append(l.emails, x.Email)
		l.linked, l.used = append(l.linked, x.LinkedAt.UnixMilli()), append(l.used, millis(x.UsedAt))
	}
	return l
}

// linkValues are those of askedLinks.
func linkValues[A any](of func(*A) *links) values[A] {
	return values[A]{
		"link_issuers":  field(func(a *A) []string { return of(a).issuers }),
		"link_subjects": field(func(a *A) []string { return of(a).subjects }),
		"link_emails":   field(func(a *A) []string { return of(a).emails }),
		"linked_at":     field(func(a *A) []int64 { return of(a).linked }),
		"link_used_at":  field(func(a *A) []int64 { return of(a).used }),
	}
}

// factors are factors in columns.
type factors struct {
	ids                              [][16]byte
	kinds, labels                    []string
	sealed, credentials              [][]byte
	counters, created, used, pending []int64
}

func factorsOf(list []store.Factor) factors {
	f := factors{ids: [][16]byte{}}
	for _, x := range list {
		f.ids, f.kinds, f.labels = append(f.ids, x.ID), append(f.kinds, string(x.Kind)), append(f.labels, x.Label)
		f.sealed, f.credentials = append(f.sealed, orEmpty(x.Sealed)), append(f.credentials, bytesOrNull(string(x.Credential)))
		f.counters, f.created = append(f.counters, x.Counter), append(f.created, x.CreatedAt.UnixMilli())
		f.used, f.pending = append(f.used, millis(x.UsedAt)), append(f.pending, millis(x.PendingUntil))
	}
	return f
}

// factorValues are those of askedFactors.
func factorValues[A any](of func(*A) *factors) values[A] {
	return values[A]{
		"factors":              field(func(a *A) [][16]byte { return of(a).ids }),
		"factor_kinds":         field(func(a *A) []string { return of(a).kinds }),
		"factor_labels":        field(func(a *A) []string { return of(a).labels }),
		"factor_sealed":        field(func(a *A) [][]byte { return of(a).sealed }),
		"factor_credentials":   field(func(a *A) [][]byte { return of(a).credentials }),
		"factor_counters":      field(func(a *A) []int64 { return of(a).counters }),
		"factor_created_at":    field(func(a *A) []int64 { return of(a).created }),
		"factor_used_at":       field(func(a *A) []int64 { return of(a).used }),
		"factor_pending_until": field(func(a *A) []int64 { return of(a).pending }),
	}
}

func issuers(keys []store.IssuedKey) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = storable(k.Issuer)
	}
	return list
}

func subjects(keys []store.IssuedKey) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = storable(k.Subject)
	}
	return list
}

func ids(list []uuid.UUID) [][16]byte {
	out := make([][16]byte, len(list))
	for i, u := range list {
		out[i] = u
	}
	return out
}

// credentialColumns are the credentials of the account a as JSON, if part is that of the account itself.
const credentialColumns = `, CASE WHEN who.part = 1 THEN (SELECT json_agg(json_build_object('Scope', i.scope, 'Issuer', i.issuer, 'Subject', i.subject,
    'Email', i.email, 'LinkedAt', i.linked_at, 'UsedAt', i.used_at)) FROM identities i WHERE i.account = a.id) END,
  CASE WHEN who.part = 1 THEN (SELECT json_agg(json_build_object('ID', f.id, 'Kind', f.kind, 'Label', f.label, 'Sealed', encode(f.sealed, 'base64'),
    'Credential', encode(f.credential, 'base64'), 'Counter', f.counter, 'CreatedAt', f.created_at, 'UsedAt', f.used_at, 'PendingUntil', f.pending_until)) FROM factors f WHERE f.account = a.id) END`

// credentialRow is where credentialColumns are scanned to.
type credentialRow struct{ linked, factors []byte }

func (r *credentialRow) to() []any { return []any{&r.linked, &r.factors} }

// fill gives the credentials to the subject whose they are.
func (r *credentialRow) fill(s *store.Subject) error {
	var linked []struct {
		Scope                  uuid.UUID
		Issuer, Subject, Email string
		LinkedAt, UsedAt       int64
	}
	var factors []struct {
		ID                                       uuid.UUID
		Kind                                     store.FactorKind
		Label                                    string
		Sealed, Credential                       []byte
		Counter, CreatedAt, UsedAt, PendingUntil int64
	}
	for _, part := range []struct {
		text []byte
		to   any
	}{{r.linked, &linked}, {r.factors, &factors}} {
		if part.text == nil {
			continue
		}
		if err := json.Unmarshal(part.text, part.to); err != nil {
			return err
		}
	}
	for _, l := range linked {
		s.Linked = append(s.Linked, store.Linked{
			Account: s.Account.ID, Scope: l.Scope, Issuer: l.Issuer, Subject: l.Subject, Email: l.Email,
			LinkedAt: time.UnixMilli(l.LinkedAt).UTC(), UsedAt: moment(l.UsedAt),
		})
	}
	rules.SortLinked(s.Linked)
	for _, f := range factors {
		s.Factors = append(s.Factors, store.Factor{
			ID: f.ID, Account: s.Account.ID, Kind: f.Kind, Label: f.Label, Sealed: orNil(f.Sealed), Credential: orNil(f.Credential), Counter: f.Counter,
			CreatedAt: time.UnixMilli(f.CreatedAt).UTC(), UsedAt: moment(f.UsedAt), PendingUntil: moment(f.PendingUntil),
		})
	}
	rules.SortFactors(s.Factors)
	return nil
}

// orNil and orEmpty are for bytes that may be none: rows keep an empty value, callers get nil.
func orNil(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func orEmpty(b []byte) []byte { return append([]byte{}, b...) }
