package bench

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// crowd is callers who sign in at once, each into their own account.
type crowd struct {
	Callers   int
	Seconds   float64 // each signs in again until then; zero: once
	First     bool    // as the first version was set up
	Unbounded bool    // as many hashes at once as there are callers
	Cheap     bool    // hashes for tests
}

// run returns throughput and times of the sign-ins that were served, and in Note the memory of the process and how many
// were shed.
func (c crowd) run(ctx context.Context) (Sample, error) {
	cores := runtime.NumCPU()
	if !c.Cheap && !c.First {
		runtime.GOMAXPROCS(cores + 1)
	}
	kept := memory.New()
	svc, err := newService(ctx, kept, func(config *tollkeeper.Config) {
		h := &config.Passwords.Hash
		if !c.Cheap {
			*h = tollkeeper.Hash{Derive: derive}
		}
		switch {
		case c.First:
			h.Derive, h.Parallel, h.Queue = nil, cores, 64
		case c.Unbounded:
			h.Parallel, h.Wait = c.Callers, time.Minute
		}
	})
	if err != nil {
		return Sample{}, err
	}
	defer svc.close()
	if err := populate(ctx, kept, c.Callers); err != nil {
		return Sample{}, err
	}
	served, shed, took, err := c.signIn(ctx, svc)
	if err != nil {
		return Sample{}, err
	}
	s := timed(served, took)
	peak, err := memoryOf("self", "VmHWM")
	s.Note = map[string]float64{"MB": peak, "shed": float64(shed)}
	return s, err
}

func (c crowd) signIn(ctx context.Context, svc *service) (served []time.Duration, shed int, took time.Duration, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := time.Now()
	until := start.Add(time.Duration(c.Seconds * float64(time.Second)))
	for i := range c.Callers {
		all.Go(func() {
			for {
				begun := time.Now()
				_, failure := svc.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: personOf(i), Password: password})
				mu.Lock()
				switch {
				case failure == nil:
					served = append(served, time.Since(begun))
				case errors.Is(failure, tollkeeper.ErrBusy):
					shed++
				default:
					err = failure
				}
				mu.Unlock()
				if failure != nil || !time.Now().Before(until) {
					return
				}
			}
		})
	}
	all.Wait()
	return served, shed, time.Since(start), err
}
