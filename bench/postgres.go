package bench

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

const (
	pgbenchN      = "pgbench -N -c 8"
	distinct      = "64 callers, 64 parents"
	hot           = "64 callers, one parent"
	createSession = "CreateSession, "
	hand          = "by hand, "
	handAtOnce    = "by hand in one round trip, "
	floored       = "the floor, "
	oneGrouped    = "CreateSession, one caller"
	onePlain      = "CreateSession, one caller, plain statement"
	take8         = "Take, 3 buckets, 8 callers"
	takeRelaxed   = "Take, 3 buckets, 8 callers, relaxed"
	whole8        = "Take and CreateSession, 8 callers"
	exact         = "twice as many requests as credits"
)

// openPostgres compares what a sign-in commits with the same rows written by hand, a transaction for each caller, and
// with the floor: the same rows by arrays.
func openPostgres(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		db, grouped, err := b.server(ctx, s.Postgres)
		if err != nil {
			return err
		}
		plain, relaxed := postgres.New(db.pool, postgres.SignInLanes(0)), postgres.New(db.pool, postgres.RelaxedAttempts())
		if err := b.addPgbench(ctx, s); err != nil {
			return err
		}
		server, err := serverTime(ctx, s.Postgres)
		if err != nil { // on another machine: what needs it is not measured
			b.Check = func() (string, error) {
				return "Not measured: the processor time of a server whose processes are not to be seen from here.", nil
			}
		}
		if err := b.addPeers(ctx, grouped, db.pool, server, true); err != nil {
			return err
		}
		for name, kept := range map[string]store.Store{oneGrouped: grouped, onePlain: plain} {
			people, err := crew(ctx, kept, 1, false)
			if err != nil {
				return err
			}
			b.Cases = append(b.Cases, Case{Name: name, Do: signsIn(ctx, kept, people)})
		}
		if err := b.addTakes(ctx, grouped, relaxed); err != nil {
			return err
		}
		b.Cases = append(b.Cases, Case{Name: exact, Pass: lastCredit(ctx, grouped, int64(s.size(2000, 20)))})
		b.Targets = postgresTargets()
		if server != nil {
			b.Targets = append(processorTargets(), b.Targets...)
		}
		return nil
	})
}

// addPeers adds the sign-in of 64 callers: createSession, by hand, and with the floor.
func (b *Bench) addPeers(ctx context.Context, kept store.Store, pool *pgxpool.Pool, server func() time.Duration, withFloor bool) error {
	for _, name := range []string{distinct, hot} {
		people, err := crew(ctx, kept, 64, name == hot)
		if err != nil {
			return err
		}
		next := func(caller int) store.NewSession { return logged(paid(people[caller%len(people)])) }
		b.Cases = append(b.Cases,
			Case{Name: createSession + name, Callers: 64, Server: server, Do: signsIn(ctx, kept, people)},
			Case{Name: hand + name, Callers: 64, Server: server, Do: func(caller int) error { return byHandInTurn(ctx, pool, next(caller)) }},
			Case{Name: handAtOnce + name, Callers: 64, Server: server, Do: func(caller int) error { return byHandAtOnce(ctx, pool, next(caller)) }})
		if withFloor {
			b.Cases = append(b.Cases, Case{Name: floored + name, Callers: floorCallers(name), Batch: floorBatch, Server: server, Do: floors(ctx, pool, people)})
		}
	}
	return nil
}

// floorCallers are as many as there are lanes: one for a hot parent, whose row the other would wait for.
func floorCallers(name string) int {
	if name == hot {
		return 1
	}
	return 2
}

// floors commits sign-ins of all people at once. Of two callers each takes every other one.
func floors(ctx context.Context, pool *pgxpool.Pool, people []tollkeeper.Account) func(int) error {
	return func(caller int) error {
		list := make([]store.NewSession, floorBatch)
		for i := range list {
			list[i] = logged(paid(people[(2*i+caller)%len(people)]))
		}
		return floor(ctx, pool, list)
	}
}

func (b *Bench) addTakes(ctx context.Context, strict, relaxed *postgres.Store) error {
	takeOf := func(s *postgres.Store) func(int) error {
		return takes(8, true, func(buckets []store.Bucket) error {
			_, err := s.Take(ctx, buckets, moment())
			return err
		})
	}
	people, err := crew(ctx, strict, 8, false)
	if err != nil {
		return err
	}
	take, create := takeOf(strict), signsIn(ctx, strict, people)
	b.Cases = append(b.Cases,
		Case{Name: take8, Callers: 8, Do: take},
		Case{Name: takeRelaxed, Callers: 8, Do: takeOf(relaxed)},
		Case{Name: whole8, Callers: 8, Do: func(caller int) error {
			if err := take(caller); err != nil {
				return err
			}
			return create(caller)
		}})
	return nil
}

// processorTargets are of processor time, the server's and the client's.
func processorTargets() []Target {
	return []Target{
		{What: "CreateSession, " + distinct + ", processor time of client and server to the same by hand", Value: ratio(cpu, createSession+distinct, hand+distinct), Unit: "×", Must: 0.5},
		{What: "the same to by hand in one round trip", Value: ratio(cpu, createSession+distinct, handAtOnce+distinct), Unit: "×"},
		{What: "the same to the floor", Value: ratio(cpu, createSession+distinct, floored+distinct), Unit: "×", Aim: 2},
		{What: "CreateSession, " + hot + ", processor time of client and server to the same by hand", Value: ratio(cpu, createSession+hot, hand+hot), Unit: "×", Must: 0.35},
		{What: "the same to by hand in one round trip", Value: ratio(cpu, createSession+hot, handAtOnce+hot), Unit: "×"},
		{What: "the same to the floor", Value: ratio(cpu, createSession+hot, floored+hot), Unit: "×", Aim: 2},
	}
}

func postgresTargets() []Target {
	return []Target{
		{What: "CreateSession, " + hot + ", 99th percentile", Value: milliseconds(of(p99, createSession+hot)), Unit: "ms", Must: 20},
		{What: "the same with twice as many requests as credits: sessions per credit", Value: of(noted("share"), exact), Unit: "×", Least: true, Must: 1},
		{What: "one caller, group path to plain statement", Value: ratio(rate, oneGrouped, onePlain), Unit: "×", Least: true, Must: 0.9},
		{What: "Take, 3 buckets, 8 callers, to `pgbench -N -c 8`", Value: ratio(rate, take8, pgbenchN), Unit: "×", Least: true, Must: 0.5, Aim: 1},
		{What: "the same with RelaxedAttempts", Value: ratio(rate, takeRelaxed, pgbenchN), Unit: "×", Least: true},
		{What: "Take, then CreateSession, 8 callers, time of one caller for it", Value: wait(whole8, 8), Unit: "ms"},
	}
}

// wait is how long each of so many callers waited for one operation, in milliseconds.
func wait(name string, callers float64) Value {
	return func(r Results) float64 { return callers * r.Median(name, perOp) / float64(time.Millisecond) }
}
