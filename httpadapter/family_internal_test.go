package httpadapter

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

func newAuth(t *testing.T) *tollkeeper.Authenticator {
	t.Helper()
	return newAuthWith(t, tollkeeper.Config{})
}

func newAuthWith(t *testing.T, c tollkeeper.Config) *tollkeeper.Authenticator {
	t.Helper()
	drop := tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { return nil })
	c.Secrets, c.BaseURL, c.Mail.Mailer = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}, "https://auth.example", drop
	c.Passwords.Hash = tollkeeper.Hash{Memory: 8, Time: 1, Threads: 1, UnsafeForTests: true}
	auth, err := tollkeeper.New(memory.New(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = auth.Close(context.Background()) })
	return auth
}

// raise makes a family whose only route fails with err.
func raise(f family, err error) family {
	f.routes = []route{on("POST", "/x", noBody, func(*call, struct{}) (done, error) { return done{}, err }, organizationSays("never"))}
	return f
}

// TestEveryFamilyAnswersEveryCode: a status, its shape, Retry-After where one may wait, and never a cause.
func TestEveryFamilyAnswersEveryCode(t *testing.T) {
	auth := newAuth(t)
	for _, build := range documented {
		f, err := build(Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range append(append(tollkeeper.Codes(), faults()...), "of_a_host") {
			cause := &tollkeeper.Error{Code: code, Message: "a text", Err: context.DeadlineExceeded}
			m, err := bind(raise(f, cause), auth, Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			m.ServeHTTP(w, httptest.NewRequest("POST", "/x", nil))
			checkReply(t, f.name+" "+string(code), code, w)
		}
	}
}

func checkReply(t *testing.T, name string, code tollkeeper.Code, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code < 400 || w.Code > 599 {
		t.Errorf("%s: status %d", name, w.Code)
	}
	if unknown := code == "of_a_host" || code == tollkeeper.ErrInternal.Code; unknown != (w.Code == 500) {
		t.Errorf("%s: status %d", name, w.Code)
	}
	if body := w.Body.String(); !json.Valid(w.Body.Bytes()) || strings.Contains(body, "deadline") || len(body) < 15 {
		t.Errorf("%s: body %q", name, body)
	}
	if wait := w.Header().Get("Retry-After"); (w.Code == 429 || w.Code == 503) && wait != "1" {
		t.Errorf("%s: %d with Retry-After %q", name, w.Code, wait)
	}
	if id := w.Header().Get("X-Request-Id"); (w.Code >= 500) != (id != "") {
		t.Errorf("%s: %d with request id %q", name, w.Code, id)
	}
}

func TestIncompleteFamilyIsRefused(t *testing.T) {
	f, err := organizationFamily(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.replies {
		short := f
		short.replies = append(append([]reply{}, f.replies[:i]...), f.replies[i+1:]...)
		_, err := bind(short, newAuth(t), Options{})
		if twice := f.replies[i].child; (err == nil) != twice {
			t.Errorf("without the reply to %s: %v", f.replies[i].cause, err)
		}
	}
	f.routes = append(f.routes, f.routes[0])
	if _, err := bind(f, newAuth(t), Options{}); err == nil {
		t.Error("a route stood twice")
	}
}
