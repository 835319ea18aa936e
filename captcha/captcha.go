// Package captcha asks Turnstile, hCaptcha or reCAPTCHA whether a person solved the puzzle of a page, for
// tollkeeper's Config.Hooks. All three speak one protocol, siteverify, which needs nothing but net/http.
//
//	human, err := captcha.New(captcha.Config{
//		Service: captcha.Turnstile, Secret: secret, Hostnames: []string{"app.example"},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	config.Hooks.BeforeSignUp = human.BeforeSignUp
//
// The page sends what the service's script gave it: the app family takes it as captcha in the body of a sign-up, and of
// a mailed code or link that may be one; a host's own route hands it on in the field Captcha of the request. While the
// service is away nobody signs up.
package captcha

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// Service is where answers are checked.
type Service string

// The services, by the address that their documentation gives for siteverify.
const (
	Turnstile Service = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
	HCaptcha  Service = "https://api.hcaptcha.com/siteverify"
	ReCAPTCHA Service = "https://www.google.com/recaptcha/api/siteverify"
)

// Config is one site at one service.
type Config struct {
	Service   Service               // required: one of the above, or another https URL that speaks the protocol
	Secret    tollkeeper.SecretText // the site's, required
	Hostnames []string              // where a puzzle may have been solved, compared exactly; at least one
	Action    string                // what the page named the puzzle, compared exactly. Empty: not looked at
	Score     float64               // of reCAPTCHA v3, at least, up to 1. Zero: not looked at
	SendAddr  bool                  // tells the service the client's address. Zero: it learns it from nobody but the client
	Timeout   time.Duration         // of one question. Zero: 5 seconds; [tollkeeper.Hooks.Wait] ends it sooner
	Client    *http.Client          // Nil: one of its own. Redirects are not followed
}

// Verifier checks answers. It is safe for concurrent use.
type Verifier struct {
	cfg    Config
	client http.Client
}

const (
	maxAnswer   = 8 << 10  // bytes that a client may send
	maxResponse = 64 << 10 // bytes that a service may
)

// New refuses a Config that could only fail later; the error names the field.
func New(cfg Config) (*Verifier, error) {
	at, err := url.Parse(string(cfg.Service))
	switch {
	case err != nil || at.Host == "" || at.User != nil || at.RawQuery != "" || !safe(at):
		return nil, errors.New("captcha: Config.Service must be an https URL without query, or an http one of localhost")
	case cfg.Secret == "":
		return nil, errors.New("captcha: Config.Secret is required")
	case len(cfg.Hostnames) == 0 || slices.Contains(cfg.Hostnames, ""):
		return nil, errors.New("captcha: Config.Hostnames needs the site's own, or a puzzle of any page would do")
	case !(cfg.Score >= 0 && cfg.Score <= 1):
		return nil, errors.New("captcha: Config.Score must be between 0 and 1")
	case cfg.Timeout < 0:
		return nil, errors.New("captcha: Config.Timeout must not be negative")
	}
	v := &Verifier{cfg: cfg}
	v.cfg.Hostnames = slices.Clone(cfg.Hostnames)
	if v.cfg.Timeout == 0 {
		v.cfg.Timeout = 5 * time.Second
	}
	if cfg.Client != nil {
		v.client = *cfg.Client
	}
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v, nil
}

func safe(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// BeforeSignUp is Verify as a hook of the same name.
func (v *Verifier) BeforeSignUp(ctx context.Context, a *tollkeeper.SignUpAttempt) error {
	if a.Method == "identity" {
		return nil // another issuer vouches for them, and its page has no puzzle of ours
	}
	return v.Verify(ctx, a.Captcha, a.Client)
}

// Verify returns nil for an answer that the service takes for a person's, of one of the configured pages. A service
// takes each answer once. [tollkeeper.ErrMissing] (captcha): there is none; [tollkeeper.ErrRefused] (captcha): it is no
// good, and another puzzle may help; [tollkeeper.ErrUnavailable]: the service is away, or does not know the secret.
func (v *Verifier) Verify(ctx context.Context, answer string, from tollkeeper.Client) error {
	if answer == "" {
		return tollkeeper.ErrMissing.WithField("captcha").WithMessage("Please solve the puzzle")
	}
	if len(answer) > maxAnswer {
		return refused
	}
	form := url.Values{"secret": {string(v.cfg.Secret)}, "response": {answer}}
	if v.cfg.SendAddr && from.Addr.IsValid() {
		form.Set("remoteip", from.Addr.Unmap().WithZone("").String())
	}
	said, err := v.ask(ctx, form)
	if err != nil {
		return tollkeeper.ErrUnavailable.WithCause(fmt.Errorf("captcha: %w", err))
	}
	return v.judge(said)
}

var refused = tollkeeper.ErrRefused.WithField("captcha").WithMessage("Please solve the puzzle again")

// verdict is what a service says of an answer.
type verdict struct {
	Success  bool     `json:"success"`
	Hostname string   `json:"hostname"`
	Action   string   `json:"action"`
	Score    *float64 `json:"score"`
	Errors   []string `json:"error-codes"`
}

func (v *Verifier) ask(ctx context.Context, form url.Values) (said verdict, err error) {
	ctx, cancel := context.WithTimeout(ctx, v.cfg.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, string(v.cfg.Service), strings.NewReader(form.Encode()))
	if err != nil {
		return said, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := v.client.Do(r)
	if err != nil {
		return said, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxResponse+1))
	switch {
	case err != nil:
		return said, err
	case len(body) > maxResponse:
		return said, errors.New("the service's answer is too long")
	case answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusBadRequest: // Turnstile says both
		return said, fmt.Errorf("the service answered %d", answer.StatusCode)
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return said, fmt.Errorf("the service's answer is no JSON: %w", err)
	}
	return said, nil
}

// theirs are the errors that are the client's: of an answer that is wrong, old or used. Any other one is the host's or
// the service's.
var theirs = []string{
	"missing-input-response", "invalid-input-response", "timeout-or-duplicate", "expired-input-response", "already-seen-response",
	"invalid-or-already-seen-response", "not-using-dummy-passcode",
}

func (v *Verifier) judge(said verdict) error {
	if !said.Success {
		for _, code := range said.Errors {
			if !slices.Contains(theirs, code) {
				return tollkeeper.ErrUnavailable.WithCause(fmt.Errorf("captcha: the service says %q", said.Errors))
			}
		}
		return refused
	}
	why := ""
	switch {
	case !slices.Contains(v.cfg.Hostnames, said.Hostname):
		why = fmt.Sprintf("solved at %q", said.Hostname)
	case v.cfg.Action != "" && said.Action != v.cfg.Action:
		why = fmt.Sprintf("solved for %q", said.Action)
	case v.cfg.Score > 0 && said.Score == nil:
		why = "no score"
	case v.cfg.Score > 0 && *said.Score < v.cfg.Score:
		why = fmt.Sprintf("a score of %g", *said.Score)
	}
	if why != "" {
		return refused.WithCause(errors.New("captcha: " + why))
	}
	return nil
}
