package memory

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// account is a row with what hangs from it.
type account struct {
	store.Account
	parent   *account // nil for a root account
	below    scope    // its children
	book     *book    // of a root account
	sessions ordered[stamped[*session]]
	secrets  map[store.Digest]*secret
}

// active reports whether the account may have sessions: it is active, and so is its parent.
func (a *account) active() bool {
	return a.Status == store.StatusActive && (a.parent == nil || a.parent.Status == store.StatusActive)
}

// gone reports whether the account must not be found any more: it is deleted, or its parent is.
func (a *account) gone() bool {
	return a.Status == store.StatusDeleted || a.parent != nil && a.parent.Status == store.StatusDeleted
}

// organization answers its own, that of its owner, or its parent's; nil: none. What it answers is the store's.
func (s *Store) organization(a *account) *store.Organization {
	if a.Organization != nil {
		return a.Organization
	}
	if a.OrganizationOwner != uuid.Nil {
		if owner := s.accounts[a.OrganizationOwner]; owner != nil && owner.Organization != nil {
			return owner.Organization
		}
	}
	if a.parent != nil {
		return a.parent.Organization
	}
	return nil
}

// scope holds the accounts below one parent, or the root accounts. The deleted ones are not in it.
type scope struct {
	accounts  ordered[byID[*account]]
	active    ordered[stamped[struct{}]] // those that ever signed in, by LastSignIn
	names     ordered[name]              // for prefixes
	emails    map[string]*account
	usernames map[string]*account // lower-cased
	googles   map[string]*account
	admins    int // active ones
}

// name is an email key or a lower-cased username of a scope.
type name struct {
	key      string
	username bool
	row      *account
}

func (a name) compare(b name) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	// Without a row it is the start of a search and comes before all of its key.
	if a.row == nil || b.row == nil {
		return cmp.Compare(has(a.row), has(b.row))
	}
	if c := bytes.Compare(a.row.ID[:], b.row.ID[:]); c != 0 {
		return c
	}
	switch {
	case a.username == b.username:
		return 0
	case a.username:
		return 1
	}
	return -1
}

func has(a *account) int {
	if a == nil {
		return 0
	}
	return 1
}

// scopeOf answers the scope; nil when there is no such parent that lives.
func (s *Store) scopeOf(id uuid.UUID) *scope {
	if id == store.Root {
		return &s.root
	}
	if a := s.accounts[id]; a != nil && a.parent == nil && !a.gone() {
		return &a.below
	}
	return nil
}

// around answers the scope that the account is in.
func (s *Store) around(a *account) *scope {
	if a.parent == nil {
		return &s.root
	}
	return &a.parent.below
}

// taken answers the conflict that next would be in this scope; self may keep what it has.
func (sc *scope) taken(next *store.Account, self *account) error {
	holder := func(m map[string]*account, key string) bool {
		a := m[key]
		return key != "" && a != nil && a != self
	}
	switch {
	case holder(sc.emails, next.EmailKey):
		return store.Conflict{Field: "email"}
	case holder(sc.usernames, lower(next.Username)):
		return store.Conflict{Field: "username"}
	case holder(sc.googles, next.GoogleSubject):
		return store.Conflict{Field: "google"}
	}
	return nil
}

// enter writes the account into every index of its scope, leave takes it out of them.
func (s *Store) enter(a *account) {
	sc := s.around(a)
	sc.accounts.insert(byID[*account]{a.ID, a})
	if !a.LastSignIn.IsZero() {
		sc.active.insert(stamped[struct{}]{at: a.LastSignIn.UnixMilli(), id: a.ID})
	}
	s.enterNames(sc, a)
}

func (s *Store) leave(a *account) {
	sc := s.around(a)
	sc.accounts.remove(byID[*account]{a.ID, a})
	sc.active.remove(stamped[struct{}]{at: a.LastSignIn.UnixMilli(), id: a.ID})
	s.leaveNames(sc, a)
}

// enterNames and leaveNames do so with what an update may change.
func (s *Store) enterNames(sc *scope, a *account) {
	put := func(m *map[string]*account, key string) {
		if *m == nil {
			*m = map[string]*account{}
		}
		(*m)[key] = a
	}
	if a.EmailKey != "" {
		put(&sc.emails, a.EmailKey)
		sc.names.insert(name{key: a.EmailKey, row: a})
		if a.parent != nil && !a.parent.House {
			s.strays[a.EmailKey] = append(s.strays[a.EmailKey], a)
		}
	}
	if a.Username != "" {
		put(&sc.usernames, lower(a.Username))
		sc.names.insert(name{key: lower(a.Username), username: true, row: a})
	}
	if a.GoogleSubject != "" {
		put(&sc.googles, a.GoogleSubject)
	}
	if isAdmin(&a.Account) {
		sc.admins++
	}
}

func (s *Store) leaveNames(sc *scope, a *account) {
	if a.EmailKey != "" {
		delete(sc.emails, a.EmailKey)
		sc.names.remove(name{key: a.EmailKey, row: a})
		s.leaveStrays(a)
	}
	if a.Username != "" {
		delete(sc.usernames, lower(a.Username))
		sc.names.remove(name{key: lower(a.Username), username: true, row: a})
	}
	if a.GoogleSubject != "" {
		delete(sc.googles, a.GoogleSubject)
	}
	if isAdmin(&a.Account) {
		sc.admins--
	}
}

func (s *Store) leaveStrays(a *account) {
	rest := slices.DeleteFunc(s.strays[a.EmailKey], func(o *account) bool { return o == a })
	if len(rest) == 0 {
		delete(s.strays, a.EmailKey)
		return
	}
	s.strays[a.EmailKey] = rest
}

// lastAdmin reports whether the account is the last active admin of its scope. Root accounts are not guarded.
func (a *account) lastAdmin() bool {
	return a.parent != nil && isAdmin(&a.Account) && a.parent.below.admins == 1
}

func isAdmin(a *store.Account) bool {
	return a.Role == store.RoleAdmin && a.Status == store.StatusActive
}

// lower lowers ASCII only: usernames have nothing else, and every store must agree on what is equal.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
