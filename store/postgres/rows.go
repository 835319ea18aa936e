package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tollkeeper/tollkeeper/store"
)

// accountColumns are the columns of an account row named a, in the order of accountRow.
const accountColumns = `a.id, a.number, a.parent, a.email, a.email_key, a.username, a.name, a.role, a.status, a.house,
  a.public_key, a.password, a.password_changed_at, a.password_temporary, a.password_history, a.verified_at,
  coalesce(a.google_subject, ''), a.totp, a.totp_pending, a.totp_step, a.key_master, a.key_version, a.epoch, a.version,
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
		&a.GoogleSubject, &a.TOTP, &a.TOTPPending, &a.TOTPStep, &a.KeyMaster, &a.KeyVersion, &a.Epoch, &a.Version,
		idTo(&a.OrganizationOwner), &r.organization, t(&a.CreatedAt), t(&a.UpdatedAt), t(&a.LastSignIn),
	}
}

// value answers the account that was scanned.
func (r *accountRow) value() (store.Account, error) {
	r.times.settle()
	r.Account.EmailKey = string(r.emailKey)
	var err error
	r.Account.Organization, err = fromJSON[store.Organization](r.organization)
	return r.Account, err
}

// accountArgs are the parameters $1 to $24 of the verbs that write an account: what UpdateAccount replaces, after id
// and parent.
func accountArgs(a *store.Account) ([]any, error) {
	organization, err := jsonOrNull(a.Organization)
	if err != nil {
		return nil, err
	}
	var mustVerify, mustFactor bool
	if o := a.Organization; o != nil {
		mustVerify, mustFactor = o.VerificationRequired, o.FactorRequired
	}
	return []any{
		id(a.ID), id(a.Parent), a.Email, bytesOrNull(a.EmailKey), a.Username, bytesOrNull(lower(a.Username)), a.Name,
		string(a.Role), string(a.Status), string(a.Password), millis(a.PasswordChangedAt), a.PasswordTemporary,
		plain(a.PasswordHistory), millis(a.EmailVerifiedAt), textOrNull(a.GoogleSubject),
		append([]byte{}, a.TOTP...), append([]byte{}, a.TOTPPending...), a.KeyMaster, a.KeyVersion,
		id(a.OrganizationOwner), organization, mustVerify, mustFactor, millis(a.UpdatedAt),
	}, nil
}

// plain returns texts as the driver takes them; none is an empty array, not NULL.
func plain(texts []store.SecretText) []string {
	s := make([]string, len(texts))
	for i, t := range texts {
		s[i] = string(t)
	}
	return s
}

// chargeArgs are the parameters $25 to $30 of the same verbs.
func chargeArgs(c store.Charge) []any {
	return []any{id(c.Owner), c.Key, id(c.Entry), string(c.Operation), c.Price, c.Required}
}

// charges reports whether there is anything to charge.
func charges(c store.Charge) bool { return c.Owner != store.Root && c.Price != 0 }

// orNone returns the charge, or none if it has no price or nobody pays.
func orNone(c store.Charge) store.Charge {
	if c.Price < 0 || charges(c) {
		return c
	}
	return store.Charge{}
}

// balanceColumns are the columns of a credits row named c, in the order of balanceTo; without a row all are zero.
const balanceColumns = `coalesce(c.balance, 0), coalesce(c.granted, 0), coalesce(c.used, 0), coalesce(c.free_users, 0),
  coalesce(c.children, 0), coalesce(c.sign_ins, 0), coalesce(c.sign_ups, 0), coalesce(c.verifications, 0),
  coalesce(c.socials, 0), coalesce(c.retained, 0), coalesce(c.closed_month, 0), coalesce(c.closed_used, 0)`

func balanceTo(b *store.Balance) []any {
	return []any{
		&b.Credits, &b.Granted, &b.Used, &b.FreeUsers, &b.Children, &b.SignIns, &b.SignUps, &b.Verifications, &b.Socials,
		&b.Retained, &b.ClosedMonth, &b.ClosedUsed,
	}
}

// lower lowers ASCII only: usernames have nothing else, and every store must agree on what is equal.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
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
