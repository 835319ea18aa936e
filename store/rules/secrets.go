package rules

import (
	"slices"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
)

// Usable reports whether the secret is live. It leaves the tries aside: how many are allowed is known to a Claim only.
func Usable(x *store.Secret, now time.Time) bool {
	return x.UsedAt.IsZero() && (x.ExpiresAt.IsZero() || now.Before(x.ExpiresAt))
}

// Forgotten returns the time that Sweep counts from: the expiry, or for a secret without one its use. Zero: neither.
func Forgotten(x *store.Secret) time.Time {
	if x.ExpiresAt.IsZero() {
		return x.UsedAt
	}
	return x.ExpiresAt
}

// Put returns the secrets as they are kept, also where one of the same digest was used. owners: none of their accounts
// is absent or [Gone]; else ErrNotFound.
func Put(list []store.Secret, owners bool) ([]store.Secret, error) {
	if len(list) > 0 && !owners {
		return nil, store.ErrNotFound
	}
	kept := slices.Clone(list)
	for i := range kept {
		x := &kept[i]
		x.Tries, x.UsedAt = 0, time.Time{}
		x.CreatedAt, x.ExpiresAt = Whole(x.CreatedAt), Whole(x.ExpiresAt)
	}
	return kept, nil
}

// Spends reports whether the change may use up secrets of its account.
func Spends(c store.Change) bool { return c.Proof != store.Digest{} || len(c.Void) > 0 }

// spend returns what a change uses up of the account's secrets: its proof, and all that it voids. proved: it needs no
// proof, or that is usable.
func spend(c store.Change, list []store.Secret, now time.Time) (spent []store.Secret, proved bool) {
	proved = c.Proof == store.Digest{}
	for _, x := range list {
		if !Usable(&x, now) {
			continue
		}
		isProof := c.Proof != store.Digest{} && x.Digest == c.Proof
		if isProof || slices.Contains(c.Void, x.Purpose) {
			x.UsedAt = Whole(now)
			spent = append(spent, x)
		}
		proved = proved || isProof
	}
	return spent, proved
}

// Claimed is what a try does to the secrets of an account.
type Claimed struct {
	Secrets []store.Secret // those that it changes, as they then stand
	Matched bool           // false: the answer is ErrNotFound, and the tries stay counted
}

// Claim decides about a try. list are the account's secrets, email its present EmailKey. The try meets every secret of
// the purpose that is usable, has tries left and was mailed to the present address or to none. It counts on each of
// them; a match uses up all of them, or with Single just itself.
func Claim(c store.Claim, email string, list []store.Secret, now time.Time) Claimed {
	met := func(x *store.Secret) bool {
		return x.Purpose == c.Purpose && Usable(x, now) && (c.Tries <= 0 || x.Tries < c.Tries) && (x.Address == "" || x.Address == email)
	}
	var done Claimed
	for i := range list {
		if met(&list[i]) && list[i].Digest == c.Digest {
			done.Matched = true
		}
	}
	for _, x := range list {
		used := done.Matched && (!c.Single || x.Digest == c.Digest)
		if !met(&x) || !used && c.Tries <= 0 {
			continue
		}
		if c.Tries > 0 {
			x.Tries++
		}
		if used {
			x.UsedAt = Whole(now)
		}
		done.Secrets = append(done.Secrets, x)
	}
	return done
}
