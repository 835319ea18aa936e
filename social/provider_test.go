package social_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/social"
)

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

// An address of which Google does not say that it is verified is none, as the documented routes refuse it.
func TestGoogleSaysOfEveryAddressWhetherItIs(t *testing.T) {
	s := newStage(t, acts[0])
	s.telling(map[string]any{"email_verified": nil})
	if _, err := s.come(); codeOf(err) != "invalid_credentials" {
		t.Error(err)
	}
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

// What is in the address of a request that fails is in no error.
func TestAddressesAreInNoError(t *testing.T) {
	facebook := acts[slices.IndexFunc(acts, func(a act) bool { return a.name == "facebook" })]
	s := newStage(t, facebook, func(c *social.Config) {
		next := c.HTTPClient.Transport
		c.HTTPClient = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/me" {
				return nil, errors.New("the line is cut")
			}
			return next.RoundTrip(r)
		})}
	})
	_, err := s.come()
	cause := ""
	for e := err; e != nil; e = errors.Unwrap(e) {
		cause += e.Error() + "\n"
	}
	if codeOf(err) != "upstream" || !strings.Contains(cause, "the line is cut") || strings.Contains(cause, "proof") {
		t.Error(cause)
	}
}
