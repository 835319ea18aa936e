package token_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/token"
)

// extTexts are what the claim ext may be made to hold.
var extTexts = []string{
	`{}`, `{"plan":"pro"}`, `{"a":[{"b":"}]\\\"{"}],"c":1e3}`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{ "a" : 1 }`, `null`, `[]`, `"{}"`, `1`, `{`, `}`,
	`{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":01}`, `{a:1}`, `{"a":[}]}`, strings.Repeat(`{"a":`, 7) + "1" + strings.Repeat("}", 7),
	strings.Repeat(`{"a":`, 8) + "1" + strings.Repeat("}", 8), `{"a":"` + strings.Repeat("x", 1<<10-8) + `"}`, `{"a":"` + strings.Repeat("x", 1<<10-7) + `"}`,
}

func withExt(payload, ext string) string {
	return strings.Replace(payload, `,"iat":`, `,"ext":`+ext+`,"iat":`, 1)
}

// What the host added is read by both paths alike: an object as it stands, within its bounds, or the token is no good.
func TestBothPathsReadWhatTheHostAdded(t *testing.T) {
	r := keyring(t)
	good := payloadOf(t, sign(t, r.Instance(), claims()))
	c := checker(r)
	taken := 0
	for _, ext := range extTexts {
		text := handSigned(t, instanceHeader(), withExt(good, ext))
		fast, strict := verdicts(r, c, text)
		if fast != strict {
			t.Errorf("fast %s, strict %s: %s", fast, strict, ext)
		}
		known, _, ok := c.Check(text, now, new(token.Genuine))
		if ok != token.GoodExt([]byte(ext)) {
			t.Errorf("taken: %t: %s", ok, ext)
		}
		if !ok {
			continue
		}
		if taken++; known.Claims.Ext != ext {
			t.Errorf("read %s of %s", known.Claims.Ext, ext)
		}
		if _, hot := token.ScanClaims(withExt(good, ext), issuer, "v1"); !hot {
			t.Errorf("read by the hot path: %t: %s", hot, ext)
		}
	}
	if taken != 6 {
		t.Errorf("%d were taken", taken)
	}
}
