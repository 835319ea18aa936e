package memory

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// FindAccount meets [store.AccountStore]. The pointers of one answer may point to the same value.
func (s *Store) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	if err := ctx.Err(); err != nil {
		return store.Subject{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, err := s.find(l)
	if err != nil {
		return store.Subject{}, err
	}
	return s.subject(f, l.Credentials), nil
}

// found is what a Lookup led to.
type found struct {
	account  *account
	keyOwner *account
	stray    bool
}

// find returns ErrNotFound, or an account that is not gone.
func (s *Store) find(l store.Lookup) (found, error) {
	var f found
	switch rules.WayOf(l) {
	case rules.ByID:
		f.account = s.accounts[l.ID]
	case rules.ByNumber:
		f.account = s.numbers[l.Number]
	case rules.ByPublicKey:
		f.account = s.keys[l.PublicKey]
	default:
		var err error
		if f, err = s.findInScope(l); err != nil {
			return f, err
		}
	}
	if f.account == nil || f.account.gone() || rules.Hidden(l, &f.account.Account) {
		return found{}, store.ErrNotFound
	}
	return f, nil
}

func (s *Store) findInScope(l store.Lookup) (found, error) {
	var f found
	var owner *store.Account
	switch rules.WayOf(l) {
	case rules.ByScopeKey:
		f.keyOwner = s.keys[l.ScopeKey]
	case rules.ByScopeNumber:
		f.keyOwner = s.numbers[l.ScopeNumber]
	}
	if f.keyOwner != nil {
		owner = &f.keyOwner.Account
	}
	scope, err := rules.Scope(l, owner)
	if err != nil {
		return found{}, err
	}
	for place := range rules.Places(l, scope) {
		if sc := s.scopeOf(place.Scope); sc != nil {
			f.account = sc.at(place)
		}
		if f.account != nil {
			return f, nil
		}
	}
	if rules.Strays(l) {
		f.account, f.stray = s.onlyStray(l.Email)
	}
	return f, nil
}

// at returns the account of the scope that a place names; nil: none.
func (sc *scope) at(p rules.Place) *account {
	switch {
	case len(p.Credential) > 0:
		holder := sc.credentials[credential(p.Credential)]
		if holder.row == nil || !holder.row.factors[holder.id].PendingUntil.IsZero() {
			return nil
		}
		return holder.row
	case p.Identity != store.IssuedKey{}:
		return sc.identities[p.Identity]
	case p.Username != "":
		return sc.usernames[p.Username]
	}
	return sc.emails[p.Email]
}

// onlyStray returns the child with this email if there is exactly one that is not gone.
func (s *Store) onlyStray(email string) (*account, bool) {
	return rules.Alone(slices.DeleteFunc(slices.Clone(s.strays[email]), (*account).gone))
}

// subject copies what was found out of the store.
func (s *Store) subject(f found, credentials bool) store.Subject {
	out := store.Subject{Account: copyAccount(f.account.Account), Stray: f.stray}
	if credentials {
		out.Linked = f.account.linkedList()
		for _, x := range f.account.factorList() {
			out.Factors = append(out.Factors, copyFactor(x))
		}
	}
	if p := f.account.parent; p != nil {
		c := copyAccount(p.Account)
		out.Parent = &c
	}
	switch f.keyOwner {
	case nil:
	case f.account.parent:
		out.KeyOwner = out.Parent
	default:
		c := copyAccount(f.keyOwner.Account)
		out.KeyOwner = &c
	}
	switch o := s.organization(f.account); {
	case o == nil:
	case o == f.account.Organization:
		out.Organization = out.Account.Organization
	default:
		out.Organization = copyOrganization(o)
	}
	return out
}

// fewMatches is how many accounts a search collects from the index of names. A prefix that more accounts have is
// common enough to be met soon in the order of creation.
const fewMatches = 10_000

// ListAccounts meets [store.AccountStore].
func (s *Store) ListAccounts(ctx context.Context, scope uuid.UUID, p store.Page) ([]store.Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	sc := s.scopeOf(scope)
	if sc == nil {
		return nil, nil
	}
	var page []store.Account
	take := func(a *account) bool {
		if len(page) < p.Limit && rules.Listed(&a.Account, p) {
			page = append(page, copyAccount(a.Account))
		}
		return len(page) < p.Limit
	}
	if few, ok := sc.search(p.Search); ok {
		if p.Newest {
			slices.Reverse(few)
		}
		for _, a := range few {
			if !take(a) {
				break
			}
		}
		return page, nil
	}
	for a := range sc.between(p) {
		if !take(a) {
			break
		}
	}
	return page, nil
}

// between walks the accounts of the page and of all later ones, and perhaps others that are in none.
func (sc *scope) between(p store.Page) iter.Seq[*account] {
	ms, id := rules.Start(p)
	start := stamped[*account]{at: ms, id: id}
	ms, id = rules.End(p)
	end := stamped[*account]{at: ms, id: id}
	return func(yield func(*account) bool) {
		if p.Newest {
			for e := range sc.accounts.downFrom(end, true) {
				if e.compare(start) <= 0 || !yield(e.row) {
					return
				}
			}
			return
		}
		for e := range sc.accounts.from(start) {
			if e.compare(end) >= 0 || !yield(e.row) {
				return
			}
		}
	}
}

// search returns in order of creation the accounts that have the prefix, if they are few.
func (sc *scope) search(prefix string) ([]*account, bool) {
	if prefix == "" {
		return nil, false
	}
	var few []*account
	for n := range sc.names.from(name{key: prefix}) {
		if !strings.HasPrefix(n.key, prefix) {
			break
		}
		if len(few) == fewMatches {
			return nil, false
		}
		few = append(few, n.row)
	}
	slices.SortFunc(few, func(a, b *account) int { return made(a).compare(made(b)) })
	return slices.Compact(few), true
}

// CountAccounts meets [store.AccountStore].
func (s *Store) CountAccounts(ctx context.Context, scope uuid.UUID, since time.Time) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	sc := s.scopeOf(scope)
	if sc == nil {
		return 0, nil
	}
	return int64(sc.active.countFrom(stamped[struct{}]{at: since.UnixMilli()})), nil
}
