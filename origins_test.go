package tollkeeper_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
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

// redirects are payloads of open redirects and URLs of a browser's own tests; testdata/README.md.
func redirects(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("testdata/redirects.json")
	if err != nil {
		t.Fatal(err)
	}
	var lists map[string][]string
	if err := json.Unmarshal(raw, &lists); err != nil {
		t.Fatal(err)
	}
	if len(lists["patt"]) != 359 || len(lists["urltestdata"]) != 891 {
		t.Fatalf("%d and %d texts", len(lists["patt"]), len(lists["urltestdata"]))
	}
	return slices.Concat(lists["patt"], lists["urltestdata"])
}

// separated puts every character that a reader might take for a separator, and some thousand others, between what is
// example.com's and what is not.
func separated() []string {
	between := strings.Fields("%2f %5c %23 %3f %40 %00 %0a %0d %09 %2e %3a %E3%80%82 %EF%BC%8F // :443 :443@ \\\\ .. ")
	for r := rune(0); r <= 0xffff; r++ {
		if r < 0x500 || 0x2000 <= r && r < 0x2200 || 0x3000 <= r && r < 0x3100 || r >= 0xfe00 {
			between = append(between, string(r))
		}
	}
	var all []string
	for _, b := range between {
		for _, shape := range []string{
			"https://example.com$.evil.net", "https://evil.net$.example.com", "https://evil.net$example.com", "https://example.com$evil.net",
			"https://example.com$@evil.net", "https://evil.net$@example.com", "https://example$com", "https://example.com:443$evil.net",
			"https://example.com$", "$https://evil.net", "https:$//evil.net", "$//evil.net", "/$/evil.net", "/$evil.net", "https://example.com/$",
			"https://example.com//$evil.net", "https://[::1]$.example.com", "https://example.com.$", "https://sub$.example.com",
		} {
			all = append(all, strings.ReplaceAll(shape, "$", b))
		}
	}
	return all
}

var (
	ownOrigin = regexp.MustCompile(`^https://([A-Za-z0-9_-]+\.)*[Ee]xample\.com(:[0-9]{1,5})?$`)
	ownPage   = regexp.MustCompile(`^(https://example\.com)?(/[A-Za-z0-9_-]+)*/?$`)
)

// R71 and docs/WIRE.md 1.2: of all texts that have led a browser elsewhere, none is an origin or a page of the organization's
// that is not plainly one. What is taken has a form that every reader of URLs reads alike.
func TestNoKnownRedirectLeavesTheOrganization(t *testing.T) {
	w := newWorld(t)
	o := tollkeeper.Organization{URL: "https://example.com", DomainRestriction: true}
	origins, pages := 0, 0
	for _, text := range slices.Concat(redirects(t), separated()) {
		if w.Auth.OriginAllowed(o, text) {
			origins++
			if !ownOrigin.MatchString(text) {
				t.Errorf("%q is an origin of example.com", text)
			}
		}
		if tollkeeper.VerifyPath(text, o.URL, "https://host.example.org") == nil {
			pages++
			if !ownPage.MatchString(text) {
				t.Errorf("%q is a page of example.com", text)
			}
		}
	}
	if origins == 0 || pages == 0 {
		t.Errorf("%d origins and %d pages were taken", origins, pages)
	}
}
