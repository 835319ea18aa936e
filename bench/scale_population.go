package bench

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// scaleParents is how many parents the accounts are below: none of them is hot.
const scaleParents = 1_000

// scaleLife is for how long a session is good: longer than everything that is measured while it has to be.
const scaleLife = 7 * 24 * time.Hour

// population is many people who sign in, below some parents.
type population struct {
	s       store.Store
	parents []uuid.UUID
	people  []uuid.UUID   // the i-th is below the parent of the same number, modulo their count
	moved   time.Duration // by how much its clock is ahead
}

func newPopulation(ctx context.Context, s store.Store, rows int) (*population, error) {
	p := &population{s: s, parents: make([]uuid.UUID, min(scaleParents, rows)), people: make([]uuid.UUID, rows)}
	for i := range p.people {
		p.people[i] = newID()
	}
	_, err := crowded(len(p.parents), func(i int) error {
		a, err := payer(ctx, s, 1<<40)
		p.parents[i] = a.ID
		return err
	})
	return p, err
}

func (p *population) now() time.Time { return moment().Add(p.moved) }

// id is a new one of the population's time.
func (p *population) id() uuid.UUID {
	id := newID()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(p.now().UnixMilli()))
	copy(id[:6], ms[2:])
	return id
}

// born makes the i-th account.
func (p *population) born(ctx context.Context, i int) error {
	a := blank(p.parents[i%len(p.parents)])
	a.ID = p.people[i]
	_, _, err := p.s.CreateAccount(ctx, store.NewAccount{Account: a}, p.now())
	return err
}

// signing is what a sign-in leaves behind beside its session.
type signing struct{ paid, told bool }

func (p *population) signIn(ctx context.Context, i int, how signing) error {
	a := tollkeeper.Account{ID: p.people[i], Parent: p.parents[i%len(p.parents)]}
	n, now := paid(a), p.now()
	x := &n.Session
	x.ID, x.CreatedAt, x.SeenAt, x.ProvedAt, x.ExpiresAt = p.id(), now, now, now, now.Add(scaleLife)
	n.Charge.Key, n.Charge.Entry = "session:"+x.ID.String(), x.ID
	if !how.paid {
		n.Charge = store.Charge{}
	}
	if how.told {
		n.Events = []store.Event{p.event(i)}
	}
	_, err := p.s.CreateSession(ctx, n, now)
	return err
}

// event is the line of the log of a sign-in of the i-th account, as long as the core writes it.
func (p *population) event(i int) store.Event {
	e := store.Event{
		ID: p.id(), At: p.now(), Name: store.EventSignIn, Scope: p.parents[i%len(p.parents)], Account: p.people[i], Session: rand.Text()[:22],
		Audience: store.AudienceOrganization, Method: "password", Credits: 1, Count: 1, Network: "192.0.2.0/24",
	}
	_, _ = rand.Read(e.Salt[:])
	_, _ = rand.Read(e.Commitment[:])
	return e
}

// attempt counts in three buckets that nobody else has. Nothing releases it: they stay until they are over.
func (p *population) attempt(ctx context.Context, take func(context.Context, []store.Bucket, time.Time) (store.Decision, error)) error {
	_, err := take(ctx, []store.Bucket{
		{Key: randomDigest(), Limit: tollkeeper.Limit{Free: 5, Base: time.Second, Max: time.Minute, Window: time.Hour}},
		{Key: randomDigest(), Limit: tollkeeper.Limit{Free: 50, Window: time.Hour}},
		{Key: randomDigest(), Limit: tollkeeper.Limit{Every: time.Minute, Burst: 30}},
	}, p.now())
	return err
}

// anybody spreads the numbers from zero on over all people.
func (p *population) anybody(i int) int {
	return int(uint64(i) * 2_654_435_761 % uint64(len(p.people)))
}

// crowded lets 64 callers do something with every number below n, and returns how long that took.
func crowded(n int, do func(i int) error) (time.Duration, error) {
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var all sync.WaitGroup
	start := time.Now()
	for range 64 {
		all.Go(func() {
			for failure.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failure.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return time.Since(start), nil
}
