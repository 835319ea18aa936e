package canon

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ASCIIAddress returns the address with each label of its domain that is not ASCII as DNS has it: "xn--" and Punycode
// (RFC 3492), of its lower case. Everything else stays as it is, and so does a domain with what no label is made of or
// with a letter and its accent apart, so that [Email] refuses it.
func ASCIIAddress(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || isASCII(s[at:]) {
		return s
	}
	labels := strings.Split(strings.ReplaceAll(s[at+1:], "\u3002", "."), ".")
	for i, label := range labels {
		if isASCII(label) {
			continue
		}
		lower := strings.ToLower(label)
		if !utf8.ValidString(lower) || strings.ContainsFunc(lower, outsideLabels) || utf8.RuneCountInString(lower) > 63 {
			return s
		}
		labels[i] = "xn--" + punycode([]rune(lower))
	}
	return s[:at+1] + strings.Join(labels, ".")
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// outsideLabels takes no accents on their own: Unicode has the letters that they belong to.
func outsideLabels(r rune) bool {
	accent := '\u0300' <= r && r <= '\u036f'
	return accent || r != '-' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.Is(unicode.Nd, r)
}

// The parameters of Punycode (RFC 3492 5).
const (
	punyBase, punyLeast, punyMost = 36, 1, 26
	punySkew, punyDamp            = 38, 700
	punyBias, punyFirst           = 72, 128
)

// punycode encodes a label of at most 63 characters (RFC 3492 6.3).
func punycode(label []rune) string {
	var out []byte
	for _, r := range label {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias := rune(punyFirst), 0, punyBias
	for done := basic; done < len(label); n++ {
		next := rune(math.MaxInt32)
		for _, r := range label {
			if r >= n {
				next = min(next, r)
			}
		}
		delta += int(next-n) * (done + 1)
		n = next
		for _, r := range label {
			if r < n {
				delta++
			}
			if r == n {
				out = appendPuny(out, delta, bias)
				done++
				bias = adaptPuny(delta, done, done == basic+1)
				delta = 0
			}
		}
		delta++
	}
	return string(out)
}

// appendPuny writes one number in digits of changing weight.
func appendPuny(out []byte, n, bias int) []byte {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	for k := punyBase; ; k += punyBase {
		t := min(max(k-bias, punyLeast), punyMost)
		if n < t {
			return append(out, digits[n])
		}
		out = append(out, digits[t+(n-t)%(punyBase-t)])
		n = (n - t) / (punyBase - t)
	}
}

func adaptPuny(delta, count int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / count
	k := 0
	for delta > (punyBase-punyLeast)*punyMost/2 {
		delta /= punyBase - punyLeast
		k += punyBase
	}
	return k + (punyBase-punyLeast+1)*delta/(delta+punySkew)
}
