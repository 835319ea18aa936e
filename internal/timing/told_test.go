package timing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/timing"
)

// What differs is told, by the one or by the other; what does not is a toss of a coin.
func TestTold(t *testing.T) {
	noise := func(r *rand.Rand, at, wide time.Duration) time.Duration {
		return at + time.Duration(float64(wide)*r.NormFloat64())
	}
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		known, unknown       func(r *rand.Rand) time.Duration
		threshold, histogram [2]float64 // from, to
	}{
		"the same": {
			func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 5*ms) }, func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 5*ms) },
			[2]float64{0.46, 0.54}, [2]float64{0.46, 0.54},
		},
		"slower": {
			func(r *rand.Rand) time.Duration { return noise(r, 120*ms, 5*ms) }, func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 5*ms) },
			[2]float64{0.95, 1}, [2]float64{0.9, 1},
		},
		"quicker": {
			func(r *rand.Rand) time.Duration { return noise(r, 80*ms, 5*ms) }, func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 5*ms) },
			[2]float64{0.95, 1}, [2]float64{0.9, 1},
		},
		"a little slower": {
			func(r *rand.Rand) time.Duration { return noise(r, 102*ms, 5*ms) }, func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 5*ms) },
			[2]float64{0.55, 0.62}, [2]float64{0.53, 0.62},
		},
		"wider": {
			func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 30*ms) }, func(r *rand.Rand) time.Duration { return noise(r, 100*ms, 5*ms) },
			[2]float64{0.55, 0.75}, [2]float64{0.8, 1},
		},
		"always the same moment": {
			func(*rand.Rand) time.Duration { return ms }, func(*rand.Rand) time.Duration { return ms },
			[2]float64{0.45, 0.55}, [2]float64{0.45, 0.55},
		},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		var list []timing.Answer
		for _, i := range r.Perm(2_000) {
			a := timing.Answer{Known: i%2 == 0, Took: c.unknown(r)}
			if a.Known {
				a.Took = c.known(r)
			}
			list = append(list, a)
		}
		right := timing.Told(list)
		for how, bounds := range map[string][2]float64{"threshold": c.threshold, "histogram": c.histogram} {
			if right[how] < bounds[0] || right[how] > bounds[1] {
				t.Errorf("%s: %.3f told by %s, want %v", name, right[how], how, bounds)
			}
		}
	}
}
