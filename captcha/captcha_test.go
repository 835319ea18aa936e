package captcha_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/captcha"
)

// service is a server that speaks siteverify, with one answer for all.
func service(t *testing.T, status int, body string) (at captcha.Service, asked *url.Values) {
	t.Helper()
	asked = new(url.Values)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ParseForm() != nil || r.URL.RawQuery != "" {
			t.Errorf("asked by %s %s %v", r.Method, r.URL, r.Header)
		}
		*asked = r.PostForm
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
		w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return captcha.Service(s.URL + "/siteverify"), asked
}

func verifier(t *testing.T, at captcha.Service, edits ...func(*captcha.Config)) *captcha.Verifier {
	t.Helper()
	cfg := captcha.Config{Service: at, Secret: "s3cret", Hostnames: []string{"app.example", "www.app.example"}}
	for _, edit := range edits {
		edit(&cfg)
	}
	v, err := captcha.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var visitor = tollkeeper.Client{Addr: netip.MustParseAddr("::ffff:192.0.2.7")}

func TestVerify(t *testing.T) {
	scored := func(c *captcha.Config) { c.Score, c.Action = 0.5, "sign-up" }
	for _, c := range []struct {
		name   string
		status int
		says   string
		want   *tollkeeper.Error // nil: a person
		edits  []func(*captcha.Config)
	}{
		{"a person", 200, `{"success":true,"challenge_ts":"2026-01-01T00:00:00Z","hostname":"www.app.example","error-codes":[],"action":"x","cdata":""}`, nil, nil},
		{"a person with a score", 200, `{"success":true,"hostname":"app.example","action":"sign-up","score":0.5}`, nil, []func(*captcha.Config){scored}},
		{"a score below", 200, `{"success":true,"hostname":"app.example","action":"sign-up","score":0.4}`, tollkeeper.ErrRefused, []func(*captcha.Config){scored}},
		{"no score", 200, `{"success":true,"hostname":"app.example","action":"sign-up"}`, tollkeeper.ErrRefused, []func(*captcha.Config){scored}},
		{"another action", 200, `{"success":true,"hostname":"app.example","action":"login","score":0.9}`, tollkeeper.ErrRefused, []func(*captcha.Config){scored}},
		{"another page", 200, `{"success":true,"hostname":"evil.example"}`, tollkeeper.ErrRefused, nil},
		{"a page that is not told", 200, `{"success":true}`, tollkeeper.ErrRefused, nil},
		{"a wrong answer", 200, `{"success":false,"error-codes":["invalid-input-response"]}`, tollkeeper.ErrRefused, nil},
		{"a used answer", 200, `{"success":false,"error-codes":["timeout-or-duplicate"]}`, tollkeeper.ErrRefused, nil},
		{"a no without a reason", 200, `{"success":false}`, tollkeeper.ErrRefused, nil},
		{"a no by the status, too", 400, `{"success":false,"error-codes":["invalid-input-response"]}`, tollkeeper.ErrRefused, nil},
		{"an unknown secret", 200, `{"success":false,"error-codes":["invalid-input-secret"]}`, tollkeeper.ErrUnavailable, nil},
		{"both at once", 200, `{"success":false,"error-codes":["invalid-input-response","internal-error"]}`, tollkeeper.ErrUnavailable, nil},
		{"a success with 500", 500, `{"success":true,"hostname":"app.example"}`, tollkeeper.ErrUnavailable, nil},
		{"a redirect", 302, `{"success":true,"hostname":"app.example"}`, tollkeeper.ErrUnavailable, nil},
		{"no JSON", 200, `<html>`, tollkeeper.ErrUnavailable, nil},
		{"nothing", 200, ``, tollkeeper.ErrUnavailable, nil},
		{"long", 200, `{"success":true,"hostname":"app.example"}` + strings.Repeat(" ", 64<<10-41), nil, nil},
		{"too long", 200, `{"success":true,"hostname":"app.example"}` + strings.Repeat(" ", 64<<10-40), tollkeeper.ErrUnavailable, nil},
		{"without end", 200, `{"success":true,"hostname":"app.example","x":"` + strings.Repeat("x", 64<<10) + `"}`, tollkeeper.ErrUnavailable, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, asked := service(t, c.status, c.says)
			err := verifier(t, at, c.edits...).Verify(context.Background(), "an&swer", visitor)
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if e, ok := errors.AsType[*tollkeeper.Error](err); ok && e.Code == tollkeeper.ErrRefused.Code && e.Field != "captcha" {
				t.Errorf("names the field %q", e.Field)
			}
			if asked.Get("secret") != "s3cret" || asked.Get("response") != "an&swer" || asked.Has("remoteip") {
				t.Errorf("asked with %v", asked)
			}
		})
	}
}

func TestWhatIsNoAnswerIsNotAsked(t *testing.T) {
	at, asked := service(t, 200, `{"success":true,"hostname":"app.example"}`)
	v := verifier(t, at)
	for answer, want := range map[string]*tollkeeper.Error{"": tollkeeper.ErrMissing, strings.Repeat("x", 8<<10+1): tollkeeper.ErrRefused} {
		if err := v.Verify(context.Background(), answer, visitor); !errors.Is(err, want.WithField("captcha")) || *asked != nil {
			t.Errorf("got %v, asked %v", err, *asked)
		}
	}
}

func TestTheAddressIsToldWhereTheHostSaysSo(t *testing.T) {
	at, asked := service(t, 200, `{"success":true,"hostname":"app.example"}`)
	v := verifier(t, at, func(c *captcha.Config) { c.SendAddr = true })
	for _, c := range []struct {
		from tollkeeper.Client
		want []string
	}{{visitor, []string{"192.0.2.7"}}, {tollkeeper.Client{}, nil}} {
		if err := v.Verify(context.Background(), "x", c.from); err != nil || strings.Join((*asked)["remoteip"], " ") != strings.Join(c.want, " ") {
			t.Errorf("%v: told %q, want %q", err, (*asked)["remoteip"], c.want)
		}
	}
}

func TestAServiceThatIsAwayRefusesInTime(t *testing.T) {
	wait := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-wait }))
	defer s.Close()
	defer close(wait)
	v := verifier(t, captcha.Service(s.URL), func(c *captcha.Config) { c.Timeout = 20 * time.Millisecond })
	began := time.Now()
	if err := v.Verify(context.Background(), "x", visitor); !errors.Is(err, tollkeeper.ErrUnavailable) || time.Since(began) > 3*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
	gone := verifier(t, "http://127.0.0.1:1/")
	if err := gone.Verify(context.Background(), "x", visitor); !errors.Is(err, tollkeeper.ErrUnavailable) || strings.Contains(errors.Unwrap(err).Error(), "s3cret") {
		t.Errorf("got %v: %v", err, errors.Unwrap(err))
	}
}

func TestNewNamesTheField(t *testing.T) {
	good := captcha.Config{Service: captcha.Turnstile, Secret: "x", Hostnames: []string{"app.example"}, Score: 1}
	for _, at := range []captcha.Service{captcha.Turnstile, captcha.HCaptcha, captcha.ReCAPTCHA, "http://localhost:8080/verify", "http://[::1]/verify"} {
		good.Service = at
		if _, err := captcha.New(good); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	for field, edit := range map[string]func(*captcha.Config){
		"Service must": func(c *captcha.Config) { c.Service = "" }, "Service must be": func(c *captcha.Config) { c.Service = "http://captcha.example/" },
		"Config.Service": func(c *captcha.Config) { c.Service = "https://captcha.example/?secret=x" }, "Secret": func(c *captcha.Config) { c.Secret = "" },
		"Hostnames": func(c *captcha.Config) { c.Hostnames = nil }, "Hostnames needs": func(c *captcha.Config) { c.Hostnames = []string{""} },
		"must be an https URL": func(c *captcha.Config) { c.Service = "https:///siteverify" }, "be an https": func(c *captcha.Config) { c.Service = "https://x:y@captcha.example/" },
		"https URL": func(c *captcha.Config) { c.Service = "ftp://127.0.0.1/" }, "URL without": func(c *captcha.Config) { c.Service = "http://192.0.2.7/" },
		"without query": func(c *captcha.Config) { c.Service = "https://captcha.example:x" }, "between 0 and 1": func(c *captcha.Config) { c.Score = math.NaN() },
		"0 and 1": func(c *captcha.Config) { c.Score = -0.1 },
		"Score":   func(c *captcha.Config) { c.Score = 1.1 }, "Timeout": func(c *captcha.Config) { c.Timeout = -1 },
	} {
		cfg := good
		edit(&cfg)
		if v, err := captcha.New(cfg); err == nil || v != nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Who comes from another issuer has seen none of the service's puzzles; everybody else is asked.
func TestTheHookAsksWhoSignsUpByThemselves(t *testing.T) {
	at, asked := service(t, 200, `{"success":true,"hostname":"app.example"}`)
	used := 0
	hostnames := []string{"app.example"}
	v := verifier(t, at, func(c *captcha.Config) {
		c.Hostnames = hostnames
		c.Client = &http.Client{Transport: counting{&used}}
	})
	hostnames[0] = "evil.example" // too late
	if err := v.BeforeSignUp(context.Background(), &tollkeeper.SignUpAttempt{Method: "identity"}); err != nil || *asked != nil {
		t.Errorf("of another issuer: %v, asked %v", err, *asked)
	}
	if err := v.BeforeSignUp(context.Background(), &tollkeeper.SignUpAttempt{Method: "sign-up", Captcha: "x", Client: visitor}); err != nil || asked.Get("response") != "x" {
		t.Errorf("by themselves: %v, asked %v", err, *asked)
	}
	if used != 1 {
		t.Errorf("the host's client was used %d times", used)
	}
}

type counting struct{ used *int }

func (c counting) RoundTrip(r *http.Request) (*http.Response, error) {
	*c.used++
	return http.DefaultTransport.RoundTrip(r)
}
