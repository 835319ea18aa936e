package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/store"
)

var brokenSessions = []brokenStore{
	{"a lost update in the charge", "sessions/races/charge down to exactly the last credit", func(s store.Store) store.Store {
		return &lostUpdate{Store: s, credits: map[uuid.UUID]int64{}}
	}},
	{"a ledger row without session", "sessions/create/needs an active account of that epoch/deleted", func(s store.Store) store.Store {
		return rowFirst{s}
	}},
	{"a repeated sign-in that is charged again", "sessions/create/the same id again is charged once", func(s store.Store) store.Store {
		return chargedAgain{s}
	}},
	{"a sign-in that moves the version", "sessions/create/moves last sign-in and counter but not the version", func(s store.Store) store.Store {
		return versionMoved{s}
	}},
	{"a revocation that does not reach", "sessions/revoke/ends one at once", func(s store.Store) store.Store {
		return &remembered{Store: s, live: map[uuid.UUID]store.Live{}}
	}},
	{"a change that does not reach", "sessions/read/shows the present state", func(s store.Store) store.Store {
		return &remembered{Store: s, live: map[uuid.UUID]store.Live{}}
	}},
	{"a refresh token that serves twice", "sessions/rotate/reuse ends the session", func(s store.Store) store.Store {
		return graceful{s}
	}},
	{"a successor for each", "sessions/races/with grace all get the same successor", func(s store.Store) store.Store {
		return successors{s}
	}},
	{"sessions of anybody", "sessions/revoke/only of the account", func(s store.Store) store.Store {
		return anybody{s}
	}},
	{"a clock", "everywhere/only the parameter says what time it is", func(s store.Store) store.Store {
		return clock{s}
	}},
	{"a sign-in that outlives its context", "everywhere/a cancelled context does nothing/create session", func(s store.Store) store.Store {
		return uncancelled{s}
	}},
	{"no mail queued behind an ended context", "everywhere/a cancelled context refuses an empty list/queue mail", func(s store.Store) store.Store {
		return uncancelled{s}
	}},
	{"local times", "everywhere/times come back in utc and milliseconds", func(s store.Store) store.Store {
		return localTimes{s}
	}},
}

// lostUpdate keeps a balance that it reads in one step and writes in another.
type lostUpdate struct {
	store.Store
	mu      sync.Mutex
	credits map[uuid.UUID]int64
}

func (b *lostUpdate) Balance(ctx context.Context, owner uuid.UUID) (store.Balance, error) {
	r, err := b.Store.Balance(ctx, owner)
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.credits[owner]; ok {
		r.Credits = c
	}
	return r, err
}

func (b *lostUpdate) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	c := n.Charge
	before, err := b.Balance(ctx, c.Owner)
	if c.Price == 0 || err != nil {
		return b.Store.CreateSession(ctx, n, now)
	}
	if before.Credits < c.Price {
		return store.Receipt{}, store.ErrInsufficientCredits
	}
	time.Sleep(100 * time.Microsecond)
	n.Charge = store.Charge{}
	if _, err := b.Store.CreateSession(ctx, n, now); err != nil {
		return store.Receipt{}, err
	}
	before.Credits -= c.Price
	b.mu.Lock()
	defer b.mu.Unlock()
	b.credits[c.Owner] = before.Credits
	return store.Receipt{Charged: true, Balance: before}, nil
}

// rowFirst charges in a step of its own.
type rowFirst struct{ store.Store }

func (b rowFirst) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if err := payFirst(ctx, b.Store, &n.Charge, n.Session.Account, now); err != nil {
		return store.Receipt{}, err
	}
	return b.Store.CreateSession(ctx, n, now)
}

// chargedAgain takes a repeated sign-in for a new one.
type chargedAgain struct{ store.Store }

func (b chargedAgain) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	if _, err := b.Session(ctx, n.Session.ID, now); err == nil {
		c := charge(n.Charge.Owner, n.Charge.Operation, n.Charge.Price)
		if err := payFirst(ctx, b.Store, &c, n.Session.Account, now); err != nil {
			return store.Receipt{}, err
		}
	}
	return b.Store.CreateSession(ctx, n, now)
}

// versionMoved writes the whole account at each sign-in.
type versionMoved struct{ store.Store }

func (b versionMoved) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	r, err := b.Store.CreateSession(ctx, n, now)
	if err != nil {
		return r, err
	}
	s, err := b.FindAccount(ctx, store.Lookup{ID: n.Session.Account})
	if err != nil {
		return r, err
	}
	_, _, err = b.UpdateAccount(ctx, store.Change{Account: s.Account}, now)
	return r, err
}

// remembered returns sessions from a cache.
type remembered struct {
	store.Store
	mu   sync.Mutex
	live map[uuid.UUID]store.Live
}

func (b *remembered) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	r, err := b.Store.CreateSession(ctx, n, now)
	if l, err := b.Store.Session(ctx, n.Session.ID, now); err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.live[l.Session.ID] = l
	}
	return r, err
}

func (b *remembered) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l, ok := b.live[id]; ok && now.Before(l.Session.EndsAt()) {
		return l, nil
	}
	return b.Store.Session(ctx, id, now)
}

// graceful always has grace.
type graceful struct{ store.Store }

func (b graceful) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	r.Grace = time.Hour
	return b.Store.RotateSession(ctx, r, now)
}

// successors gives everyone in the grace a successor of its own.
type successors struct{ store.Store }

func (b successors) RotateSession(ctx context.Context, r store.Rotation, now time.Time) (store.Live, error) {
	if l, err := b.Session(ctx, r.Session, now); err == nil && r.Grace > 0 {
		r.Generation = l.Session.Generation
	}
	return b.Store.RotateSession(ctx, r, now)
}

// anybody ends a session whoever asks.
type anybody struct{ store.Store }

func (b anybody) RevokeSession(ctx context.Context, r store.Revocation, now time.Time) error {
	if l, err := b.Session(ctx, r.Session, now); err == nil {
		r.Account = l.Session.Account
	}
	return b.Store.RevokeSession(ctx, r, now)
}

// clock reads one.
type clock struct{ store.Store }

func (b clock) Session(ctx context.Context, id uuid.UUID, _ time.Time) (store.Live, error) {
	return b.Store.Session(ctx, id, time.Now())
}

// uncancelled does not look at the context.
type uncancelled struct{ store.Store }

func (b uncancelled) CreateSession(ctx context.Context, n store.NewSession, now time.Time) (store.Receipt, error) {
	return b.Store.CreateSession(context.WithoutCancel(ctx), n, now)
}

func (b uncancelled) QueueMail(ctx context.Context, list []store.QueuedMail) error {
	if len(list) == 0 {
		return nil
	}
	return b.Store.QueueMail(ctx, list)
}

// localTimes returns times in a zone.
type localTimes struct{ store.Store }

func (b localTimes) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	l, err := b.Store.Session(ctx, id, now)
	l.Session.SeenAt = l.Session.SeenAt.In(time.FixedZone("here", 3600))
	return l, err
}
