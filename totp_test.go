package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// RFC 6238 appendix B, SHA-1, the last six of its eight digits.
func TestTOTPVectors(t *testing.T) {
	seed := []byte("12345678901234567890")
	for unix, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		at := time.Unix(unix, 0)
		step, ok := tollkeeper.MatchTOTP(seed, code, 0, at)
		if !ok || step != unix/30 {
			t.Errorf("%d: step %d, %t; want %d", unix, step, ok, unix/30)
		}
		if _, ok := tollkeeper.MatchTOTP(seed, code, unix/30, at); ok {
			t.Errorf("%d: accepted again", unix)
		}
		for _, away := range []time.Duration{-60 * time.Second, 60 * time.Second} {
			if _, ok := tollkeeper.MatchTOTP(seed, code, 0, at.Add(away)); ok && unix > 60 {
				t.Errorf("%d: accepted %v away", unix, away)
			}
		}
		for _, away := range []time.Duration{-30 * time.Second, 30 * time.Second} {
			if _, ok := tollkeeper.MatchTOTP(seed, code, 0, at.Add(away)); !ok {
				t.Errorf("%d: refused one step away", unix)
			}
		}
	}
}
