package tollkeeper_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

const marker = "S3CR3T-marker"

// R83, R86: nothing that holds a secret shows it, however it is printed, logged or encoded, alone or inside something.
func TestSecretsDoNotShow(t *testing.T) {
	account := tollkeeper.Account{Password: marker, PasswordHistory: []string{marker}, TOTP: []byte(marker), TOTPPending: []byte(marker)}
	subject := tollkeeper.Subject{Account: account, Parent: &account, KeyOwner: &account}
	result := tollkeeper.SignInResult{Token: marker, Refresh: marker, Challenge: marker, TenantKey: marker, Subject: subject}
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte(marker), 3)[:32])
	key := tollkeeper.MasterKey(strings.Repeat(marker, 3))
	for _, v := range []any{
		key, tollkeeper.SigningKey{Private: private}, account, subject, result, tollkeeper.SignUpResult{SignInResult: result},
		tollkeeper.SignInRequest{Password: marker}, tollkeeper.SignUpRequest{Password: marker}, tollkeeper.CodeRequest{Code: marker},
		tollkeeper.ResetRequest{Token: marker, Password: marker}, tollkeeper.AccountSpec{Password: marker}, tollkeeper.BootstrapRequest{Password: marker},
		tollkeeper.OrganizationDetails{TenantKey: marker}, tollkeeper.Config{Secrets: []tollkeeper.MasterKey{key}, Tokens: tollkeeper.Tokens{SigningKeys: []tollkeeper.SigningKey{{Private: private}}}},
		store.NewAccount{Account: account}, store.Change{Account: account}, tollkeeper.AccountPage{Accounts: []tollkeeper.Account{account}},
	} {
		pointer := reflect.New(reflect.TypeOf(v))
		pointer.Elem().Set(reflect.ValueOf(v))
		for _, x := range []any{v, pointer.Interface(), []any{v}, map[string]any{"k": v}, struct{ V any }{v}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				shows(t, fmt.Sprintf("%T as %s", v, verb), fmt.Sprintf(verb, x), private)
			}
			text, err := json.Marshal(x)
			shows(t, fmt.Sprintf("%T as JSON (%v)", v, err), string(text), private)
			var out bytes.Buffer
			slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", x)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", x)
			shows(t, fmt.Sprintf("%T in a log", v), out.String(), private)
		}
	}
}

func shows(t *testing.T, what, text string, private ed25519.PrivateKey) {
	t.Helper()
	hex, decimal := fmt.Sprintf("%x", marker), strings.Trim(fmt.Sprint([]byte(marker)), "[]")
	encoded, _ := json.Marshal([]byte(marker))
	if contains(text, marker, hex, decimal, strings.Trim(string(encoded), `"=`), fmt.Sprintf("%x", private.Seed())) {
		t.Errorf("%s: %.200s", what, text)
	}
}

// R84: what happens is told by ids and codes. R85: nothing that a stranger typed reaches an event.
func TestEvents(t *testing.T) {
	evil := "x\r\n\x1b[31mFAKE"
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		client := tollkeeper.Client{Addr: from("192.0.2.1").Addr, Agent: evil}
		_, _ = w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: evil, Password: evil, ParentKey: p.PublicKey, Client: client})
		_, _ = w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.email, Password: password, ParentKey: p.PublicKey, Client: client})
		_, _ = w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: c.email, Password: evil, ParentKey: p.PublicKey, Client: client})
		for range 5 {
			_, _ = w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "n@example.com", Password: evil, Client: client})
		}
		_, _ = w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "n@example.com", Password: evil, Client: client})
		w.ok(w.requestReset(c))
		w.ok(w.reset(w.token(c.email, tollkeeper.MailReset), "another horse 9"))
		_, err := w.auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: c.email, Role: tollkeeper.RoleGuest})
		w.ok(err)
		_, err = w.auth.Host().Charge(ctx, p.Account, tollkeeper.OpSocial, "k")
		w.ok(err)
		w.ok(w.auth.SignOut(ctx, p.Identity))
		var names []string
		for _, e := range w.happened("") {
			if e.Name != tollkeeper.EventMailSent {
				names = append(names, string(e.Name))
			}
			if e.At.IsZero() || contains(fmt.Sprintf("%+v", e), "\x1b", "\n", "FAKE", "@", p.Session.String()) {
				t.Errorf("%+v", e)
			}
		}
		got := strings.Join(names, " ")
		want := "sign_up sign_in sign_up sign_in sign_in_failed sign_in sign_in_failed" + strings.Repeat(" sign_in_failed", 5) + " sign_in_refused"
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s\nwant %s", got, want)
		}
		for _, name := range []tollkeeper.EventName{"reset_asked", "password_changed", "role_changed", "charged", "sign_out", "mail_sent"} {
			if len(w.happened(name)) == 0 {
				t.Errorf("no %s in %s", name, got)
			}
		}
		refused := w.happened(tollkeeper.EventSignInRefused)[0]
		if refused.Code != tollkeeper.ErrLocked.Code || refused.Network != "192.0.2.1/32" {
			t.Errorf("%+v", refused)
		}
	})
	t.Run("a function that panics hurts nobody", func(t *testing.T) {
		story(t, func(w *world) { w.signIn(w.parent("p@example.com")) }, func(c *tollkeeper.Config) { c.Events = func(tollkeeper.Event) { panic("host") } })
	})
}
