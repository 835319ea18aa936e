package tollkeeper_test

import (
	"errors"
	"testing"

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
