package tollkeeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// TestAuthURLsMerge: a patch of one page leaves the others alone, and the empty text takes one away.
func TestAuthURLsMerge(t *testing.T) {
	k := authtest.New(t)
	by := k.Identity(string(k.SignIn(k.Parent()).Token))
	change := func(p tollkeeper.OrganizationPatch) tollkeeper.AuthURLs {
		t.Helper()
		d, err := k.Auth.UpdateOrganization(t.Context(), by, p)
		if err != nil {
			t.Fatal(err)
		}
		return d.Organization.AuthURLs
	}
	page := func(path string) *string { s := "https://shop.example" + path; return &s }
	home, none := "https://shop.example", ""
	change(tollkeeper.OrganizationPatch{URL: &home, AuthURLs: tollkeeper.AuthURLsPatch{SignIn: page("/in"), Reset: page("/reset")}})
	got := change(tollkeeper.OrganizationPatch{AuthURLs: tollkeeper.AuthURLsPatch{Reset: &none, Update: page("/update")}})
	if want := (tollkeeper.AuthURLs{SignIn: *page("/in"), Update: *page("/update")}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestOriginAllowedFor decides as OriginAllowed does and tells nobody that details were read.
func TestOriginAllowedFor(t *testing.T) {
	var read int
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Events = func(e tollkeeper.Event) {
			if e.Name == tollkeeper.EventDetailsRead {
				read++
			}
		}
	}))
	parent := k.Parent()
	child := k.Child(parent)
	home := "https://shop.example"
	if _, err := k.Auth.UpdateOrganization(t.Context(), k.Identity(string(k.SignIn(parent).Token)), tollkeeper.OrganizationPatch{URL: &home}); err != nil {
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
	if read != 0 {
		t.Errorf("%d events say that details were read", read)
	}
}

// TestResetRatesAreOfTheirFamily: what one family counted does not decide in another, which has other limits.
func TestResetRatesAreOfTheirFamily(t *testing.T) {
	k := authtest.New(t)
	ask := func(a tollkeeper.Audience) error {
		return k.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Email: "somebody@shop.example", Audience: a})
	}
	for range 3 { // 3 an hour
		if err := ask(tollkeeper.AudiencePlatform); err != nil {
			t.Fatal(err)
		}
		k.Advance(2 * time.Minute)
	}
	if err := ask(tollkeeper.AudiencePlatform); !errors.Is(err, tollkeeper.ErrRateLimited) {
		t.Errorf("the fourth of the platform family: %v", err)
	}
	if err := ask(tollkeeper.AudienceOrganization); err != nil { // 1 a minute
		t.Errorf("the first of the organization family: %v", err)
	}
	if err := ask(tollkeeper.AudienceOrganization); !errors.Is(err, tollkeeper.ErrRateLimited) {
		t.Errorf("the second of the organization family: %v", err)
	}
}

// TestVerifyPathsAreRefusedWithAText whatever is wrong with them.
func TestVerifyPathsAreRefusedWithAText(t *testing.T) {
	k := authtest.New(t)
	for _, path := range []string{"https://evil.example/x", "//evil.example", "javascript:x", "https://app.example/x?y=1", "/x?y", "%zz"} {
		err := k.Auth.RequestVerification(t.Context(), tollkeeper.MailRequest{Email: "somebody@shop.example", VerifyPath: path})
		if !errors.Is(err, tollkeeper.ErrInvalidInput) || err.Error() != "Invalid verify path" {
			t.Errorf("%s: %v", path, err)
		}
		k.Advance(time.Minute)
	}
}
