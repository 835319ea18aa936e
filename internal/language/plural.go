package language

// Forms returns the plural forms that a language has for whole numbers (CLDR): "zero", "one", "two", "few", "many",
// "other", in this order. "other" is always one of them. Of a language that is not known they are one and other.
func Forms(tag string) []string {
	switch primary(tag) {
	case "ar":
		return []string{"zero", "one", "two", "few", "many", "other"}
	case "zh", "ja", "ko", "vi", "th", "id", "ms":
		return []string{"other"}
	case "fr", "es":
		return []string{"one", "many", "other"}
	}
	return []string{"one", "other"}
}

// Plural returns the form of n things, one of [Forms].
func Plural(tag string, n int64) string {
	forms := Forms(tag)
	switch primary(tag) {
	case "ar":
		return arabic(n)
	case "fr":
		if n == 0 || n == 1 {
			return "one"
		}
		fallthrough
	case "es":
		if n != 0 && n%1_000_000 == 0 {
			return "many" // un millón de …
		}
	}
	if n == 1 || n == -1 {
		return forms[0]
	}
	return "other"
}

func arabic(n int64) string {
	if n < 0 {
		n = -n
	}
	switch rest := n % 100; {
	case n == 0:
		return "zero"
	case n == 1:
		return "one"
	case n == 2:
		return "two"
	case rest >= 3 && rest <= 10:
		return "few"
	case rest >= 11:
		return "many"
	}
	return "other" // 100, 101, 102
}
