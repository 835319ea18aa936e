package breach

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// PublicRange is the public service of Have I Been Pwned. It needs no key and keeps no record that names anyone; its
// terms ask for nothing but a User-Agent.
const PublicRange = "https://api.pwnedpasswords.com"

// RangeConfig says whom a Range asks.
type RangeConfig struct {
	// BaseURL is the service's; "/range/" and five hex characters are added. https, or http for localhost. Zero:
	// [PublicRange].
	BaseURL    string
	HTTPClient *http.Client  // redirects are not followed, cookies not kept. Nil: one of its own
	Timeout    time.Duration // of one question, besides the caller's ctx. Zero: 2 seconds
	UserAgent  string        // Zero: "tollkeeper"
}

// Range asks a service by the k-anonymity range protocol: it sends the first five of the 40 hex characters of the
// password's SHA-1, which some thousand passwords share, and looks for the others among the answers. The answer is
// padded (Add-Padding), so that its size does not tell either. It is safe for concurrent use.
type Range struct {
	client  *http.Client
	base    string
	agent   string
	timeout time.Duration
}

// NewRange makes a Range. It asks nothing yet.
func NewRange(c RangeConfig) (*Range, error) {
	r := &Range{client: &http.Client{}, base: strings.TrimSuffix(c.BaseURL, "/"), agent: c.UserAgent, timeout: c.Timeout}
	if r.base == "" {
		r.base = PublicRange
	}
	if r.agent == "" {
		r.agent = "tollkeeper"
	}
	if r.timeout == 0 {
		r.timeout = 2 * time.Second
	}
	if r.timeout < 0 {
		return nil, errors.New("breach: RangeConfig.Timeout is negative")
	}
	u, err := url.Parse(r.base)
	if err != nil || u.RawQuery != "" || !upstream.Secure(r.base) {
		return nil, errors.New("breach: RangeConfig.BaseURL must be an https URL, or an http one of localhost, without user and query")
	}
	if c.HTTPClient != nil {
		*r.client = *c.HTTPClient
	}
	r.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.client.Jar = nil
	return r, nil
}

// Breached reports whether the service knows the password. An error means that nobody can tell: the service was silent,
// slow, or gave anything but the answer of the protocol. No error holds anything of the password or its digest.
func (r *Range) Breached(ctx context.Context, password string) (bool, error) {
	sum := sha1.Sum([]byte(password))
	digest := hex.AppendEncode(nil, sum[:])
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	body, err := r.ask(ctx, bytes.ToUpper(digest[:prefixLen]))
	if err != nil {
		return false, err
	}
	return listed(body, bytes.ToUpper(digest[prefixLen:]))
}

const (
	prefixLen = 5
	suffixLen = 2*sha1.Size - prefixLen
	maxAnswer = 1 << 20 // bytes; the public service gives some 50 KB
)

var (
	errJunk  = errors.New("breach: the service does not answer by the range protocol")
	errLarge = errors.New("breach: the service answers too much")
)

func (r *Range) ask(ctx context.Context, prefix []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+"/range/"+string(prefix), nil)
	if err != nil {
		return nil, errors.New("breach: the question cannot be asked")
	}
	request.Header.Set("Add-Padding", "true")
	request.Header.Set("User-Agent", r.agent)
	response, err := r.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("breach: %w", withoutURL(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("breach: the service answers with status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("breach: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, errLarge
	}
	return body, nil
}

// withoutURL takes the prefix out of an error: it is a fifth of what an attacker with a list of guesses needs.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// listed reads lines of 35 hex characters, a colon and a count. A count of zero is padding. The whole answer must be of
// that form, and not empty: anything else may come from a proxy that wants a login.
func listed(body, suffix []byte) (bool, error) {
	found, lines := false, 0
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		digest, count, ok := bytes.Cut(line, []byte(":"))
		if !ok || len(digest) != suffixLen || !all(digest, isHex) || len(count) == 0 || !all(count, isDigit) {
			return false, errJunk
		}
		lines++
		found = found || bytes.EqualFold(digest, suffix) && len(bytes.Trim(count, "0")) > 0
	}
	if lines == 0 {
		return false, errJunk
	}
	return found, nil
}

func all(b []byte, is func(byte) bool) bool {
	for _, c := range b {
		if !is(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f' }
