package blocklist_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/blocklist"
)

const (
	wordBytes = 3      // of a common word
	wordLines = 20_000 // of the first list
)

// calendar is what passwords are renewed by.
var calendar = strings.Fields(`spring summer autumn fall winter
	january february march april may june july august september october november december
	jan feb mar apr jun jul aug sep sept oct nov dec
	monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun`)

// commonWords returns the common words as they stand in their lists.
func commonWords(t *testing.T) []string {
	t.Helper()
	common := source(t, "seclists-top-100000.txt.gz", wordBytes)[:wordLines]
	common = append(common, source(t, "seclists-2025-199.txt", wordBytes)...)
	return slices.DeleteFunc(append(common, calendar...), func(w string) bool { return len(w) < 6 && strings.Trim(w, "0123456789") == "" })
}

// folded is a word without the difference between a letter and what is written for it.
func folded(word string) string {
	return strings.NewReplacer("@", "a", "4", "a", "0", "o", "1", "i", "!", "i", "l", "i", "3", "e", "5", "s", "$", "s", "7", "t").Replace(strings.ToLower(word))
}

// words returns the common words, as they are listed.
func words(t *testing.T) []string {
	t.Helper()
	all := map[string]bool{}
	for _, w := range commonWords(t) {
		if w = folded(w); len(w) <= longest {
			all[w] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func TestEmbellished(t *testing.T) {
	for _, p := range strings.Fields(`P@ssword1 Passw0rd! Password123! Welcome1! Welcome@2024! Summer2024 Winter2023! root1234 sayang123 5201314520
		Aa123456! P@ssw0rd123 !Welcome1 123monkey$ 2024Summer! M0nd@y!! 0ct0b3r24 $unsh1ne77 He!!o123 t1ger2000 horse1234 contraseña1 ñ__
		September-24 Jan-2024 (dragon) p455w0rd_1 7rustno1! sunshine€ ` + "dragon\u0664\u0662\u0661") {
		if want := p != "ñ__"; blocklist.Embellished(p) != want {
			t.Errorf("%q: refused %t", p, !want)
		}
	}
	for _, p := range []string{"Summer 2024", "  horse ", "jordan\u00a023"} {
		if !blocklist.Embellished(p) {
			t.Errorf("%q: spaces make a password of a word", p)
		}
	}
	for _, p := range []string{
		"correct horse battery staple", "vT9qk2LmZx0e", "tiger-Orbit-1", "Marble-Thicket-48", "purple monkey 8", "summer in Rome", "welcome my cats1",
		"horse9281734", "9281horse734", "20240131", "tigers7horses", "xsummer2024", "犬猫鳥魚馬牛羊豚", "password\xff1", "", "9281734650128",
	} {
		if blocklist.Embellished(p) {
			t.Errorf("%q is refused", p)
		}
	}
}

// A common word stays one, whatever case it has, what is written for its letters and what stands about it.
func TestEveryCommonWordIsKnownHoweverItIsDressed(t *testing.T) {
	replaced := strings.NewReplacer("a", "@", "o", "0", "i", "1", "e", "3", "s", "$", "t", "7")
	other := strings.NewReplacer("a", "4", "i", "!", "l", "1", "s", "5")
	for _, w := range commonWords(t) {
		if len(w) > longest {
			continue
		}
		for _, dressed := range []string{
			w, strings.ToUpper(w), w + "1", w + "123!", "1" + w, "#" + w + "2024!", w + "-98765", replaced.Replace(w) + "!", other.Replace(w) + "77",
		} {
			if !blocklist.Embellished(dressed) {
				t.Errorf("%q is taken", dressed)
			}
		}
	}
}

func BenchmarkEmbellished(b *testing.B) {
	for name, password := range map[string]string{"usual": "vT9qk2LmZx0e", "digits": "928173465012", "long": strings.Repeat("9", 1024)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				blocklist.Embellished(password)
			}
		})
	}
}
