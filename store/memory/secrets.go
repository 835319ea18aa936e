package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// secret is a row with its owner.
type secret struct {
	store.Secret
	owner *account
}

// secretEnd orders secrets by the time that Sweep counts from.
type secretEnd struct {
	at  int64
	row *secret
}

func (a secretEnd) compare(b secretEnd) int {
	if c := cmp.Compare(a.at, b.at); c != 0 || a.row == b.row {
		return c
	}
	if c := bytes.Compare(a.row.Account[:], b.row.Account[:]); c != 0 {
		return c
	}
	return bytes.Compare(a.row.Digest[:], b.row.Digest[:])
}

// end is where Sweep finds the secret; false: nowhere yet.
func (x *secret) end() (secretEnd, bool) {
	end := rules.Forgotten(&x.Secret)
	return secretEnd{end.UnixMilli(), x}, !end.IsZero()
}

// PutSecrets meets [store.SecretStore].
func (s *Store) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, err := rules.Put(list, s.owners(list))
	if err != nil {
		return err
	}
	s.putSecrets(kept)
	return nil
}

// owners reports whether the accounts of all of them can be found.
func (s *Store) owners(list []store.Secret) bool {
	return !slices.ContainsFunc(list, func(x store.Secret) bool {
		a := s.accounts[x.Account]
		return a == nil || a.gone()
	})
}

func (s *Store) putSecrets(kept []store.Secret) {
	for _, x := range kept {
		for _, old := range s.accounts[x.Account].secrets {
			if rules.Replaced(&old.Secret, kept) {
				s.dropSecret(old)
			}
		}
	}
	for _, x := range kept {
		a := s.accounts[x.Account]
		if old := a.secrets[x.Digest]; old != nil {
			s.dropSecret(old)
		}
		row := &secret{x, a}
		if a.secrets == nil {
			a.secrets = map[store.Digest]*secret{}
		}
		a.secrets[x.Digest] = row
		s.digests[x.Digest] = append(s.digests[x.Digest], row)
		if end, ok := row.end(); ok {
			s.secretEnds.insert(end)
		}
	}
}

// secretList copies the account's secrets.
func (a *account) secretList() []store.Secret {
	list := make([]store.Secret, 0, len(a.secrets))
	for _, x := range a.secrets {
		list = append(list, x.Secret)
	}
	return list
}

// saveSecrets writes what was decided on some of the account's secrets.
func (s *Store) saveSecrets(a *account, changed []store.Secret) {
	for _, next := range changed {
		x := a.secrets[next.Digest]
		x.Secret = next
		if end, ok := x.end(); ok {
			s.secretEnds.insert(end) // new for a secret without expiry, else there already
		}
	}
}

func (s *Store) dropSecret(x *secret) {
	if end, ok := x.end(); ok {
		s.secretEnds.remove(end)
	}
	delete(x.owner.secrets, x.Digest)
	rest := slices.DeleteFunc(s.digests[x.Digest], func(o *secret) bool { return o == x })
	if len(rest) == 0 {
		delete(s.digests, x.Digest)
		return
	}
	s.digests[x.Digest] = rest
}

// Secret meets [store.SecretStore]. Should several accounts have the digest, the one with the lowest id is returned.
func (s *Store) Secret(ctx context.Context, p store.Purpose, d store.Digest) (store.Secret, store.Subject, error) {
	if err := ctx.Err(); err != nil {
		return store.Secret{}, store.Subject{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var best *secret
	for _, x := range s.digests[d] {
		if x.Purpose == p && !x.owner.gone() && (best == nil || bytes.Compare(x.Account[:], best.Account[:]) < 0) {
			best = x
		}
	}
	if best == nil {
		return store.Secret{}, store.Subject{}, store.ErrNotFound
	}
	return best.Secret, s.subject(found{account: best.owner}, true), nil
}

// ConsumeSecret meets [store.SecretStore]. The tries that a wrong code cost stay counted although it is an error.
func (s *Store) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	if err := ctx.Err(); err != nil {
		return store.Subject{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(c.Lookup)
	if err != nil {
		return store.Subject{}, err
	}
	done := rules.Claim(c, f.account.EmailKey, f.account.secretList(), now)
	s.saveSecrets(f.account, done.Secrets)
	if !done.Matched {
		return s.subject(f, c.Lookup.Credentials), store.ErrNotFound
	}
	s.log(rules.Matched(c, f.account.Parent, f.account.ID)...)
	return s.subject(f, c.Lookup.Credentials), nil
}

// CountSecrets meets [store.SecretStore].
func (s *Store) CountSecrets(ctx context.Context, account uuid.UUID, p store.Purpose, now time.Time) (n int, _ error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.accounts[account]
	if a == nil || a.gone() {
		return 0, nil
	}
	for _, x := range a.secrets {
		if x.Purpose == p && rules.Usable(&x.Secret, now) {
			n++
		}
	}
	return n, nil
}
