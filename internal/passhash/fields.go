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

// list reads "a=1,b=2": exactly the named parameters in their order.
func list(s string, limits ...limit) ([]int, error) {
	if strings.Count(s, ",")+1 != len(limits) {
		return nil, fmt.Errorf("%w: wrong number of parameters", ErrMalformed)
	}
	values := make([]int, len(limits))
	for i, l := range limits {
		var part string
		part, s, _ = strings.Cut(s, ",")
		name, text, ok := strings.Cut(part, "=")
		if !ok || name != l.name {
			return nil, fmt.Errorf("%w: parameter %s is missing", ErrMalformed, l.name)
		}
		n, err := number(text, l.low, l.high)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", l.name, err)
		}
		values[i] = n
	}
	return values, nil
}

// split cuts s at each "$" and demands exactly n fields.
func split(s string, n int) ([]string, error) {
	fields := strings.Split(s, "$")
	if len(fields) != n {
		return nil, fmt.Errorf("%w: wrong number of fields", ErrMalformed)
	}
	return fields, nil
}

// decode reads canonical base64 of low to high bytes.
func decode(enc *base64.Encoding, what, s string, low, high int) ([]byte, error) {
	b, err := enc.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not base64", ErrMalformed, what)
	}
	if len(b) < low || len(b) > high {
		return nil, fmt.Errorf("%w: %s of %d bytes is outside %d..%d", ErrBounds, what, len(b), low, high)
	}
	return b, nil
}
