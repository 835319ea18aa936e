package tollkeeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// R01, R02, R05 to R07: what a new password must be, at sign-up, change and reset alike.
func TestNewPasswords(t *testing.T) {
	weak := map[string]string{
		"seven": "a2b4c6d", "a common one": "password123", "the same in capitals": "PASSWORD123", "of sequence": "qwertyuiop",
		"with the email's name": "xx-Lovelace-9", "with its domain": "my-engine-is-9", "with the username": "first-countess1", "with the product": "I love ACME 9",
		"beyond 1,024 bytes": strings.Repeat("horse 9 ", 129), "a mebibyte": strings.Repeat("x", 1<<20), "broken text": "horse \xff staple",
		"eight bytes, four characters": "\u00e9\u00e9\u00e9\u00e9",
	}
	good := []string{"battery staple", "        8", "\U0001f40e\U0001f40e\U0001f40e\U0001f40e\U0001f40e\U0001f40e\U0001f40e\U0001f40e", strings.Repeat("\U0001f40e", 64), strings.Repeat("horse 9 ", 128)}
	story(t, func(w *world) {
		sign := func(password string) tollkeeper.SignUpRequest {
			return tollkeeper.SignUpRequest{Email: "lovelace@engine.example", Username: "Countess", Password: tollkeeper.Password(password)}
		}
		for what, bad := range weak {
			start := time.Now()
			_, err := w.auth.SignUp(ctx, sign(bad))
			if codeOf(err) != "weak_password" || contains(err.Error(), bad) || time.Since(start) > 0 {
				t.Errorf("%s at sign-up: %v", what, err)
			}
		}
		p := w.signUp(sign(good[0]))
		for what, bad := range weak {
			if err := w.auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: tollkeeper.Password(good[0]), New: tollkeeper.Password(bad)}); codeOf(err) != "weak_password" {
				t.Errorf("%s at a change: %v", what, err)
			}
		}
		w.ok(w.requestReset(p))
		link := w.token(p.email, tollkeeper.MailReset)
		for what, bad := range weak {
			if err := w.reset(link, bad); codeOf(err) != "weak_password" {
				t.Errorf("%s at a reset: %v", what, err)
			}
		}
		w.ok(w.reset(link, good[1]))
		now := good[1]
		for _, next := range good[2:] {
			res, err := w.try(p, now)
			w.ok(err)
			w.ok(w.auth.ChangePassword(ctx, w.identity(string(res.Token)), tollkeeper.PasswordChange{Current: tollkeeper.Password(now), New: tollkeeper.Password(next)}))
			now = next
		}
		_, err := w.try(p, now)
		w.ok(err)
	}, unlimited)
}

// PolicyNIST asks for 15 characters; a policy of the host speaks in its own words.
func TestPolicies(t *testing.T) {
	story(t, func(w *world) {
		_, err := w.auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "a@example.com", Password: "fourteen chars"})
		w.want(err, tollkeeper.ErrWeakPassword)
		_, err = w.auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "a@example.com", Password: "fifteen charact"})
		w.ok(err)
	}, func(c *tollkeeper.Config) { c.Passwords.Policy = tollkeeper.PolicyNIST })
}

// R04: the current password is asked for, and guessing it with a stolen session is locked.
func TestChangePasswordNeedsTheCurrentOne(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		change := func(current string) error {
			return w.auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: tollkeeper.Password(current), New: "another horse 9", Client: from("192.0.2.1")})
		}
		for range 5 {
			w.want(change("wrong"), tollkeeper.ErrInvalidCredentials)
		}
		w.want(change(password), tollkeeper.ErrLocked)
		w.want(w.auth.DeleteAccount(ctx, p.Identity, password, from("192.0.2.1")), tollkeeper.ErrLocked)
		w.signIn(p) // the owner, with his password, gets in as before
		w.pass(30 * time.Second)
		w.ok(change(password))
		if n := len(w.sent(p.email, tollkeeper.MailNotice)); n != 1 { // R36
			t.Errorf("%d notices", n)
		}
	})
}

// R11: beyond its places and its queue hashing is refused, with a time to wait, and nothing else breaks.
func TestHashingIsBounded(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got := tally(atOnce(200, func(i int) error {
			_, err := w.auth.SignIn(ctx, tollkeeper.SignInRequest{Email: fmt.Sprintf("n%d@example.com", i), Password: "wrong"})
			if err != nil && codeOf(err) == "busy" && retryAfter(err) < time.Second {
				t.Error("busy without a time to wait")
			}
			return err
		}))
		if got["invalid_credentials"]+got["busy"] != 200 || got["invalid_credentials"] == 0 {
			t.Error(got)
		}
		w.identity(string(p.Token))
		w.signIn(p)
	}, unlimited, func(c *tollkeeper.Config) {
		c.Passwords.Hash.Parallel, c.Passwords.Hash.Queue, c.Passwords.Hash.Memory = 1, 1, 4096
	})
}

// R81: a cursor continues the list that it came from: same caller, filter and limit.
func TestCursors(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		for i := range 7 {
			w.child(p, fmt.Sprintf("c%d@example.com", i))
			w.child(q, fmt.Sprintf("c%d@example.com", i))
		}
		query := tollkeeper.AccountQuery{Limit: 3, Search: "C"}
		var emails []string
		for {
			page, err := w.auth.Accounts(ctx, p.Identity, query)
			w.ok(err)
			if page.Total != 7 || page.Active != 7 {
				w.Fatalf("%d, %d active", page.Total, page.Active)
			}
			for _, x := range page.Accounts {
				emails = append(emails, x.Email[:2])
			}
			if query.Cursor = page.Next; page.Next == "" {
				break
			}
			for what, change := range map[string]func(*tollkeeper.AccountQuery){
				"limit": func(q *tollkeeper.AccountQuery) { q.Limit = 4 }, "search": func(q *tollkeeper.AccountQuery) { q.Search = "" },
				"from": func(q *tollkeeper.AccountQuery) { q.From = time.UnixMilli(1) }, "to": func(q *tollkeeper.AccountQuery) { q.To = w.now() },
			} {
				other := query
				change(&other)
				if _, err := w.auth.Accounts(ctx, p.Identity, other); codeOf(err) != "invalid_cursor" {
					t.Errorf("another %s: %v", what, err)
				}
			}
			_, err = w.auth.Accounts(ctx, q.Identity, query)
			w.want(err, tollkeeper.ErrInvalidCursor)
		}
		if fmt.Sprint(emails) != "[c0 c1 c2 c3 c4 c5 c6]" {
			t.Error(emails)
		}
		for _, limit := range []int{-1, 101} {
			_, err := w.auth.Accounts(ctx, p.Identity, tollkeeper.AccountQuery{Limit: limit})
			w.want(err, tollkeeper.ErrInvalidLimit)
		}
	}, unlimited)
}
