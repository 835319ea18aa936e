package random_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/random"
)

// What is made is what is accepted when it comes back, and is never made twice.
func TestWhatIsMadeHasItsForm(t *testing.T) {
	recovery := func(s string) bool { _, ok := canon.RecoveryCode(s); return ok && len(s) == len("xxxx-xxxx-xxxx-xxxx") }
	for name, c := range map[string]struct {
		make  func() string
		valid func(string) bool
	}{
		"token":         {random.Token, canon.ValidToken},
		"short token":   {random.ShortToken, canon.ValidShortToken},
		"recovery code": {random.RecoveryCode, recovery},
		"public key":    {random.PublicKey, canon.ValidPublicKey},
	} {
		seen := map[string]bool{}
		for range 1000 {
			s := c.make()
			if !c.valid(s) || seen[s] {
				t.Fatalf("%s %q; made before: %t", name, s, seen[s])
			}
			seen[s] = true
		}
	}
}

// R25: every digit is as likely as any other, at every place (chi-square with 9 degrees of freedom; 60 is one in 10^9).
func TestCodesAreUnbiased(t *testing.T) {
	var seen [6][10]int
	const n = 100_000
	for range n {
		code := random.Code()
		if !canon.ValidCode(code) {
			t.Fatalf("%q is no code", code)
		}
		for place, digit := range code {
			seen[place][digit-'0']++
		}
	}
	for place, digits := range seen {
		chi := 0.0
		for _, k := range digits {
			d := float64(k) - n/10
			chi += d * d / (n / 10)
		}
		if chi > 60 {
			t.Errorf("place %d: %v", place, digits)
		}
	}
}

// Every character of a short token is as likely as any other (chi-square with 35 degrees of freedom; 110 is one in
// 10^9).
func TestShortTokensAreUnbiased(t *testing.T) {
	seen := map[rune]int{}
	const n = 36 * 3000
	for range n / 12 {
		for _, r := range random.ShortToken() {
			seen[r]++
		}
	}
	chi := 0.0
	for _, k := range seen {
		d := float64(k) - n/36
		chi += d * d / (n / 36)
	}
	if len(seen) != 36 || chi > 110 {
		t.Errorf("%d characters, %v", len(seen), seen)
	}
}
