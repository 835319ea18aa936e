package bench

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/sqlite"
)

// openSQLite compares 64 callers who share commits with the same callers one by one, both with synchronous=FULL.
func openSQLite(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		kept, err := sqlite.Open(filepath.Join(s.Dir, "commits.db"))
		if err != nil {
			return err
		}
		b.onClose(func() { _ = kept.Close() })
		if err := kept.Migrate(ctx); err != nil {
			return err
		}
		for _, shared := range []bool{false, true} {
			people, err := crew(ctx, kept, 64, shared)
			if err != nil {
				return err
			}
			name := map[bool]string{false: "64 parents", true: "one parent"}[shared]
			sign := signsIn(ctx, kept, people)
			var queue sync.Mutex
			b.Cases = append(b.Cases,
				Case{Name: "CreateSession, " + name + ", 64 callers", Callers: 64, Do: sign},
				Case{Name: "CreateSession, " + name + ", one by one", Callers: 64, Do: func(caller int) error {
					queue.Lock()
					defer queue.Unlock()
					return sign(caller)
				}})
			b.Targets = append(b.Targets, Target{
				What:  "CreateSession, " + name + ", 64 callers together to one by one",
				Value: ratio(rate, "CreateSession, "+name+", 64 callers", "CreateSession, "+name+", one by one"),
				Unit:  "×", Least: true, Must: 8, Aim: 12,
			})
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
