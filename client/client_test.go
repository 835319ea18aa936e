package client_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/client"
)

func TestNew(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://app.example": true, "https://app.example/": true, "https://app.example:8443/below": true, "HTTPS://app.example": true,
		"http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://127.0.0.2": true, "http://[::1]:8080": true,
		"": false, "app.example": false, "http://app.example": false, "http://10.0.0.1": false, "http://localhost.evil.example": false,
		"ftp://app.example": false, "https://": false, "https://user:secret@app.example": false, "https://app.example?a=b": false,
		"https://app.example#top": false, "https://app.example?": false, "https://app exa.mple": false,
	} {
		if c, err := client.New(base, client.Options{}); (err == nil) != ok || (c == nil) == ok {
			t.Errorf("%q: %v", base, err)
		}
	}
	for prefix, ok := range map[string]bool{"/accounts": true, "/a/b": true, "accounts": false, "/": false, "/a/": false, "/a?b": false, "/{a}": false} {
		if _, err := client.New("https://app.example", client.Options{Prefix: prefix}); (err == nil) != ok {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}

// The client of a host is used as it is, but for what would betray the session.
func TestHTTPClientOfAHost(t *testing.T) {
	var got *http.Request
	s := newFakeAt(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "x"})
		w.WriteHeader(http.StatusAccepted)
	})
	jar, err := cookiejar.New(nil)
	must(t, err)
	own := &http.Client{Jar: jar}
	c, err := client.New(s+"/below", client.Options{HTTPClient: own, Prefix: "/accounts", UserAgent: "till/2"})
	must(t, err)
	for range 2 {
		must(t, c.RequestCode(t.Context(), "a@b.example"))
	}
	at, err := url.Parse(s)
	must(t, err)
	if len(got.Cookies()) != 0 || len(jar.Cookies(at)) != 0 || own.Jar == nil || own.CheckRedirect != nil {
		t.Error("a cookie was kept, or the host's client was changed")
	}
	if got.URL.Path != "/below/accounts/code" || got.UserAgent() != "till/2" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s by %s", got.URL.Path, got.UserAgent())
	}
}

// What is secret is neither printed, logged nor encoded by accident.
func TestSecretsDoNotShow(t *testing.T) {
	const secret = "Plum4Kettle"
	c, err := client.New("https://app.example", client.Options{})
	must(t, err)
	tokens := client.Tokens{Token: secret, RefreshToken: secret}
	session := c.Resume(tokens)
	for name, v := range map[string]any{
		"a secret": client.Secret(secret), "a request": client.SignIn{Email: "a@b.example", Password: secret}, "tokens": tokens,
		"a session": session, "a copy": struct{ S *client.Session }{session}, "an admin": session.Admin(), "a client": c,
		"a result": client.SignInResult{Session: session, Challenge: &client.Challenge{Challenge: secret}},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", v)
		text, _ := json.Marshal(v)
		out.Write(text)
		_ = gob.NewEncoder(&out).Encode(v)
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
			if strings.Contains(out.String(), form) {
				t.Errorf("%s shows its secret: %s", name, &out)
			}
		}
	}
	if string(tokens.Token) != secret || fmt.Sprint(tokens.Token) != "[redacted]" || tokens.Token.String() != "[redacted]" {
		t.Error("a secret does not show itself where it is asked to")
	}
}
