package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
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
	people, err := c.people(ctx, svc, kept)
	if err != nil {
		return Sample{}, err
	}
	served, shed, took, err := c.signIn(ctx, svc, people)
	if err != nil {
		return Sample{}, err
	}
	s := timed(served, took)
	peak, err := peakMB()
	s.Note = map[string]float64{"MB": peak, "shed": float64(shed)}
	return s, err
}

// people are accounts with one password between them, which is hashed once.
func (c crowd) people(ctx context.Context, svc *service, kept store.Store) ([]string, error) {
	first, err := kept.FindAccount(ctx, store.Lookup{Email: email, Scope: svc.admin.Parent})
	if err != nil {
		return nil, err
	}
	people := make([]string, c.Callers)
	for i := range people {
		a := blank(svc.admin.Parent)
		a.Password, a.PasswordChangedAt, a.KeyMaster, a.KeyVersion = first.Account.Password, moment(), first.Account.KeyMaster, 1
		if _, _, err := kept.CreateAccount(ctx, store.NewAccount{Account: a}, moment()); err != nil {
			return nil, err
		}
		people[i] = a.Email
	}
	return people, nil
}

func (c crowd) signIn(ctx context.Context, svc *service, people []string) (served []time.Duration, shed int, took time.Duration, err error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := time.Now()
	until := start.Add(time.Duration(c.Seconds * float64(time.Second)))
	for _, email := range people {
		all.Go(func() {
			for {
				begun := time.Now()
				_, failure := svc.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password})
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

// peakMB is the most memory that this process ever had in use, as Linux counts it.
func peakMB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("no VmHWM in /proc/self/status")
}
