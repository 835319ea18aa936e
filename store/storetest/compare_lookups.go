package storetest

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// unnumbered is the account without its number, which stores choose each for itself.
func unnumbered(a store.Account) store.Account {
	a.Number = 0
	return a
}

func unnumberedSubject(s store.Subject) store.Subject {
	s.Account = unnumbered(s.Account)
	for _, p := range []**store.Account{&s.Parent, &s.KeyOwner} {
		if *p != nil {
			a := unnumbered(**p)
			*p = &a
		}
	}
	return s
}

func (w *twins) find() {
	l, who := w.lookup()
	w.both("FindAccount", l, func(s store.Store, i int) (any, error) {
		f, err := s.FindAccount(w.ctx, w.numbered(l, who, i))
		switch {
		case err != nil || i == 0:
		case f.Stray:
			w.met("FindAccount", "stray")
		case len(l.Credential) > 0:
			w.met("FindAccount", "by a credential")
		case l.Username != "" && l.Email == "" && l.Subject == "":
			w.met("FindAccount", "by a username")
		case l.Subject != "" && l.ID == uuid.Nil && f.Account.EmailKey != l.Email:
			w.met("FindAccount", "by an identity")
		}
		return unnumberedSubject(f), err
	})
}

// lookup is one of any kind. Its numbers are still to be set, because each store has its own: see numbered.
func (w *twins) lookup() (l store.Lookup, who uuid.UUID) {
	who = w.any(w.people)
	tenant := w.any(w.tenants)
	if w.chance(5) {
		who = tenant
	}
	was := w.last[who]
	l = store.Lookup{Scope: was.Parent, Email: was.EmailKey, Credentials: w.chance(2)}
	if w.chance(2) {
		l = by(one(w, append(w.has(who).Linked, w.identity())), l)
	}
	switch w.d.roll(10) {
	case 0:
		return store.Lookup{ID: who}, who
	case 1:
		return store.Lookup{Number: 1}, who
	case 2:
		return store.Lookup{PublicKey: was.PublicKey}, who
	case 3:
		l.Scope, l.ScopeKey, l.Widget = uuid.Nil, "APK_"+tenant.String(), w.chance(2)
		return l, who
	case 4:
		l.Scope, l.ScopeNumber, l.Widget = uuid.Nil, 1, w.chance(2)
		return l, tenant
	case 5:
		return store.Lookup{Email: w.word("n", 16) + "@x.example", Stray: true}, who
	case 6:
		for _, f := range append(w.has(who).Factors, w.factor()) {
			if l.Credential = f.Credential; len(f.Credential) > 0 {
				break
			}
		}
		return l, who
	case 7:
		l.Username = rules.UsernameKey(was.Username)
		if w.chance(4) {
			l.Username = w.word("U", 16) // as nobody has it: it is not lower-cased
		}
		if w.chance(4) {
			l.Scope, l.ScopeKey, l.Widget = uuid.Nil, "APK_"+tenant.String(), w.chance(2)
		}
		if !w.chance(4) {
			l.Email, l.Issuer, l.Subject = "", "", ""
		}
		return l, who
	case 8:
		l.Email = w.word("n", 16) + "@x.example"
	}
	return l, who
}

// numbered sets the numbers of a look-up.
func (w *twins) numbered(l store.Lookup, who uuid.UUID, i int) store.Lookup {
	number := w.numbers[i][who]
	if number == 0 {
		number = 1 << 52 // nobody's
	}
	if l.Number != 0 {
		l.Number = number
	}
	if l.ScopeNumber != 0 {
		l.ScopeNumber = number
	}
	return l
}

// place is right behind an account, or somewhere near it.
func (w *twins) place(a store.Account) store.Position {
	p := after(a)
	if w.chance(4) {
		p.At = p.At.Add(time.Duration(w.d.roll(3)-1) * time.Millisecond)
	}
	return p
}

// created is when an account was made: now, in the millisecond of another one, or long before by an import.
func (w *twins) created() time.Time {
	switch w.d.roll(6) {
	case 0:
		return one(w, append(w.imported, w.at))
	case 1:
		t := w.at.Add(-time.Duration(w.d.roll(1<<20)) * time.Minute)
		w.imported = append(w.imported, t)
		return t
	case 2:
		return []time.Time{{}, time.UnixMilli(0).UTC(), time.UnixMilli(-1).UTC()}[w.d.roll(3)]
	}
	return w.at
}

func (w *twins) list() {
	scope, since := w.any(w.tenants), w.at.AddDate(0, 0, -w.d.roll(40))
	p := store.Page{Limit: 1 + w.d.roll(20)}
	if w.chance(2) {
		p.After = w.place(w.last[w.any(w.people)])
	}
	if w.chance(3) {
		p.Search = w.word("n", 7)
	}
	p.Newest = w.chance(2)
	if w.chance(4) {
		p.Role = one(w, []store.Role{store.RoleAdmin, store.RoleUser, store.RoleGuest})
	}
	if w.chance(4) {
		p.Status = one(w, []store.Status{store.StatusActive, store.StatusDisabled})
	}
	if w.chance(3) {
		p.From, p.To = since, w.at.AddDate(0, 0, -w.d.roll(20))
	}
	w.both("ListAccounts", p, func(s store.Store, i int) (any, error) {
		list, err := s.ListAccounts(w.ctx, scope, p)
		for n := range list {
			list[n] = unnumbered(list[n])
		}
		for what, so := range map[string]bool{"newest": p.Newest, "a role": p.Role == store.RoleAdmin, "a status": p.Status == store.StatusDisabled} {
			if so && len(list) > 0 && i == 1 {
				w.met("ListAccounts", what)
			}
		}
		if len(list) > 1 && i == 1 {
			w.met("ListAccounts", "several")
			if !slices.IsSortedFunc(list, func(a, b store.Account) int { return bytes.Compare(a.ID[:], b.ID[:]) }) {
				w.met("ListAccounts", "imported")
			}
		}
		return list, err
	})
	w.both("CountAccounts", since, func(s store.Store, _ int) (any, error) { return s.CountAccounts(w.ctx, scope, since) })
}
