// Package postgres keeps everything in PostgreSQL, where a fleet of processes shares one truth.
//
//	pool, err := pgxpool.New(ctx, "postgres://app@db/app")
//	store := postgres.New(pool)
//	err = store.Migrate(ctx)
//	auth, err := tollkeeper.New(store, config)
//
// Every verb is one statement or one batch, that is one round trip and one commit; a verb that was refused asks once
// more why. Verbs hold at READ COMMITTED and at SERIALIZABLE: default_transaction_isolation of the pool's
// connections decides. At SERIALIZABLE the server aborts verbs that race; they are run again, with jitter, until they
// get through or ctx ends.
//
// Tables have plain names (accounts, sessions, ledger…). To keep them apart from the host's own, give the pool a
// schema of its own, which exists (CREATE SCHEMA tollkeeper): ?search_path=tollkeeper in the connection string.
//
// Statements are prepared and cached per connection by pgx. A pooler in transaction mode (PgBouncer before 1.21) does
// not carry prepared statements: write default_query_exec_mode=cache_describe into the pool's connection string. The
// modes exec and simple_protocol do not work: they cannot send arrays of ids.
//
// A server that only reads, because it is a standby or was fenced, is left with all connections of before; the package
// resets the pool then. To name several servers write them all, with target_session_attrs=read-write, into the
// connection string (docs/SCALING.md, Failover).
//
// A pool of about four connections per core of the server is enough: sign-ins that wait for one another are committed
// together, see [Option].
package postgres

import (
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper/internal/group"
	"github.com/tollkeeper/tollkeeper/store"
)

// Store is a [store.Store] in a PostgreSQL database. It is safe for concurrent use and holds nothing but the pool,
// which stays the caller's.
type Store struct {
	pool    *pgxpool.Pool
	relaxed bool
	lanes   int

	// Sign-ins under way: while there are few, payers run side by side in many lanes; else together in a few.
	underWay atomic.Int64
	apart    *group.Group[signIn, store.Receipt]
	together *group.Group[signIn, store.Receipt]
}

var _ store.Store = (*Store)(nil)

// Option changes how a Store works.
type Option func(*Store)

// RelaxedAttempts lets [Store.Take] return before its commit is on disk (synchronous_commit = off for that statement
// alone, PostgreSQL only). When the server crashes, attempts of the last moments, at most three times wal_writer_delay,
// are forgotten: a guesser gains a few tries per crash. Nothing else is relaxed. Default: off.
func RelaxedAttempts() Option {
	return func(s *Store) { s.relaxed = true }
}

// SignInLanes sets how many groups of sign-ins may be under way at once when there are many. Sign-ins that queue while
// one of a lane is being committed are committed together, each judged alone and answered after that commit; those of
// one payer share a lane. While no more than eight are under way, different payers do not wait for each other. Zero
// commits each sign-in alone. Default: 2.
func SignInLanes(n int) Option {
	return func(s *Store) { s.lanes = max(0, n) }
}

// Measured on two cores: up to so many sign-ins of different payers are faster side by side than together.
const (
	fewSignIns = 8
	apartLanes = 1024
)

// New makes a Store on the pool. It does not connect.
func New(pool *pgxpool.Pool, options ...Option) *Store {
	s := &Store{pool: pool, lanes: 2}
	for _, o := range options {
		o(s)
	}
	if s.lanes > 0 {
		s.apart = group.New(group.Config[signIn]{Lanes: apartLanes, Key: payer}, s.createSessions)
		s.together = group.New(group.Config[signIn]{Lanes: s.lanes, Key: payer}, s.createSessions)
	}
	return s
}
