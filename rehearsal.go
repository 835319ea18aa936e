package tollkeeper

import (
	"context"
	"errors"
	"hash/maphash"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/store"
)

// rehearsal is what a dry run would have done so far. It is not safe for concurrent use: a dry run does one line after
// the other.
type rehearsal struct {
	seed    maphash.Seed
	holders map[uint64]uuid.UUID  // by what no two accounts of a scope share: who would have it
	made    map[uuid.UUID][]byte  // the line of which the account would have been made
	admins  map[uuid.UUID]bool    // whether an account that it made or changed would be an active admin
	changed map[uuid.UUID]Subject // what would have become of an account, also of one that stands in the store
}

func newRehearsal() *rehearsal {
	return &rehearsal{maphash.MakeSeed(), map[uint64]uuid.UUID{}, map[uuid.UUID][]byte{}, map[uuid.UUID]bool{}, map[uuid.UUID]Subject{}}
}

func (r *rehearsal) key(name string) uint64 { return maphash.String(r.seed, name) }

// rehearse does with a line what do does, and writes nothing.
func (i *importing) rehearse(ctx context.Context, l *importLine) error {
	s, err := i.rehearsed(ctx, l.account.ID)
	if err != nil {
		return err
	}
	if s == nil {
		if err := i.free(ctx, &l.account, i.claims(l, &l.account, l.linked, l.factors)); err != nil {
			return err
		}
		l.made, i.rehearsal.made[l.account.ID] = true, l.text
		i.rehearsal.admins[l.account.ID] = isAdmin(&l.account)
		return nil
	}
	if s.Account.Parent != i.parent {
		return ErrConflict.WithField("id")
	}
	c := i.change(l, s)
	if len(l.taken) == 0 {
		return nil
	}
	err = i.resigns(ctx, &s.Account, &c.Account)
	if err == nil {
		err = i.free(ctx, &c.Account, i.claims(l, &c.Account, c.Link, c.PutFactors))
	}
	if err != nil {
		l.taken, l.kept = nil, nil
		return err
	}
	i.rehearsal.admins[s.Account.ID] = isAdmin(&c.Account)
	s.Account = c.Account
	s.Linked, s.Factors = append(s.Linked, c.Link...), append(s.Factors, c.PutFactors...)
	i.rehearsal.changed[s.Account.ID] = *s
	return nil
}

func isAdmin(x *Account) bool { return x.Role == RoleAdmin && x.Status == StatusActive }

// resigns refuses what would leave the scope without an admin.
func (i *importing) resigns(ctx context.Context, was, next *Account) error {
	if was.Parent == Root || !isAdmin(was) || isAdmin(next) {
		return nil
	}
	for id, is := range i.rehearsal.admins {
		if is && id != was.ID {
			return nil
		}
	}
	page := store.Page{Limit: 100, Role: RoleAdmin, Status: StatusActive}
	for {
		list, err := i.auth.store.ListAccounts(ctx, i.parent, page)
		if err != nil {
			return err
		}
		for _, x := range list {
			if _, changed := i.rehearsal.admins[x.ID]; !changed && x.ID != was.ID {
				return nil
			}
		}
		if len(list) < page.Limit {
			return ErrLastAdmin
		}
		page.After = placeOf(&list[len(list)-1])
	}
}

// rehearsed returns the account as it would be by now; nil: there would be none.
func (i *importing) rehearsed(ctx context.Context, id uuid.UUID) (*Subject, error) {
	if s, ok := i.rehearsal.changed[id]; ok {
		return &s, nil
	}
	if text, ok := i.rehearsal.made[id]; ok {
		var r AccountRecord
		if err := strictjson.DecodeKnown(text, &r); err != nil {
			return nil, ErrInternal.WithCause(err)
		}
		in, err := i.auth.recorded(i.parent, r, i.options, i.auth.now())
		if err != nil {
			return nil, err
		}
		in.account.Password = SecretText(in.hash.text)
		return &Subject{Account: in.account, Linked: in.linked, Factors: in.factors}, nil
	}
	return i.found(ctx, store.Lookup{ID: id, Credentials: true})
}

// free refuses what another account has, or would have by now, and notes that the account has it.
func (i *importing) free(ctx context.Context, x *Account, claims []claim) error {
	for _, c := range claims {
		holder, err := i.holder(ctx, c.name, c.lookup)
		if err != nil {
			return err
		}
		if holder != uuid.Nil && holder != x.ID {
			return c.refusal
		}
	}
	for _, c := range claims {
		i.rehearsal.holders[i.rehearsal.key(c.name)] = x.ID
	}
	return nil
}

// holder returns who has it, or would by now.
func (i *importing) holder(ctx context.Context, name string, lookup store.Lookup) (uuid.UUID, error) {
	if id, ok := i.rehearsal.holders[i.rehearsal.key(name)]; ok && i.holds(id, lookup) {
		return id, nil
	}
	s, err := i.auth.store.FindAccount(ctx, lookup)
	if errors.Is(err, ErrNotFound) || errors.Is(err, errNoParent) || err == nil && !i.holds(s.Account.ID, lookup) {
		return uuid.Nil, nil
	}
	return s.Account.ID, err
}

// holds reports that an account has not given away the name by a line before.
func (i *importing) holds(id uuid.UUID, lookup store.Lookup) bool {
	s, changed := i.rehearsal.changed[id]
	switch {
	case !changed:
		return true
	case lookup.Email != "":
		return s.Account.EmailKey == lookup.Email
	case lookup.Username != "":
		return canon.Lower(s.Account.Username) == lookup.Username
	}
	return true
}
