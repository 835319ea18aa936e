package memory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/rules"
)

// CreateAccount meets [store.AccountStore].
func (s *Store) CreateAccount(ctx context.Context, n store.NewAccount, now time.Time) (store.Account, store.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	n.Account = rules.WholeAccount(copyAccount(n.Account))
	s.mu.Lock()
	defer s.mu.Unlock()
	stands := s.accounts[n.Account.ID]
	done, err := rules.Admit(n, s.newcomer(stands, n), now)
	switch {
	case err != nil:
		return store.Account{}, store.Receipt{}, err
	case done.Stands:
		return copyAccount(stands.Account), done.Payment.Receipt, nil
	}
	a := &account{Account: done.Account, parent: s.accounts[done.Account.Parent], stray: done.Stray}
	s.number++
	a.Number = s.number
	s.accounts[a.ID] = a
	s.numbers[a.Number] = a
	s.keys[a.PublicKey] = a
	s.enter(a)
	if a.parent == nil {
		s.openBook(a, n.Grant, now)
	} else {
		a.parent.book.Children++
	}
	s.pay(done.Payment)
	s.queue(n.Mail)
	return copyAccount(a.Account), done.Payment.Receipt, nil
}

// newcomer looks up what the new account is decided on. stands is the account that has its ID; nil: none.
func (s *Store) newcomer(stands *account, n store.NewAccount) rules.Newcomer {
	facts := rules.Newcomer{Stands: stands != nil, Purse: s.purse(n.Charge), KeyTaken: s.keys[n.Account.PublicKey] != nil}
	around := &s.root
	if n.Account.Parent != store.Root {
		parent := s.accounts[n.Account.Parent]
		if parent == nil {
			return facts
		}
		facts.Parent, around = &parent.Account, &parent.below
	}
	facts.Taken = around.taken(&n.Account, nil)
	return facts
}

// UpdateAccount meets [store.AccountStore].
func (s *Store) UpdateAccount(ctx context.Context, c store.Change, now time.Time) (store.Account, store.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	c.Account = rules.WholeAccount(copyAccount(c.Account))
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[c.Account.ID]
	done, err := rules.Update(c, s.updating(a, c), now)
	if err != nil {
		return store.Account{}, store.Receipt{}, err
	}
	if c.EndSessions {
		s.keepSession(a, c.KeepSession, done.Account.Epoch)
	}
	sc := s.around(a)
	s.leaveNames(sc, a)
	a.Account = done.Account
	s.enterNames(sc, a)
	s.saveSecrets(a, done.Spent)
	s.putSecrets(done.Added)
	s.pay(done.Payment)
	s.queue(c.Mail)
	return copyAccount(a.Account), done.Payment.Receipt, nil
}

// updating looks up what the change is decided on. a is nil when there is no such account.
func (s *Store) updating(a *account, c store.Change) rules.Updating {
	if a == nil || a.gone() {
		return rules.Updating{}
	}
	facts := rules.Updating{
		Found: true, Was: a.Account, OtherAdmin: a.otherAdmin(), Owners: s.owners(c.Secrets),
		Purse: s.purse(c.Charge), Taken: s.around(a).taken(&c.Account, a),
	}
	if rules.Spends(c) {
		facts.Secrets = a.secretList()
	}
	return facts
}

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, scope, id uuid.UUID, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	var facts rules.Leaving
	if a != nil && !a.gone() {
		facts = rules.Leaving{Found: true, Was: a.Account, OtherAdmin: a.otherAdmin()}
	}
	tombstone, err := rules.Tombstone(scope, facts, now)
	if err != nil {
		return err
	}
	s.bury(a, tombstone)
	if a.below.accounts.size > 0 {
		s.abandoned = append(s.abandoned, a)
	}
	return nil
}

// bury puts the tombstone in the account's place.
func (s *Store) bury(a *account, tombstone store.Account) {
	s.leave(a)
	for _, x := range a.secrets {
		s.dropSecret(x)
	}
	if a.parent != nil {
		a.parent.book.Children--
	}
	a.Account = tombstone
}
