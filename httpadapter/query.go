package httpadapter

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/tollkeeper/tollkeeper"
)

// query reads the named parameters. Others are ignored; one that is there twice, or a query that does not parse, is
// refused, so that two readers of one request cannot see two values.
func (c *call) query(names ...string) (map[string]string, error) {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, tollkeeper.ErrInvalidInput
	}
	found := make(map[string]string, len(names))
	for name, v := range values {
		if !slices.Contains(names, name) {
			continue
		}
		if len(v) > 1 {
			return nil, &tollkeeper.Error{Code: tollkeeper.ErrInvalidInput.Code, Field: name, Message: "Send each parameter once"}
		}
		found[name] = v[0]
	}
	return found, nil
}

// listLimit reads a page size. Empty is the default.
func listLimit(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 || strconv.Itoa(n) != s {
		return 0, tollkeeper.ErrInvalidLimit
	}
	return n, nil
}
