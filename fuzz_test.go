package tollkeeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// signer makes an Authenticator for fuzzing, without a bubble.
func signer(f *testing.F) *world {
	w := newWorld(f)
	f.Cleanup(w.close)
	return w
}

// No text but what the instance signed is a token, and none of them panics. A forger holds the key of a tenant: what he signs
// still never speaks for anybody but the accounts of his own session.
func FuzzToken(f *testing.F) {
	w := signer(f)
	p, q := w.parent("p@example.com"), w.parent("q@example.com")
	secret := []byte(w.signIn(p).TenantKey)
	parts := strings.Split(string(string(p.Token)), ".")
	head, _ := b64.DecodeString(parts[0])
	body, _ := b64.DecodeString(parts[1])
	f.Add(string(p.Token), string(head), string(body))
	f.Add("a.b.c", `{"alg":"none"}`, strings.ReplaceAll(string(body), p.Account.String(), q.Account.String()))
	f.Add(string(q.Token)+"=", string(head), strings.Replace(string(body), `"exp":`, `"exp":1e300,"x":`, 1))
	f.Add("", strings.Replace(string(head), "HS256", "HS384", 1), strings.Replace(string(body), p.Session.String(), q.Session.String(), 1))
	f.Fuzz(func(t *testing.T, token, head, body string) {
		if id, err := w.auth.Authenticate(ctx, tollkeeper.SecretText(token)); err == nil && token != string(p.Token) && token != string(q.Token) {
			t.Fatalf("%q speaks for %v", token, id.Account)
		} else if err != nil && codeOf(err) != "invalid_token" {
			t.Fatal(err)
		}
		if id, err := w.auth.Authenticate(ctx, tollkeeper.SecretText(signed(head, body, secret))); err == nil && (id.Account != p.Account || id.Audience != tollkeeper.AudienceOrganization) {
			t.Fatalf("%q %q speaks for %v", head, body, id)
		}
	})
}

// A cursor that the instance did not seal opens nothing, and one that it did opens only its own list.
func FuzzCursor(f *testing.F) {
	w := signer(f)
	p, q := w.parent("p@example.com"), w.parent("q@example.com")
	for _, email := range []string{"a@example.com", "b@example.com", "c@example.com"} {
		w.child(p, email)
		w.child(q, email)
	}
	query := tollkeeper.AccountQuery{Limit: 1, Search: "", From: time.UnixMilli(5)}
	page, err := w.auth.Accounts(ctx, p.Identity, query)
	w.ok(err)
	f.Add(page.Next, 1, "")
	f.Add(page.Next, 2, "")
	f.Add(page.Next+"\n", 1, "a")
	f.Add("", 0, "A@")
	f.Add(".", 101, "\x00")
	f.Fuzz(func(t *testing.T, cursor string, limit int, search string) {
		query := query
		query.Cursor, query.Limit, query.Search = cursor, limit, search
		_, err := w.auth.Accounts(ctx, p.Identity, query)
		if exact := cursor == page.Next && limit == 1 && search == ""; err == nil && cursor != "" && !exact {
			t.Fatalf("%q continued a list of %d with %q", cursor, limit, search)
		}
		if c := codeOf(err); c != "ok" && c != "invalid_cursor" && c != "invalid_limit" && c != "invalid_input" {
			t.Fatal(err)
		}
		if _, err := w.auth.Accounts(ctx, q.Identity, query); err == nil && cursor != "" {
			t.Fatal("another tenant's cursor was taken")
		}
	})
}
