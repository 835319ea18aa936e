package token_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// verdicts returns what the hot path and the strict one make of a token.
func verdicts(r *token.Keyring, c *token.Checker[seen], text string) (fast, strict string) {
	verdict := func(c token.Claims, k *token.Key) string {
		return fmt.Sprint(c.Issuer, c.Audience, c.Subject, c.Session, c.IssuedAt, c.NotBefore, c.ExpiresAt, c.Ext, k.ID())
	}
	fast, strict = "refused", "refused"
	if g, _, ok := c.Check(text, now, new(token.Genuine)); ok {
		fast = verdict(g.Claims, g.Key)
	}
	if claims, k, ok := r.Check(text, issuer, now); ok {
		strict = verdict(claims, k)
	}
	return fast, strict
}

// FuzzHotPath holds the fast judge to the strict one: what is signed with our own key, whatever it says, gets the same
// verdict and the same claims from both.
func FuzzHotPath(f *testing.F) {
	r := keyring(f)
	c := checker(r)
	good := payloadOf(f, sign(f, r.Instance(), claims()))
	f.Add(good, false)
	f.Add(good, true)
	f.Add(strings.Replace(good, `"aud":"v1"`, `"aud":"v1","aud":"v2"`, 1), false)
	f.Add(strings.Replace(good, fmt.Sprint(now.Unix()+3600), "1e300", 1), false)
	f.Add(strings.Replace(good, "0198c0de", "0198C0DE", 1), false)
	f.Add(strings.Replace(good, `"v1"`, `"v\u0031"`, 1), false)
	f.Add(good+" ", false)
	for _, ext := range append(extTexts, " {}", "{} ", "\n{\n}\n") {
		f.Add(withExt(good, ext), false)
	}
	f.Add(`{"aud":"","exp":0}`, false)
	f.Add(withExt(good, "{}")[len(`{"aud":"`):], false) // whatever is good later mends nothing
	f.Fuzz(func(t *testing.T, payload string, bad bool) {
		text := handSigned(t, instanceHeader(), payload)
		if bad {
			text = text[:len(text)-43] + strings.Repeat("A", 43)
		}
		if fast, strict := verdicts(r, c, text); fast != strict {
			t.Fatalf("fast %v, strict %v: %s", fast, strict, payload)
		}
	})
}

// FuzzHotPathText does the same with whole tokens of any text.
func FuzzHotPathText(f *testing.F) {
	r := keyring(f)
	c := checker(r)
	text := sign(f, r.Instance(), claims())
	for _, s := range []string{text, text + "=", text + "\n", strings.Replace(text, ".", "..", 1), text[:len(text)-1] + "B", "a.b.c", "..", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if fast, strict := verdicts(r, c, text); fast != strict {
			t.Fatalf("fast %v, strict %v: %q", fast, strict, text)
		}
	})
}
