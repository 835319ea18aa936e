package memory

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// secret is a row with its owner.
type secret struct {
	store.Secret
	owner *account
}

// live leaves the tries aside: how many are allowed is known to a Claim only. Nil is not live.
func (x *secret) live(now time.Time) bool {
	return x != nil && x.UsedAt.IsZero() && (x.ExpiresAt.IsZero() || now.Before(x.ExpiresAt))
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

// end answers the expiry, or for a secret without one its use; false: neither.
func (x *secret) end() (secretEnd, bool) {
	end := x.ExpiresAt
	if end.IsZero() {
		end = x.UsedAt
	}
	return secretEnd{end.UnixMilli(), x}, !end.IsZero()
}

// PutSecrets meets [store.SecretStore].
func (s *Store) PutSecrets(ctx context.Context, list []store.Secret, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.canPut(list); err != nil {
		return err
	}
	s.putSecrets(list)
	return nil
}

func (s *Store) canPut(list []store.Secret) error {
	for _, x := range list {
		if a := s.accounts[x.Account]; a == nil || a.gone() {
			return store.ErrNotFound
		}
	}
	return nil
}

func (s *Store) putSecrets(list []store.Secret) {
	for _, x := range list {
		a := s.accounts[x.Account]
		if old := a.secrets[x.Digest]; old != nil {
			s.dropSecret(old)
		}
		x.Tries, x.UsedAt = 0, time.Time{}
		x.CreatedAt, x.ExpiresAt = whole(x.CreatedAt), whole(x.ExpiresAt)
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

func (s *Store) useSecret(x *secret, now time.Time) {
	x.UsedAt = now
	if end, ok := x.end(); ok {
		s.secretEnds.insert(end) // new for a secret without expiry, else there already
	}
}

func (s *Store) void(a *account, purposes []store.Purpose, now time.Time) {
	if len(purposes) == 0 {
		return
	}
	for _, x := range a.secrets {
		if x.live(now) && slices.Contains(purposes, x.Purpose) {
			s.useSecret(x, now)
		}
	}
}

// Secret meets [store.SecretStore].
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
	return best.Secret, s.subject(found{account: best.owner}), nil
}

// ConsumeSecret meets [store.SecretStore].
func (s *Store) ConsumeSecret(ctx context.Context, c store.Claim, now time.Time) (store.Subject, error) {
	if err := ctx.Err(); err != nil {
		return store.Subject{}, err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(c.Lookup)
	if err != nil {
		return store.Subject{}, err
	}
	var open []*secret
	var match *secret
	for _, x := range f.account.secrets {
		if !claimable(x, c, now) {
			continue
		}
		open = append(open, x)
		if x.Digest == c.Digest {
			match = x
		}
	}
	for _, x := range open {
		if c.Tries > 0 {
			x.Tries++
		}
		if match != nil && (x == match || !c.Single) {
			s.useSecret(x, now)
		}
	}
	if match == nil {
		return s.subject(f), store.ErrNotFound
	}
	return s.subject(f), nil
}

// claimable reports whether a claim may meet the secret: live, with tries left, and not mailed to an address that the
// account has left.
func claimable(x *secret, c store.Claim, now time.Time) bool {
	return x.Purpose == c.Purpose && x.live(now) && (c.Tries <= 0 || x.Tries < c.Tries) &&
		(x.Address == "" || x.Address == x.owner.EmailKey)
}
