package postgres

import (
	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// accountColumns are the columns of an account row named a, in the order of accountRow.
const accountColumns = `a.id, a.number, a.parent, a.email, a.email_key, a.username, a.name, a.role, a.status, a.house,
  a.public_key, a.password, a.password_changed_at, a.password_temporary, a.password_history, a.verified_at, a.proven_at,
  a.locale, a.metadata, a.factors, a.key_master, a.key_version, a.epoch, a.version,
  a.organization_owner, a.organization, a.created_at, a.updated_at, a.last_sign_in`

// accountRow is where a row is scanned to.
type accountRow struct {
	store.Account
	emailKey, organization []byte
	times                  moments
}

func (r *accountRow) to() []any {
	a := &r.Account
	r.times = r.times[:0]
	t := r.times.of
	return []any{
		idTo(&a.ID), &a.Number, idTo(&a.Parent), &a.Email, &r.emailKey, &a.Username, &a.Name, &a.Role, &a.Status, &a.House,
		&a.PublicKey, (*string)(&a.Password), t(&a.PasswordChangedAt), &a.PasswordTemporary, &a.PasswordHistory, t(&a.EmailVerifiedAt),
		t(&a.EmailProvenAt), &a.Locale, &a.Metadata, &a.Factors, &a.KeyMaster, &a.KeyVersion, &a.Epoch, &a.Version,
		idTo(&a.OrganizationOwner), &r.organization, r.times.ofCreation(&a.CreatedAt), t(&a.UpdatedAt), t(&a.LastSignIn),
	}
}

// value returns the account that was scanned.
func (r *accountRow) value() (store.Account, error) {
	r.times.fill()
	r.Account.EmailKey, r.Account.Metadata = string(r.emailKey), orNil(r.Account.Metadata)
	var err error
	r.Account.Organization, err = fromJSON[store.Organization](r.organization)
	return r.Account, err
}

// written is an account that is being written.
type written struct {
	*store.Account
	organization *string // as JSON
}

func writtenOf(a *store.Account) (w written, err error) {
	w.Account = a
	w.organization, err = jsonOrNull(a.Organization)
	return w, err
}

// accountValues are those of the verbs that write an account: what UpdateAccount replaces, its id and its parent.
func accountValues[A any](of func(*A) *written) values[A] {
	return values[A]{
		"account":             field(func(a *A) [16]byte { return of(a).ID }),
		"parent":              field(func(a *A) [16]byte { return of(a).Parent }),
		"email":               field(func(a *A) string { return of(a).Email }),
		"email_key":           field(func(a *A) []byte { return bytesOrNull(of(a).EmailKey) }),
		"username":            field(func(a *A) string { return of(a).Username }),
		"username_key":        field(func(a *A) []byte { return bytesOrNull(rules.UsernameKey(of(a).Username)) }),
		"name":                field(func(a *A) string { return of(a).Name }),
		"role":                field(func(a *A) string { return string(of(a).Role) }),
		"status":              field(func(a *A) string { return string(of(a).Status) }),
		"password":            field(func(a *A) string { return string(of(a).Password) }),
		"password_changed_at": field(func(a *A) int64 { return millis(of(a).PasswordChangedAt) }),
		"password_temporary":  field(func(a *A) bool { return of(a).PasswordTemporary }),
		"password_history":    field(func(a *A) []string { return plain(of(a).PasswordHistory) }),
		"verified_at":         field(func(a *A) int64 { return millis(of(a).EmailVerifiedAt) }),
		"proven_at":           field(func(a *A) int64 { return millis(of(a).EmailProvenAt) }),
		"locale":              field(func(a *A) string { return of(a).Locale }),
		"metadata":            field(func(a *A) []byte { return orEmpty(of(a).Metadata) }),
		"factor_set":          field(func(a *A) int64 { return int64(of(a).Factors) }),
		"key_master":          field(func(a *A) string { return of(a).KeyMaster }),
		"key_version":         field(func(a *A) int64 { return int64(of(a).KeyVersion) }),
		"organization_owner":  field(func(a *A) [16]byte { return of(a).OrganizationOwner }),
		"organization":        field(func(a *A) *string { return of(a).organization }),
		"must_verify": field(func(a *A) bool {
			o := of(a).Organization
			return o != nil && o.VerificationRequired
		}),
		"must_factor": field(func(a *A) bool {
			o := of(a).Organization
			return o != nil && o.FactorRequired
		}),
		"updated_at": field(func(a *A) int64 { return millis(of(a).UpdatedAt) }),
	}
}

// plain returns texts as the driver takes them; none is an empty array, not NULL.
func plain(texts []store.SecretText) []string {
	s := make([]string, len(texts))
	for i, t := range texts {
		s[i] = string(t)
	}
	return s
}

// balanceColumns are the columns of a credits row named c, in the order of balanceTo; without a row all are zero.
const balanceColumns = `coalesce(c.balance, 0), coalesce(c.granted, 0), coalesce(c.used, 0), coalesce(c.free_users, 0),
  coalesce(c.children, 0), coalesce(c.sign_ins, 0), coalesce(c.sign_ups, 0), coalesce(c.verifications, 0),
  coalesce(c.socials, 0), coalesce(c.retained, 0), coalesce(c.closed_month, 0), coalesce(c.closed_used, 0),
  coalesce(c.latest_month, 0)`

func balanceTo(b *store.Balance) []any {
	return []any{
		&b.Credits, &b.Granted, &b.Used, &b.FreeUsers, &b.Children, &b.SignIns, &b.SignUps, &b.Verifications, &b.Socials,
		&b.Retained, &b.ClosedMonth, &b.ClosedUsed, &b.LatestMonth,
	}
}

// accountsOf scans rows that are accounts.
func accountsOf(list *[]store.Account) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var r accountRow
		if err := row.Scan(r.to()...); err != nil {
			return err
		}
		a, err := r.value()
		*list = append(*list, a)
		return err
	}
}
