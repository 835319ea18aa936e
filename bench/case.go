package bench

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Case is one thing to measure: Do again and again, or Pass where something else does the work.
type Case struct {
	Name    string
	Callers int                                 // goroutines that call Do at once. Zero: one
	Do      func(caller int) error              // one operation
	Batch   int                                 // operations in each Do. Zero: one
	Server  func() time.Duration                // processor time of servers that work for it, counted with the process's own
	Pass    func(time.Duration) (Sample, error) // instead of Do: one pass of about so long
}

// Sample is the outcome of one pass.
type Sample struct {
	Ops      int
	PerOp    float64       // nanoseconds of the clock for one operation, over all callers
	CPU      float64       // nanoseconds of processor time for one operation: the process's, garbage collection included, and its servers'
	Allocs   float64       // per operation, of the whole process
	P50, P99 time.Duration // of single operations; zero where nobody timed them
	Note     map[string]float64
}

// Rate is operations per second.
func (s Sample) Rate() float64 {
	if s.PerOp == 0 {
		return 0
	}
	return 1e9 / s.PerOp
}

// Run measures the case for about so long.
func (c Case) Run(d time.Duration) (Sample, error) {
	run := c.Pass
	switch {
	case run != nil:
	case c.Callers > 1:
		run = c.together
	default:
		run = c.alone
	}
	runtime.GC()
	s, err := run(d)
	if err != nil {
		return s, fmt.Errorf("%s: %w", c.Name, err)
	}
	return s, nil
}

// alone calls Do in growing rounds, so that the clock is read seldom, and counts the last round.
func (c Case) alone(d time.Duration) (Sample, error) {
	for n := 1; ; {
		before, used, start := mallocs(), c.used(), time.Now()
		for range n {
			if err := c.Do(0); err != nil {
				return Sample{}, err
			}
		}
		took := time.Since(start)
		if took >= d/2 || n >= 1<<30 {
			used = c.used() - used
			ops := float64(n * max(1, c.Batch))
			return Sample{Ops: int(ops), PerOp: float64(took) / ops, CPU: float64(used) / ops, Allocs: float64(mallocs()-before) / ops}, nil
		}
		next := int(0.8 * float64(n) * float64(d) / float64(max(took, 1)))
		n = max(n+1, min(next, 100*n))
	}
}

// together lets all callers work until the time is over, each once at least.
func (c Case) together(d time.Duration) (Sample, error) {
	times := make([][]time.Duration, c.Callers)
	var failure atomic.Value
	var all sync.WaitGroup
	before, used, start := mallocs(), c.used(), time.Now()
	for i := range c.Callers {
		all.Go(func() {
			for begun := start; failure.Load() == nil; {
				if err := c.Do(i); err != nil {
					failure.CompareAndSwap(nil, fmt.Errorf("caller %d: %w", i, err))
					return
				}
				done := time.Now()
				times[i] = append(times[i], done.Sub(begun))
				begun = done
				if done.Sub(start) >= d {
					return
				}
			}
		})
	}
	all.Wait()
	took, used, allocated := time.Since(start), c.used()-used, mallocs()-before
	if err, ok := failure.Load().(error); ok {
		return Sample{}, err
	}
	s := timed(slices.Concat(times...), took)
	batch := max(1, c.Batch)
	s.Ops, s.PerOp = s.Ops*batch, s.PerOp/float64(batch)
	s.Allocs = float64(allocated) / float64(max(s.Ops, 1))
	if c.Server != nil {
		s.CPU = float64(used) / float64(max(s.Ops, 1))
	}
	return s, nil
}

// used is the processor time so far of all that the case makes work.
func (c Case) used() time.Duration {
	if c.Server == nil {
		return processor()
	}
	return processor() + c.Server()
}

// timed is the sample of operations that took so long each, side by side.
func timed(each []time.Duration, took time.Duration) Sample {
	s := Sample{Ops: len(each)}
	if s.Ops > 0 {
		slices.Sort(each)
		s.PerOp = float64(took) / float64(s.Ops)
		s.P50, s.P99 = each[s.Ops/2], each[s.Ops*99/100]
	}
	return s
}

// processor is the processor time that the process has used so far.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
