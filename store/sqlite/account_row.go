package sqlite

import (
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// accountColumns are those that accountOf reads, in its order, of accounts as a.
const accountColumns = `a.number, a.id, a.parent, a.email, a.email_key, a.username, a.name, a.role, a.status, a.house,
  a.public_key, a.password, a.password_changed_at, a.password_temporary, a.password_history, a.email_verified_at,
  a.google_subject, a.totp, a.totp_pending, a.totp_step, a.key_master, a.key_version, a.epoch, a.version,
  a.organization_owner, a.created_at, a.updated_at, a.last_sign_in,
  (SELECT value FROM organizations o WHERE o.owner = a.id)`

func accountOf(r *row) store.Account {
	a := store.Account{
		Number: r.int(), ID: r.id(), Parent: r.id(), Email: r.text(), EmailKey: r.text(), Username: r.text(), Name: r.text(),
		Role: store.Role(r.text()), Status: store.Status(r.text()), House: r.bool(), PublicKey: r.text(),
		Password: store.SecretText(r.text()), PasswordChangedAt: r.time(), PasswordTemporary: r.bool(),
	}
	r.json(&a.PasswordHistory)
	a.EmailVerifiedAt, a.GoogleSubject = r.time(), r.text()
	a.TOTP, a.TOTPPending, a.TOTPStep = r.bytes(), r.bytes(), r.int()
	a.KeyMaster, a.KeyVersion, a.Epoch, a.Version = r.text(), int(r.int()), r.int(), r.int()
	a.OrganizationOwner, a.CreatedAt, a.UpdatedAt, a.LastSignIn = r.id(), r.time(), r.time(), r.time()
	if !r.null() {
		a.Organization = new(store.Organization)
	}
	r.json(a.Organization)
	return a
}

const selectAccount = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.id = ?`

// account answers the account in whatever state, or ErrNotFound.
func account(c *conn, id uuid.UUID) (a store.Account, err error) {
	found, err := c.one(selectAccount, func(r *row) { a = accountOf(r) }, id[:])
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return a, err
}

const (
	insertAccount = `INSERT INTO accounts (email, email_key, username, username_key, name, role, status, password,
  password_changed_at, password_temporary, password_history, email_verified_at, google_subject, totp, totp_pending, totp_step,
  key_master, key_version, epoch, version, organization_owner, organized, must_verify, must_factor, updated_at,
  last_sign_in, active_day, id, parent, stray, house, public_key, created_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
  ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)`

	updateAccount = `UPDATE accounts SET email = ?1, email_key = ?2, username = ?3, username_key = ?4, name = ?5, role = ?6,
  status = ?7, password = ?8, password_changed_at = ?9, password_temporary = ?10, password_history = ?11,
  email_verified_at = ?12, google_subject = ?13, totp = ?14, totp_pending = ?15, totp_step = ?16, key_master = ?17,
  key_version = ?18, epoch = ?19, version = ?20, organization_owner = ?21, organized = ?22, must_verify = ?23,
  must_factor = ?24, updated_at = ?25 WHERE id = ?26`

	upsertOrganization = `INSERT INTO organizations (owner, value) VALUES (?1, ?2)
  ON CONFLICT (owner) DO UPDATE SET value = excluded.value`
	deleteOrganization = `DELETE FROM organizations WHERE owner = ?`
)

// add writes a new account, whose number SQLite chooses. stray: a look-up without key may find it.
func add(c *conn, a *store.Account, stray bool) error {
	args, err := mutable(a)
	if err != nil {
		return err
	}
	args = append(args, millis(a.LastSignIn), activeDay(a.LastSignIn), a.ID[:], a.Parent[:], flag(stray), flag(a.House),
		a.PublicKey, a.CreatedAt.UnixMilli())
	if _, err := c.exec(insertAccount, args...); err != nil {
		return err
	}
	return saveOrganization(c, a)
}

// save writes everything of the account that a change or its deletion moves.
func save(c *conn, a *store.Account) error {
	args, err := mutable(a)
	if err != nil {
		return err
	}
	if _, err := c.exec(updateAccount, append(args, a.ID[:])...); err != nil {
		return err
	}
	return saveOrganization(c, a)
}

// plain returns texts as they are kept, which secrets say only when asked to.
func plain(texts []store.SecretText) []string {
	s := make([]string, len(texts))
	for i, t := range texts {
		s[i] = string(t)
	}
	return s
}

// mutable answers parameters 1 to 25 of both statements.
func mutable(a *store.Account) ([]driver.Value, error) {
	var history driver.Value
	if len(a.PasswordHistory) > 0 {
		var err error
		if history, err = document(plain(a.PasswordHistory)); err != nil {
			return nil, err
		}
	}
	mustVerify := a.Organization != nil && a.Organization.VerificationRequired
	mustFactor := a.Organization != nil && a.Organization.FactorRequired
	return []driver.Value{
		a.Email, optional(a.EmailKey), a.Username, optional(rules.UsernameKey(a.Username)), a.Name, string(a.Role),
		string(a.Status), string(a.Password), millis(a.PasswordChangedAt), flag(a.PasswordTemporary), history,
		millis(a.EmailVerifiedAt), optional(a.GoogleSubject), optionalBytes(a.TOTP), optionalBytes(a.TOTPPending),
		a.TOTPStep, a.KeyMaster, int64(a.KeyVersion), a.Epoch, a.Version, optionalID(a.OrganizationOwner),
		flag(a.Organization != nil), flag(mustVerify), flag(mustFactor), millis(a.UpdatedAt),
	}, nil
}

func saveOrganization(c *conn, a *store.Account) error {
	if a.Organization == nil {
		_, err := c.exec(deleteOrganization, a.ID[:])
		return err
	}
	value, err := document(a.Organization)
	if err != nil {
		return err
	}
	_, err = c.exec(upsertOrganization, a.ID[:], value)
	return err
}

// activeDay answers the day of a sign-in, counted from 1970. Rounding down keeps its order also before that.
func activeDay(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return dayOf(t)
}

func dayOf(t time.Time) int64 {
	const day = int64(24 * time.Hour / time.Millisecond)
	ms := t.UnixMilli()
	if ms < 0 {
		ms -= day - 1
	}
	return ms / day
}
