package rules

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// Used reports whether the factor may be used so. f is the account's factor of that ID; nil: there is none.
func Used(u store.Use, f *store.Factor) bool {
	switch {
	case u.Factor == uuid.Nil:
		return true
	case f == nil || !f.PendingUntil.IsZero():
		return false
	}
	return u.Counter > f.Counter || u.Counter == 0 && f.Counter == 0
}

// AfterUse returns the factor as it stands after a use that [Used] lets through.
func AfterUse(f store.Factor, u store.Use, now time.Time) store.Factor {
	f.Counter, f.UsedAt = u.Counter, Whole(now)
	return f
}

// Forgets returns until when a Once is remembered; false: there is none.
func Forgets(o store.Once) (time.Time, bool) { return Whole(o.Until), o.Digest != store.Digest{} }

// Remembered reports whether a Once that was used, and is kept until then, is used up at now.
func Remembered(until, now time.Time) bool { return now.Before(until) }

// Credentials are what a verb gives to an account and takes from it.
type Credentials struct {
	Unlink []store.IssuedKey
	Link   []store.Linked
	Drop   []uuid.UUID
	Put    []store.Factor
}

// CredentialsOf returns those of a change.
func CredentialsOf(c store.Change) Credentials {
	return Credentials{Unlink: c.Unlink, Link: c.Link, Drop: c.DropFactors, Put: c.PutFactors}
}

// senseless reports whether no account could have them: something without a name, or the same twice.
func (c Credentials) senseless(u store.Use) bool {
	for i, l := range c.Link {
		if l.Issuer == "" || l.Subject == "" || slices.Contains(c.Unlink, l.Key()) {
			return true
		}
		if slices.ContainsFunc(c.Link[:i], func(o store.Linked) bool { return o.Key() == l.Key() }) {
			return true
		}
	}
	for i, f := range c.Put {
		if f.ID == uuid.Nil || f.ID == u.Factor || slices.Contains(c.Drop, f.ID) {
			return true
		}
		same := func(o store.Factor) bool {
			return o.ID == f.ID || len(f.Credential) > 0 && bytes.Equal(o.Credential, f.Credential)
		}
		if slices.ContainsFunc(c.Put[:i], same) {
			return true
		}
	}
	return false
}

// links returns the identities as they are kept by the account.
func links(a *store.Account, list []store.Linked) []store.Linked {
	list = slices.Clone(list)
	for i := range list {
		l := &list[i]
		l.Account, l.Scope = a.ID, a.Parent
		l.LinkedAt, l.UsedAt = Whole(l.LinkedAt), Whole(l.UsedAt)
	}
	return list
}

// factors returns the factors as they are kept by the account. was are those that it has under the same ids: a counter
// never goes back.
func factors(a *store.Account, list, was []store.Factor) []store.Factor {
	list = slices.Clone(list)
	for i := range list {
		f := &list[i]
		f.Account = a.ID
		f.CreatedAt, f.UsedAt, f.PendingUntil = Whole(f.CreatedAt), Whole(f.UsedAt), Whole(f.PendingUntil)
		if n := slices.IndexFunc(was, func(o store.Factor) bool { return o.ID == f.ID }); n >= 0 {
			f.Counter = max(f.Counter, was[n].Counter)
			if was[n].UsedAt.After(f.UsedAt) {
				f.UsedAt = was[n].UsedAt
			}
		}
	}
	return list
}

// Stays reports whether the account's factor is after the change what it was before, but for a use: the change neither
// drops nor puts it.
func Stays(c store.Change, f *store.Factor) bool { return !drops(c, f) && !puts(c, f) }

// drops reports whether the change takes the factor away: it names it, or ends the sessions while the factor is pending
// and does not put it.
func drops(c store.Change, f *store.Factor) bool {
	return slices.Contains(c.DropFactors, f.ID) || c.EndSessions && !puts(c, f) && !f.PendingUntil.IsZero()
}

func puts(c store.Change, f *store.Factor) bool {
	return slices.ContainsFunc(c.PutFactors, func(o store.Factor) bool { return o.ID == f.ID })
}

// dropped returns the ids of the factors that a change takes away, of those that the account has.
func dropped(c store.Change, has []store.Factor) (ids []uuid.UUID) {
	for _, f := range has {
		if drops(c, &f) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// SortFactors brings factors into the order in which [store.Subject] has them.
func SortFactors(list []store.Factor) {
	slices.SortFunc(list, func(x, y store.Factor) int {
		return store.Position{At: x.CreatedAt, ID: x.ID}.Compare(store.Position{At: y.CreatedAt, ID: y.ID})
	})
}

// SortLinked brings identities into the order in which [store.Subject] has them.
func SortLinked(list []store.Linked) {
	slices.SortFunc(list, func(x, y store.Linked) int {
		return cmp.Or(x.LinkedAt.Compare(y.LinkedAt), cmp.Compare(x.Issuer, y.Issuer), cmp.Compare(x.Subject, y.Subject))
	})
}
