package bench

import (
	"context"
	"time"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/postgres"
)

const (
	pgbenchN    = "pgbench -N -c 8"
	pgbenchRow  = "pgbench, one row, -c 8"
	distinct8   = "CreateSession, 8 parents, 8 callers"
	distinct64  = "CreateSession, 64 parents, 64 callers"
	hot64       = "CreateSession, one parent, 64 callers"
	oneGrouped  = "CreateSession, one caller"
	onePlain    = "CreateSession, one caller, plain statement"
	take8       = "Take, 3 buckets, 8 callers"
	takeRelaxed = "Take, 3 buckets, 8 callers, relaxed"
	whole8      = "Take and CreateSession, 8 callers"
	wholeLoose  = "Take and CreateSession, 8 callers, Take relaxed"
	exact       = "twice as many requests as credits"
)

// openPostgres compares what a sign-in commits with what pgbench commits on the same server in the same pass.
func openPostgres(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		db, err := newDatabase(ctx, s.Postgres)
		if err != nil {
			return err
		}
		b.onClose(db.drop)
		grouped, plain := postgres.New(db.pool), postgres.New(db.pool, postgres.SignInLanes(0))
		relaxed := postgres.New(db.pool, postgres.RelaxedAttempts())
		if err := grouped.Migrate(ctx); err != nil {
			return err
		}
		if err := b.addPgbench(ctx, s); err != nil {
			return err
		}
		for _, c := range []struct {
			name    string
			store   store.Store
			callers int
			shared  bool
		}{
			{distinct8, grouped, 8, false}, {distinct64, grouped, 64, false}, {hot64, grouped, 64, true},
			{oneGrouped, grouped, 1, false}, {onePlain, plain, 1, false},
		} {
			people, err := crew(ctx, c.store, c.callers, c.shared)
			if err != nil {
				return err
			}
			b.Cases = append(b.Cases, Case{Name: c.name, Callers: c.callers, Do: signsIn(ctx, c.store, people)})
		}
		if err := b.addTakes(ctx, grouped, relaxed); err != nil {
			return err
		}
		b.Cases = append(b.Cases, Case{Name: exact, Pass: lastCredit(ctx, grouped, int64(s.size(2000, 20)))})
		b.Targets = postgresTargets()
		return nil
	})
}

func (b *Bench) addTakes(ctx context.Context, strict, relaxed *postgres.Store) error {
	for _, c := range []struct {
		store       *postgres.Store
		take, whole string
	}{{strict, take8, whole8}, {relaxed, takeRelaxed, wholeLoose}} {
		take := takes(8, true, func(buckets []store.Bucket) error {
			_, err := c.store.Take(ctx, buckets, moment())
			return err
		})
		people, err := crew(ctx, c.store, 8, false)
		if err != nil {
			return err
		}
		create := signsIn(ctx, c.store, people)
		b.Cases = append(b.Cases,
			Case{Name: c.take, Callers: 8, Do: take},
			Case{Name: c.whole, Callers: 8, Do: func(caller int) error {
				if err := take(caller); err != nil {
					return err
				}
				return create(caller)
			}})
	}
	return nil
}

func postgresTargets() []Target {
	return []Target{
		{What: "CreateSession, 8 callers, 8 parents, to `pgbench -N -c 8`", Value: ratio(rate, distinct8, pgbenchN), Unit: "×", Least: true, Must: 1, Aim: 1.2},
		{What: "64 callers, 64 parents, to `pgbench -N -c 8`", Value: ratio(rate, distinct64, pgbenchN), Unit: "×", Least: true, Must: 3, Aim: 4.3},
		{What: "64 callers, one parent, to pgbench's single UPDATE of one row", Value: ratio(rate, hot64, pgbenchRow), Unit: "×", Least: true, Must: 6, Aim: 9},
		{What: "the same, 99th percentile", Value: milliseconds(of(p99, hot64)), Unit: "ms", Must: 20},
		{What: "the same with twice as many requests as credits: sessions per credit", Value: of(noted("share"), exact), Unit: "×", Least: true, Must: 1},
		{What: "one caller, group path to plain statement", Value: ratio(rate, oneGrouped, onePlain), Unit: "×", Least: true, Must: 0.9, Aim: 1},
		{What: "Take, 3 buckets, 8 callers, to `pgbench -N -c 8`", Value: ratio(rate, take8, pgbenchN), Unit: "×", Least: true, Must: 0.5, Aim: 1},
		{What: "the same with RelaxedAttempts", Value: ratio(rate, takeRelaxed, pgbenchN), Unit: "×", Least: true, Must: 0.5, Aim: 1},
		{What: "a whole sign-in (Take, then CreateSession), 8 callers, time of one caller for it", Value: wait(whole8, 8), Unit: "ms"},
		{What: "the same with RelaxedAttempts", Value: wait(wholeLoose, 8), Unit: "ms"},
	}
}

// wait is how long each of so many callers waited for one operation, in milliseconds.
func wait(name string, callers float64) Value {
	return func(r Results) float64 { return callers * r.Median(name, perOp) / float64(time.Millisecond) }
}
