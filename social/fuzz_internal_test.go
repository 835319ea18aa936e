package social

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// FuzzTokenAnswer: whatever a token endpoint says is tokens, or an error without what it said.
func FuzzTokenAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"access_token":"a","id_token":"b"}`, `{"error":"invalid_grant"}`, `{"error":{"code":100}}`, `{"error":null,"access_token":"a"}`, `[]`, `{"error":"secret code"}`, `{"access_token":1}`,
	} {
		f.Add(200, []byte(seed))
		f.Add(400, []byte(seed))
	}
	e := exchange{spent: []string{"error 100"}}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got, err := e.read(status, body)
		if err == nil {
			if status != http.StatusOK {
				t.Errorf("tokens of an answer with %d", status)
			}
			return
		}
		if got != (granted{}) || !errors.Is(err, tollkeeper.ErrUpstream) && !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Errorf("%+v, %v", got, err)
		}
		if cause := errors.Unwrap(err); cause == nil || len(cause.Error()) > 200 {
			t.Errorf("the cause %v", cause)
		}
	})
}

// says answers every request with one body.
type says []byte

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(s))), Request: r}, nil
}

// FuzzPeople: whatever a provider says of people is somebody with an id, or nobody.
func FuzzPeople(f *testing.F) {
	for _, seed := range []string{
		`{"id":4711,"login":"ada"}`, `{"id":"4711","email":"ada@home.example","verified":true}`, `[{"email":"ada@home.example","primary":true,"verified":true}]`, `{"id":1e3}`, `{"id":null}`, `[{}]`, `[1]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := Config{HTTPClient: &http.Client{Transport: says(body)}}
		for _, make := range []func(Config) (*Provider, error){GitHub, Discord, Facebook} {
			p, err := make(c)
			if err != nil {
				t.Fatal(err)
			}
			who, more, err := p.who(t.Context(), p, key{"a", "s"})
			if err != nil {
				if who != (tollkeeper.IDToken{}) {
					t.Errorf("%+v, %v", who, err)
				}
				continue
			}
			if who.EmailVerified && who.Email == "" {
				t.Errorf("no address is vouched for: %+v", who)
			}
			if more == nil {
				continue
			}
			if told, err := more(context.WithoutCancel(t.Context())); err == nil && (told.Subject != who.Subject || told.EmailVerified && told.Email == "") {
				t.Errorf("%+v, then %+v", who, told)
			}
		}
	})
}

// FuzzPostedName: a name that a browser posts has no controls, whatever it posts.
func FuzzPostedName(f *testing.F) {
	f.Add(`{"name":{"firstName":"Ada","lastName":"Example"}}`)
	f.Add(`{"name":{"firstName":"A\n"}}`)
	f.Add(`{"name":null}`)
	f.Fuzz(func(t *testing.T, user string) {
		if name := postedName(user); strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0 {
			t.Errorf("%q", name)
		}
	})
}
