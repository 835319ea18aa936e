package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

// brokenUses are stores that let something serve twice, or not at all.
var brokenUses = []brokenStore{
	{"a counter that is looked at before", "credentials/races/of many uses of one counter one wins/create session",
		func(s store.Store) store.Store { return lookedAt{s} }},
	{"a zero that may be used once", "credentials/use/create session/zero after zero is accepted",
		misread{session: sessionEdit(func(s store.Store, n *store.NewSession) error {
			f := factorIn(s, n.Session.Account, n.Use.Factor)
			if n.Use.Factor != uuid.Nil && n.Use.Counter <= f.Counter && !f.UsedAt.IsZero() {
				return store.Conflict{}
			}
			return nil
		})}.broken},
	{"a pending factor that serves", "credentials/use/update account/only a confirmed factor of the account",
		misread{change: changeEdit(func(s store.Store, c *store.Change) error {
			if f := factorIn(s, c.Account.ID, c.Use.Factor); !f.PendingUntil.IsZero() {
				c.Use = store.Use{}
			}
			return nil
		})}.broken},
	{"an absent factor that serves", "credentials/use/create session/only a confirmed factor of the account",
		misread{session: sessionEdit(func(s store.Store, n *store.NewSession) error {
			if f := factorIn(s, n.Session.Account, n.Use.Factor); f.ID == uuid.Nil {
				n.Use = store.Use{}
			}
			return nil
		})}.broken},
	{"a use that is forgotten with a dropped factor", "credentials/use/one that is dropped may be used once more",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error {
			if len(c.DropFactors) > 0 {
				c.Use = store.Use{}
			}
			return nil
		})}.broken},
	{"a use that stays when the charge fails", "credentials/use/create session/a verb that fails uses none",
		func(s store.Store) store.Store { return usedFirst{s} }},
	{"a factor that is looked at before", "credentials/races/a factor that goes lets nobody in any more/its sessions stay",
		func(s store.Store) store.Store { return foundBefore{s} }},
	{"an identity that a sign-in writes anew", "credentials/races/an identity that goes lets nobody in any more",
		func(s store.Store) store.Store { return linkedAnew{s} }},
	{"a challenge that is looked at before", "credentials/races/of many at one challenge one wins",
		func(s store.Store) store.Store {
			return &challenges{Store: s, seen: map[store.Digest]time.Time{}, slow: true}
		}},
	{"a challenge that is used by a failure", "credentials/once/create session/a verb that fails leaves it unused",
		func(s store.Store) store.Store {
			return &challenges{Store: s, seen: map[store.Digest]time.Time{}, early: true}
		}},
	{"a challenge that is remembered for ever", "credentials/once/create session/is remembered until it ends",
		misread{session: sessionEdit(func(_ store.Store, n *store.NewSession) error {
			n.Once.Until = n.Once.Until.AddDate(1, 0, 0)
			return nil
		})}.broken},
	{"a challenge of each verb's own", "credentials/once/update account/serves once, whomever",
		misread{change: changeEdit(func(_ store.Store, c *store.Change) error {
			if c.Once.Digest != (store.Digest{}) {
				c.Once.Digest[0] ^= 1
			}
			return nil
		})}.broken},
	{"a cap that counts what has ended", "sessions/create/no session ends for one that has ended",
		func(s store.Store) store.Store { return &endedCounted{Store: s, ended: map[uuid.UUID]int{}} }},
	{"a proof that is left out with its charge", "sessions/create/nobody pays beside a proof",
		func(s store.Store) store.Store { return proofUnpaid{s} }},
	{"a cap of one more", "sessions/create/most live sessions, the oldest end",
		misread{session: sessionEdit(func(_ store.Store, n *store.NewSession) error {
			if n.Most > 0 {
				n.Most++
			}
			return nil
		})}.broken},
	{"a cap that is looked at before", "credentials/races/never more live sessions than most",
		func(s store.Store) store.Store { return capped{s} }},
	{"pending factors swept when they end", "sweep/takes pending factors a day after", func(s store.Store) store.Store { return early{s} }},
}

func factorIn(s store.Store, account, id uuid.UUID) store.Factor {
	f, _ := s.FindAccount(context.Background(), store.Lookup{ID: account, Credentials: true})
	for _, x := range f.Factors {
		if x.ID == id {
			return x
		}
	}
	return store.Factor{}
}

// lookedAt compares the counter with what it read, and then writes it.
type lookedAt struct{ store.Store }

func (b lookedAt) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if f := factorIn(b.Store, n.Session.Account, n.Use.Factor); f.Counter >= n.Use.Counter {
		return store.Receipt{}, store.Conflict{}
	}
	time.Sleep(5 * time.Millisecond)
	r, err := b.Store.CreateSession(ctx, n, now)
	if errors.Is(err, store.Conflict{}) {
		n.Use = store.Use{}
		return b.Store.CreateSession(ctx, n, now)
	}
	return r, err
}

// usedFirst moves the counter in a step of its own.
type usedFirst struct{ store.Store }

func (b usedFirst) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	s, _ := b.FindAccount(ctx, store.Lookup{ID: n.Session.Account})
	if _, _, err := b.UpdateAccount(ctx, store.Change{Account: s.Account, Use: n.Use}, now); err != nil {
		return store.Receipt{}, err
	}
	n.Use = store.Use{}
	return b.Store.CreateSession(ctx, n, now)
}

// challenges remembers challenges beside the step: before the verb, or after a look.
type challenges struct {
	store.Store
	mu          sync.Mutex
	seen        map[store.Digest]time.Time
	slow, early bool
}

func (b *challenges) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	b.mu.Lock()
	_, spent := b.seen[n.Once.Digest]
	if b.early {
		b.seen[n.Once.Digest] = n.Once.Until
	}
	b.mu.Unlock()
	if spent && n.Once.Digest != (store.Digest{}) {
		return store.Receipt{}, store.ErrProofSpent
	}
	if b.slow {
		time.Sleep(time.Millisecond)
	}
	o := n.Once
	n.Once = store.Once{}
	r, err := b.Store.CreateSession(ctx, n, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.seen[o.Digest] = o.Until
	}
	return r, err
}

// capped ends what it read before.
type capped struct{ store.Store }

func (b capped) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	most := n.Most
	n.Most = 0
	list, err := b.ListSessions(ctx, n.Session.Account, store.Page{Limit: 1000}, now)
	if err != nil {
		return store.Receipt{}, err
	}
	time.Sleep(time.Millisecond)
	for i := 0; most > 0 && i < len(list)+1-most; i++ {
		_ = b.RevokeSession(ctx, store.Revocation{Account: n.Session.Account, Session: list[i].ID}, now)
	}
	return b.Store.CreateSession(ctx, n, now)
}

// endedCounted counts sessions that were revoked against the cap.
type endedCounted struct {
	store.Store
	ended map[uuid.UUID]int
}

func (b *endedCounted) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	b.ended[r.Account]++
	return b.Store.RevokeSession(ctx, r, now)
}

func (b *endedCounted) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if n.Most > 0 {
		n.Most = max(1, n.Most-b.ended[n.Session.Account])
	}
	return b.Store.CreateSession(ctx, n, now)
}

// proofUnpaid leaves the proof out where nobody can pay.
type proofUnpaid struct{ store.Store }

func (b proofUnpaid) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if _, err := b.Balance(ctx, n.Charge.Owner); err != nil && !n.Charge.Required {
		n.Use = store.Use{}
	}
	return b.Store.CreateSession(ctx, n, now)
}
