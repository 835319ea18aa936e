package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/client"
)

const (
	refreshed = "POST /api/auth/session/refresh"
	account   = "GET /api/auth/account"
)

// parallel asks for the account so often at once.
func parallel(t *testing.T, s *client.Session, n int) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if _, err := s.Account(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A token that is about to expire is exchanged once, before any call is refused.
func TestRefreshBeforeExpiry(t *testing.T) {
	s := newService(t)
	session := s.in(t, s.User())
	first := session.Tokens()
	var kept []client.Tokens
	session.OnRefresh(func(next client.Tokens) { kept = append(kept, next) })
	s.Advance(24*time.Hour - 31*time.Second)
	parallel(t, session, 2)
	if n := s.seen.count(refreshed, http.StatusOK); n != 0 {
		t.Errorf("%d exchanges while the token is good for long", n)
	}
	s.Advance(2 * time.Second)
	parallel(t, session, 20)
	if n := s.seen.count(refreshed, http.StatusOK); n != 1 {
		t.Errorf("%d exchanges, want one", n)
	}
	if n := s.seen.count(account, http.StatusUnauthorized); n != 0 {
		t.Errorf("%d calls were refused", n)
	}
	if next := session.Tokens(); len(kept) != 1 || kept[0] != next || next.RefreshToken == first.RefreshToken {
		t.Errorf("%d pairs were kept", len(kept))
	}
	s.Advance(24 * time.Hour)
	parallel(t, session, 20)
	if n := s.seen.count(refreshed, http.StatusOK); n != 2 {
		t.Errorf("%d exchanges, want two", n)
	}
}

// Where the client's clock does not show that the token has expired, the service's answer does.
func TestRefreshAfterRefusal(t *testing.T) {
	s := newService(t)
	for name, ahead := range map[string]time.Duration{"behind": -48 * time.Hour, "far ahead": 480 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			a := s.User()
			in, err := s.client(t, func() time.Time { return s.Now().Add(ahead) }).SignIn(t.Context(), client.SignIn{Email: a.Email, Password: password})
			must(t, err)
			before := s.seen.count(refreshed, http.StatusOK)
			parallel(t, in.Session, 2)
			if n := s.seen.count(refreshed, http.StatusOK) - before; n != 0 {
				t.Errorf("%d exchanges of a good token", n)
			}
			s.Advance(25 * time.Hour)
			parallel(t, in.Session, 20)
			if n := s.seen.count(refreshed, http.StatusOK) - before; n != 1 {
				t.Errorf("%d exchanges, want one", n)
			}
		})
	}
}

func TestResume(t *testing.T) {
	s := newService(t)
	kept := s.in(t, s.User()).Tokens()
	s.Advance(30 * time.Hour)
	again := s.c.Resume(kept)
	parallel(t, again, 4)
	if n := s.seen.count(account, http.StatusUnauthorized); n != 0 {
		t.Errorf("%d calls with a token that is known to have expired", n)
	}
	s.Advance(time.Minute)
	late := s.c.Resume(kept) // somebody else used it long ago
	for range 3 {
		if _, err := late.Account(t.Context()); !errors.Is(err, client.ErrInvalidToken) {
			t.Errorf("a refresh token that was used: %v", err)
		}
	}
	if n := s.seen.count(refreshed, http.StatusUnauthorized); n != 1 {
		t.Errorf("a refresh token that was refused was sent %d times", n)
	}
}

func TestSessionWithoutRefresh(t *testing.T) {
	s := newService(t, func(c *tollkeeper.Config) { c.Refresh = tollkeeper.Refresh{} })
	session := s.in(t, s.User())
	if session.Tokens().RefreshToken != "" {
		t.Error("it has a refresh token")
	}
	s.Advance(25 * time.Hour)
	if _, err := session.Account(t.Context()); !errors.Is(err, client.ErrInvalidToken) {
		t.Errorf("an expired token: %v", err)
	}
}

// A caller who leaves does not take the exchange along: the next one has its tokens.
func TestExchangeOutlivesItsCaller(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/auth/session/refresh":
			once.Do(func() { close(asked) })
			<-answer
			reply(w, http.StatusOK, `{"token":"new","refreshToken":"next","expiresAt":"2100-01-01T00:00:00Z"}`)
		case r.Header.Get("Authorization") == "Bearer new":
			reply(w, http.StatusOK, `{"id":"1"}`)
		default:
			refuse(w, http.StatusUnauthorized, "invalid_token")
		}
	})
	session := f.Resume(client.Tokens{Token: "old", RefreshToken: "first"})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := session.Account(ctx)
		left <- err
	}()
	<-asked
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever left: %v", err)
	}
	close(answer)
	if u, err := session.Account(t.Context()); err != nil || u.ID != "1" {
		t.Errorf("the next caller: %+v, %v", u, err)
	}
	if next := session.Tokens(); next.RefreshToken != "next" {
		t.Error("the tokens of the exchange were lost")
	}
}

// An answer that was lost on the way is asked for again, and a service that is away ends no session.
func TestExchangeIsTriedAgain(t *testing.T) {
	var mu sync.Mutex
	lost, down, asked := 1, false, 0
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case r.URL.Path == "/api/auth/session/refresh" && lost > 0:
			lost--
			panic(http.ErrAbortHandler)
		case r.URL.Path == "/api/auth/session/refresh" && down:
			refuse(w, http.StatusServiceUnavailable, "unavailable")
		case r.URL.Path == "/api/auth/session/refresh":
			var in map[string]string
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["refreshToken"] != "first" {
				t.Errorf("the exchange sends %v, %v", in, err)
			}
			asked++
			reply(w, http.StatusOK, `{"token":"new","refreshToken":"first","expiresAt":"2100-01-01T00:00:00Z"}`)
		case r.Header.Get("Authorization") == "Bearer new":
			reply(w, http.StatusOK, `{"id":"1"}`)
		default:
			refuse(w, http.StatusUnauthorized, "invalid_token")
		}
	})
	session := f.Resume(client.Tokens{Token: "old", RefreshToken: "first"})
	down = true
	if _, err := session.Account(t.Context()); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("while the service is away: %v", err)
	}
	mu.Lock()
	down, lost = false, 1
	mu.Unlock()
	if _, err := session.Account(t.Context()); err != nil || asked != 1 {
		t.Errorf("afterwards: %v, %d answers", err, asked)
	}
}

// newFake is a client of what is no service, or a bad one.
func newFake(t *testing.T, h http.HandlerFunc) *client.Client {
	t.Helper()
	c, err := client.New(newFakeAt(t, h), client.Options{})
	must(t, err)
	return c
}

func newFakeAt(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(body))
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	w.Write([]byte(`{"type":"about:blank","title":"","status":418,"detail":"Said so","code":"` + code + `"}`))
}

// Whoever signs out during an exchange stays signed out.
func TestSignOutDuringExchange(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/auth/session/refresh":
			close(asked)
			<-answer
			reply(w, http.StatusOK, `{"token":"new","refreshToken":"next","expiresAt":"2100-01-01T00:00:00Z"}`)
		case "/api/auth/sign-out":
			w.WriteHeader(http.StatusNoContent)
		default:
			refuse(w, http.StatusUnauthorized, "invalid_token")
		}
	})
	session := f.Resume(client.Tokens{Token: "old", RefreshToken: "first"})
	waiting := make(chan error)
	go func() {
		_, err := session.Account(t.Context())
		waiting <- err
	}()
	<-asked
	must(t, session.SignOut(t.Context()))
	close(answer)
	if err := <-waiting; !errors.Is(err, client.ErrInvalidToken) || session.Tokens() != (client.Tokens{}) {
		t.Errorf("a call that waited: %v; tokens %+v", err, session.Tokens())
	}
}
