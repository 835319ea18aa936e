package blocklist_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/blocklist"
)

// What people are told to do is never refused: words by dice, and what a password manager makes.
func TestGoodPasswordsAreTaken(t *testing.T) {
	const each = 5_000
	var random *rand.Rand
	dice := source(t, "eff-large.txt.gz", 1)
	if len(dice) != 7_776 {
		t.Fatalf("%d words, want 7,776", len(dice))
	}
	words := func(n int, between string, write func(string) string) func() string {
		return func() string {
			phrase := make([]string, n)
			for i := range phrase {
				phrase[i] = write(dice[random.IntN(len(dice))])
			}
			return strings.Join(phrase, between)
		}
	}
	of := func(n int, letters string) func() string {
		return func() string {
			password := make([]byte, n)
			for i := range password {
				password[i] = letters[random.IntN(len(letters))]
			}
			return string(password)
		}
	}
	title := func(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for name, next := range map[string]func() string{
		"three words":             words(3, " ", strings.ToLower),
		"three words, no space":   words(3, "", strings.ToLower),
		"four words with hyphens": words(4, "-", title),
		"six words":               words(6, " ", strings.ToLower),
		"twelve letters":          of(12, letters),
		"sixteen characters":      of(16, letters+"!@#$%^&*-_=+.,:;?"),
		"sixteen of hexadecimal":  of(16, "0123456789abcdef"),
		"twenty digits":           of(20, "0123456789"),
	} {
		random = rand.New(rand.NewPCG(1, 2)) // the same each time, in whatever order
		for range each {
			if p := next(); blocklist.Common(p) || blocklist.Predictable(p) || blocklist.Embellished(p) {
				t.Errorf("%s: %q is refused", name, p)
			}
		}
	}
}
