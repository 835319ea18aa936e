package bench

import (
	"context"
	"runtime"
	"time"
)

const (
	bounded   = "64 at once"
	unbounded = "64 at once, nothing bounds the hashing"
	stampede  = "320 at once, no second try"
)

// openCrowd compares sign-ins with real hashes (argon2id, 19 MiB, two passes) behind the library's gate with the same
// without one. Each pass is a process of its own, because the most memory that a process ever used never falls again.
func openCrowd(ctx context.Context, s Setup) (*Bench, error) {
	b := new(Bench)
	for _, name := range []string{bounded, unbounded, stampede} {
		b.Cases = append(b.Cases, Case{Name: name, Pass: func(d time.Duration) (Sample, error) {
			c := crowd{Callers: 64, Seconds: max(3, d.Seconds()), Unbounded: name == unbounded}
			if name == stampede {
				c.Callers, c.Seconds = 320, 0
			}
			if s.Small {
				c.Cheap, c.Seconds = true, 0
				return c.run(ctx)
			}
			return c.apart(ctx)
		}})
	}
	memory := float64(runtime.GOMAXPROCS(0)) * 19
	b.Targets = []Target{
		{What: "sign-ins per second, 64 at once, to the same without a bound", Value: ratio(rate, bounded, unbounded), Unit: "×", Least: true, Must: 2},
		{What: "memory of the process beyond cores × 19 MiB", Unit: "MB", Must: 60, Value: func(r Results) float64 {
			return r.Median(bounded, noted("MB")) - memory
		}},
		{What: "99th percentile to median", Value: of(tail, bounded), Unit: "×", Must: 1.3},
		{What: "320 at once: sheds with ErrBusy", Value: of(noted("shed"), stampede), Unit: "of 320", Least: true, Must: 1},
	}
	return b, nil
}
