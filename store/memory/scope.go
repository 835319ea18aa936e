package memory

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// account is a row with what hangs from it.
type account struct {
	store.Account
	parent   *account // nil for a root account
	stray    bool     // a look-up without key may find it
	below    scope    // its children
	book     *book    // of a root account
	sessions ordered[begun]
	lasting  int64 // Unix milliseconds: no session of the current epoch ends before; zero: nobody has looked
	secrets  map[store.Digest]*secret
	linked   map[store.IssuedKey]store.Linked
	factors  map[uuid.UUID]store.Factor
}

// parentStatus is empty for a root account.
func (a *account) parentStatus() store.Status {
	if a.parent == nil {
		return ""
	}
	return a.parent.Status
}

// above returns the account's parent; nil for a root account.
func (a *account) above() *store.Account {
	if a.parent == nil {
		return nil
	}
	return &a.parent.Account
}

// gone reports whether the account must not be found any more.
func (a *account) gone() bool { return rules.Gone(a.Status, a.parentStatus()) }

// organization returns the one that counts for the account; nil: none. What it returns is the store's.
func (s *Store) organization(a *account) *store.Organization {
	var owners, parents *store.Organization
	if owner := s.accounts[a.OrganizationOwner]; owner != nil {
		owners = owner.Organization
	}
	if a.parent != nil {
		parents = a.parent.Organization
	}
	return rules.Organization(a.Organization, owners, parents)
}

// scope holds the accounts below one parent, or the root accounts. The deleted ones are not in it.
type scope struct {
	accounts  ordered[stamped[*account]] // by CreatedAt
	active    ordered[stamped[struct{}]] // those that ever signed in, by LastSignIn
	names     ordered[name]              // for prefixes
	emails    map[string]*account
	usernames map[string]*account // lower-cased
	admins    int                 // active ones

	identities  map[store.IssuedKey]*account
	credentials map[credential]byID[*account] // the id is the factor's
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

// scopeOf returns the scope; nil when there is no such parent that lives.
func (s *Store) scopeOf(id uuid.UUID) *scope {
	if id == store.Root {
		return &s.root
	}
	if a := s.accounts[id]; a != nil && a.parent == nil && !a.gone() {
		return &a.below
	}
	return nil
}

// around returns the scope that the account is in.
func (s *Store) around(a *account) *scope {
	if a.parent == nil {
		return &s.root
	}
	return &a.parent.below
}

// taken returns the Field of the first name that another account of the scope has; self may keep what it has.
func (sc *scope) taken(next *store.Account, self *account) string {
	for _, name := range rules.Names(next) {
		if a := sc.named(name); a != nil && a != self {
			return name.Field
		}
	}
	return ""
}

// named returns the account of the scope that has the name; nil: none has.
func (sc *scope) named(n rules.Name) *account {
	switch {
	case n.Key == "":
		return nil
	case n.Field == "username":
		return sc.usernames[n.Key]
	}
	return sc.emails[n.Key]
}

// made is where the account stands in the order of creation.
func made(a *account) stamped[*account] { return stamped[*account]{a.CreatedAt.UnixMilli(), a.ID, a} }

// enter writes the account into every index of its scope, leave takes it out of them.
func (s *Store) enter(a *account) {
	sc := s.around(a)
	sc.accounts.insert(made(a))
	if !a.LastSignIn.IsZero() {
		sc.active.insert(stamped[struct{}]{at: a.LastSignIn.UnixMilli(), id: a.ID})
	}
	s.enterNames(sc, a)
}

func (s *Store) leave(a *account) {
	sc := s.around(a)
	sc.accounts.remove(made(a))
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
	for _, c := range rules.Clients(a.Organization) {
		s.clients[c] = a
	}
	if a.EmailKey != "" {
		put(&sc.emails, a.EmailKey)
		sc.names.insert(name{key: a.EmailKey, row: a})
		if a.stray {
			s.strays[a.EmailKey] = append(s.strays[a.EmailKey], a)
		}
	}
	if a.Username != "" {
		put(&sc.usernames, rules.UsernameKey(a.Username))
		sc.names.insert(name{key: rules.UsernameKey(a.Username), username: true, row: a})
	}
	if rules.Admin(&a.Account) {
		sc.admins++
	}
}

func (s *Store) leaveNames(sc *scope, a *account) {
	for _, c := range rules.Clients(a.Organization) {
		delete(s.clients, c)
	}
	if a.EmailKey != "" {
		delete(sc.emails, a.EmailKey)
		sc.names.remove(name{key: a.EmailKey, row: a})
		s.leaveStrays(a)
	}
	if a.Username != "" {
		delete(sc.usernames, rules.UsernameKey(a.Username))
		sc.names.remove(name{key: rules.UsernameKey(a.Username), username: true, row: a})
	}
	if rules.Admin(&a.Account) {
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

// otherAdmin reports whether another account of the scope is an admin. Nobody asks it of a root account.
func (a *account) otherAdmin() bool {
	if a.parent == nil {
		return false
	}
	others := a.parent.below.admins
	if rules.Admin(&a.Account) {
		others--
	}
	return others > 0
}
