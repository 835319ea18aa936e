package memory

import (
	"cmp"
	"context"
	"time"

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
	s.link(a, done.Linked)
	s.putFactors(a, done.Factors)
	s.do(n.Effects, done.Payment)
	return copyAccount(a.Account), done.Payment.Receipt, nil
}

// do does the effects of a verb, whose charge became the payment.
func (s *Store) do(fx store.Effects, p rules.Payment) {
	s.pay(p)
	s.queue(fx.Mail)
	s.log(fx.Events...)
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
	facts.Taken = cmp.Or(around.taken(&n.Account, nil), around.held(store.Change{Link: n.Linked, PutFactors: n.Factors}, nil), s.named(n.Account.Organization, nil))
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
	done, err := rules.Update(c, s.updating(a, c, now), now)
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
	s.changeCredentials(a, c.Unlink, done)
	s.spend(c.Once)
	s.do(c.Effects, done.Payment)
	return copyAccount(a.Account), done.Payment.Receipt, nil
}

func (s *Store) changeCredentials(a *account, unlink []store.IssuedKey, done rules.Updated) {
	for _, key := range unlink {
		s.unlink(a, key)
	}
	s.link(a, done.Linked)
	for _, id := range done.Dropped {
		s.dropFactor(a, id)
	}
	s.putFactors(a, done.Factors)
}

// updating looks up what the change is decided on. a is nil when there is no such account.
func (s *Store) updating(a *account, c store.Change, now time.Time) rules.Updating {
	if a == nil || a.gone() {
		return rules.Updating{}
	}
	facts := rules.Updating{
		Found: true, Was: a.Account, OtherAdmin: a.otherAdmin(), Owners: s.owners(c.Secrets),
		Purse: s.purse(c.Charge), Spent: s.spent(c.Once, now),
		Taken: cmp.Or(s.around(a).taken(&c.Account, a), s.around(a).held(c, a), s.named(c.Account.Organization, a)),
	}
	if rules.Handles(c) {
		facts.Factors = a.factorList()
	}
	if rules.Spends(c) {
		facts.Secrets = a.secretList()
	}
	return facts
}

// named returns the Field of what another organization of the store has for itself alone; empty: nothing.
func (s *Store) named(o *store.Organization, self *account) string {
	for _, c := range rules.Clients(o) {
		if a := s.clients[c]; a != nil && a != self {
			return "client"
		}
	}
	return ""
}

// DeleteAccount meets [store.AccountStore].
func (s *Store) DeleteAccount(ctx context.Context, d store.Deletion, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[d.ID]
	var facts rules.Leaving
	if a != nil && !a.gone() {
		facts = rules.Leaving{Found: true, Was: a.Account, OtherAdmin: a.otherAdmin()}
	}
	tombstone, err := rules.Tombstone(d.Scope, facts, now)
	if err != nil {
		return err
	}
	s.bury(a, tombstone)
	if a.below.accounts.size > 0 {
		s.abandoned = append(s.abandoned, a)
	}
	s.queue(d.Mail)
	s.log(d.Events...)
	return nil
}

// bury puts the tombstone in the account's place.
func (s *Store) bury(a *account, tombstone store.Account) {
	s.leave(a)
	for _, x := range a.secrets {
		s.dropSecret(x)
	}
	for key := range a.linked {
		s.unlink(a, key)
	}
	for id := range a.factors {
		s.dropFactor(a, id)
	}
	s.eraseEvents(a.ID)
	if a.parent != nil {
		a.parent.book.Children--
	}
	a.Account = tombstone
}
