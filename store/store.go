package store

import (
	"context"
	"time"
)

// Store is everything that tollkeeper remembers: six roles, an outbox and a sweeper. The package comment says what
// every verb guarantees, the roles say what each does.
type Store interface {
	AccountStore
	SessionStore
	SecretStore
	AttemptStore
	CreditStore
	EventStore
	OutboxStore
	Sweeper
}

// Sweeper takes away what is over.
type Sweeper interface {
	// Sweep removes up to limit rows of each kind that ended a day or longer before now: sessions, secrets, pending
	// factors, what served once, attempts and marks. It removes events that are past their time ([EventStore]), and
	// makes tombstones of up to limit children of deleted parents. What is live stays. more: call again. A limit below
	// one removes nothing.
	Sweep(ctx context.Context, limit int, now time.Time) (more bool, err error)
}
