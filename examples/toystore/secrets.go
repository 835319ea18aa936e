package toystore

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// secret is a row: the digest of what was mailed.
type secret struct{ store.Secret }

func (x secret) key() string { return path("secrets", x.Account, x.Digest) }

func (x secret) index() []string {
	keys := []string{path("digests", x.Digest, x.Account)}
	if end := rules.Forgotten(&x.Secret); !end.IsZero() {
		keys = append(keys, path("ends", "secrets", end, x.Account, x.Digest))
	}
	return keys
}

// secretsOf returns the account's, whatever their state.
func (t *tx) secretsOf(account uuid.UUID) (list []store.Secret) {
	prefix := path("secrets", account, "")
	for k := range t.Scan(prefix, "") {
		list = append(list, load[secret](t, k).Secret)
	}
	return list
}

// putSecrets writes them one after the other. The last of one digest counts.
func (t *tx) putSecrets(list []store.Secret) {
	for _, x := range list {
		next := secret{x}
		write(t, load[secret](t, next.key()), &next)
	}
}

// replaceSecrets removes what the mails of the list brought before.
func (t *tx) replaceSecrets(list []store.Secret) {
	for _, n := range list {
		for _, x := range t.secretsOf(n.Account) {
			if rules.Replaced(&x, list) {
				write(t, &secret{x}, nil)
			}
		}
	}
}

// owners reports whether the accounts of all of them can be found.
func (t *tx) owners(list []store.Secret) bool {
	for _, x := range list {
		if t.living(x.Account) == nil {
			return false
		}
	}
	return true
}

// PutSecrets meets [store.SecretStore].
func (s *Store) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	return s.change(ctx, func(t *tx) error {
		kept, err := rules.Put(list, t.owners(list))
		t.replaceSecrets(kept)
		t.putSecrets(kept)
		return err
	})
}

// Secret meets [store.SecretStore]. The keys of a digest are in the order of the accounts' ids.
func (s *Store) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	type answer struct {
		secret  store.Secret
		subject store.Subject
	}
	got, err := view(ctx, s, func(t *tx) (answer, error) {
		for _, x := range rows[secret](t, path("digests", d, ""), "") {
			if a := t.living(x.Account); a != nil && x.Purpose == p {
				return answer{x.Secret, t.subject(found{account: a}, true)}, nil
			}
		}
		return answer{}, store.ErrNotFound
	})
	return got.secret, got.subject, err
}

// ConsumeSecret meets [store.SecretStore]. A wrong code is an error that commits: it counts its try.
func (s *Store) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	type answer struct {
		subject store.Subject
		matched bool
	}
	got, err := update(ctx, s, func(t *tx) (answer, error) {
		f, err := t.find(c.Lookup)
		if err != nil {
			return answer{}, err
		}
		done := rules.Claim(c, f.account.EmailKey, t.secretsOf(f.account.ID), now)
		t.putSecrets(done.Secrets)
		if done.Matched {
			t.log(rules.Matched(c, f.account.Parent, f.account.ID))
		}
		return answer{t.subject(f, c.Lookup.Credentials), done.Matched}, nil
	})
	if err == nil && !got.matched {
		err = store.ErrNotFound
	}
	return got.subject, err
}

// CountSecrets meets [store.SecretStore].
func (s *Store) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (int, error) {
	return view(ctx, s, func(t *tx) (n int, _ error) {
		if t.living(account) == nil {
			return 0, nil
		}
		for _, x := range t.secretsOf(account) {
			if x.Purpose == p && rules.Usable(&x, now) {
				n++
			}
		}
		return n, nil
	})
}
