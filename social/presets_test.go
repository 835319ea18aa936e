package social_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

func microsoft(tenant string) func(*testing.T, social.Config) social.Named {
	return func(t *testing.T, c social.Config) social.Named { return must(t)(social.Microsoft(tenant, c)) }
}

var appleSigner = func() *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}()

func pkcs8(k any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func apple(t *testing.T, c social.Config) social.Named {
	return must(t)(social.Apple(social.AppleKey{TeamID: "TEAM000001", KeyID: "KEY0000001", Private: pkcs8(appleSigner)}, c))
}

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

// An address that the provider says is not verified, or none at all, is not enough for a newcomer.
func TestPresetsWithoutAnAddress(t *testing.T) {
	for _, a := range acts {
		for name, says := range map[string]map[string]any{"none": {"email": nil}, "empty": {"email": ""}, "not verified": {"": false}} {
			t.Run(a.name+", "+name, func(t *testing.T) {
				s := newStage(t, a)
				if _, ok := says[""]; ok {
					says = map[string]any{s.verifiedField(): false}
					if !a.named && a.says != "claims" {
						t.Skip("it says of no address whether it is")
					}
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

// GitHub is asked for addresses only where they decide; the primary one counts, and a person is known by a number.
func TestGitHub(t *testing.T) {
	github := acts[slices.IndexFunc(acts, func(a act) bool { return a.name == "github" })]
	s := newStage(t, github)
	for range 3 {
		if _, err := s.come(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.asked["https://api.github.com/user/emails"]; n != 1 {
		t.Errorf("asked for addresses %d times", n)
	}
	linked, err := s.kit.Auth.Identities(t.Context(), s.signedIn())
	if err != nil || len(linked) != 1 || linked[0].Subject != "4711" || linked[0].Email != "ada@home.example" || linked[0].Issuer != "https://github.com" {
		t.Errorf("%v, %v", linked, err)
	}
	s = newStage(t, github)
	s.raw = func(address string) (int, string) {
		if strings.HasSuffix(address, "/emails") {
			return 404, "{}" // the person did not permit it
		}
		return 0, ""
	}
	if _, err := s.come(); codeOf(err) != "invalid_credentials" {
		t.Error(err)
	}
	s = newStage(t, act{
		name: "github", make: provider(social.GitHub), token: "https://github.company.example/login/oauth/access_token", vouches: false, says: "emails",
		files: map[string]string{"https://github.company.example/api/v3/user": "user", "https://github.company.example/api/v3/user/emails": "emails"},
		api:   "https://github.company.example/api/v3/user",
	}, func(c *social.Config) { c.Issuer = "https://github.company.example" })
	if res, err := s.come(); err != nil || !res.Subject.Account.EmailProvenAt.IsZero() {
		t.Errorf("an Enterprise Server vouches: %+v, %v", res.Subject.Account, err)
	}
}

// signedIn is whoever came last, once more.
func (s *stage) signedIn() *tollkeeper.Identity {
	s.Helper()
	res, err := s.come()
	if err != nil {
		s.Fatal(err)
	}
	return s.kit.Identity(string(res.Token))
}

// Google verified an address at another domain once. A host may ask for more than that.
func TestGoogleAuthoritative(t *testing.T) {
	for name, c := range map[string]struct {
		says    map[string]any
		strict  bool
		vouches bool
	}{
		"elsewhere, by Google's word":  {nil, false, true},
		"elsewhere, strictly":          {nil, true, false},
		"of a Workspace, strictly":     {map[string]any{"hd": "home.example"}, true, true},
		"of gmail.com, strictly":       {map[string]any{"email": "ada@GMail.com"}, true, true},
		"like gmail.com, strictly":     {map[string]any{"email": "ada@notgmail.com"}, true, false},
		"of a Workspace, not verified": {map[string]any{"hd": "home.example", "email_verified": false}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, acts[0], func(config *social.Config) {
				if c.strict {
					config.Vouches = social.Authoritative
				}
			})
			s.telling(c.says)
			res, err := s.come()
			if vouched := err == nil && !res.Subject.Account.EmailProvenAt.IsZero(); vouched != c.vouches {
				t.Errorf("vouched for: %t, %v", vouched, err)
			}
		})
	}
}

const (
	tenant   = "11111111-2222-4333-8444-555555555555"
	personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	cloud    = "https://login.microsoftonline.com/"
)

// A token is of the tenant that it names, and of one that is wanted.
func TestMicrosoftsTenants(t *testing.T) {
	for name, c := range map[string]struct {
		of       string
		tid, iss string
		keys     string // what the key says of itself; empty: the template
		good     bool
	}{
		"of any tenant":                  {"common", tenant, cloud + tenant + "/v2.0", "", true},
		"a personal one, of any":         {"common", personal, cloud + personal + "/v2.0", "", true},
		"another's issuer":               {"common", tenant, cloud + personal + "/v2.0", "", false},
		"the template":                   {"common", "{tenantid}", cloud + "{tenantid}/v2.0", "", false},
		"no tenant":                      {"common", "", cloud + "/v2.0", "", false},
		"a way out":                      {"common", tenant + "/../x", cloud + tenant + "/../x/v2.0", "", false},
		"in capitals":                    {"common", "ABCDEFAB-2222-4333-8444-555555555555", cloud + "ABCDEFAB-2222-4333-8444-555555555555/v2.0", "", false},
		"another cloud":                  {"common", tenant, "https://login.evil.example/" + tenant + "/v2.0", "", false},
		"version 1":                      {"common", tenant, "https://sts.windows.net/" + tenant + "/", "", false},
		"a key of the same tenant":       {"common", tenant, cloud + tenant + "/v2.0", cloud + tenant + "/v2.0", true},
		"a key of another tenant":        {"common", tenant, cloud + tenant + "/v2.0", cloud + personal + "/v2.0", false},
		"an organization's":              {"organizations", tenant, cloud + tenant + "/v2.0", "", true},
		"a personal one, of none":        {"organizations", personal, cloud + personal + "/v2.0", "", false},
		"a personal one":                 {"consumers", personal, cloud + personal + "/v2.0", "", true},
		"an organization's, for persons": {"consumers", tenant, cloud + tenant + "/v2.0", "", false},
		"the one":                        {tenant, tenant, cloud + tenant + "/v2.0", "", true},
		"another than the one":           {tenant, personal, cloud + personal + "/v2.0", "", false},
		"another that calls itself so":   {tenant, personal, cloud + tenant + "/v2.0", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := acts[1]
			a.make = microsoft(c.of)
			a.files = map[string]string{cloud + c.of + "/v2.0/.well-known/openid-configuration": "discovery"}
			s := newStage(t, a)
			discovery := map[string]string{"consumers": cloud + personal + "/v2.0", tenant: cloud + tenant + "/v2.0"}[c.of]
			s.edit = func(file string, v any) any {
				m := v.(map[string]any)
				switch {
				case file == "claims":
					change(m, map[string]any{"tid": c.tid, "iss": c.iss})
				case file == "discovery" && discovery != "":
					m["issuer"] = discovery
				case file == "discovery":
					delete(m, "userinfo_endpoint")
				case file == "keys" && c.keys != "":
					m["keys"].([]any)[0].(map[string]any)["issuer"] = c.keys
				}
				return v
			}
			res, err := s.come()
			if good := err == nil; good != c.good || !good && codeOf(err) != "invalid_credentials" {
				t.Fatalf("%+v, %v", res.Subject.Account, err)
			}
			if !c.good {
				return
			}
			linked, err := s.kit.Auth.Identities(t.Context(), s.kit.Identity(string(res.Token)))
			want := "madeUpPairwiseSubject"
			if c.of == "common" || c.of == "organizations" {
				want = c.tid + ":" + want
			}
			if err != nil || linked[0].Subject != want || linked[0].Issuer != cloud+c.of+"/v2.0" {
				t.Errorf("%v, %v", linked, err)
			}
		})
	}
	for _, no := range []string{"", "contoso.onmicrosoft.com", "../x", strings.ToUpper("abcdefab-2222-4333-8444-555555555555")} {
		if _, err := social.Microsoft(no, social.Config{}); err == nil {
			t.Errorf("the tenant %q", no)
		}
	}
}

// No tenant is believed about an address, unless the host believes its own.
func TestMicrosoftVouchesForNoAddress(t *testing.T) {
	for name, c := range map[string]struct {
		vouches func(social.Address) bool
		proven  bool
	}{
		"as it is":          {nil, false},
		"of the own tenant": {func(a social.Address) bool { return a.Tenant == tenant && a.Verified }, true},
		"of another":        {func(a social.Address) bool { return a.Tenant == personal }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, acts[1], func(config *social.Config) { config.Vouches = c.vouches })
			s.telling(map[string]any{"xms_edov": true})
			res, err := s.come()
			if err != nil || res.Subject.Account.EmailProvenAt.IsZero() == c.proven {
				t.Errorf("%+v, %v", res.Subject.Account, err)
			}
		})
	}
}

// Apple's secret is a token of the team's own key, kept for half a day; the name comes with the form, once, from
// whoever sits at the browser.
func TestApple(t *testing.T) {
	s := newStage(t, acts[2])
	user := `{"name":{"firstName":"Ada","lastName":"Example"},"email":"somebody-else@home.example"}`
	res, err := s.come(func(r *tollkeeper.IssuerReturn) { r.User = user })
	if err != nil || res.Subject.Account.Name != "Ada Example" || res.Subject.Account.Email != "ada@privaterelay.appleid.com" {
		t.Fatalf("%+v, %v", res.Subject.Account, err)
	}
	first := s.sent.Get("client_secret")
	claims := jwt.MapClaims{}
	made, err := jwt.ParseWithClaims(first, claims, func(*jwt.Token) (any, error) { return &appleSigner.PublicKey, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithTimeFunc(s.kit.Now))
	if err != nil || made.Header["kid"] != "KEY0000001" || claims["iss"] != "TEAM000001" || claims["sub"] != appClient || claims["aud"] != "https://appleid.apple.com" {
		t.Errorf("%v %v, %v", made.Header, claims, err)
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life <= 0 || life > 15_777_000 {
		t.Errorf("it is good for %v seconds", life)
	}
	if _, err := s.come(); err != nil || s.sent.Get("client_secret") != first {
		t.Errorf("another secret a moment later: %v", err)
	}
	s.kit.Advance(13 * time.Hour)
	if _, err := s.come(); err != nil || s.sent.Get("client_secret") == first {
		t.Errorf("the same secret a day later: %v", err)
	}
	for name, posted := range map[string]string{
		"junk": "{", "a list": "[]", "much": `{"name":{"firstName":"` + strings.Repeat("a", 5000) + `"}}`, "two lines": `{"name":{"firstName":"A\nB"}}`, "numbers": `{"name":{"firstName":1}}`,
	} {
		s := newStage(t, acts[2])
		if res, err := s.come(func(r *tollkeeper.IssuerReturn) { r.User = posted }); err != nil || res.Subject.Account.Name != "" {
			t.Errorf("%s: %q, %v", name, res.Subject.Account.Name, err)
		}
	}
}

func TestAppleKeysAreChecked(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]social.AppleKey{
		"no team": {KeyID: "k", Private: pkcs8(appleSigner)}, "no id": {TeamID: "t", Private: pkcs8(appleSigner)}, "no key": {TeamID: "t", KeyID: "k"},
		"P-384": {TeamID: "t", KeyID: "k", Private: pkcs8(p384)}, "RSA": {TeamID: "t", KeyID: "k", Private: pkcs8(rsaKey)},
		"no PKCS 8": {TeamID: "t", KeyID: "k", Private: []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")},
	} {
		if _, err := social.Apple(k, social.Config{}); err == nil {
			t.Error(name)
		}
	}
}

// Facebook is shown that a request is the app's own.
func TestFacebookIsShownAProof(t *testing.T) {
	facebook := acts[slices.IndexFunc(acts, func(a act) bool { return a.name == "facebook" })]
	var query url.Values
	s := newStage(t, facebook, func(c *social.Config) {
		next := c.HTTPClient.Transport
		c.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/me" {
				query = r.URL.Query()
			}
			return next.RoundTrip(r)
		})}
	})
	if _, err := s.come(); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write([]byte("made-up-access-token"))
	if query.Get("appsecret_proof") != hex.EncodeToString(mac.Sum(nil)) || query.Get("fields") == "" || query.Has("access_token") {
		t.Errorf("%v", query)
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
			if _, err := s.come(); codeOf(err) != "upstream" {
				t.Error(err)
			}
			<-hangs
		})
	}
}
