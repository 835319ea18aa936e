package sqlite

import (
	"database/sql/driver"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// accountColumns are those that accountOf reads, in its order, of accounts as a.
const accountColumns = `a.number, a.id, a.parent, a.email, a.email_key, a.username, a.name, a.locale, a.role, a.status,
  a.house, a.public_key, a.password, a.password_changed_at, a.password_temporary, a.password_history, a.email_verified_at,
  a.email_proven_at, a.metadata, a.factors, a.key_master, a.key_version, a.epoch, a.version,
  a.organization_owner, a.created_at, a.updated_at, a.last_sign_in,
  (SELECT value FROM organizations o WHERE o.owner = a.id)`

func accountOf(r *row) store.Account {
	a := store.Account{
		Number: r.int(), ID: r.id(), Parent: r.id(), Email: r.text(), EmailKey: r.text(), Username: r.text(), Name: r.text(),
		Locale: r.text(), Role: store.Role(r.text()), Status: store.Status(r.text()), House: r.bool(), PublicKey: r.text(),
		Password: store.SecretText(r.text()), PasswordChangedAt: r.time(), PasswordTemporary: r.bool(),
	}
	r.json(&a.PasswordHistory)
	a.EmailVerifiedAt, a.EmailProvenAt, a.Metadata, a.Factors = r.time(), r.time(), r.bytes(), store.FactorSet(r.int())
	a.KeyMaster, a.KeyVersion, a.Epoch, a.Version = r.text(), int(r.int()), r.int(), r.int()
	a.OrganizationOwner, a.CreatedAt, a.UpdatedAt, a.LastSignIn = r.id(), r.time(), r.time(), r.time()
	if !r.null() {
		a.Organization = new(store.Organization)
	}
	r.json(a.Organization)
	return a
}

const selectAccount = `SELECT ` + accountColumns + ` FROM accounts a WHERE a.id = ?`

// account returns the account in whatever state, or ErrNotFound.
func account(c *conn, id uuid.UUID) (a store.Account, err error) {
	found, err := c.one(selectAccount, func(r *row) { a = accountOf(r) }, id[:])
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return a, err
}

var (
	insertAccount = prepare(`INSERT INTO accounts (email, email_key, username, username_key, name, locale, role, status, password,
  password_changed_at, password_temporary, password_history, email_verified_at, email_proven_at, metadata, factors,
  key_master, key_version, epoch, version, organization_owner, organized, must_verify, must_factor, updated_at,
  last_sign_in, active_day, id, parent, stray, house, public_key, created_at)
  VALUES (@email, @email_key, @username, @username_key, @name, @locale, @role, @status, @password,
  @password_changed_at, @password_temporary, @password_history, @email_verified_at, @email_proven_at, @metadata, @factors,
  @key_master, @key_version, @epoch, @version, @organization_owner, @organized, @must_verify, @must_factor, @updated_at,
  @last_sign_in, @active_day, @id, @parent, @stray, @house, @public_key, @created_at)`, changingValues, lastingValues)

	updateAccount = prepare(`UPDATE accounts SET email = @email, email_key = @email_key, username = @username,
  username_key = @username_key, name = @name, locale = @locale, role = @role, status = @status, password = @password,
  password_changed_at = @password_changed_at, password_temporary = @password_temporary, password_history = @password_history,
  email_verified_at = @email_verified_at, email_proven_at = @email_proven_at, metadata = @metadata, factors = @factors,
  key_master = @key_master, key_version = @key_version, epoch = @epoch, version = @version,
  session_count = CASE WHEN epoch = @epoch THEN session_count ELSE 0 END,
  organization_owner = @organization_owner, organized = @organized, must_verify = @must_verify, must_factor = @must_factor,
  updated_at = @updated_at WHERE id = @id`, changingValues)
)

// written is an account that is being written.
type written struct {
	*store.Account
	history driver.Value // of passwords, as JSON
	stray   bool         // a look-up without key may find it
}

func writtenOf(a *store.Account) (w written, err error) {
	w.Account = a
	if len(a.PasswordHistory) > 0 {
		w.history, err = document(plain(a.PasswordHistory))
	}
	return w, err
}

// changingValues are what a change or its deletion moves of an account, and its id; lastingValues are the rest.
var (
	changingValues = values[written]{
		"id":                  field(func(w *written) []byte { return w.ID[:] }),
		"email":               field(func(w *written) string { return w.Email }),
		"email_key":           field(func(w *written) driver.Value { return optional(w.EmailKey) }),
		"username":            field(func(w *written) string { return w.Username }),
		"username_key":        field(func(w *written) driver.Value { return optional(rules.UsernameKey(w.Username)) }),
		"name":                field(func(w *written) string { return w.Name }),
		"locale":              field(func(w *written) string { return w.Locale }),
		"role":                field(func(w *written) string { return string(w.Role) }),
		"status":              field(func(w *written) string { return string(w.Status) }),
		"password":            field(func(w *written) string { return string(w.Password) }),
		"password_changed_at": field(func(w *written) driver.Value { return millis(w.PasswordChangedAt) }),
		"password_temporary":  field(func(w *written) driver.Value { return flag(w.PasswordTemporary) }),
		"password_history":    field(func(w *written) driver.Value { return w.history }),
		"email_verified_at":   field(func(w *written) driver.Value { return millis(w.EmailVerifiedAt) }),
		"email_proven_at":     field(func(w *written) driver.Value { return millis(w.EmailProvenAt) }),
		"metadata":            field(func(w *written) driver.Value { return optionalBytes(w.Metadata) }),
		"factors":             field(func(w *written) int64 { return int64(w.Factors) }),
		"key_master":          field(func(w *written) string { return w.KeyMaster }),
		"key_version":         field(func(w *written) int64 { return int64(w.KeyVersion) }),
		"epoch":               field(func(w *written) int64 { return w.Epoch }),
		"version":             field(func(w *written) int64 { return w.Version }),
		"organization_owner":  field(func(w *written) driver.Value { return optionalID(w.OrganizationOwner) }),
		"organized":           field(func(w *written) driver.Value { return flag(w.Organization != nil) }),
		"must_verify": field(func(w *written) driver.Value {
			return flag(w.Organization != nil && w.Organization.VerificationRequired)
		}),
		"must_factor": field(func(w *written) driver.Value {
			return flag(w.Organization != nil && w.Organization.FactorRequired)
		}),
		"updated_at": field(func(w *written) driver.Value { return millis(w.UpdatedAt) }),
	}
	lastingValues = values[written]{
		"parent":       field(func(w *written) []byte { return w.Parent[:] }),
		"public_key":   field(func(w *written) string { return w.PublicKey }),
		"created_at":   field(func(w *written) int64 { return w.CreatedAt.UnixMilli() }),
		"house":        field(func(w *written) driver.Value { return flag(w.House) }),
		"stray":        field(func(w *written) driver.Value { return flag(w.stray) }),
		"last_sign_in": field(func(w *written) driver.Value { return millis(w.LastSignIn) }),
		"active_day":   field(func(w *written) driver.Value { return activeDay(w.LastSignIn) }),
	}
)

const (
	upsertOrganization = `INSERT INTO organizations (owner, value) VALUES (?1, ?2)
  ON CONFLICT (owner) DO UPDATE SET value = excluded.value`
	deleteOrganization = `DELETE FROM organizations WHERE owner = ?`

	selectClient  = `SELECT 1 FROM clients WHERE issuer = ?1 AND client_id = ?2 AND owner <> ?3`
	insertClient  = `INSERT INTO clients (issuer, client_id, owner) VALUES (?1, ?2, ?3)`
	deleteClients = `DELETE FROM clients WHERE owner = ?`
)

// add writes a new account, whose number SQLite chooses. stray: a look-up without key may find it.
func add(c *conn, a *store.Account, stray bool) error {
	w, err := writtenOf(a)
	if err != nil {
		return err
	}
	w.stray = stray
	if _, err := execNamed(c, insertAccount, &w); err != nil {
		return err
	}
	return saveOrganization(c, a)
}

// save writes everything of the account that a change or its deletion moves.
func save(c *conn, a *store.Account) error {
	w, err := writtenOf(a)
	if err != nil {
		return err
	}
	if _, err := execNamed(c, updateAccount, &w); err != nil {
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

func saveOrganization(c *conn, a *store.Account) error {
	if a.Parent == store.Root {
		if err := saveClients(c, a); err != nil {
			return err
		}
	}
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

func saveClients(c *conn, a *store.Account) error {
	if _, err := c.exec(deleteClients, a.ID[:]); err != nil {
		return err
	}
	for _, x := range rules.Clients(a.Organization) {
		if _, err := c.exec(insertClient, x.Issuer, x.ID, a.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

// activeDay returns the day of a sign-in, counted from 1970. Rounding down keeps its order also before that.
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
