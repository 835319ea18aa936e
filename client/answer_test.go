package client_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/client"
)

func TestErrors(t *testing.T) {
	s := newService(t)
	ctx := t.Context()
	a := s.User()
	_, err := s.c.SignIn(ctx, client.SignIn{Email: a.Email, Password: "wrong"})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 401 || e.Code != client.ErrInvalidCredentials || !strings.HasPrefix(e.Error(), "Wrong email") {
		t.Errorf("a wrong password: %#v", err)
	}
	if errors.Is(err, client.ErrInvalidToken) || errors.Is(err, client.Code("")) || errors.Is(err, client.ErrAnswer) {
		t.Error("it is other errors, too")
	}
	_, err = s.c.SignUp(ctx, client.SignUp{Email: a.Email, Password: password})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Code != client.ErrEmailTaken || e.Field != "email" || e.RetryAfter != 0 {
		t.Errorf("a taken email: %#v", err)
	}
	session := s.in(t, a)
	if err := session.Reauthenticate(ctx, client.Reauthentication{Password: "wrong"}); !errors.Is(err, client.ErrInvalidCredentials) {
		t.Errorf("a wrong password of somebody signed in: %v", err)
	}
	if n := s.seen.count(refreshed, http.StatusOK); n != 0 {
		t.Errorf("a wrong password costs %d exchanges", n)
	}
	if _, err := session.Admin().Users(ctx, client.UserQuery{}); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("no admin: %v", err)
	}
	for range 40 {
		_, err = s.c.SignIn(ctx, client.SignIn{Email: a.Email, Password: "wrong"})
	}
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 429 || e.RetryAfter < time.Second {
		t.Errorf("too many: %#v", err)
	}
}

// An address that must be confirmed first is told nothing, and then signs in.
func TestSignUpWaitsForTheMailbox(t *testing.T) {
	s := newService(t, func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true })
	ctx := t.Context()
	up := client.SignUp{Email: "ada@mail.example", Password: password}
	for range 2 {
		if res, err := s.c.SignUp(ctx, up); err != nil || !res.Mailed || res.Session != nil {
			t.Errorf("signed up: %+v, %v", res, err)
		}
	}
	in := client.SignIn{Email: up.Email, Password: password}
	if _, err := s.c.SignIn(ctx, in); !errors.Is(err, client.ErrInvalidCredentials) {
		t.Errorf("before: %v", err)
	}
	link := s.Mails(up.Email, tollkeeper.MailVerify)
	if len(link) == 0 {
		t.Fatal("no link was mailed")
	}
	_, err := s.c.VerifyEmail(ctx, client.EmailVerification{Token: client.Secret(s.LastToken(up.Email, tollkeeper.MailVerify)), Password: password})
	must(t, err)
	if res, err := s.c.SignIn(ctx, in); err != nil || res.Session == nil {
		t.Errorf("afterwards: %+v, %v", res, err)
	}
}

// A path takes nothing but an id, so that no text leads to another route.
func TestIDsOfPaths(t *testing.T) {
	s := newService(t)
	one, a := s.User(), s.User()
	session, other := s.in(t, a), s.in(t, a)
	admin := s.in(t, s.FirstAdmin()).Admin()
	for _, id := range []string{"", "others", "..", "../account", one.ID.String() + "/sign-out", strings.ToUpper(one.ID.String())} {
		if err := session.EndSession(t.Context(), id); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("session %q: %v", id, err)
		}
		if err := admin.DeleteUser(t.Context(), id); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("user %q: %v", id, err)
		}
		if err := session.RemoveIdentity(t.Context(), id+"/", client.IdentityRemoval{}); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("issuer %q: %v", id, err)
		}
	}
	_, err := other.Account(t.Context())
	must(t, err)
}

func TestBadAnswers(t *testing.T) {
	elsewhere := 0
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		elsewhere++
		reply(w, http.StatusOK, `{"id":"1"}`)
	}))
	defer trap.Close()
	huge := `{"id":"` + strings.Repeat("a", 5<<20) + `"}`
	for name, answer := range map[string]http.HandlerFunc{
		"a page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `{"id":"1"}`)
		},
		"no type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, `{"id":"1"}`)
		},
		"huge": func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, huge) },
		"padded": func(w http.ResponseWriter, _ *http.Request) {
			reply(w, http.StatusOK, `{"id":"1"}`+strings.Repeat(" ", 5<<20))
		},
		"endless":    endless,
		"compressed": func(w http.ResponseWriter, _ *http.Request) { compressed(w, huge) },
		"cut off":    func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, `{"id":"1"`) },
		"two values": func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, `{"id":"1"}{"id":"2"}`) },
		"a list":     func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, `[{"id":"1"}]`) },
		"a number":   func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, `{"id":1}`) },
		"nothing":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a part":     func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusPartialContent, `{"id":"1"}`) },
	} {
		_, err := newFake(t, answer).Resume(client.Tokens{Token: "t"}).Account(t.Context())
		if !errors.Is(err, client.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	redirect := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, trap.URL, http.StatusTemporaryRedirect)
	})
	_, err := redirect.SignIn(t.Context(), client.SignIn{Email: "a@b.example", Password: password})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != http.StatusTemporaryRedirect || e.Code != "" || elsewhere != 0 {
		t.Errorf("a redirect: %v; it was followed %d times", err, elsewhere)
	}
	for name, body := range map[string]string{"no session": `{}`, "no token": `{"expiresAt":"2100-01-01T00:00:00Z"}`, "null": `null`} {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, body) })
		if _, err := f.SignIn(t.Context(), client.SignIn{}); !errors.Is(err, client.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.Refresh(t.Context(), "r"); !errors.Is(err, client.ErrAnswer) {
			t.Errorf("tokens, %s: %v", name, err)
		}
	}
	page := newFake(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<p>Please sign in to this network") })
	if err := page.RequestCode(t.Context(), "a@b.example"); !errors.Is(err, client.ErrAnswer) {
		t.Errorf("a page instead of nothing: %v", err)
	}
}

// endless sends until the client leaves.
func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for _, err := w.Write([]byte(`{"id":"1"}`)); err == nil; {
		_, err = w.Write(make([]byte, 64<<10))
	}
}

func compressed(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	io.WriteString(z, text)
	z.Close()
}

func TestBadRefusals(t *testing.T) {
	problem := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, body)
		}
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   client.Error
	}{
		"a proxy's": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"code":"locked"}`, http.StatusBadGateway)
		}, client.Error{Status: 502}},
		"no JSON":  {problem(`{"code":`), client.Error{Status: 503, RetryAfter: 7 * time.Second}},
		"huge":     {problem(`{"code":"` + strings.Repeat("a", 1<<20) + `"}`), client.Error{Status: 503, RetryAfter: 7 * time.Second}},
		"its own":  {problem(`{"code":"too_young","detail":"Later","status":200}`), client.Error{Status: 503, Code: "too_young", Detail: "Later", RetryAfter: 7 * time.Second}},
		"an age":   {problem(`{"code":"busy","retryAfter":9223372036854775807}`), client.Error{Status: 503, Code: "busy", RetryAfter: 365 * 24 * time.Hour}},
		"the past": {problem(`{"code":"busy","retryAfter":-9}`), client.Error{Status: 503, Code: "busy", RetryAfter: 7 * time.Second}},
	} {
		err := newFake(t, tt.answer).RequestCode(t.Context(), "a@b.example")
		if e, ok := errors.AsType[*client.Error](err); !ok || *e != tt.want || e.Error() == "" {
			t.Errorf("%s: %#v, want %+v", name, err, tt.want)
		}
	}
}

func TestContextEndsACall(t *testing.T) {
	f := newFake(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // until then nobody sees the client leave
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.RequestCode(ctx, "a@b.example"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a service that hangs: %v", err)
	}
}
