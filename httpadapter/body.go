package httpadapter

import (
	"bytes"
	"errors"
	"mime"
	"net/http"

	"github.com/tollkeeper/tollkeeper/internal/strictjson"
)

// maxBody is the largest request body in bytes (docs/WIRE.md section 0).
const maxBody = 16 << 10

// body decodes the JSON object of a request that must have one.
func body[T any](c *call) (T, error) {
	var v T
	data, err := c.read()
	if err == nil && len(data) == 0 {
		err = errEmptyBody
	}
	if err == nil && strictjson.Decode(data, &v) != nil {
		err = errBadBody
	}
	if err == nil && c.cookies != nil {
		c.remember = remembered(data)
	}
	return v, err
}

// maybeBody is body for a request that need not have one.
func maybeBody[T any](c *call) (T, error) {
	v, err := body[T](c)
	if errors.Is(err, errEmptyBody) {
		return v, nil
	}
	return v, err
}

// noBody leaves the body, if there is one, unread.
func noBody(*call) (struct{}, error) { return struct{}{}, nil }

// read returns the body, or nothing when it is only white space. A missing Content-Type is taken for JSON; any other
// type is a bad body, so that a page of another origin cannot send one without a preflight (R62, R65).
func (c *call) read() ([]byte, error) {
	if c.r.ContentLength > maxBody {
		return nil, errLargeBody
	}
	data, err := strictjson.Read(http.MaxBytesReader(c.w, c.r.Body, maxBody), maxBody)
	switch {
	case errors.Is(err, strictjson.ErrTooLarge):
		return nil, errLargeBody
	case err != nil:
		return nil, errBadBody
	}
	data = bytes.Trim(data, " \t\r\n")
	if len(data) > 0 && !isJSON(c.r.Header["Content-Type"]) {
		return nil, errBadBody
	}
	return data, nil
}

func isJSON(types []string) bool {
	switch {
	case len(types) == 0:
		return true
	case len(types) > 1:
		return false
	case types[0] == "application/json": // the common spelling, without parsing it
		return true
	}
	kind, _, err := mime.ParseMediaType(types[0])
	return err == nil && kind == "application/json"
}
