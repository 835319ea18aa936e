package bench

import (
	"context"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

// signer is an account that signs in, one of whose two factors it may use.
type signer struct {
	tollkeeper.Account
	factor  uuid.UUID
	counter atomic.Int64
}

// way is a kind of sign-in.
type way struct {
	name string
	of   func(*signer) store.NewSession
}

var (
	unlogged = way{"paid", func(s *signer) store.NewSession { return paid(s.Account) }}
	withLog  = way{"paid, logged", func(s *signer) store.NewSession { return logged(paid(s.Account)) }}
	free     = way{"free", func(s *signer) store.NewSession { return unpaid(paid(s.Account)) }}
	freeLog  = way{"free, logged", func(s *signer) store.NewSession { return unpaid(logged(paid(s.Account))) }}
	used     = way{"paid, a factor used", func(s *signer) store.NewSession {
		n := paid(s.Account)
		n.Use = store.Use{Factor: s.factor, Counter: s.counter.Add(1)}
		return n
	}}
	capped = way{"paid, sessions capped", func(s *signer) store.NewSession {
		n := paid(s.Account)
		n.Most = 1 << 40
		return n
	}}
)

func unpaid(n store.NewSession) store.NewSession {
	n.Charge = store.Charge{}
	return n
}

// openLog compares the sign-in with what may come with it: its event, the use of one of two factors, a cap of
// sessions.
func openLog(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		lite, err := b.lite(ctx, filepath.Join(s.Dir, "log.db"))
		if err != nil {
			return err
		}
		if err := b.addWays(ctx, "SQLite", lite, nil, unlogged, withLog, used, capped); err != nil {
			return err
		}
		db, grouped, err := b.server(ctx, s.Postgres, "synchronous_commit=off")
		if err != nil {
			return err
		}
		alone := postgres.New(db.pool, postgres.SignInLanes(0))
		if err := b.addWays(ctx, "PostgreSQL alone", alone, db.pool, unlogged, withLog, used, capped, free, freeLog); err != nil {
			return err
		}
		if err := b.addWays(ctx, "PostgreSQL grouped", grouped, db.pool, unlogged, withLog); err != nil {
			return err
		}
		b.Targets = logTargets()
		return nil
	})
}

// addWays adds a case of 64 callers for each kind of sign-in. On a pool it notes the bytes of the write-ahead log.
func (b *Bench) addWays(ctx context.Context, engine string, kept store.Store, pool *pgxpool.Pool, ways ...way) error {
	people, err := signers(ctx, kept, 64)
	if err != nil {
		return err
	}
	for _, w := range ways {
		c := Case{Name: engine + ", " + w.name, Callers: len(people), Do: func(caller int) error {
			n := w.of(people[caller])
			_, err := kept.CreateSession(ctx, n, n.Session.CreatedAt)
			return err
		}}
		if pool != nil {
			c = withWAL(ctx, c, pool)
		}
		b.Cases = append(b.Cases, c)
	}
	return nil
}

// signers are accounts with two factors, each below a parent of its own.
func signers(ctx context.Context, kept store.Store, n int) ([]*signer, error) {
	people, err := crew(ctx, kept, n, false)
	if err != nil {
		return nil, err
	}
	list := make([]*signer, n)
	for i, a := range people {
		f := store.Factor{ID: newID(), Kind: store.FactorTOTP, Sealed: make([]byte, 60), CreatedAt: moment()}
		other := f
		other.ID = newID()
		if _, _, err := kept.UpdateAccount(ctx, store.Change{Account: a, PutFactors: []store.Factor{f, other}}, moment()); err != nil {
			return nil, err
		}
		list[i] = &signer{Account: a, factor: f.ID}
	}
	return list, nil
}

// withWAL is the case with a note of how many bytes of the write-ahead log each operation wrote.
func withWAL(ctx context.Context, c Case, pool *pgxpool.Pool) Case {
	return Case{Name: c.Name, Callers: c.Callers, Pass: func(d time.Duration) (Sample, error) {
		before, err := walBytes(ctx, pool)
		if err != nil {
			return Sample{}, err
		}
		s, err := c.together(d)
		if err != nil {
			return s, err
		}
		after, err := walBytes(ctx, pool)
		s.Note = map[string]float64{"WAL": (after - before) / float64(max(1, s.Ops))}
		return s, err
	}}
}

func walBytes(ctx context.Context, pool *pgxpool.Pool) (float64, error) {
	var text string
	if err := pool.QueryRow(ctx, `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text`).Scan(&text); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(text, 64)
}

func logTargets() []Target {
	const server, lite = "PostgreSQL alone, ", "SQLite, "
	return []Target{
		{What: "paid sign-in with its event to without, PostgreSQL, each alone", Value: ratio(perOp, server+withLog.name, server+unlogged.name), Unit: "×", Must: 1.2, Aim: 1.1},
		{What: "the same, bytes of its write-ahead log", Value: ratio(noted("WAL"), server+withLog.name, server+unlogged.name), Unit: "×", Must: 1.4},
		{What: "the same, PostgreSQL, grouped", Value: ratio(perOp, "PostgreSQL grouped, "+withLog.name, "PostgreSQL grouped, "+unlogged.name), Unit: "×", Must: 1.25, Aim: 1.1},
		{What: "the same, SQLite", Value: ratio(perOp, lite+withLog.name, lite+unlogged.name), Unit: "×", Must: 1.2, Aim: 1.1},
		{What: "free sign-in with its event to without, PostgreSQL, each alone", Value: ratio(perOp, server+freeLog.name, server+free.name), Unit: "×"},
		{What: "the same, bytes of its write-ahead log", Value: ratio(noted("WAL"), server+freeLog.name, server+free.name), Unit: "×"},
		{What: "paid sign-in with one of two factors used to without, PostgreSQL", Value: ratio(perOp, server+used.name, server+unlogged.name), Unit: "×", Must: 1.25},
		{What: "the same, SQLite", Value: ratio(perOp, lite+used.name, lite+unlogged.name), Unit: "×", Must: 1.25},
		{What: "paid sign-in with a cap of sessions that is not reached to without, PostgreSQL", Value: ratio(perOp, server+capped.name, server+unlogged.name), Unit: "×"},
		{What: "the same, SQLite", Value: ratio(perOp, lite+capped.name, lite+unlogged.name), Unit: "×"},
	}
}
