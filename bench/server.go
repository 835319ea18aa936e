package bench

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"
)

const (
	bareServer   = "a bare handler"
	bareShared   = "a bare handler, four Ps more than processors, as the server has"
	memoryServer = "the server, memory store"
	sqliteServer = "the server, SQLite"
	starting     = "start on an existing database"
	idling       = "a minute without a request"
)

// openServing compares an authenticated GET of cmd/tollkeeper, over loopback, with a program that writes the same bytes
// and does nothing else. Each is a process of its own, and what counts is its processor time.
func openServing(ctx context.Context, s Setup) (*Bench, error) {
	return open(func(b *Bench) error {
		program, err := buildServer(ctx, s, 0)
		if err != nil {
			return err
		}
		var answer *http.Response
		var body, request []byte
		for _, kind := range []struct{ name, store string }{{memoryServer, "memory:"}, {sqliteServer, program.sqlite()}} {
			p, err := program.serve(ctx, kind.store)
			if err != nil {
				return err
			}
			b.onClose(p.stop)
			token, err := tokenOf(ctx, p.address)
			if err != nil {
				return err
			}
			request = authenticated(p.address, token)
			if answer, body, err = once(ctx, p.address, request); err != nil {
				return err
			}
			b.Cases = append(b.Cases, Case{Name: kind.name, Pass: p.busy(ctx, request)})
		}
		answer.Header.Del("Date") // net/http writes both for the bare handler, too
		answer.Header.Del("Content-Length")
		for _, kind := range []struct {
			name       string
			processors int
		}{{bareServer, 0}, {bareShared, runtime.NumCPU() + 4}} {
			bare, err := host{Header: answer.Header, Body: body, Processors: kind.processors}.again(ctx)
			if err != nil {
				return err
			}
			b.onClose(bare.stop)
			b.Cases = append(b.Cases, Case{Name: kind.name, Pass: bare.busy(ctx, request)})
		}
		b.Cases = append(b.Cases,
			Case{Name: starting, Pass: program.start(ctx)},
			Case{Name: idling, Pass: program.idle(ctx, s)})
		b.Targets = []Target{
			{What: "authenticated GET, processor time of the server, memory store, to a bare handler", Value: ratio(cpu, memoryServer, bareServer), Unit: "×", Must: 1.15},
			{What: "the same, SQLite", Value: ratio(cpu, sqliteServer, bareServer), Unit: "×", Must: 2.2},
			{What: "the same, memory store, to a bare handler with as many Ps as the server", Value: ratio(cpu, memoryServer, bareShared), Unit: "×"},
			{What: "the same, SQLite, to that one", Value: ratio(cpu, sqliteServer, bareShared), Unit: "×"},
			{What: "start of the server on an existing database, until it listens", Value: milliseconds(of(perOp, starting)), Unit: "ms", Must: 250},
			{What: "memory of the server after a minute without a request", Value: of(noted("MB"), idling), Unit: "MB", Must: 40},
		}
		return nil
	})
}

// once returns the answer to a request.
func once(ctx context.Context, address string, request []byte) (*http.Response, []byte, error) {
	w, err := dial(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	defer w.conn.Close()
	res, err := w.ask(request)
	if err == nil && res.StatusCode != http.StatusOK {
		err = statusError(res.StatusCode)
	}
	return res, w.body, err
}

// busy is a pass of four connections that ask one request after the other. Its processor time is that of the process.
func (p *process) busy(ctx context.Context, request []byte) func(time.Duration) (Sample, error) {
	return func(d time.Duration) (Sample, error) {
		before, err := p.processor()
		if err != nil {
			return Sample{}, err
		}
		const wires = 4
		times, failures := make([][]time.Duration, wires), make([]error, wires)
		var all sync.WaitGroup
		start := time.Now()
		for i := range wires {
			all.Go(func() { times[i], failures[i] = repeat(ctx, p.address, request, start.Add(d)) })
		}
		all.Wait()
		took := time.Since(start)
		var each []time.Duration
		for i := range wires {
			if failures[i] != nil {
				return Sample{}, failures[i]
			}
			each = append(each, times[i]...)
		}
		after, err := p.processor()
		s := timed(each, took)
		s.CPU = float64(max(1, after-before)) / float64(s.Ops) // a pass of a moment may use less than Linux counts
		return s, err
	}
}

func repeat(ctx context.Context, address string, request []byte, until time.Time) ([]time.Duration, error) {
	w, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer w.conn.Close()
	var each []time.Duration
	for began := time.Now(); ctx.Err() == nil; {
		res, err := w.ask(request)
		if err == nil && res.StatusCode != http.StatusOK {
			err = statusError(res.StatusCode)
		}
		if err != nil {
			return nil, err
		}
		done := time.Now()
		each = append(each, done.Sub(began))
		if began = done; done.After(until) {
			break
		}
	}
	return each, ctx.Err()
}

// start is a pass of one start on the database that an earlier run has made.
func (b built) start(ctx context.Context) func(time.Duration) (Sample, error) {
	return func(time.Duration) (Sample, error) {
		p, err := b.serve(ctx, b.sqlite())
		if err != nil {
			return Sample{}, err
		}
		p.stop()
		return Sample{Ops: 1, PerOp: float64(p.took)}, nil
	}
}

// idle is a pass of one start, a sign-in, and a minute in which nothing happens. It is done once: later passes return
// what the first has seen.
func (b built) idle(ctx context.Context, s Setup) func(time.Duration) (Sample, error) {
	minute := time.Minute
	if s.Small {
		minute = 0
	}
	measured := sync.OnceValues(func() (Sample, error) {
		p, err := b.serve(ctx, b.sqlite())
		if err != nil {
			return Sample{}, err
		}
		defer p.stop()
		if _, err := tokenOf(ctx, p.address); err != nil {
			return Sample{}, err
		}
		select {
		case <-time.After(minute):
		case <-ctx.Done():
		}
		mb, err := memoryOf(strconv.Itoa(p.cmd.Process.Pid), "VmRSS")
		return Sample{Ops: 1, Note: map[string]float64{"MB": mb}}, err
	})
	return func(time.Duration) (Sample, error) { return measured() }
}
