package sqlite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

const (
	// factorColumns are those that factorOf reads, in its order, of factors as f.
	factorColumns = `f.account, f.id, f.kind, f.label, f.sealed, f.credential, f.counter, f.created_at, f.used_at, f.pending_until`

	selectFactors = `SELECT ` + factorColumns + ` FROM factors f WHERE f.account = ?`
	selectLinked  = `SELECT scope, issuer, subject, account, email, linked_at, used_at FROM identities WHERE account = ?`
)

func factorOf(r *row) store.Factor {
	return store.Factor{
		Account: r.id(), ID: r.id(), Kind: store.FactorKind(r.text()), Label: r.text(), Sealed: r.bytes(), Credential: r.bytes(),
		Counter: r.int(), CreatedAt: r.time(), UsedAt: r.time(), PendingUntil: r.time(),
	}
}

// factorsOf returns all that the account has, in order of creation.
func factorsOf(c *conn, account uuid.UUID) (list []store.Factor, err error) {
	err = c.each(context.Background(), selectFactors, func(r *row) error {
		list = append(list, factorOf(r))
		return nil
	}, account[:])
	rules.SortFactors(list)
	return list, err
}

// linkedOf returns all that the account has, in the order in which they are shown.
func linkedOf(c *conn, account uuid.UUID) (list []store.Linked, err error) {
	err = c.each(context.Background(), selectLinked, func(r *row) error {
		list = append(list, store.Linked{
			Scope: r.id(), Issuer: r.text(), Subject: r.text(), Account: r.id(), Email: r.text(), LinkedAt: r.time(), UsedAt: r.time(),
		})
		return nil
	}, account[:])
	rules.SortLinked(list)
	return list, err
}

const (
	selectIdentity   = `SELECT 1 FROM identities WHERE scope = ?1 AND issuer = ?2 AND subject = ?3 AND account <> ?4`
	selectCredential = `SELECT ` + factorColumns + ` FROM factors f WHERE scope = ?1 AND credential = ?2`
)

// otherHolds returns the Field of the first credential of the change that another account of the scope has, or another
// factor of the account itself that stays; empty: none.
func otherHolds(c *conn, scope, account uuid.UUID, ch store.Change) (field string, err error) {
	for _, l := range ch.Link {
		if some, err := c.exists(selectIdentity, scope[:], l.Issuer, l.Subject, account[:]); err != nil || some {
			return "identity", err
		}
	}
	for _, f := range ch.PutFactors {
		if len(f.Credential) == 0 {
			continue
		}
		var has store.Factor
		found, err := c.one(selectCredential, func(r *row) { has = factorOf(r) }, scope[:], f.Credential)
		if err != nil || found && (has.Account != account || rules.Stays(ch, &has)) {
			return "credential", err
		}
	}
	return "", nil
}

const (
	deleteIdentity = `DELETE FROM identities WHERE scope = ?1 AND issuer = ?2 AND subject = ?3 AND account = ?4`
	upsertIdentity = `INSERT INTO identities (scope, issuer, subject, account, email, linked_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (scope, issuer, subject) DO UPDATE SET email = excluded.email, linked_at = excluded.linked_at, used_at = excluded.used_at`

	deleteFactor = `DELETE FROM factors WHERE account = ?1 AND id = ?2`
	insertFactor = `INSERT INTO factors (account, id, kind, label, sealed, credential, counter, created_at, used_at, pending_until, scope)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`
)

func unlink(c *conn, a *store.Account, keys []store.IssuedKey) error {
	for _, k := range keys {
		if _, err := c.exec(deleteIdentity, a.Parent[:], k.Issuer, k.Subject, a.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

func link(c *conn, list []store.Linked) error {
	for i := range list {
		l := &list[i]
		_, err := c.exec(upsertIdentity, l.Scope[:], l.Issuer, l.Subject, l.Account[:], l.Email, millis(l.LinkedAt), millis(l.UsedAt))
		if err != nil {
			return err
		}
	}
	return nil
}

// saveFactors takes from the account those that are dropped and gives it the others. Two may swap their credentials:
// what is replaced goes before anything comes.
func saveFactors(c *conn, a *store.Account, drop []uuid.UUID, put []store.Factor) error {
	for i := range put {
		drop = append(drop, put[i].ID)
	}
	for _, id := range drop {
		if _, err := c.exec(deleteFactor, a.ID[:], id[:]); err != nil {
			return err
		}
	}
	for i := range put {
		f := &put[i]
		_, err := c.exec(insertFactor, a.ID[:], f.ID[:], string(f.Kind), f.Label, optionalBytes(f.Sealed), optionalBytes(f.Credential),
			f.Counter, millis(f.CreatedAt), millis(f.UsedAt), millis(f.PendingUntil), a.Parent[:])
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	deleteIdentities = `DELETE FROM identities WHERE account = ?`
	deleteFactors    = `DELETE FROM factors WHERE account = ?`
)

// forget removes what a tombstone does not keep.
func forget(c *conn, account uuid.UUID) error {
	for _, statement := range []string{deleteSecrets, deleteIdentities, deleteFactors} {
		if _, err := c.exec(statement, account[:]); err != nil {
			return err
		}
	}
	return nil
}

const (
	updateFactor   = `UPDATE factors SET counter = ?3, used_at = ?4 WHERE account = ?1 AND id = ?2`
	updateIdentity = `UPDATE identities SET used_at = ?4 WHERE scope = (SELECT parent FROM accounts WHERE id = ?1) AND issuer = ?2 AND subject = ?3
  AND account = ?1`
)

// useCredentials writes what a sign-in used. factor is nil when it used none.
func useCredentials(c *conn, n *store.NewSession, factor *store.Factor, now time.Time) error {
	account := n.Session.Account
	if factor != nil {
		if _, err := c.exec(updateFactor, account[:], factor.ID[:], factor.Counter, millis(factor.UsedAt)); err != nil {
			return err
		}
	}
	if n.By != (store.IssuedKey{}) {
		if _, err := c.exec(updateIdentity, account[:], n.By.Issuer, n.By.Subject, millis(now)); err != nil {
			return err
		}
	}
	return spend(c, n.Once)
}

const (
	selectOnce = `SELECT until FROM once WHERE digest = ?`
	upsertOnce = `INSERT INTO once (digest, until) VALUES (?1, ?2) ON CONFLICT (digest) DO UPDATE SET until = excluded.until`
)

// spent reports whether it was used before, and is still remembered.
func spent(c *conn, o store.Once, now time.Time) (was bool, err error) {
	if o.Digest == (store.Digest{}) {
		return false, nil
	}
	_, err = c.one(selectOnce, func(r *row) { was = rules.Remembered(r.time(), now) }, o.Digest[:])
	return was, err
}

func spend(c *conn, o store.Once) error {
	until, ok := rules.Forgets(o)
	if !ok {
		return nil
	}
	_, err := c.exec(upsertOnce, o.Digest[:], until.UnixMilli())
	return err
}
