package social_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

func codeOf(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := errors.AsType[*tollkeeper.Error](err); ok {
		return string(e.Code)
	}
	return "foreign: " + err.Error()
}

// Every provider, in the shapes that it documents: up at the first time, in at the second, whatever it says of an
// address by then.
func TestPresetsSignUpAndIn(t *testing.T) {
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			s := newStage(t, a)
			first, err := s.come()
			if err != nil {
				t.Fatal(err)
			}
			x := first.Subject.Account
			if first.Token == "" || !strings.HasPrefix(x.Email, "ada@") || x.EmailProvenAt.IsZero() == a.vouches {
				t.Errorf("%+v", x)
			}
			if a.name != "apple" && x.Name != "Ada Example" {
				t.Errorf("it is called %q", x.Name)
			}
			for name, later := range map[string]map[string]any{
				"another address": {"email": "new@home.example"}, "none": {"email": nil}, "not verified": {s.verifiedField(): false}, "the same": nil,
			} {
				s.telling(later)
				again, err := s.come()
				if err != nil || again.Subject.Account.ID != x.ID || again.Subject.Account.Email != x.Email {
					t.Errorf("%s: %+v, %v", name, again.Subject.Account, err)
				}
			}
			if about := s.issuer.About(); about.Name != a.name || about.Label == "" {
				t.Errorf("%+v", about)
			}
		})
	}
}

// Who has the address already is the same person where the provider vouches for it, and is nobody's business elsewhere.
func TestPresetsVouchOrNot(t *testing.T) {
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			s := newStage(t, a)
			email := "ada@home.example"
			if a.name == "apple" {
				email = "ada@privaterelay.appleid.com"
			}
			known := s.kit.SignUpIn(tollkeeper.Scope{}, email, "ada's own Choice 1")
			res, err := s.come()
			if a.vouches && (err != nil || res.Subject.Account.ID != known.ID) || !a.vouches && codeOf(err) != "email_taken" {
				t.Errorf("%+v, %v", res.Subject.Account, err)
			}
		})
	}
}

// An address that the provider says is not verified, or of which it says nothing though it does of others, or none at
// all, is not enough for a newcomer.
func TestPresetsWithoutAnAddress(t *testing.T) {
	for _, a := range acts {
		for name, says := range map[string]map[string]any{"none": {"email": nil}, "empty": {"email": ""}, "not verified": {"": false}, "not said": {"": nil}} {
			word, about := says[""]
			if about && !a.named && (a.says != "claims" || word == nil) {
				continue // it says of no address whether it is
			}
			t.Run(a.name+", "+name, func(t *testing.T) {
				s := newStage(t, a)
				if about {
					says = map[string]any{s.verifiedField(): word}
				}
				s.telling(says)
				if _, err := s.come(); codeOf(err) != "invalid_credentials" {
					t.Error(err)
				}
			})
		}
	}
}

// What a stranger makes of the answer, and what the provider answers wrongly.
func TestPresetsRefuse(t *testing.T) {
	stranger := newIssuerKey(t, "k1", "RS256")
	claims := func(name string, value any) func(*stage) {
		return func(s *stage) { s.telling(map[string]any{name: value}) }
	}
	forged := func(forge func(s *stage, c map[string]any) string) func(*stage) {
		return func(s *stage) { s.forge = func(c map[string]any) string { return forge(s, c) } }
	}
	for name, c := range map[string]struct {
		stage  func(*stage)
		answer func(s *stage, r *tollkeeper.IssuerReturn)
		want   string
		only   func(act) bool
	}{
		"another state":       {nil, func(_ *stage, r *tollkeeper.IssuerReturn) { r.State = "x" }, "invalid_challenge", nil},
		"another issuer's":    {nil, func(_ *stage, r *tollkeeper.IssuerReturn) { r.Iss = "https://evil.example" }, "invalid_challenge", hasIssuer},
		"no issuer's":         {nil, func(_ *stage, r *tollkeeper.IssuerReturn) { r.Iss = "" }, "invalid_challenge", func(a act) bool { return a.iss != "" }},
		"no code of its own":  {nil, func(_ *stage, r *tollkeeper.IssuerReturn) { r.Code = "code-x" }, "invalid_credentials", nil},
		"another flow's code": {nil, func(s *stage, r *tollkeeper.IssuerReturn) { r.Code = s.begin().Code }, "invalid_credentials", func(a act) bool { return !a.bare }},
		"another client's":    {nil, func(s *stage, r *tollkeeper.IssuerReturn) { s.codes[string(r.Code)].Set("client_id", "other") }, "invalid_credentials", nil},
		"another redirect's": {nil, func(s *stage, r *tollkeeper.IssuerReturn) {
			s.codes[string(r.Code)].Set("redirect_uri", "https://x.example/")
		}, "invalid_credentials", nil},
		"a used code":          {nil, func(s *stage, r *tollkeeper.IssuerReturn) { delete(s.codes, string(r.Code)) }, "invalid_credentials", nil},
		"another nonce":        {claims("nonce", "x"), nil, "invalid_credentials", func(a act) bool { return a.keys != "" && !a.bare }},
		"another audience":     {claims("aud", "other"), nil, "invalid_credentials", hasTokens},
		"another issuer":       {claims("iss", "https://evil.example"), nil, "invalid_credentials", hasTokens},
		"an old token":         {claims("exp", 1), nil, "invalid_credentials", hasTokens},
		"alg none":             {forged(func(_ *stage, c map[string]any) string { return withoutSignature(t, c) }), nil, "invalid_credentials", hasTokens},
		"HS256 by the secret":  {forged(func(_ *stage, c map[string]any) string { return byHMAC(t, c) }), nil, "invalid_credentials", hasTokens},
		"another key":          {forged(func(_ *stage, c map[string]any) string { return sign(stranger, c) }), nil, "invalid_credentials", hasTokens},
		"junk for a token":     {forged(func(*stage, map[string]any) string { return strings.Repeat("x", 64<<10) }), nil, "invalid_credentials", hasTokens},
		"no ID token":          {forged(func(*stage, map[string]any) string { return "" }), nil, "upstream", hasTokens},
		"the endpoint is down": {answering(func(s *stage) string { return s.token }, 502, "gateway"), nil, "upstream", nil},
		"it redirects":         {answering(func(s *stage) string { return s.token }, 302, ""), nil, "upstream", nil},
		"junk":                 {answering(func(s *stage) string { return s.token }, 200, strings.Repeat("x", 64<<10)), nil, "upstream", nil},
		"too much":             {answering(func(s *stage) string { return s.token }, 200, `{"access_token":"made-up-access-token","x":"`+strings.Repeat("x", 256<<10)+`"}`), nil, "upstream", nil},
		"a wrong secret":       {answering(func(s *stage) string { return s.token }, 401, `{"error":"invalid_client"}`), nil, "upstream", nil},
		"an error of text":     {answering(func(s *stage) string { return s.token }, 400, `{"error":"the code code-1 is no good"}`), nil, "upstream", nil},
		"nobody":               {answering(func(s *stage) string { return s.api }, 200, `{}`), nil, "upstream", hasAPI},
		"nobody with an id":    {answering(func(s *stage) string { return s.api }, 200, `{"id":""}`), nil, "upstream", hasAPI},
		"an id on two lines":   {answering(func(s *stage) string { return s.api }, 200, `{"id":"1\n2"}`), nil, "upstream", hasAPI},
		"an id without end":    {answering(func(s *stage) string { return s.api }, 200, `{"id":"`+strings.Repeat("1", 256)+`"}`), nil, "upstream", hasAPI},
		"two ids":              {answering(func(s *stage) string { return s.api }, 200, `{"id":"1","id":"2"}`), nil, "upstream", hasAPI},
		"an id below zero":     {answering(func(s *stage) string { return s.api }, 200, `{"id":-1}`), nil, "upstream", hasAPI},
		"a list":               {answering(func(s *stage) string { return s.api }, 200, `[]`), nil, "upstream", hasAPI},
		"a page":               {answering(func(s *stage) string { return s.api }, 200, "<html>"), nil, "upstream", hasAPI},
		"too much of somebody": {answering(func(s *stage) string { return s.api }, 200, `{"id":"1","x":"`+strings.Repeat("x", 256<<10)+`"}`), nil, "upstream", hasAPI},
		"nothing of somebody":  {answering(func(s *stage) string { return s.api }, 403, `{}`), nil, "invalid_credentials", hasAPI},
		"an API that is down":  {answering(func(s *stage) string { return s.api }, 503, `{}`), nil, "upstream", hasAPI},
	} {
		for _, a := range acts {
			if c.only != nil && !c.only(a) {
				continue
			}
			t.Run(a.name+", "+name, func(t *testing.T) {
				s := newStage(t, a)
				if c.stage != nil {
					c.stage(s)
				}
				r := s.begin()
				if c.answer != nil {
					c.answer(s, &r)
				}
				res, err := s.kit.Auth.SignInWithIssuer(t.Context(), r)
				if codeOf(err) != c.want || res.Token != "" {
					t.Errorf("%v, want %s", err, c.want)
				}
				for cause := err; cause != nil; cause = errors.Unwrap(cause) {
					if text := cause.Error(); strings.Contains(text, "code-") || strings.Contains(text, appSecret) || strings.Contains(text, "made-up-access-token") {
						t.Errorf("the error has a secret in it: %s", text)
					}
				}
			})
		}
	}
}

func hasTokens(a act) bool { return a.keys != "" }
func hasAPI(a act) bool    { return a.api != "" }

// hasIssuer: of a preset that knows what its issuer calls itself in answers.
func hasIssuer(a act) bool { return a.keys != "" && a.name != "microsoft" }

func answering(at func(*stage) string, status int, body string) func(*stage) {
	return func(s *stage) {
		s.raw = func(address string) (int, string) {
			if address == at(s) {
				return status, body
			}
			return 0, ""
		}
	}
}

func withoutSignature(t *testing.T, c map[string]any) string {
	text, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims(c)).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func byHMAC(t *testing.T, c map[string]any) string {
	made := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims(c))
	made.Header["kid"] = "k1"
	text, err := made.SignedString([]byte(appSecret))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A provider that cannot be found out about sends nobody anywhere.
func TestPresetsThatAreDown(t *testing.T) {
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			s := newStage(t, a)
			s.raw = func(string) (int, string) { return 502, "" }
			begun, err := s.kit.Auth.BeginIssuer(t.Context(), tollkeeper.IssuerStart{Issuer: s.issuer.Issuer(), RedirectURL: stageCallback})
			if want := map[bool]string{true: "upstream", false: "ok"}[a.keys != ""]; codeOf(err) != want {
				t.Fatalf("%+v, %v", begun, err)
			}
			if a.keys == "" {
				if _, err := s.issuer.VerifyIDToken(t.Context(), "token", appClient, "n"); err == nil || errors.Is(err, tollkeeper.ErrUpstream) {
					t.Errorf("an ID token: %v", err)
				}
			}
		})
	}
}

// What goes to the provider with the browser: what it has to know, and no secret.
func TestPresetsAskFor(t *testing.T) {
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			s := newStage(t, a)
			begun, err := s.kit.Auth.BeginIssuer(t.Context(), tollkeeper.IssuerStart{Issuer: s.issuer.Issuer(), RedirectURL: stageCallback})
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(begun.URL)
			if err != nil {
				t.Fatal(err)
			}
			q := u.Query()
			if u.Scheme != "https" || q.Get("response_type") != "code" || q.Get("client_id") != appClient || q.Get("redirect_uri") != stageCallback || q.Get("state") != begun.State || q.Get("scope") == "" {
				t.Error(u)
			}
			if nonce := q.Get("nonce") != ""; nonce != (a.keys != "" && !a.bare) {
				t.Errorf("nonce: %t", nonce)
			}
			if pkce := len(q.Get("code_challenge")) == 43 && q.Get("code_challenge_method") == "S256"; pkce == a.bare {
				t.Errorf("PKCE: %t", pkce)
			}
			if posts := q.Get("response_mode") == "form_post"; posts != a.posts {
				t.Errorf("form_post: %t", posts)
			}
			if strings.Contains(begun.URL, appSecret) {
				t.Error("the secret goes with the browser")
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A host whose secrets cannot be had is at fault itself: nobody is told that a password was wrong.
func TestSecretsThatCannotBeHad(t *testing.T) {
	for _, a := range acts {
		if a.own {
			continue
		}
		s := newStage(t, a, func(c *social.Config) {
			c.ClientSecret = func(context.Context, string) (string, error) { return "", errors.New("the vault is away") }
		})
		if _, err := s.come(); codeOf(err) != "internal" {
			t.Errorf("%s: %v", a.name, err)
		}
	}
}

// Whoever redeems a code without the nonce of its flow gets nobody, where the issuer has nonces: an ID token of another
// flow would do else.
func TestRedeemAsksForANonce(t *testing.T) {
	for _, a := range acts {
		if a.keys == "" {
			continue
		}
		s := newStage(t, a)
		r := s.begin()
		code := string(r.Code)
		half := "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
		s.set(func() {
			s.codes[code].Set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM") // RFC 7636, appendix B
			s.codes[code].Del("nonce")
		})
		_, _, err := s.issuer.Redeem(t.Context(), tollkeeper.Redemption{
			ClientID: appClient, RedirectURL: stageCallback, Code: r.Code, Verifier: tollkeeper.SecretText(half),
		})
		if (err == nil) != a.bare {
			t.Errorf("%s: %v", a.name, err)
		}
	}
}

// A provider that says nothing is not waited for.
func TestPresetsThatHang(t *testing.T) {
	for _, a := range acts {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			hangs := make(chan struct{})
			s := newStage(t, a, func(c *social.Config) {
				next := c.HTTPClient.Transport
				c.Timeout = 20 * time.Millisecond
				c.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodPost {
						defer close(hangs)
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					return next.RoundTrip(r)
				})}
			})
			began := time.Now()
			if _, err := s.come(); codeOf(err) != "upstream" || time.Since(began) > 2*time.Second {
				t.Errorf("%v after %s", err, time.Since(began))
			}
			<-hangs
		})
	}
}
