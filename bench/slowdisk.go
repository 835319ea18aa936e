package bench

import (
	"context"
	"os"
)

// openSlowDisk is what sharing commits brings where a commit waits for its disk: on a PostgreSQL that waits a
// millisecond after each flush (scripts/services, TOLLKEEPER_SERVICES_SLOW). How fast the disk of this machine is
// matters little then. Without such a server nothing is measured, and the table says so.
func openSlowDisk(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		dsn := os.Getenv("TOLLKEEPER_TEST_POSTGRES_SLOW")
		if dsn == "" && s.Small {
			dsn = s.Postgres
		}
		if dsn == "" {
			b.Check = func() (string, error) {
				return "Not measured: there was no second PostgreSQL server. It takes a C compiler, and TOLLKEEPER_SERVICES_SLOW=1000.", nil
			}
			return nil
		}
		db, kept, err := b.server(ctx, dsn)
		if err != nil {
			return err
		}
		if err := b.addPeers(ctx, kept, db.pool, nil, false); err != nil {
			return err
		}
		b.Targets = []Target{
			{What: "CreateSession, " + distinct + ", to the same by hand", Value: ratio(rate, createSession+distinct, hand+distinct), Unit: "×", Least: true, Must: 5, Aim: 6},
			{What: "the same to by hand in one round trip", Value: ratio(rate, createSession+distinct, handAtOnce+distinct), Unit: "×", Least: true},
			{What: "CreateSession, " + hot + ", to the same by hand", Value: ratio(rate, createSession+hot, hand+hot), Unit: "×", Least: true, Must: 12, Aim: 17},
			{What: "the same to by hand in one round trip", Value: ratio(rate, createSession+hot, handAtOnce+hot), Unit: "×", Least: true},
			{What: "the same, 99th percentile", Value: milliseconds(of(p99, createSession+hot)), Unit: "ms"},
		}
		return nil
	})
}
