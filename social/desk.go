package social

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/strictjson"
	"github.com/tollkeeper/tollkeeper/internal/upstream"
)

// desk is where a provider is asked for something. What it answers is bounded, redirects are not followed, and an error
// has neither code nor secret in it.
type desk struct {
	client  *http.Client
	timeout time.Duration // of one request
	now     func() time.Time
	secret  func(ctx context.Context, clientID string) (string, error)
}

func newDesk(c Config) (desk, error) {
	d := desk{client: upstream.Client(c.HTTPClient), timeout: c.Timeout, now: c.Now, secret: c.ClientSecret}
	if d.timeout == 0 {
		d.timeout = 5 * time.Second
	}
	if d.timeout < 0 {
		return d, errors.New("social: Config.Timeout must not be negative")
	}
	if d.now == nil {
		d.now = time.Now
	}
	return d, nil
}

func (d desk) clientSecret(ctx context.Context, clientID string) (string, error) {
	if d.secret == nil {
		return "", nil
	}
	text, err := d.secret(ctx, clientID)
	if err != nil {
		return "", because(tollkeeper.ErrInternal, err)
	}
	return text, nil
}

// style is how a client shows its secret to the token endpoint (RFC 6749 2.3.1).
type style int

const (
	asDiscovered style = iota
	inParams
	inHeader
)

// exchange is a code that becomes tokens.
type exchange struct {
	url, clientID, secret, redirect, code, verifier string
	style                                           style
	spent                                           []string // errors that mean a code of no worth
}

// granted is what the token endpoint gives.
type granted struct {
	Access words `json:"access_token"`
	ID     words `json:"id_token"`
}

const maxAnswer = 256 << 10 // bytes

// tokens exchanges a code. [tollkeeper.ErrUpstream]: there is no answer, or one that says nothing of the code.
func (d desk) tokens(ctx context.Context, e exchange) (granted, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {e.code}, "redirect_uri": {e.redirect}}
	if e.verifier != "" {
		form.Set("code_verifier", e.verifier)
	}
	header := e.style == inHeader && e.secret != ""
	if !header {
		form.Set("client_id", e.clientID) // a public client only names itself (RFC 6749 3.2.1)
		if e.secret != "" {
			form.Set("client_secret", e.secret)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, strings.NewReader(form.Encode()))
	if err != nil {
		return granted{}, because(tollkeeper.ErrUpstream, errors.New("the token endpoint is no address"))
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header {
		request.SetBasicAuth(url.QueryEscape(e.clientID), url.QueryEscape(e.secret))
	}
	status, body, err := d.send(request)
	if err != nil {
		return granted{}, because(tollkeeper.ErrUpstream, err)
	}
	return e.read(status, body)
}

// read tells tokens from errors. Some providers answer these with 200.
func (e exchange) read(status int, body []byte) (granted, error) {
	var said granted
	var failed struct {
		Error json.RawMessage `json:"error"`
	}
	bad := cmp.Or(decode(body, &said), decode(body, &failed))
	if len(failed.Error) > 0 && string(failed.Error) != "null" {
		code := errorCode(failed.Error)
		if code == "invalid_grant" || slices.Contains(e.spent, code) {
			return granted{}, because(tollkeeper.ErrInvalidCredentials, errors.New("the issuer does not take the code: "+code))
		}
		return granted{}, because(tollkeeper.ErrUpstream, fmt.Errorf("the issuer answers the code with %d %s", status, code))
	}
	if status != http.StatusOK || bad != nil {
		return granted{}, because(tollkeeper.ErrUpstream, fmt.Errorf("the issuer answers the code with %d, which cannot be read", status))
	}
	return said, nil
}

var plainCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// errorCode is the error of a token endpoint (RFC 6749 5.2), or the number of Facebook's. Another text is left out: it
// may repeat the code.
func errorCode(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil && plainCode.MatchString(text) {
		return text
	}
	var numbered struct {
		Code int `json:"code"`
	}
	if json.Unmarshal(raw, &numbered) == nil && numbered.Code != 0 {
		return fmt.Sprint("error ", numbered.Code)
	}
	return "an error"
}

// ask gets the JSON that a provider tells the holder of an access token, into v. [tollkeeper.ErrUpstream]: it does not
// answer as it should; errSilent: it has nothing to say.
func (d desk) ask(ctx context.Context, address, accessToken string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return because(tollkeeper.ErrUpstream, errors.New("the provider is at no address"))
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	status, body, err := d.send(request)
	switch {
	case err != nil:
		return because(tollkeeper.ErrUpstream, err)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound:
		return errSilent
	case status != http.StatusOK:
		return because(tollkeeper.ErrUpstream, fmt.Errorf("the provider tells of people with %d", status))
	}
	if err := decode(body, v); err != nil {
		return because(tollkeeper.ErrUpstream, errors.New("what the provider tells of people cannot be read"))
	}
	return nil
}

var errSilent = errors.New("social: the provider tells nothing of the person")

func (d desk) send(request *http.Request) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(request.Context(), d.timeout)
	defer cancel()
	request.Header.Set("Accept", "application/json")
	response, err := d.client.Do(request.WithContext(ctx))
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which may have secrets in it
		}
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("the answer has more than 256 KiB")
	}
	return response.StatusCode, body, err
}

// decode reads an object strictly; a list, as one of its own.
func decode(body []byte, v any) error {
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		return json.Unmarshal(body, v)
	}
	return strictjson.Decode(body, v)
}
