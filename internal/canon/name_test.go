package canon_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

func TestValidUsername(t *testing.T) {
	for s, want := range map[string]bool{
		"a": true, "Ada_L_1815": true, "_": true, strings.Repeat("x", 30): true,
		"": false, strings.Repeat("x", 31): false, "a b": false, "a-b": false, "a@b": false, "ä": false, "a\n": false, "\na": false, "\u212a": false,
	} {
		if got := canon.ValidUsername(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}

func TestValidLocale(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "de": true, "de-AT": true, "zh-Hans-CN": true, "es-419": true, "x-klingon": true, "sl-rozaj-biske-1994": true,
		"de_AT": false, "de-": false, "-de": false, "de--AT": false, "419": false, "abcdefghi": false, "de-abcdefghi": false,
		"de AT": false, "d\u00e9": false, "de\n": false, "de-12345678-12345678-12345678-1234567": false, "de-12345678-12345678-12345678-12345": true,
	} {
		if got := canon.ValidLocale(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}

func TestValidPublicKey(t *testing.T) {
	const body = "ABCDEFGHIJKLMNOPQRSTUVW234"
	for s, want := range map[string]bool{
		"APK_" + body: true,
		"":            false, "APK_": false, body: false, "apk_" + body: false, "APK_" + strings.ToLower(body): false,
		"APK_" + body[1:]: false, "APK_" + body + "A": false, "APK_" + body + "\n": false, " APK_" + body: false,
		"APK_" + body[1:] + "1": false, "APK_" + body[1:] + "0": false, "APK_" + body[1:] + "=": false,
	} {
		if got := canon.ValidPublicKey(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}
