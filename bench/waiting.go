package bench

import (
	"context"
	"runtime"
	"time"
)

const (
	nobodySigns   = "the server, nobody signs in"
	serverOf64    = "the server, 64 sign-ins at once"
	serverOf512   = "the server, 512 sign-ins at once"
	hostAsMany    = "a host, 64 sign-ins, as many hashes as GOMAXPROCS"
	hostOneLess   = "a host, 64 sign-ins, one hash less"
	hostOneBeyond = "a host, 64 sign-ins, GOMAXPROCS one more than the hashes"
)

// steadyRate is how often somebody who is signed in asks for something, over all of them, in a second.
const steadyRate = 200

// hashWait is the default of Hash.Wait.
const hashWait = 2 * time.Second

// openWaiting measures what those who are signed in wait for while others sign in: 200 requests a second over
// loopback to a process that does nothing but hash. The server is cmd/tollkeeper on SQLite as it starts without a
// flag. The hosts are the library over the memory store, three ways to share the processors.
func openWaiting(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		server, err := openServer(ctx, b, s, 512)
		if err != nil {
			return err
		}
		cores := runtime.GOMAXPROCS(0)
		kinds := []struct {
			name   string
			people int
			host   *host
		}{
			{nobodySigns, 0, nil}, {serverOf64, 64, nil}, {serverOf512, 512, nil},
			{hostAsMany, 64, &host{Processors: cores, Hashes: cores}},
			{hostOneLess, 64, &host{Processors: cores, Hashes: max(1, cores-1)}},
			{hostOneBeyond, 64, &host{Processors: cores + 1, Hashes: cores}},
		}
		for _, k := range kinds {
			asked, hashes := server, cores
			if k.host != nil {
				k.host.People, k.host.Cheap, hashes = k.people, s.Small, k.host.Hashes
				if asked, err = k.host.again(ctx); err != nil {
					return err
				}
				b.onClose(asked.stop)
			}
			b.Cases = append(b.Cases, Case{Name: k.name, Pass: func(d time.Duration) (Sample, error) {
				if d = max(d, 5*time.Second); s.Small {
					d = 20 * time.Millisecond
				}
				return waits(ctx, asked.address, k.people, hashes, d)
			}})
		}
		b.Targets = waitingTargets()
		return nil
	})
}

func waitingTargets() []Target {
	p50 := func(s Sample) float64 { return float64(s.P50) }
	var all []Target
	for _, name := range []string{serverOf64, serverOf512} {
		all = append(all,
			Target{What: "authenticated GET, " + name + ": median", Value: milliseconds(of(p50, name)), Unit: "ms", Must: 1, Aim: 0.5},
			Target{What: "the same, 99th percentile", Value: milliseconds(of(p99, name)), Unit: "ms", Must: 15, Aim: 9},
			Target{What: "the same, sign-ins per second", Value: of(noted("sign-ins"), name)},
			Target{What: "the same, sign-ins that were shed, per second", Value: of(noted("shed"), name)},
			Target{What: "the same, shed though they would have been served within Wait, per second", Value: of(noted("in vain"), name)},
			Target{What: "the same, shed rightly", Value: of(noted("rightly"), name), Unit: "×", Least: true, Must: 1},
		)
	}
	return append(all,
		Target{What: "sign-ins per second, " + hostOneBeyond + ", to as many as GOMAXPROCS", Value: ratio(noted("sign-ins"), hostOneBeyond, hostAsMany), Unit: "×"},
		Target{What: "the same, one hash less", Value: ratio(noted("sign-ins"), hostOneLess, hostAsMany), Unit: "×"},
		Target{What: "99th percentile of the GET, " + hostOneBeyond + ", to as many as GOMAXPROCS", Value: ratio(p99, hostOneBeyond, hostAsMany), Unit: "×"},
		Target{What: "the same, one hash less", Value: ratio(p99, hostOneLess, hostAsMany), Unit: "×"},
	)
}

// waits is one pass: people sign in, and once they all do somebody asks 200 times a second.
func waits(ctx context.Context, address string, people, hashes int, d time.Duration) (Sample, error) {
	token, err := tokenOf(ctx, address)
	if err != nil {
		return Sample{}, err
	}
	crowd := &throng{address: address, people: people}
	stop, err := crowd.begin(ctx)
	if err != nil {
		return Sample{}, err
	}
	start := time.Now()
	took, err := steady(ctx, address, authenticated(address, token), steadyRate, d)
	end := time.Now()
	attempts, failure := stop()
	if err == nil {
		err = failure
	}
	if err != nil {
		return Sample{}, err
	}
	s := timed(took, end.Sub(start))
	s.Note = tally(attempts, hashes, start, end)
	return s, nil
}

// tally counts what became of the sign-ins that ended between start and end, per second.
func tally(attempts []attempt, hashes int, start, end time.Time) map[string]float64 {
	served, shed, vain := 0, 0, 0
	for _, a := range attempts {
		switch {
		case a.ended.Before(start) || a.ended.After(end):
		case a.served:
			served++
		default:
			shed++
			if a.inVain(attempts, hashes) {
				vain++
			}
		}
	}
	seconds := end.Sub(start).Seconds()
	note := map[string]float64{"sign-ins": float64(served) / seconds, "shed": float64(shed) / seconds, "in vain": float64(vain) / seconds, "rightly": 1}
	if shed > 0 {
		note["rightly"] = float64(shed-vain) / float64(shed)
	}
	return note
}

// inVain reports whether a sign-in that was shed at once would have got a place within the wait, at the end of the
// line as it was: those who were there before it, and of whom all but the last few had ended by then.
func (a attempt) inVain(others []attempt, hashes int) bool {
	if a.ended.Sub(a.began) >= hashWait {
		return false // it had its wait
	}
	over := a.ended.Add(hashWait)
	ahead, ended := 0, 0
	for _, o := range others {
		atOnce := !o.served && o.ended.Sub(o.began) < hashWait
		if o.began.Before(a.ended) && o.ended.After(a.ended) && !atOnce {
			ahead++
		}
		if o.served && o.ended.After(a.ended) && o.ended.Before(over) {
			ended++
		}
	}
	return ended > ahead-hashes
}
