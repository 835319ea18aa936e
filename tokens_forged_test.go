package tollkeeper_test

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/token"
)

var b64 = base64.RawURLEncoding

// forgery is a token that is put together by hand.
type forgery struct {
	head, body map[string]any
	key        []byte
}

// taken apart, to be changed and signed again with that key.
func apart(t testing.TB, token, key string) forgery {
	t.Helper()
	f := forgery{key: []byte(key)}
	parts := strings.Split(token, ".")
	for i, v := range []*map[string]any{&f.head, &f.body} {
		raw, err := b64.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.UseNumber()
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// with answers the forgery with one more claim; nil takes it away.
func (f forgery) with(claim string, v any) forgery {
	f.body = changed(f.body, claim, v)
	return f
}

func (f forgery) header(name string, v any) forgery {
	f.head = changed(f.head, name, v)
	return f
}

func changed(m map[string]any, key string, v any) map[string]any {
	m = maps.Clone(m)
	m[key] = v
	if v == nil {
		delete(m, key)
	}
	return m
}

func (f forgery) token() string {
	head, _ := json.Marshal(f.head)
	body, _ := json.Marshal(f.body)
	return signed(string(head), string(body), f.key)
}

func signed(head, body string, key []byte) string {
	text := b64.EncodeToString([]byte(head)) + "." + b64.EncodeToString([]byte(body))
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return text + "." + b64.EncodeToString(m.Sum(nil))
}

// keys are those of the instance, for what nobody else could forge.
func (w *world) keys() *token.Keyring {
	w.Helper()
	var masters [][]byte
	for _, m := range w.secrets {
		masters = append(masters, m)
	}
	r, err := token.NewKeyring(masters, nil)
	w.ok(err)
	return r
}

// tenantKeyID returns the id of a tenant's key.
func (w *world) tenantKeyID(tenant uuid.UUID, version int) string {
	w.Helper()
	r := w.keys()
	k, ok := r.Tenant(r.CurrentMaster(), tenant, version)
	if !ok {
		w.Fatal("there is no such key")
	}
	return k.ID()
}

// instanceSecret returns the HMAC key that signs for every audience but the organization's.
func (w *world) instanceSecret() string {
	w.Helper()
	key, err := hkdf.Key(sha256.New, w.secrets[0], nil, "tollkeeper instance v1", sha256.Size)
	w.ok(err)
	return string(key)
}

func (w *world) refuses(what, token string) {
	w.Helper()
	if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(token)); id != nil || codeOf(err) != "invalid_token" {
		w.Errorf("%s: %v, %v", what, id, err)
	}
}

// Issue 2 item 5: a tenant who holds its jwtSecret forges every kind of token. Nothing opens but what a live session of
// its own opens already.
func TestMaliciousTenant(t *testing.T) {
	story(t, func(w *world) {
		tenant, victim := w.parent("tenant@example.com"), w.parent("victim@example.com")
		child, stranger := w.child(tenant, "c@example.com"), w.child(victim, "s@example.com")
		admin := w.firstAdmin()
		other, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: tenant.Email, Password: password, Audience: tollkeeper.AudienceV1})
		w.ok(err)
		secret := w.signIn(tenant).TenantKey
		own := apart(t, tenant.Token, string(secret))

		if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(own.token())); err != nil || id.Session != tenant.Identity.Session {
			w.Fatalf("its own session under its own key: %v", err)
		}
		if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(own.with("role", "admin").with("limited", false).token())); err != nil || id.Role != tollkeeper.RoleUser {
			t.Errorf("a claim gave a role: %v %v", id, err)
		}
		later := own.with("exp", tenant.Identity.ExpiresAt.Unix()+86_400).with("iat", tenant.Identity.ExpiresAt.Unix()-86_400)
		if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(later.token())); err != nil || id.ExpiresAt.After(tenant.Identity.ExpiresAt) {
			t.Errorf("a claim moved the end of a session: %v %v", id, err)
		}
		if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(own.with("sub", child.ID).with("sid", child.Identity.Session).token())); err != nil || id.Account != child.ID {
			t.Errorf("a live session of its own child, whose id it knows: %v", err)
		}

		for what, f := range map[string]forgery{
			"the victim":                     own.with("sub", victim.ID),
			"the victim's session":           own.with("sub", victim.ID).with("sid", victim.Identity.Session),
			"a stranger's session":           own.with("sub", stranger.ID).with("sid", stranger.Identity.Session),
			"a stranger's, as its own":       own.with("sid", stranger.Identity.Session),
			"its child in its session":       own.with("sub", child.ID),
			"itself in its child's":          own.with("sid", child.Identity.Session),
			"an admin of the house":          own.with("sub", admin.ID).with("sid", admin.Identity.Session),
			"the same for v1":                own.with("sub", admin.ID).with("sid", admin.Identity.Session).with("aud", "v1"),
			"its own session of v1":          own.with("sid", other.Session).with("aud", "v1"),
			"that, for the organization":     own.with("sid", other.Session),
			"its session for v1":             own.with("aud", "v1"),
			"its session for the platform":   own.with("aud", "platform"),
			"its session for the host":       own.with("aud", "host"),
			"its session for two":            own.with("aud", []string{"organization", "v1"}),
			"the victim's kid":               own.header("kid", w.tenantKeyID(victim.ID, 1)),
			"the victim, kid and all":        own.with("sub", victim.ID).with("sid", victim.Identity.Session).header("kid", w.tenantKeyID(victim.ID, 1)),
			"the instance's kid":             own.header("kid", w.keys().Instance().ID()),
			"the instance's kid for v1":      own.with("sid", other.Session).with("aud", "v1").header("kid", w.keys().Instance().ID()),
			"the next version of its key":    own.header("kid", w.tenantKeyID(tenant.ID, 2)),
			"its child as a tenant":          own.header("kid", w.tenantKeyID(child.ID, 1)),
			"another issuer":                 own.with("iss", "https://tenant.example"),
			"a session that never was":       own.with("sid", tenant.ID),
			"no session":                     own.with("sid", nil),
			"the zero session":               own.with("sid", "00000000-0000-0000-0000-000000000000"),
			"a life beyond thirty days":      own.with("exp", tenant.Identity.ExpiresAt.Unix()+40*86_400),
			"a challenge's type":             own.header("typ", "challenge"),
			"its key as a challenge payload": own.with("a", tenant.ID).with("sid", nil),
		} {
			w.refuses(what, f.token())
		}

		w.ok(w.Auth.SignOut(ctx, child.Identity))
		w.refuses("a session that was signed out", own.with("sub", child.ID).with("sid", child.Identity.Session).token())
		w.Advance(24 * 60 * 60 * 1e9)
		now := w.Now().Unix()
		w.refuses("its own session after its end", own.with("exp", now+3600).with("iat", now).with("nbf", now).token())
	})
}

// Everything that is no access token is sealed with instance keys (R50): what a tenant can sign opens none of it.
func TestTenantForgesNoSealedText(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("tenant@example.com")
		secret := []byte(w.signIn(p).TenantKey)
		w.child(p, "a@example.com")
		w.child(p, "b@example.com")
		page, err := w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Limit: 1})
		w.ok(err)
		body, _, _ := strings.Cut(page.Next, ".")
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(body))
		forged := body + "." + b64.EncodeToString(m.Sum(nil))
		for what, cursor := range map[string]string{"signed by the tenant": forged, "a token": p.Token, "without a tag": body + ".", "cut": page.Next[:len(page.Next)-1]} {
			_, err := w.Auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Limit: 1, Cursor: cursor})
			if codeOf(err) != "invalid_cursor" {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, use := range []string{"challenge", "refresh", "anything"} {
			var v any
			if w.keys().Open(use, page.Next, &v) {
				t.Errorf("a cursor opened as %s", use)
			}
		}
		w.refuses("a cursor as a token", page.Next)
		w.refuses("a sealed text with three parts", page.Next+"."+body)
	})
}

// No text but what the instance signed is a token, and none of them panics. A forger holds the key of a tenant: what they
// sign still never speaks for anybody but the accounts of their own session.
func FuzzToken(f *testing.F) {
	w := newWorld(f)
	p, q := w.parent("p@example.com"), w.parent("q@example.com")
	secret := []byte(w.signIn(p).TenantKey)
	parts := strings.Split(string(p.Token), ".")
	head, _ := b64.DecodeString(parts[0])
	body, _ := b64.DecodeString(parts[1])
	f.Add(p.Token, string(head), string(body))
	f.Add("a.b.c", `{"alg":"none"}`, strings.ReplaceAll(string(body), p.ID.String(), q.ID.String()))
	f.Add(q.Token+"=", string(head), strings.Replace(string(body), `"exp":`, `"exp":1e300,"x":`, 1))
	f.Add("", strings.Replace(string(head), "HS256", "HS384", 1), strings.Replace(string(body), p.Identity.Session.String(), q.Identity.Session.String(), 1))
	f.Fuzz(func(t *testing.T, token, head, body string) {
		if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(token)); err == nil && token != p.Token && token != q.Token {
			t.Fatalf("%q speaks for %v", token, id.Account)
		} else if err != nil && codeOf(err) != "invalid_token" {
			t.Fatal(err)
		}
		if id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(signed(head, body, secret))); err == nil && (id.Account != p.ID || id.Audience != tollkeeper.AudienceOrganization) {
			t.Fatalf("%q %q speaks for %v", head, body, id)
		}
	})
}
