package passkey_test

import (
	"errors"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/passkey"
)

// An app of Android's names itself by the digest of its signing key, which is compared byte by byte.
func TestAnAppIsAnOrigin(t *testing.T) {
	const app = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck"
	w := &world{t: t, Kit: authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Passkeys = tollkeeper.Passkeys{Verifier: passkey.New(), Origins: []string{authtest.BaseURL, app}}
	}))}
	w.user = w.User()
	w.by = w.SignedIn(w.user)
	p := newPhone(t, virtualwebauthn.KeyTypeEC2)
	p.party.Origin = app
	_, err := w.add(p, "Phone")
	w.ok(err)
	w.ok(w.in(p.get(w.asked())))
	p.party.Origin = app + "x"
	if err := w.in(p.get(w.asked())); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
		t.Errorf("another app signs in: %v", err)
	}
}

// The authenticator of tests speaks the same WebAuthn.
func TestTheAuthenticatorOfTestsIsOne(t *testing.T) {
	w := newWorld(t)
	phone := w.Passkey()
	w.AddPasskey(w.user, phone)
	if res := w.SignInWithPasskey(phone, tollkeeper.Scope{}); res.Subject.Account.ID != w.user.ID {
		t.Errorf("signed in as %s", res.Subject.Account.ID)
	}
}
