package platform

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// FuzzPlatformID: whatever a PlatformId says, it names a number in its one spelling or a text, never both.
func FuzzPlatformID(f *testing.F) {
	for _, seed := range []string{`1`, `"1"`, `"APK_X"`, `1e3`, `-0`, `null`, `"\u0031"`, `99999999999999999999`, `[]`, `true`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var b struct {
			Platform platformID `json:"PlatformId"`
		}
		if strictjson.Decode([]byte(`{"PlatformId":`+value+`}`), &b) != nil {
			return
		}
		p := b.Platform.named
		if p == nil {
			t.Fatalf("%s: absent", value)
		}
		kind, text, _ := strings.Cut(p.String(), ":")
		if kind != "number" && kind != "key" || text == "" || len(text) > 64 {
			t.Errorf("%s: %v", value, p)
		}
		if bare := strings.Trim(strings.TrimSpace(value), `"`); kind == "number" && !strings.Contains(bare, `\`) && bare != text {
			t.Errorf("%s is read as %s", value, text)
		}
	})
}

func TestPlatformNames(t *testing.T) {
	number, key := tollkeeper.UnderNumber, tollkeeper.UnderKey
	for text, want := range map[string]tollkeeper.Scope{
		"1": number(1), "9007199254740992": number(1 << 53), "9007199254740993": key("9007199254740993"), "0": key("0"), "-1": key("-1"),
		"9223372036854775808": key("9223372036854775808"), "01": key("01"), "APK_X": key("APK_X"), "": key("empty"),
	} {
		if got := scopeOf(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
