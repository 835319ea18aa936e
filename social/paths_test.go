package social_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/social"
)

// leadsAway reports whether a browser that is sent to the address leaves the origin: it drops controls at the ends,
// tabs and line breaks anywhere, and takes a backslash for a slash (WHATWG URL 4.4).
func leadsAway(address string) bool {
	address = strings.Trim(address, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f ")
	address = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(address)
	return !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//")
}

// TestReturnsStayOnTheOrigin asks for paths to return to that are known to lead elsewhere, and for every character in
// the places where one of them has.
func TestReturnsStayOnTheOrigin(t *testing.T) {
	raw, err := os.ReadFile("testdata/openredirect/payloads.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil || len(list) < 300 {
		t.Fatal(len(list), err)
	}
	between := []string{"%2f", "%5c", "%09", "%00", "%ef%bc%8f", "\u2028", "\u3002", "\uff0f", "\ufeff", "\xff", "//", "/./", "/../"}
	for b := range 0x100 {
		between = append(between, string(rune(b)))
	}
	for _, s := range between {
		for _, form := range []string{"%sevil.example", "/%sevil.example", "%s/evil.example", "/%s/evil.example", "//%sevil.example", "/a%s//evil.example"} {
			list = append(list, fmt.Sprintf(form, s))
		}
	}
	i, kit := newIssuer(t), authtest.New(t)
	v := verifier(t, i, start())
	takes := func(path string) bool {
		_, err := social.NewHandlers(social.HandlersConfig{
			Auth: kit.Auth, Verifier: v, Key: tollkeeper.NewMasterKey(), RedirectURL: "https://app.example/callback", Returns: []string{path},
		})
		return err == nil
	}
	taken := 0
	for _, path := range list {
		if !takes(path) {
			continue
		}
		if taken++; leadsAway(path) || strings.ContainsAny(path, "\\?#%\"<> ") {
			t.Errorf("%q is taken", path)
		}
	}
	if !takes("/") || !takes("/welcome/back") || taken == 0 || taken > len(list)/4 {
		t.Errorf("%d of %d are taken", taken, len(list))
	}
}
