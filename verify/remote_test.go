package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper/verify"
)

// want verifies and compares the error with errors.Is; nil wants none.
func want(t *testing.T, v *verify.Verifier, text string, target error) {
	t.Helper()
	if _, err := v.Verify(t.Context(), text); !errors.Is(err, target) {
		t.Errorf("%v, want %v", err, target)
	}
}

func TestKeysAreFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k1")
		net := &transport{answer: saying(200, setOf(key))}
		v := newVerifier(t, config(net))
		if net.count() != 0 {
			t.Error("New fetches")
		}
		text := token(t, key, time.Now(), nil)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { want(t, v, text, nil) })
		}
		all.Wait()
		time.Sleep(10*time.Minute - time.Second)
		want(t, v, text, nil)
		if n := net.count(); n != 1 {
			t.Errorf("%d fetches", n)
		}
		time.Sleep(time.Second)
		want(t, v, text, nil)
		if n := net.count(); n != 2 {
			t.Errorf("%d fetches after the refresh", n)
		}
	})
}

func TestKeyRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newKey(t, "k1"), newKey(t, "k2")
		net := &transport{answer: saying(200, setOf(first))}
		v := newVerifier(t, config(net))
		old := token(t, first, time.Now(), nil)
		want(t, v, old, nil)
		time.Sleep(time.Minute)
		net.set(saying(200, setOf(second, first)))
		want(t, v, token(t, second, time.Now(), nil), nil)
		want(t, v, old, nil)
		net.set(saying(200, setOf(second)))
		want(t, v, old, nil) // until the next fetch
		time.Sleep(10 * time.Minute)
		want(t, v, old, verify.ErrInvalidToken)
		if n := net.count(); n != 3 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestUnknownKeysFetchOncePerInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k1")
		net := &transport{answer: saying(200, setOf(key))}
		v := newVerifier(t, config(net))
		for range 60 {
			for i := range 20 {
				want(t, v, token(t, newKey(t, fmt.Sprint("made-up", i)), time.Now(), nil), verify.ErrInvalidToken)
			}
			time.Sleep(time.Second)
		}
		if n := net.count(); n != 6 {
			t.Errorf("%d fetches in a minute, want 6", n)
		}
		want(t, v, token(t, key, time.Now(), nil), nil)
	})
}

func TestAnIssuerThatIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k1")
		up := saying(200, setOf(key))
		net := &transport{answer: down}
		c := config(net)
		c.Stale = time.Hour
		v := newVerifier(t, c)
		fresh := func() string { return token(t, key, time.Now(), nil) }
		want(t, v, fresh(), verify.ErrUnavailable)
		want(t, v, fresh(), errDown)
		if n := net.count(); n != 1 {
			t.Errorf("%d fetches within the interval", n)
		}
		net.set(up)
		time.Sleep(10 * time.Second)
		want(t, v, fresh(), nil)
		net.set(down)
		time.Sleep(70*time.Minute - time.Second) // Refresh and Stale, less a second
		want(t, v, fresh(), nil)
		want(t, v, token(t, newKey(t, "k2"), time.Now(), nil), verify.ErrUnavailable)
		time.Sleep(time.Second)
		want(t, v, fresh(), verify.ErrUnavailable)
		time.Sleep(10 * time.Second)
		net.set(up)
		want(t, v, fresh(), nil)
	})
}

func TestStaleKeysCanBeTurnedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k1")
		net := &transport{answer: saying(200, setOf(key))}
		c := config(net)
		c.Stale = -1
		v := newVerifier(t, c)
		want(t, v, token(t, key, time.Now(), nil), nil)
		net.set(down)
		time.Sleep(10 * time.Minute)
		want(t, v, token(t, key, time.Now(), nil), verify.ErrUnavailable)
	})
}

// A host that stalls holds a caller for Timeout once per Interval and Refresh, and no caller longer than their ctx.
func TestAnIssuerThatStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k1")
		stall := func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}
		net := &transport{answer: stall}
		v := newVerifier(t, config(net))
		text := token(t, key, time.Now(), nil)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := v.Verify(ctx, text); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		want(t, v, text, verify.ErrUnavailable)
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("the fetch took %v", d)
		}
	})
}

// One who goes away does not spoil the fetch for those who wait on.
func TestACallerThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := newKey(t, "k1")
		answer := saying(200, setOf(key))
		net := &transport{answer: func(r *http.Request) (*http.Response, error) {
			time.Sleep(2 * time.Second)
			if err := r.Context().Err(); err != nil {
				return nil, err
			}
			return answer(r)
		}}
		v := newVerifier(t, config(net))
		text := token(t, key, time.Now(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := v.Verify(ctx, text); !errors.Is(err, context.Canceled) {
				t.Errorf("who leaves gets %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() { want(t, v, text, nil) })
		cancel()
		all.Wait()
		if n := net.count(); n != 1 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestAClockSetBackDoesNotStopFetching(t *testing.T) {
	key := newKey(t, "k1")
	now := time.Unix(1_800_000_000, 0)
	net := &transport{answer: down}
	c := config(net)
	c.Now = func() time.Time { return now }
	v := newVerifier(t, c)
	want(t, v, token(t, key, now, nil), verify.ErrUnavailable)
	now = now.Add(-time.Hour)
	net.set(saying(200, setOf(key)))
	want(t, v, token(t, key, now, nil), nil)
	now = now.Add(-time.Hour)
	next := newKey(t, "k1")
	net.set(saying(200, setOf(next)))
	want(t, v, token(t, next, now, nil), nil) // keys of the future are not taken for fresh
}

func TestAnswersThatAreNoKeySet(t *testing.T) {
	key := newKey(t, "k1")
	good := setOf(key)
	elsewhere := func(r *http.Request) (*http.Response, error) {
		if r.URL.Host == "evil.example" {
			return saying(200, good)(r)
		}
		response, err := saying(302, "")(r)
		response.Header.Set("Location", "https://evil.example/jwks.json")
		return response, err
	}
	endless := func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(good), blanks{}))}, nil
	}
	tests := map[string]func(*http.Request) (*http.Response, error){
		"404": saying(404, good), "500": saying(500, ""), "empty": saying(200, ""), "HTML": saying(200, "<html>"), "null": saying(200, "null"),
		"no keys": saying(200, "{}"), "keys of text": saying(200, `{"keys":"x"}`), "other case": saying(200, strings.Replace(good, "keys", "Keys", 1)),
		"too many": saying(200, `{"keys":[`+strings.Repeat("{},", 100)+"{}]}"),
		"redirect": elsewhere, "endless": endless, "cut": saying(200, good[:len(good)-2]),
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			want(t, newVerifier(t, config(&transport{answer: answer})), token(t, key, time.Now(), nil), verify.ErrUnavailable)
		})
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
