// Package language says in which language somebody is spoken to, and writes dates, numbers and durations in it. It
// knows six: English, German, French, Spanish, Chinese (simplified) and Arabic. Of any other one it writes what is read
// everywhere: 2006-01-02, 1234, 30 min.
//
// Digits are those of ASCII in every language, as in the codes and addresses beside them.
package language

import (
	"slices"
	"strconv"
	"strings"
)

// Default is the language of whoever asks for none that there is.
const Default = "en"

// Known returns the six languages, Default first.
func Known() []string { return []string{Default, "de", "fr", "es", "zh", "ar"} }

const (
	mostHeader = 1024 // bytes of a header that are looked at
	mostItems  = 20   // of it
)

// Pick returns the one of the known languages that the values of the header Accept-Language prefer (RFC 9110 12.5.4):
// the highest weight wins, then the first. "*" stands for the first that is known. Empty: none is asked for.
func Pick(header []string, known []string) string {
	best, weight := "", 0.0
	for i, item := range strings.Split(Bounded(header), ",") {
		if i == mostItems {
			break
		}
		tag, q, ok := parse(item)
		if !ok || q <= weight {
			continue
		}
		if found := matchOrAny(tag, known); found != "" {
			best, weight = found, q
		}
	}
	return best
}

func matchOrAny(tag string, known []string) string {
	if tag == "*" && len(known) > 0 {
		return known[0]
	}
	return Match(tag, known)
}

// Bounded returns the values of a header as one, of at most 1,024 bytes: whole items, where it is longer.
func Bounded(header []string) string {
	all := strings.Join(header, ",")
	if len(all) <= mostHeader {
		return all
	}
	all = all[:mostHeader]
	return all[:strings.LastIndexByte(all, ',')+1]
}

// parse reads "de-CH;q=0.7". False: it has a weight that is none.
func parse(item string) (tag string, q float64, ok bool) {
	tag, parameter, weighted := strings.Cut(item, ";")
	tag = strings.TrimSpace(tag)
	if !weighted {
		return tag, 1, true
	}
	name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
	if !strings.EqualFold(name, "q") {
		return tag, 1, true
	}
	q, err := strconv.ParseFloat(value, 64)
	return tag, q, err == nil && q >= 0 && q <= 1
}

// Match returns the known language that a tag (RFC 5646) names: itself, or what is left of it when its end is cut off
// subtag by subtag (RFC 4647 3.4): de-CH-1996 is de-CH, else de. Letter case is no matter. Empty: none.
func Match(tag string, known []string) string {
	for tag != "" {
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, tag) })
		if i >= 0 {
			return known[i]
		}
		tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)]
	}
	return ""
}

// primary is the first subtag, in lower case.
func primary(tag string) string {
	first, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return first
}

// rightToLeft are the languages that are written so in the script that they have by default.
var rightToLeft = []string{"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}

// Direction returns "rtl" or "ltr", as the attribute dir of HTML has it.
func Direction(tag string) string {
	if slices.Contains(rightToLeft, primary(tag)) {
		return "rtl"
	}
	return "ltr"
}
