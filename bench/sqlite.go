package bench

import (
	"context"
	"path/filepath"

	"github.com/tollkeeper/tollkeeper/store"
)

// openSQLite compares 64 callers who share commits with the statements that a sign-in cannot do without, on the same
// file, with the same driver and settings, and as many in each transaction.
func openSQLite(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		path := filepath.Join(s.Dir, "commits.db")
		kept, err := b.lite(ctx, path)
		if err != nil {
			return err
		}
		for _, name := range []string{distinct, hot} {
			people, err := crew(ctx, kept, 64, name == hot)
			if err != nil {
				return err
			}
			raw, err := openRaw(path)
			if err != nil {
				return err
			}
			b.onClose(raw.close)
			b.Cases = append(b.Cases,
				Case{Name: createSession + name, Callers: 64, Server: nobody, Do: signsIn(ctx, kept, people)},
				Case{Name: "raw statements, " + name, Batch: rawBatch, Do: func(int) error { return raw.signIn(people) }})
			b.Targets = append(b.Targets,
				Target{What: "CreateSession, " + name + ", processor time to its raw statements in batches", Value: ratio(cpu, createSession+name, "raw statements, "+name), Unit: "×", Must: 1.3},
				Target{What: "the same, processor time of one", Value: microseconds(of(cpu, createSession+name)), Unit: "µs", Aim: 60})
		}
		take := takes(64, true, func(buckets []store.Bucket) error {
			_, err := kept.Take(ctx, buckets, moment())
			return err
		})
		b.Cases = append(b.Cases,
			Case{Name: "Take, 3 buckets, 64 callers", Callers: 64, Do: take},
			Case{Name: exact, Pass: lastCredit(ctx, kept, int64(s.size(2000, 20)))})
		b.Targets = append(b.Targets, Target{
			What: "twice as many requests as credits: sessions per credit", Value: of(noted("share"), exact), Unit: "×", Least: true, Must: 1,
		})
		return nil
	})
}
