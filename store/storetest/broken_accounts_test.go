package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenAccounts = []brokenStore{
	{"a look-up without scope", "accounts/find/by email inside its scope only", func(s store.Store) store.Store {
		return &unscoped{Store: s, scopes: map[string]uuid.UUID{}}
	}},
	{"a stray of several", "accounts/find/stray: exactly one child", func(s store.Store) store.Store {
		return &unscoped{Store: s, scopes: map[string]uuid.UUID{}}
	}},
	{"an unknown scope that is not told", "accounts/find/an unknown scope names the parent", func(s store.Store) store.Store {
		return fieldless{s}
	}},
	{"a house that its number and key find", "accounts/find/a house by its id only", misread{account: noHouse}.broken},
	{"a house among the root accounts", "accounts/list/without houses", misread{account: noHouse}.broken},
	{"a code of a house's child by the house's number", "secrets/consume/looks the account up as find does", misread{account: noHouse}.broken},
	{"a charge before the name is taken", "accounts/create/duplicate email undoes the charge", func(s store.Store) store.Store {
		return paidFirst{s}
	}},
	{"a version that is not compared", "accounts/races/one change of a version wins", func(s store.Store) store.Store {
		return versionless{s}
	}},
	{"a change that ends no session", "accounts/update/ending sessions ends them all", func(s store.Store) store.Store {
		return endless{s}
	}},
	{"a proof that is looked at, not used", "accounts/races/a proof is used once", func(s store.Store) store.Store {
		return proofSeen{s}
	}},
	{"admins counted before the change", "accounts/races/two admins demote each other", func(s store.Store) store.Store {
		return adminsCounted{s}
	}},
	{"a last admin who may delete themselves", "accounts/last admin/cannot be deleted", func(s store.Store) store.Store {
		return adminless{s}
	}},
	{"a deletion that disables", "accounts/delete/leaves a tombstone", func(s store.Store) store.Store {
		return undeleted{s}
	}},
	{"an answer that stays the store's", "everywhere/what is answered is a copy", func(s store.Store) store.Store {
		return &shared{Store: s, answers: map[string]store.Subject{}}
	}},
}

// noHouse forgets what a house is.
func noHouse(_ store.Store, n *store.NewAccount) error {
	n.Account.House = false
	return nil
}

// unscoped finds an email in whatever scope it was seen first.
type unscoped struct {
	store.Store
	mu     sync.Mutex
	scopes map[string]uuid.UUID
}

func (b *unscoped) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	b.mu.Lock()
	if _, seen := b.scopes[n.Account.EmailKey]; !seen {
		b.scopes[n.Account.EmailKey] = n.Account.Parent
	}
	b.mu.Unlock()
	return b.Store.CreateAccount(ctx, n, now)
}

func (b *unscoped) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	b.mu.Lock()
	scope, seen := b.scopes[l.Email]
	b.mu.Unlock()
	if err != nil && seen {
		return b.Store.FindAccount(ctx, store.Lookup{Email: l.Email, Scope: scope})
	}
	return s, err
}

// fieldless forgets which input was at fault.
type fieldless struct{ store.Store }

func (b fieldless) FindAccount(ctx context.Context, l store.Lookup) (store.Subject, error) {
	s, err := b.Store.FindAccount(ctx, l)
	if errors.Is(err, store.ErrNotFound) {
		err = store.ErrNotFound
	}
	return s, err
}

// paidFirst charges in a step of its own.
type paidFirst struct{ store.Store }

func (b paidFirst) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	if err := payFirst(ctx, b.Store, &n.Charge, n.Account.ID, now); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	return b.Store.CreateAccount(ctx, n, now)
}

// payFirst debits the charge and takes it out of the verb.
func payFirst(ctx context.Context, s store.Store, c *store.Charge, subject uuid.UUID, now time.Time) error {
	if c.Price == 0 {
		return nil
	}
	e := store.LedgerEntry{ID: c.Entry, Owner: c.Owner, Key: c.Key, Operation: c.Operation, Amount: -c.Price, Subject: subject, At: now}
	_, _, _, err := s.ApplyCredit(ctx, store.Posting{Entry: e})
	*c = store.Charge{}
	return err
}
