package ui_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
	"github.com/tollkeeper/tollkeeper/ui"
)

// absent is a store that may be away.
type absent struct {
	store.Store
	away atomic.Bool
}

var errAway = errors.New("dial tcp 10.0.0.5:5432: refused")

func (a *absent) Session(ctx context.Context, id uuid.UUID, now time.Time) (store.Live, error) {
	if a.away.Load() {
		return store.Live{}, errAway
	}
	return a.Store.Session(ctx, id, now)
}

func (a *absent) Take(ctx context.Context, b []store.Bucket, now time.Time) (store.Decision, error) {
	if a.away.Load() {
		return store.Decision{}, errAway
	}
	return a.Store.Take(ctx, b, now)
}

// While the store is away nobody is told why, nobody is signed out, and what was typed stays.
func TestWhileTheStoreIsAway(t *testing.T) {
	kept := &absent{Store: memory.New()}
	kit, mux := authtest.New(t, authtest.WithStore(kept)), http.NewServeMux()
	if err := ui.Mount(mux, kit.Auth, ui.Options{Home: "/sign-out"}); err != nil {
		t.Fatal(err)
	}
	a, b, stranger := kit.User(), browse(t, mux), browse(t, mux)
	b.open("/sign-in")
	b.signIn(a)
	b.sees("/sign-out", 200, "Sign out?")
	stranger.open("/sign-in")
	kept.away.Store(true)
	kit.Advance(time.Minute)
	stranger.signIn(a)
	stranger.sees("/sign-in", 503)
	if got := stranger.alert(); got != "The service is busy. Please try again in a moment." || stranger.field("login").attr("value") != a.Email {
		t.Errorf("%q, %q", got, stranger.field("login").attr("value"))
	}
	b.open("/sign-out")
	b.sees("/sign-out", 503, "The service is busy.")
	if strings.Contains(b.body, "10.0.0.5") || b.answer.Get("Retry-After") == "" {
		t.Errorf("%v\n%s", b.answer, b.body)
	}
	kept.away.Store(false)
	b.open("/sign-out")
	b.sees("/sign-out", 200, "Sign out?")
}
