package toystore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// account is a row. Rows of accounts stay for ever: the deleted ones are tombstones.
type account struct {
	store.Account
	Stray bool // a look-up without key may find it
}

func accountKey(id uuid.UUID) string { return path("accounts", id) }

func (a account) key() string { return accountKey(a.ID) }

// index leads to a tombstone by what we made only. Its names are free again.
func (a account) index() []string {
	keys := []string{path("numbers", a.Number), path("publickeys", a.PublicKey)}
	if a.Status == store.StatusDeleted {
		return keys
	}
	keys = append(keys, path("members", a.Parent, a.CreatedAt, a.ID))
	for _, c := range rules.Clients(a.Organization) {
		keys = append(keys, clientKey(c))
	}
	for _, name := range rules.Names(&a.Account) {
		if name.Key != "" {
			keys = append(keys, nameKey(a.Parent, name))
		}
	}
	if a.Stray && a.EmailKey != "" {
		keys = append(keys, path("strays", a.EmailKey, a.ID))
	}
	if rules.Admin(&a.Account) {
		keys = append(keys, path("admins", a.Parent, a.ID))
	}
	return keys
}

func nameKey(scope uuid.UUID, n rules.Name) string { return path("names", scope, n.Field, n.Key) }

// columns is an account without its methods, one of which refuses to encode it.
type columns store.Account

// encoded is an account as it is kept. Its secrets are converted, because they refuse to be encoded by accident.
type encoded struct {
	columns
	Stray           bool
	Password        string
	PasswordHistory []string
}

// MarshalJSON returns all of the account, with its secrets.
func (a account) MarshalJSON() ([]byte, error) {
	e := encoded{columns: columns(a.Account), Stray: a.Stray, Password: string(a.Password)}
	for _, p := range a.PasswordHistory {
		e.PasswordHistory = append(e.PasswordHistory, string(p))
	}
	return json.Marshal(e)
}

// UnmarshalJSON takes what MarshalJSON returned.
func (a *account) UnmarshalJSON(b []byte) error {
	var e encoded
	err := json.Unmarshal(b, &e)
	a.Account, a.Stray = store.Account(e.columns), e.Stray
	a.Password = store.SecretText(e.Password)
	for _, p := range e.PasswordHistory {
		a.PasswordHistory = append(a.PasswordHistory, store.SecretText(p))
	}
	return err
}

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	n.Account = rules.WholeAccount(n.Account)
	done, err := update(ctx, s, func(t *tx) (rules.Admitted, error) {
		stands := load[account](t, accountKey(n.Account.ID))
		done, err := rules.Admit(n, t.newcomer(n, stands), now)
		switch {
		case err != nil:
			return done, err
		case done.Stands:
			done.Account = stands.Account
			return done, nil
		}
		done.Account.Number = t.nextNumber()
		write(t, nil, &account{done.Account, done.Stray})
		if done.Account.Parent == store.Root {
			t.openBook(done.Account.ID, n.Grant, now)
		} else {
			t.countChild(done.Account.Parent, 1)
		}
		t.link(done.Linked)
		t.put(done.Account, done.Factors)
		t.do(n.Effects, done.Payment)
		return done, nil
	})
	return done.Account, done.Payment.Receipt, err
}

// newcomer reads what a new account is decided on. stands is the account that has its ID; nil: none.
func (t *tx) newcomer(n store.NewAccount, stands *account) rules.Newcomer {
	facts := rules.Newcomer{
		Stands: stands != nil, Purse: t.purse(n.Charge), Taken: t.taken(n.Account, store.Change{Link: n.Linked, PutFactors: n.Factors}),
		KeyTaken: t.has(path("publickeys", n.Account.PublicKey)),
	}
	if parent := load[account](t, accountKey(n.Account.Parent)); parent != nil {
		facts.Parent = &parent.Account
	}
	return facts
}

// taken returns the field of the first of the account's names and credentials that another account of its scope has,
// and of its clients that another organization has.
func (t *tx) taken(a store.Account, c store.Change) string {
	for _, name := range rules.Names(&a) {
		if holder, ok := t.Get(nameKey(a.Parent, name)); ok && name.Key != "" && string(holder) != accountKey(a.ID) {
			return name.Field
		}
	}
	if field := t.otherHolds(a, c); field != "" {
		return field
	}
	for _, x := range rules.Clients(a.Organization) {
		if holder, ok := t.Get(clientKey(x)); ok && string(holder) != accountKey(a.ID) {
			return "client"
		}
	}
	return ""
}

func clientKey(c rules.Client) string { return path("clients", c.Issuer, c.ID) }

func (t *tx) nextNumber() int64 {
	var last int64
	if n := load[int64](t, "number"); n != nil {
		last = *n
	}
	t.save("number", last+1)
	return last + 1
}

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	c.Account = rules.WholeAccount(c.Account)
	done, err := update(ctx, s, func(t *tx) (rules.Updated, error) {
		was := t.living(c.Account.ID)
		done, err := rules.Update(c, t.updating(c, was, now), now)
		if err != nil {
			return done, err
		}
		if c.EndSessions {
			t.keepSession(was, c.KeepSession, done.Account.Epoch)
		}
		write(t, was, &account{done.Account, was.Stray})
		t.putSecrets(done.Spent)
		t.replaceSecrets(done.Added)
		t.putSecrets(done.Added)
		t.unlink(done.Account, c.Unlink)
		t.link(done.Linked)
		t.drop(done.Account.ID, done.Dropped)
		t.put(done.Account, done.Factors)
		t.spend(c.Once)
		t.do(c.Effects, done.Payment)
		return done, nil
	})
	return done.Account, done.Payment.Receipt, err
}

// updating reads what a change is decided on. was is nil when there is no such account.
func (t *tx) updating(c store.Change, was *account, now time.Time) rules.Updating {
	if was == nil {
		return rules.Updating{}
	}
	c.Account.Parent = was.Parent // a change does not move an account, whatever it carries
	facts := rules.Updating{
		Found: true, Was: was.Account, Spent: t.spent(c.Once, now), OtherAdmin: t.otherAdmin(was),
		Owners: t.owners(c.Secrets), Purse: t.purse(c.Charge), Taken: t.taken(c.Account, c),
	}
	if rules.Handles(c) {
		facts.Factors = t.factorsOf(was.ID)
	}
	if rules.Spends(c) {
		facts.Secrets = t.secretsOf(was.ID)
	}
	return facts
}

func (t *tx) otherAdmin(a *account) bool {
	for k := range t.Scan(path("admins", a.Parent, ""), "") {
		if k != path("admins", a.Parent, a.ID) {
			return true
		}
	}
	return false
}

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		was, facts := t.living(d.ID), rules.Leaving{}
		if was != nil {
			facts = rules.Leaving{Found: true, Was: was.Account, OtherAdmin: t.otherAdmin(was)}
		}
		tombstone, err := rules.Tombstone(d.Scope, facts, now)
		if err != nil {
			return err
		}
		t.bury(was, tombstone)
		if d.Scope == store.Root {
			t.Put(path("abandoned", d.ID), []byte(d.ID.String()))
		}
		t.queue(d.Mail)
		t.log(d.Events)
		return nil
	})
}

// bury puts the tombstone in the account's place.
func (t *tx) bury(was *account, tombstone store.Account) {
	write(t, was, &account{tombstone, was.Stray})
	for _, x := range t.secretsOf(was.ID) {
		write(t, &secret{x}, nil)
	}
	t.forget(was.ID)
	t.erase(was.ID)
	if was.Parent != store.Root {
		t.countChild(was.Parent, -1)
	}
}
