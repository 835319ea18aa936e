package passhash

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// number reads a canonical decimal: digits only, no sign, no leading zero. One
// text for each value keeps a stored hash comparable as text.
func number(s string, low, high int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || len(s) > 1 && s[0] == '0' {
		return 0, fmt.Errorf("%w: not a decimal number", ErrMalformed)
	}
	if n < uint64(low) || n > uint64(high) {
		return 0, fmt.Errorf("%w: %d is outside %d..%d", ErrBounds, n, low, high)
	}
	return int(n), nil
}

// limit is a named parameter of a PHC list and its bounds.
type limit struct {
	name      string
	low, high int
}

// list reads "a=1,b=2": exactly the named parameters, up to three, in their order.
func list(s string, limits ...limit) (values [3]int, err error) {
	if strings.Count(s, ",")+1 != len(limits) {
		return values, fmt.Errorf("%w: wrong number of parameters", ErrMalformed)
	}
	for i, l := range limits {
		var part string
		part, s, _ = strings.Cut(s, ",")
		name, text, ok := strings.Cut(part, "=")
		if !ok || name != l.name {
			return values, fmt.Errorf("%w: parameter %s is missing", ErrMalformed, l.name)
		}
		if values[i], err = number(text, l.low, l.high); err != nil {
			return values, fmt.Errorf("parameter %s: %w", l.name, err)
		}
	}
	return values, nil
}

// split cuts s at each "$" and demands exactly n fields, up to five.
func split(s string, n int) (fields [5]string, err error) {
	if strings.Count(s, "$")+1 != n {
		return fields, fmt.Errorf("%w: wrong number of fields", ErrMalformed)
	}
	for i := range n {
		fields[i], s, _ = strings.Cut(s, "$")
	}
	return fields, nil
}

// decode reads canonical base64 of low to high bytes.
func decode(enc *base64.Encoding, what, s string, low, high int) ([]byte, error) {
	return decodeInto(make([]byte, enc.DecodedLen(len(s))), enc, what, s, low, high)
}

// decodeInto is decode at the beginning of room, which has to be large enough.
func decodeInto(room []byte, enc *base64.Encoding, what, s string, low, high int) ([]byte, error) {
	n, err := enc.Strict().Decode(room, []byte(s))
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not base64", ErrMalformed, what)
	}
	b := room[:n:n]
	if len(b) < low || len(b) > high {
		return nil, fmt.Errorf("%w: %s of %d bytes is outside %d..%d", ErrBounds, what, len(b), low, high)
	}
	return b, nil
}
