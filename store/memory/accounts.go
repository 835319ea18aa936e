package memory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	var nobody store.Account
	if err := ctx.Err(); err != nil {
		return nobody, store.Receipt{}, err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.accounts[n.Account.ID]; a != nil {
		return copyAccount(a.Account), s.receipt(n.Charge), nil
	}
	a := &account{Account: wholeAccount(copyAccount(n.Account))}
	bill, err := s.admit(a, n)
	if err != nil {
		return nobody, store.Receipt{}, err
	}
	s.number++
	a.Number, a.Epoch, a.Version = s.number, 1, 1
	s.accounts[a.ID] = a
	s.numbers[a.Number] = a
	s.keys[a.PublicKey] = a
	s.enter(a)
	if a.parent == nil {
		s.openBook(a, n.Grant, now)
	} else {
		a.parent.book.Children++
	}
	receipt := bill.pay(a.ID, now)
	s.queue(n.Mail)
	return copyAccount(a.Account), receipt, nil
}

// admit decides whether the new account may be, and finds its parent.
func (s *Store) admit(a *account, n store.NewAccount) (bill, error) {
	if a.Status == store.StatusDeleted || a.ID == store.Root {
		return bill{}, store.ErrInvalid
	}
	if a.Account.Parent != store.Root {
		a.parent = s.accounts[a.Account.Parent]
		if a.parent == nil || a.parent.parent != nil || a.parent.Status != store.StatusActive {
			return bill{}, store.ErrNoParent
		}
	}
	if g := n.Grant; g != nil && (a.parent != nil || g.Amount < 0 || g.Package != nil && g.Package.FreeUsers < 0) {
		return bill{}, store.ErrInvalid
	}
	if c := n.Charge; c.Price != 0 && c.Owner != uuid.Nil && c.Owner != a.Account.Parent {
		return bill{}, store.ErrInvalid
	}
	b, err := s.bill(n.Charge)
	if err != nil {
		return bill{}, err
	}
	if err := s.around(a).taken(&a.Account, nil); err != nil {
		return bill{}, err
	}
	if s.keys[a.PublicKey] != nil {
		return bill{}, store.Conflict{}
	}
	return b, nil
}

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[c.Account.ID]
	next := wholeAccount(copyAccount(c.Account))
	bill, err := s.allow(a, &next, c, now)
	if err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	sc := s.around(a)
	s.leaveNames(sc, a)
	a.Account = merge(a.Account, next)
	a.Version++
	a.TOTPStep = max(a.TOTPStep, c.TOTPStep)
	s.enterNames(sc, a)
	if c.EndSessions {
		s.endSessions(a, c.KeepSession)
	}
	if c.Proof != (store.Digest{}) {
		s.useSecret(a.secrets[c.Proof], now)
	}
	s.void(a, c.Void, now)
	s.putSecrets(c.Secrets)
	receipt := bill.pay(a.ID, now)
	s.queue(c.Mail)
	return copyAccount(a.Account), receipt, nil
}

// allow decides whether the change may be.
func (s *Store) allow(a *account, next *store.Account, c store.Change, now time.Time) (bill, error) {
	switch {
	case a == nil || a.gone():
		return bill{}, store.ErrNotFound
	case a.Version != next.Version:
		return bill{}, store.Conflict{}
	case next.Status == store.StatusDeleted: // that is DeleteAccount's
		return bill{}, store.ErrInvalid
	case c.Proof != (store.Digest{}) && !a.secrets[c.Proof].live(now):
		return bill{}, store.ErrProofSpent
	case c.TOTPStep != 0 && c.TOTPStep <= a.TOTPStep:
		return bill{}, store.Conflict{}
	case a.lastAdmin() && !isAdmin(next):
		return bill{}, store.ErrLastAdmin
	}
	if err := s.canPut(c.Secrets); err != nil {
		return bill{}, err
	}
	b, err := s.bill(c.Charge)
	if err != nil {
		return bill{}, err
	}
	return b, s.around(a).taken(next, a)
}

// merge answers next with what an update never changes taken from was.
func merge(was, next store.Account) store.Account {
	next.ID, next.Number, next.Parent = was.ID, was.Number, was.Parent
	next.House, next.PublicKey, next.CreatedAt = was.House, was.PublicKey, was.CreatedAt
	next.TOTPStep, next.Epoch, next.Version, next.LastSignIn = was.TOTPStep, was.Epoch, was.Version, was.LastSignIn
	return next
}

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now = whole(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil || a.gone() || a.Account.Parent != scope {
		return store.ErrNotFound
	}
	if a.lastAdmin() {
		return store.ErrLastAdmin
	}
	s.erase(a, now)
	if a.below.accounts.size > 0 {
		s.abandoned = append(s.abandoned, a)
	}
	return nil
}

// erase makes a tombstone: what is not named here is gone.
func (s *Store) erase(a *account, now time.Time) {
	s.leave(a)
	for _, x := range a.secrets {
		s.dropSecret(x)
	}
	if a.parent != nil {
		a.parent.book.Children--
	}
	a.Account = store.Account{
		ID: a.ID, Number: a.Number, Parent: a.Account.Parent, PublicKey: a.PublicKey, House: a.House,
		Role: a.Role, Status: store.StatusDeleted,
		TOTPStep: a.TOTPStep, KeyMaster: a.KeyMaster, KeyVersion: a.KeyVersion,
		Epoch: a.Epoch + 1, Version: a.Version + 1, CreatedAt: a.CreatedAt, UpdatedAt: now,
	}
}
