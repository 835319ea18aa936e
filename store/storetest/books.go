package storetest

import (
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// books walks random sequences of all operations that move credits and recomputes the owner's row after each.
func books(k *kit) {
	d := k.seeded()
	for range 4 {
		p := k.tenant(int64(d.roll(80)), 3)
		m := &mover{k: k, d: d, parent: p, child: k.child(p)}
		for range 60 {
			what, err := m.move()
			k.ok(err)
			b := k.books(p.ID)
			children := int64(len(k.listed(p.ID, store.Page{Limit: 1000})))
			k.that(b.Children == children, "after %s: %d children are counted, %d are there", what, b.Children, children)
		}
	}
}

// mover moves the credits of one parent in random ways.
type mover struct {
	k       *kit
	d       *dice
	parent  store.Account
	child   store.Account
	last    store.NewSession // to be created again
	entries []store.LedgerEntry
	extra   []uuid.UUID // children that may be deleted
}

// move does one operation. Refusals that the contract has are no errors.
func (m *mover) move() (what string, err error) {
	moves := []struct {
		name string
		f    func() error
	}{
		{"a sign-in", m.signIn}, {"a sign-in", m.signIn}, {"a sign-in again", m.signInAgain}, {"a sign-up", m.signUp},
		{"a change", m.change}, {"an entry", m.apply}, {"an entry again", m.applyAgain}, {"a refund", m.refund},
		{"a deletion", m.remove}, {"a month", m.close},
	}
	one := moves[m.d.roll(len(moves))]
	err = one.f()
	if anyOf(err, []error{store.ErrInsufficientCredits, store.Conflict{}}) {
		err = nil
	}
	return one.name, err
}

// charge is a random debit, mostly small.
func (m *mover) charge(op store.Operation) store.Charge {
	c := charge(m.parent.ID, op, int64(1+m.d.roll(1+m.d.roll(20))))
	c.Required = m.d.roll(2) == 0
	return c
}

func (m *mover) signIn() error {
	op := store.OpSignIn
	if m.d.roll(3) == 0 {
		op = store.OpSocial
	}
	m.last = store.NewSession{Session: session(m.child, now), Effects: store.Effects{Charge: m.charge(op)}}
	return m.signInAgain()
}

func (m *mover) signInAgain() error {
	if m.last.Session.Account == uuid.Nil {
		return nil
	}
	_, err := m.k.store.CreateSession(m.k.ctx, m.last, now)
	return err
}

func (m *mover) signUp() error {
	a := account(m.parent.ID)
	if m.d.roll(4) == 0 {
		a.EmailKey = m.child.EmailKey
	}
	_, _, err := m.k.store.CreateAccount(m.k.ctx, store.NewAccount{Account: a, Effects: store.Effects{Charge: m.charge(store.OpSignUp)}}, now)
	if err == nil {
		m.extra = append(m.extra, a.ID)
	}
	return err
}

func (m *mover) change() error {
	s, err := m.k.store.FindAccount(m.k.ctx, store.Lookup{ID: m.child.ID})
	if err != nil {
		return err
	}
	s.Account.Version -= int64(m.d.roll(4) / 3)
	_, _, err = m.k.store.UpdateAccount(m.k.ctx, store.Change{Account: s.Account, Effects: store.Effects{Charge: m.charge(store.OpVerify)}}, now)
	return err
}

func (m *mover) apply() error {
	e := entry(m.parent.ID, store.OpPackage, int64(1+m.d.roll(30)))
	switch m.d.roll(4) {
	case 0:
		e.Package = &store.Package{Type: "STARTER", FreeUsers: int64(m.d.roll(3))}
	case 1:
		e.Operation, e.Amount = "host-operation", -e.Amount
	case 2:
		e.Operation, e.Amount = store.OpVerify, -e.Amount
	}
	m.entries = append(m.entries, e)
	_, _, _, err := m.k.store.ApplyCredit(m.k.ctx, store.Posting{Entry: e})
	return err
}

func (m *mover) applyAgain() error {
	if len(m.entries) == 0 {
		return nil
	}
	_, _, _, err := m.k.store.ApplyCredit(m.k.ctx, store.Posting{Entry: m.entries[m.d.roll(len(m.entries))]})
	return err
}

func (m *mover) refund() error {
	all, err := m.k.store.ListCredits(m.k.ctx, m.parent.ID, store.CreditQuery{Limit: 1000})
	if err != nil {
		return err
	}
	e := entry(m.parent.ID, store.OpRefund, 0)
	e.Refunds = all[m.d.roll(len(all))].Key
	_, _, _, err = m.k.store.ApplyCredit(m.k.ctx, store.Posting{Entry: e})
	if anyOf(err, []error{store.ErrNotFound}) {
		return nil
	}
	return err
}

func (m *mover) remove() error {
	if len(m.extra) == 0 {
		return nil
	}
	last := len(m.extra) - 1
	id := m.extra[last]
	m.extra = m.extra[:last]
	return m.k.store.DeleteAccount(m.k.ctx, store.Deletion{Scope: m.parent.ID, ID: id}, now)
}

func (m *mover) close() error {
	_, _, err := m.k.store.CloseMonths(m.k.ctx, store.Closing{Month: firstMonth + m.d.roll(4), Price: 1 + int64(m.d.roll(3)), Limit: 100}, closing.Add(time.Hour))
	return err
}
