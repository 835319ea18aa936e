package model

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// account is a row with its credentials.
type account struct {
	store.Account
	linked  []store.Linked
	factors []store.Factor
}

// session is a row, and whether it may ever serve again.
type session struct {
	store.Session
	dead bool
}

// rows are what a store shows.
type rows struct {
	accounts map[uuid.UUID]*account
	sessions map[uuid.UUID]*session // live ones; the known rows keep those that were
	ledger   map[uuid.UUID]map[uuid.UUID]store.LedgerEntry
	balances map[uuid.UUID]store.Balance
	full     bool
}

func newRows() rows {
	return rows{map[uuid.UUID]*account{}, map[uuid.UUID]*session{}, map[uuid.UUID]map[uuid.UUID]store.LedgerEntry{}, map[uuid.UUID]store.Balance{}, true}
}

// named returns the living account with the address; nil: there is none.
func (r *rows) named(parent uuid.UUID, email string) *account {
	for _, a := range r.accounts {
		if a.Parent == parent && a.EmailKey == email {
			return a
		}
	}
	return nil
}

func (r *rows) username(parent uuid.UUID, name string) *account {
	for _, a := range r.accounts {
		if a.Parent == parent && name != "" && strings.EqualFold(a.Username, name) {
			return a
		}
	}
	return nil
}

// read reads the store: all of it, or every account and balance, and the sessions and entries of those that were
// touched.
func (m *machine) read(full bool) (rows, error) {
	ctx, got := context.Background(), newRows()
	got.full = full
	roots, err := m.raw.ListAccounts(ctx, tollkeeper.Root, store.Page{Limit: 1_000})
	if err != nil {
		return got, err
	}
	list := roots
	for _, scope := range append([]uuid.UUID{house}, ids(roots)...) {
		children, err := m.raw.ListAccounts(ctx, scope, store.Page{Limit: 1_000})
		if err != nil {
			return got, err
		}
		list = append(list, children...)
	}
	for _, x := range list {
		if err := m.readAccount(ctx, &got, x); err != nil {
			return got, err
		}
	}
	owners := slices.Collect(maps.Keys(m.rows.ledger)) // of deleted tenants, too
	for _, x := range roots {
		if m.rows.ledger[x.ID] == nil {
			owners = append(owners, x.ID)
		}
	}
	for _, owner := range owners {
		if err := m.readBook(ctx, &got, owner); err != nil {
			return got, err
		}
	}
	return got, nil
}

func ids(list []store.Account) (found []uuid.UUID) {
	for _, x := range list {
		found = append(found, x.ID)
	}
	return found
}

func (m *machine) readAccount(ctx context.Context, got *rows, x store.Account) error {
	a := &account{Account: x}
	got.accounts[x.ID] = a
	if was := m.rows.accounts[x.ID]; was != nil && !got.full && !m.store.touched[x.ID] && was.Version == x.Version {
		a.linked, a.factors = was.linked, was.factors
		for id, s := range m.rows.sessions {
			if m.alive(was, id, m.clock.now()) {
				got.sessions[id] = s
			}
		}
		return nil
	}
	s, err := m.raw.FindAccount(ctx, store.Lookup{ID: x.ID, Credentials: true})
	if err != nil {
		return fmt.Errorf("model: a listed account is not found: %w", err)
	}
	a.linked, a.factors = s.Linked, s.Factors
	list, err := m.raw.ListSessions(ctx, x.ID, store.Page{Limit: 1_000}, m.clock.now())
	for _, row := range list {
		got.sessions[row.ID] = &session{Session: row}
	}
	return err
}

func (m *machine) readBook(ctx context.Context, got *rows, owner uuid.UUID) (err error) {
	was := m.rows.balances[owner]
	if got.balances[owner], err = m.raw.Balance(ctx, owner); err != nil {
		return fmt.Errorf("model: a tenant without balance: %w", err)
	}
	if !got.full && !m.store.touched[owner] && got.balances[owner] == was {
		got.ledger[owner] = m.rows.ledger[owner]
		return nil
	}
	list, err := m.raw.ListCredits(ctx, owner, store.CreditQuery{Limit: 100_000})
	book := map[uuid.UUID]store.LedgerEntry{}
	for _, e := range list {
		book[e.ID] = e
	}
	got.ledger[owner] = book
	return err
}

func cutAt(email string) (local, domain string, ok bool) { return strings.Cut(email, "@") }
