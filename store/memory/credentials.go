package memory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// credential is the key of a passkey in a scope: a map takes no bytes.
type credential string

func copyFactor(f store.Factor) store.Factor {
	f.Sealed, f.Credential = bytes.Clone(f.Sealed), bytes.Clone(f.Credential)
	return f
}

// factorList returns the account's factors in order of creation, as the store's own.
func (a *account) factorList() []store.Factor {
	list := slices.Collect(maps.Values(a.factors))
	rules.SortFactors(list)
	return list
}

// linkedList returns the account's identities in the order in which they are shown.
func (a *account) linkedList() []store.Linked {
	list := slices.Collect(maps.Values(a.linked))
	rules.SortLinked(list)
	return list
}

// held returns the Field of the first credential of the change that another account of the scope has, or another factor
// of the account itself that stays; empty: none.
func (sc *scope) held(c store.Change, self *account) string {
	for _, l := range c.Link {
		if a := sc.identities[l.Key()]; a != nil && a != self {
			return "identity"
		}
	}
	for _, f := range c.PutFactors {
		holder, ok := sc.credentials[credential(f.Credential)]
		if !ok || len(f.Credential) == 0 {
			continue
		}
		has := holder.row.factors[holder.id]
		if holder.row != self || rules.Stays(c, &has) {
			return "credential"
		}
	}
	return ""
}

// unlink, link, dropFactor and putFactor keep the account and the indexes of its scope in step.

func (s *Store) unlink(a *account, key store.IssuedKey) {
	if _, ok := a.linked[key]; ok {
		delete(a.linked, key)
		delete(s.around(a).identities, key)
	}
}

func (s *Store) link(a *account, list []store.Linked) {
	sc := s.around(a)
	for _, l := range list {
		if a.linked == nil {
			a.linked = map[store.IssuedKey]store.Linked{}
		}
		if sc.identities == nil {
			sc.identities = map[store.IssuedKey]*account{}
		}
		a.linked[l.Key()], sc.identities[l.Key()] = l, a
	}
}

func (s *Store) dropFactor(a *account, id uuid.UUID) {
	f, ok := a.factors[id]
	if !ok {
		return
	}
	delete(a.factors, id)
	if len(f.Credential) > 0 {
		delete(s.around(a).credentials, credential(f.Credential))
	}
	if !f.PendingUntil.IsZero() {
		s.pending.remove(pendingFactor{f.PendingUntil.UnixMilli(), f.ID, a})
	}
}

func (s *Store) putFactors(a *account, list []store.Factor) {
	for _, f := range list {
		s.dropFactor(a, f.ID)
	}
	sc := s.around(a)
	for _, f := range list {
		f = copyFactor(f)
		if a.factors == nil {
			a.factors = map[uuid.UUID]store.Factor{}
		}
		a.factors[f.ID] = f
		if len(f.Credential) > 0 {
			if sc.credentials == nil {
				sc.credentials = map[credential]byID[*account]{}
			}
			sc.credentials[credential(f.Credential)] = byID[*account]{f.ID, a}
		}
		if !f.PendingUntil.IsZero() {
			s.pending.insert(pendingFactor{f.PendingUntil.UnixMilli(), f.ID, a})
		}
	}
}

// usedFactor looks up the account's factor of a use; nil: there is none.
func (a *account) usedFactor(u store.Use) *store.Factor {
	f, ok := a.factors[u.Factor]
	if !ok {
		return nil
	}
	return &f
}

// spent reports whether the Once was used before, and is still remembered.
func (s *Store) spent(o store.Once, now time.Time) bool {
	until, ok := s.once[o.Digest]
	return ok && rules.Remembered(until, now)
}

func (s *Store) spend(o store.Once) {
	if until, ok := rules.Forgets(o); ok {
		if was, again := s.once[o.Digest]; again {
			s.onceEnds.remove(onceEnd{was.UnixMilli(), o.Digest})
		}
		s.once[o.Digest] = until
		s.onceEnds.insert(onceEnd{until.UnixMilli(), o.Digest})
	}
}

// pendingFactor orders factors by PendingUntil. Two accounts may have factors of one id.
type pendingFactor struct {
	at      int64
	id      uuid.UUID
	account *account
}

func (a pendingFactor) compare(b pendingFactor) int {
	return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.id[:], b.id[:]), bytes.Compare(a.account.ID[:], b.account.ID[:]))
}

// onceEnd orders what served once by the time that Sweep counts from.
type onceEnd struct {
	at     int64
	digest store.Digest
}

func (a onceEnd) compare(b onceEnd) int {
	return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.digest[:], b.digest[:]))
}

func (s *Store) sweepOnce(limit int, ended time.Time) bool {
	for e, ok := s.onceEnds.first(); ok && e.at <= ended.UnixMilli(); e, ok = s.onceEnds.first() {
		if limit--; limit < 0 {
			return true
		}
		s.onceEnds.remove(e)
		delete(s.once, e.digest)
	}
	return false
}

func (s *Store) sweepPending(limit int, ended time.Time) bool {
	for e, ok := s.pending.first(); ok && e.at <= ended.UnixMilli(); e, ok = s.pending.first() {
		if limit--; limit < 0 {
			return true
		}
		s.dropFactor(e.account, e.id)
	}
	return false
}
