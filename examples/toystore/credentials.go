package toystore

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// identity is a row: who an account is to another issuer.
type identity struct{ store.Linked }

func identityKey(scope uuid.UUID, k store.IssuedKey) string {
	return path("identities", scope, k.Issuer, k.Subject)
}

func (l identity) key() string { return identityKey(l.Scope, l.Linked.Key()) }

func (l identity) index() []string {
	return []string{path("account-identities", l.Account, l.Issuer, l.Subject)}
}

// factor is a row.
type factor struct {
	store.Factor
	Sealed []byte // shadows Factor.Sealed, which refuses to be encoded by accident
	Scope  uuid.UUID
}

func factorKey(account, id uuid.UUID) string { return path("factors", account, id) }

func credentialKey(scope uuid.UUID, credential []byte) string {
	return path("credentials", scope, credential)
}

func (f factor) key() string { return factorKey(f.Account, f.ID) }

func (f factor) index() (keys []string) {
	if len(f.Credential) > 0 {
		keys = append(keys, credentialKey(f.Scope, f.Credential))
	}
	if !f.PendingUntil.IsZero() {
		keys = append(keys, path("ends", "factors", f.PendingUntil, f.Account, f.ID))
	}
	return keys
}

// factor returns the account's of that id; nil: there is none.
func (t *tx) factor(account, id uuid.UUID) *store.Factor {
	f := load[factor](t, factorKey(account, id))
	if f == nil {
		return nil
	}
	f.Factor.Sealed = f.Sealed
	return &f.Factor
}

// factorsOf returns the account's, in order of creation.
func (t *tx) factorsOf(account uuid.UUID) (list []store.Factor) {
	for k := range t.Scan(path("factors", account, ""), "") {
		f := load[factor](t, k)
		f.Factor.Sealed = f.Sealed
		list = append(list, f.Factor)
	}
	rules.SortFactors(list)
	return list
}

func (t *tx) linkedOf(account uuid.UUID) (list []store.Linked) {
	for _, l := range rows[identity](t, path("account-identities", account, ""), "") {
		list = append(list, l.Linked)
	}
	rules.SortLinked(list)
	return list
}

// otherHolds returns the field of the first credential of the change that another account of the scope has, or another
// factor of the account that stays.
func (t *tx) otherHolds(a store.Account, c store.Change) string {
	for _, l := range c.Link {
		if was := load[identity](t, identityKey(a.Parent, l.Key())); was != nil && was.Account != a.ID {
			return "identity"
		}
	}
	for _, f := range c.PutFactors {
		was := through[factor](t, credentialKey(a.Parent, f.Credential))
		if was != nil && (was.Account != a.ID || rules.Stays(c, &was.Factor)) {
			return "credential"
		}
	}
	return ""
}

// unlink, link, drop and put write what was decided on an account's credentials.

func (t *tx) unlink(a store.Account, keys []store.IssuedKey) {
	for _, k := range keys {
		if was := load[identity](t, identityKey(a.Parent, k)); was != nil && was.Account == a.ID {
			write(t, was, nil)
		}
	}
}

func (t *tx) link(list []store.Linked) {
	for _, l := range list {
		next := identity{l}
		write(t, load[identity](t, next.key()), &next)
	}
}

func (t *tx) drop(account uuid.UUID, ids []uuid.UUID) {
	for _, id := range ids {
		write(t, load[factor](t, factorKey(account, id)), nil)
	}
}

// put writes the factors after all that they replace is gone: two may swap their credentials.
func (t *tx) put(a store.Account, list []store.Factor) {
	for _, f := range list {
		write(t, load[factor](t, factorKey(a.ID, f.ID)), nil)
	}
	for _, f := range list {
		write(t, nil, &factor{Factor: f, Sealed: f.Sealed, Scope: a.Parent})
	}
}

// forget removes all that the account has.
func (t *tx) forget(account uuid.UUID) {
	for _, l := range t.linkedOf(account) {
		write(t, &identity{l}, nil)
	}
	for k := range t.Scan(path("factors", account, ""), "") {
		write(t, load[factor](t, k), nil)
	}
}

// signedInBy moves the identity's last use.
func (t *tx) signedInBy(a *account, by store.IssuedKey, now time.Time) {
	if was := load[identity](t, identityKey(a.Parent, by)); was != nil && was.Account == a.ID {
		next := *was
		next.UsedAt = rules.Whole(now)
		write(t, was, &next)
	}
}

// once is the row of what served once.
type once struct {
	Digest store.Digest
	Until  time.Time
}

func (o once) key() string { return path("once", o.Digest) }

func (o once) index() []string { return []string{path("ends", "once", o.Until, o.Digest)} }

func (t *tx) spent(o store.Once, now time.Time) bool {
	was := load[once](t, once{Digest: o.Digest}.key())
	return was != nil && rules.Remembered(was.Until, now)
}

func (t *tx) spend(o store.Once) {
	if until, ok := rules.Forgets(o); ok {
		next := once{o.Digest, until}
		write(t, load[once](t, next.key()), &next)
	}
}
