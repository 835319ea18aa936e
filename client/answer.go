package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

const (
	maxAnswer  = 4 << 20              // bytes; a page of a hundred users with all their metadata has an eighth
	maxProblem = 64 << 10             // bytes
	maxWait    = 365 * 24 * time.Hour // that an answer may ask for
)

// read reads the answer to r into out.
func read(a *http.Response, r request, out any) error {
	bad := func(why string) error { return fmt.Errorf("%s %s: %w: %s", r.method, r.path, ErrAnswer, why) }
	switch {
	case a.StatusCode < 200 || a.StatusCode > 299:
		return refusal(a)
	case a.StatusCode == http.StatusNoContent || a.StatusCode == http.StatusAccepted:
		if out != nil && !r.empty {
			return bad("it has no body")
		}
		return nil
	case a.StatusCode != http.StatusOK && a.StatusCode != http.StatusCreated || out == nil:
		return bad("status " + strconv.Itoa(a.StatusCode))
	case !typed(a, "application/json"):
		return bad("it is not JSON")
	}
	text, err := bounded(a.Body, maxAnswer)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return bad("it is not the JSON of this route")
	}
	return nil
}

func typed(a *http.Response, want string) bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && kind == want
}

func bounded(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("%w: it is longer than %d bytes", ErrAnswer, most)
	}
	return text, err
}

// problem is the body of a refusal (RFC 9457).
type problem struct {
	Type       string `json:"type"`
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Detail     string `json:"detail"`
	Code       Code   `json:"code"`
	Field      string `json:"field,omitempty"`
	RetryAfter int64  `json:"retryAfter,omitempty"` // seconds
}

// refusal is the [*Error] of an answer. What is no problem document says no more than its status.
func refusal(a *http.Response) error {
	e := &Error{Status: a.StatusCode, RetryAfter: wait(a.Header.Get("Retry-After"))}
	if !typed(a, "application/problem+json") {
		return e
	}
	text, err := bounded(a.Body, maxProblem)
	if err != nil {
		return e
	}
	var p problem
	if err := json.Unmarshal(text, &p); err != nil {
		return e
	}
	e.Code, e.Field, e.Detail = p.Code, p.Field, p.Detail
	if p.RetryAfter > 0 {
		e.RetryAfter = seconds(p.RetryAfter)
	}
	return e
}

// wait reads the seconds of a header. A date is none: the clocks need not agree.
func wait(header string) time.Duration {
	n, err := strconv.ParseInt(header, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return seconds(n)
}

func seconds(n int64) time.Duration {
	return time.Duration(min(n, int64(maxWait/time.Second))) * time.Second
}
