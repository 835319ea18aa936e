package rules

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Usable reports whether the secret is live.
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

// spend returns what a change uses up of the account's secrets: its proof, and all that it voids, also what is over: it
// would live again when a clock that was ahead goes back. proved: it needs no proof, or that is usable.
func spend(c store.Change, list []store.Secret, now time.Time) (spent []store.Secret, proved bool) {
	proved = c.Proof == store.Digest{}
	for _, x := range list {
		isProof := c.Proof != store.Digest{} && x.Digest == c.Proof && Usable(&x, now)
		if x.UsedAt.IsZero() && (isProof || slices.Contains(c.Void, x.Purpose)) {
			x.UsedAt = Whole(now)
			spent = append(spent, x)
		}
		proved = proved || isProof
	}
	return spent, proved
}

// Matched returns the events of a claim that matched: those that name no account are about the one with that id in that
// scope.
func Matched(c store.Claim, scope, account uuid.UUID) []store.Event {
	events := slices.Clone(c.Events)
	for i := range events {
		if events[i].Account == uuid.Nil {
			events[i].Scope, events[i].Account = scope, account
		}
	}
	return events
}

// Claimed is what a try does to the secrets of an account.
type Claimed struct {
	Secrets []store.Secret // those that it changes, as they then stand
	Matched bool           // false: the answer is ErrNotFound, and the tries stay counted
}

// Claim decides about a try. list are the account's secrets, email its present EmailKey. It looks at every secret of
// the purpose that is not used and was mailed to the present address or to none. Of those that are usable an Asker is
// compared with its own that have tries left, and counts on each; all others are compared with all. A match uses up all
// that were looked at, or with Single just itself.
func Claim(c store.Claim, email string, list []store.Secret, now time.Time) Claimed {
	seen := func(x *store.Secret) bool {
		return x.Purpose == c.Purpose && x.UsedAt.IsZero() && (x.Address == "" || x.Address == email)
	}
	asked := c.Asker != store.Digest{}
	compared := func(x *store.Secret) bool {
		return seen(x) && Usable(x, now) && (!asked || x.Asker == c.Asker && (c.Tries <= 0 || x.Tries < c.Tries))
	}
	var done Claimed
	for i := range list {
		done.Matched = done.Matched || compared(&list[i]) && list[i].Digest == c.Digest
	}
	for _, x := range list {
		used := done.Matched && seen(&x) && (!c.Single || x.Digest == c.Digest)
		counted := asked && c.Tries > 0 && compared(&x)
		if counted {
			x.Tries++
		}
		if used {
			x.UsedAt = Whole(now)
		}
		if used || counted {
			done.Secrets = append(done.Secrets, x)
		}
	}
	return done
}

// Unread returns the counter that a store writes where the try of an Asker, who may be anybody, counts at no secret: a
// row that nobody reads, so that not even a commit tells whether there is one (SECURITY.md N06). There are 256 of them.
// False: nothing is to be written.
func Unread(c store.Claim, counted int) (key store.Digest, ok bool) {
	for i := range key {
		key[i] = c.Digest[0]
	}
	return key, counted == 0 && c.Asker != store.Digest{} && c.Tries > 0
}

// UnreadFor is how long such a row is kept.
const UnreadFor = 24 * time.Hour

// Replaced reports whether an account's secret goes because the list, which is put, has one of the same mail.
func Replaced(x *store.Secret, list []store.Secret) bool {
	return x.Mail != uuid.Nil && slices.ContainsFunc(list, func(n store.Secret) bool { return n.Account == x.Account && n.Mail == x.Mail })
}
