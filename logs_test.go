package tollkeeper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// R69: whatever happens, no secret reaches a log or an event: not a password, code, link, token, session id or seed. The
// mailer and the host's own function fail here, since that is when things are logged.
func TestNoSecretIsLogged(t *testing.T) { synctest.Test(t, noSecretIsLogged) }

func noSecretIsLogged(t *testing.T) {
	log := &lockedBuffer{}
	var sent atomic.Int64
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Refresh.Idle = time.Hour
		c.Events = func(e tollkeeper.Event) {
			fmt.Fprintf(log, "%+v\n", e)
			if e.Name == tollkeeper.EventSignOut {
				panic("the host's own")
			}
		}
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			if sent.Add(1) == 1 {
				return fmt.Errorf("refused %v", m)
			}
			return nil
		})
	}))
	a := k.Parent()
	secrets := []string{a.Password, "wrong horse 99"}
	if _, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: a.Email, Password: "wrong horse 99"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
		t.Fatal(err)
	}
	res := k.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization })
	secrets = append(secrets, string(res.Token), string(res.Refresh), string(res.TenantKey), res.Session.String())
	for _, ask := range []func(context.Context, tollkeeper.MailRequest) error{k.Auth.RequestCode, k.Auth.RequestReset} {
		if err := ask(ctx, tollkeeper.MailRequest{Email: a.Email}); err != nil {
			t.Fatal(err)
		}
		k.Advance(5 * time.Second)
		time.Sleep(1100 * time.Millisecond) // the first one failed and is tried again
	}
	secrets = append(secrets, k.LastCode(a.Email), k.LastToken(a.Email))
	x := enrol(t, k, a)
	secrets = append(secrets, x.secret)
	for _, code := range x.recovery {
		secrets = append(secrets, string(code))
	}
	k.Advance(time.Minute)
	c := x.challenge(k)
	done, err := verify(k, c, x.code(t, k))
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, c, string(done.Token), string(done.Refresh))
	for range 2 {
		if _, err := k.Auth.Refresh(ctx, done.Refresh, tollkeeper.Client{}); err != nil && !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal(err)
		}
		k.Advance(time.Minute)
	}
	last := k.Identity(string(k.SignIn(k.Parent()).Token))
	if err := k.Auth.SignOut(ctx, last); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	for _, want := range []string{"sign_in_failed", "refresh_reused", "mail not sent", "Config.Events panicked"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing was logged of %q, so that this test proves nothing", want)
		}
	}
	for i, s := range secrets {
		if s == "" || strings.Contains(text, s) {
			t.Errorf("secret %d (%.4s…) is in the log", i, s)
		}
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
