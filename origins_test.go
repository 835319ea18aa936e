package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// TestOriginAllowedFor decides as OriginAllowed does and tells nobody that details were read.
func TestOriginAllowedFor(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	child := k.Child(parent)
	home := "https://shop.example"
	if _, err := k.Auth.UpdateOrganization(t.Context(), k.SignedIn(parent), tollkeeper.OrganizationPatch{URL: &home}); err != nil {
		t.Fatal(err)
	}
	for origin, want := range map[string]bool{home: true, "https://app.shop.example": true, "https://evil.example": false, "null": false, "": false} {
		if got, err := k.Auth.OriginAllowedFor(t.Context(), tollkeeper.OriginRequest{PublicKey: parent.PublicKey, Origin: origin}); err != nil || got != want {
			t.Errorf("%q: %t, %v", origin, got, err)
		}
	}
	for key, want := range map[string]error{"x": tollkeeper.ErrUnknownParent, child.PublicKey: tollkeeper.ErrForbidden} {
		if ok, err := k.Auth.OriginAllowedFor(t.Context(), tollkeeper.OriginRequest{PublicKey: key, Origin: home}); ok || !errors.Is(err, want) {
			t.Errorf("%s: %t, %v, want %v", key, ok, err, want)
		}
	}
	if n := len(k.Events(tollkeeper.EventDetailsRead)); n != 0 {
		t.Errorf("%d events say that details were read", n)
	}
}

// Whoever tries keys from a page of their own is counted by the network before anything is looked up; what has not the
// form of a key costs nothing.
func TestOriginsAreLookedUpAtARate(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		ask := func(key, address string) error {
			_, err := w.Auth.OriginAllowedFor(ctx, tollkeeper.OriginRequest{PublicKey: key, Origin: "https://shop.example", Client: from(address)})
			return err
		}
		unknown := "APK_" + strings.Repeat("A", 26)
		for i := range 300 {
			w.want(ask("no key", "192.0.2.1"), tollkeeper.ErrUnknownParent)
			if i%2 == 0 {
				w.ok(ask(p.PublicKey, "192.0.2.1"))
			} else {
				w.want(ask(unknown, "192.0.2.1"), tollkeeper.ErrUnknownParent)
			}
		}
		w.store.watch()
		for _, key := range []string{p.PublicKey, unknown} {
			err := ask(key, "192.0.2.1")
			if w.want(err, tollkeeper.ErrRateLimited); retryAfter(err) != time.Second {
				t.Errorf("again after %v", retryAfter(err))
			}
		}
		if got := fmt.Sprint(w.store.verbs()); got != "[Take Take]" {
			t.Errorf("a refused look-up did %s", got)
		}
		w.want(ask("no key", "192.0.2.1"), tollkeeper.ErrUnknownParent)
		w.ok(ask(p.PublicKey, "192.0.2.2"))
		w.Advance(time.Second)
		w.ok(ask(p.PublicKey, "192.0.2.1"))
	})
}
