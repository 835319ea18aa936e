package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// wire is a connection that is kept and carries requests as they stand in memory: what asks is to take little of the
// processors from what is asked.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	body []byte
}

func dial(ctx context.Context, address string) (*wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, r: bufio.NewReader(conn)}, nil
}

// ask returns the answer to a request, read to its end; body stands until the next.
func (w *wire) ask(request []byte) (*http.Response, error) {
	if _, err := w.conn.Write(request); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(w.r, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	w.body, err = io.ReadAll(res.Body)
	return res, err
}

// authenticated is a request that asks whom a token speaks for.
func authenticated(address, token string) []byte {
	return []byte("GET /authentiq/v1/validate/token HTTP/1.1\r\nHost: " + address + "\r\nAuthorization: Bearer " + token + "\r\n\r\n")
}

// login is a sign-in from an address that a trusted proxy tells of.
func login(address, email, from string) []byte {
	body := `{"email":"` + email + `","password":"` + password + `"}`
	return []byte("POST /authentiq/v1/user/login HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\nX-Forwarded-For: " + from +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body)
}

// steady sends a request so many times a second, whatever becomes of the ones before, over as many connections as it
// takes up to a bound. It returns how long each took from the moment when it was due.
func steady(ctx context.Context, address string, request []byte, rate int, d time.Duration) ([]time.Duration, error) {
	const most = 64
	n := max(1, int(d.Seconds()*float64(rate)))
	due, took := make(chan time.Time, n), make(chan time.Duration, n)
	failed := make(chan error, most)
	for range most {
		w, err := dial(ctx, address)
		if err != nil {
			return nil, err
		}
		defer w.conn.Close()
		go func() {
			for at := range due {
				res, err := w.ask(request)
				if err == nil && res.StatusCode != http.StatusOK {
					err = statusError(res.StatusCode)
				}
				if err != nil {
					failed <- err
					return
				}
				took <- time.Since(at)
			}
		}()
	}
	go tick(n, time.Second/time.Duration(rate), due)
	var all []time.Duration
	for len(all) < n {
		select {
		case t := <-took:
			all = append(all, t)
		case err := <-failed:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// tick sends n moments, each when it has come, and closes the channel. It sleeps in the kernel, in a thread of its own:
// a timer of the runtime may be late by a millisecond.
func tick(n int, every time.Duration, due chan<- time.Time) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(due)
	for at := time.Now(); n > 0; n-- {
		at = at.Add(every)
		for rest := time.Until(at); rest > 0; rest = time.Until(at) {
			nap := syscall.NsecToTimespec(int64(rest))
			_ = syscall.Nanosleep(&nap, nil) // a signal ends it early
		}
		due <- at
	}
}

// attempt is a sign-in over a wire.
type attempt struct {
	began, ended time.Time
	served       bool // or refused with 503
}

// throng keeps so many people signing in until stop is called, each into their own account and each time from another
// address. One who is refused comes again when the answer said, and no sooner.
type throng struct {
	address string
	people  int

	mu       sync.Mutex
	attempts []attempt
	failure  error
}

// begin returns once each of them has begun.
func (t *throng) begin(ctx context.Context) (stop func() ([]attempt, error), err error) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	var wires []*wire
	stop = func() ([]attempt, error) {
		cancel()
		all.Wait()
		for _, w := range wires {
			_ = w.conn.Close()
		}
		return t.attempts, t.failure
	}
	for i := range t.people {
		w, err := dial(ctx, t.address)
		if err != nil {
			_, _ = stop()
			return nil, err
		}
		wires = append(wires, w)
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := t.signIn(ctx, w, i, n); err != nil {
					t.mu.Lock()
					t.failure = errors.Join(t.failure, err)
					t.mu.Unlock()
					return
				}
			}
		})
	}
	return stop, nil
}

func (t *throng) signIn(ctx context.Context, w *wire, person, n int) error {
	request := login(t.address, personOf(person), fmt.Sprintf("10.%d.%d.%d", n%250, person/250, person%250))
	a := attempt{began: time.Now()}
	res, err := w.ask(request)
	if err != nil {
		return err
	}
	a.ended, a.served = time.Now(), res.StatusCode == http.StatusOK
	if !a.served && res.StatusCode != http.StatusServiceUnavailable {
		return fmt.Errorf("sign-in: %w: %s", statusError(res.StatusCode), w.body)
	}
	t.mu.Lock()
	t.attempts = append(t.attempts, a)
	t.mu.Unlock()
	if a.served {
		return nil
	}
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	select {
	case <-time.After(time.Duration(seconds) * time.Second):
	case <-ctx.Done():
	}
	return err
}
