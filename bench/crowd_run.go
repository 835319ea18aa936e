package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// crowd is callers who sign in at once, each into their own account.
type crowd struct {
	Callers   int
	Seconds   float64 // each signs in again until then; zero: once
	Unbounded bool    // as many hashes at once as there are callers
	Cheap     bool    // hashes for tests
}

// run returns throughput and times of the sign-ins that were served, and in Note the memory of the process and how many
// were shed.
func (c crowd) run(ctx context.Context) (Sample, error) {
	kept := memory.New()
	svc, err := newService(ctx, kept, func(config *tollkeeper.Config) {
		if !c.Cheap {
			config.Passwords.Hash = tollkeeper.Hash{}
		}
		if c.Unbounded {
			config.Passwords.Hash.Parallel, config.Passwords.Hash.Wait = c.Callers, time.Minute
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
