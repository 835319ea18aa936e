package bench

import (
	"context"
	"runtime"
	"time"
)

const (
	bounded   = "64 at once"
	oldCrowd  = "64 at once, the first version"
	unbounded = "64 at once, nothing bounds the hashing"
	stampede  = "1,024 at once, no second try"
)

// openCrowd compares sign-ins with real hashes (argon2id, 19 MiB, two passes) behind the library's gate, set up as
// cmd/tollkeeper does, with the settings of the first version and with no gate. Each pass is a process of its own,
// because the most memory that a process ever used never falls again.
func openCrowd(ctx context.Context, s Setup) (*Bench, error) {
	b := new(Bench)
	for _, name := range []string{bounded, oldCrowd, unbounded, stampede} {
		b.Cases = append(b.Cases, Case{Name: name, Pass: func(d time.Duration) (Sample, error) {
			c := crowd{Callers: 64, Seconds: max(3, d.Seconds()), First: name == oldCrowd, Unbounded: name == unbounded}
			if name == stampede {
				c.Callers, c.Seconds = 1024, 0
			}
			if s.Small {
				c.Cheap, c.Seconds = true, 0
				return c.run(ctx)
			}
			return c.apart(ctx)
		}})
	}
	memory := float64(runtime.NumCPU()) * 19
	b.Targets = []Target{
		{What: "sign-ins per second, 64 at once, to the first version", Value: ratio(rate, bounded, oldCrowd), Unit: "×", Least: true, Must: 1.8, Aim: 2},
		{What: "the same, to no bound at all", Value: ratio(rate, bounded, unbounded), Unit: "×"},
		{What: "memory of the process beyond cores × 19 MiB", Unit: "MB", Must: 60, Aim: 30, Value: func(r Results) float64 {
			return r.Median(bounded, noted("MB")) - memory
		}},
		{What: "99th percentile to median", Value: of(tail, bounded), Unit: "×", Must: 1.3},
		{What: "1,024 at once: sheds with ErrBusy", Value: of(noted("shed"), stampede), Unit: "of 1,024", Least: true, Must: 1},
	}
	return b, nil
}
