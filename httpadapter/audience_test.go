package httpadapter_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter"
	"github.com/tollkeeper/tollkeeper/store"
)

// A token of another family is a bad one to its caller. The operator who asks for it reads which it is of.
func TestTokenOfAnotherFamilyIsToldToTheLogAlone(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo} {
		var out lines
		logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))
		w := newWorld(t, func(c *tollkeeper.Config, o *options, _ *store.Store) { c.Logger, o.Logger = logger, logger })
		var cause error
		w.guarded("/mine", httpadapter.RequireAuth(w.Auth, httpadapter.OnFailure(func(rw http.ResponseWriter, r *http.Request, err error) {
			cause = errors.Unwrap(err)
			httpadapter.WriteError(rw, r, err)
		})))
		uwe := w.user("uwe")
		for path, want := range map[string]string{
			"/mine":             `for audience \"v1\", not [\"app\" \"host\"]`,
			"/api/auth/account": `for audience \"v1\", not [\"app\"]`,
			"/api/user/status":  `for audience \"v1\", not [\"platform\"]`,
		} {
			out.take()
			bad, good := w.do("GET "+path, "", bearerOf("x.y.z")), w.do("GET "+path, "", bearerOf(uwe.token))
			if good.status != 401 || good.body != bad.body || strings.Contains(good.body, "audience") {
				t.Errorf("%s: %d %s, for a bad token %s", path, good.status, good.body, bad.body)
			}
			if log := out.take(); strings.Contains(log, want) != (level == slog.LevelDebug) || strings.Contains(log, uwe.token) {
				t.Errorf("%s at %v: the log is %s", path, level, log)
			}
		}
		if cause == nil || !strings.Contains(cause.Error(), `the token is for audience "v1", not ["app" "host"]`) {
			t.Errorf("the cause for the host is %v", cause)
		}
	}
}

// lines is a log that is read while a worker may write to it.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// take returns what was written since the last time.
func (l *lines) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	l.text.Reset()
	return text
}
