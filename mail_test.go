package tollkeeper_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// A mailer that fails, panics or hangs changes no answer and no timing (R15); the mail is tried again, later each time.
func TestMailerTroubles(t *testing.T) {
	story(t, func(w *world) {}) // the plain one, for comparison
	troubles := map[string]tollkeeper.MailerFunc{
		"fails":  func(context.Context, tollkeeper.Message) error { return errors.New("550 no") },
		"panics": func(context.Context, tollkeeper.Message) error { panic("mailer") },
		"hangs":  func(ctx context.Context, _ tollkeeper.Message) error { <-ctx.Done(); return ctx.Err() },
	}
	for name, mailer := range troubles {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int64
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				start := time.Now()
				w.ok(w.requestReset(p))
				w.ok(w.requestCode(&person{email: "nobody@example.com"}))
				if d := time.Since(start); d != 0 {
					t.Errorf("the answer took %v", d)
				}
				w.signIn(p)
				time.Sleep(10 * time.Minute)
				if n := tries.Load(); n < 4 || n > 10 {
					t.Errorf("%d tries in ten minutes", n)
				}
				if len(w.happened(tollkeeper.EventMailFailed)) == 0 {
					t.Error("nobody was told")
				}
			}, func(c *tollkeeper.Config) {
				c.Mail.Mailer = tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
					tries.Add(1)
					return mailer(ctx, m)
				})
			})
		})
	}
}

func TestBackoff(t *testing.T) {
	for tries, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 11: 2048 * time.Second, 12: time.Hour, 1 << 30: time.Hour, 0: time.Hour, -1: time.Hour} {
		if got := tollkeeper.Backoff(tries); got != want {
			t.Errorf("after try %d: %v, want %v", tries, got, want)
		}
	}
}

// A code that comes late is of no use: it is given up after minutes, a reset after a day. Each try makes its own secret.
func TestMailIsGivenUp(t *testing.T) {
	var codes atomic.Int64
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		time.Sleep(5 * time.Minute)
		if n := codes.Load(); n != 6 || len(w.happened(tollkeeper.EventMailDropped)) != 1 {
			t.Errorf("%d tries", n)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(context.Context, tollkeeper.Message) error { codes.Add(1); return errors.New("450 later") })
	})
}

// Close sends what is due and leaves the rest for the next process.
func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.parent("p@example.com")
		w.ok(w.requestReset(p))
		w.close()
		w.close()
		if len(w.sent(p.email, tollkeeper.MailReset)) != 1 {
			t.Error("the mail was not sent")
		}
		w.ok(w.requestCode(p)) // nobody sends it
		if len(w.sent(p.email, tollkeeper.MailSignInCode)) != 0 {
			t.Error("a closed worker sent mail")
		}
		next := w.another()
		defer next.Close(ctx)
		time.Sleep(2 * time.Second)
		if len(w.sent(p.email, tollkeeper.MailSignInCode)) != 1 {
			t.Error("the next process did not send it")
		}
	})
}

// R37, R38: names are data. Markup is escaped, no header line is added, and a code stays the only six-digit number.
func TestNamesInMail(t *testing.T) {
	name := `<a href="https://evil.example">123456 Click</a>`
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		url := "https://acme.example"
		_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &name, URL: &url})
		w.ok(err)
		c := w.child(p, "c@example.com")
		w.ok(w.requestReset(c))
		w.ok(w.requestCode(c))
		for _, kind := range []tollkeeper.MailKind{tollkeeper.MailReset, tollkeeper.MailSignInCode} {
			m := w.lastMail(c.email, kind)
			if contains(string(m.HTML), `<a href="https://evil.example`) || !contains(string(m.HTML), "&lt;a href=") {
				t.Errorf("%s: markup in %s", kind, m.HTML)
			}
			if strings.ContainsAny(m.Subject+m.To+m.ID, "\r\n\x00") {
				t.Errorf("%s: %q", kind, m.Subject)
			}
		}
		m := w.lastMail(c.email, tollkeeper.MailSignInCode)
		if n := len(codeInMail.FindAllString(m.Subject+" "+string(m.Text), -1)); n != 1 {
			t.Errorf("%d six-digit numbers in %q %q", n, m.Subject, m.Text)
		}
		for _, bad := range []string{"A\r\nBcc: victim@example.com", "A\x00", "\xff", strings.Repeat("x", 257)} {
			_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &bad})
			w.want(err, tollkeeper.ErrInvalidInput)
		}
	})
}

// The files of Config.Mail.Templates replace the embedded ones, and New names the field when one of them is no good.
func TestOwnTemplate(t *testing.T) {
	own := func(c *tollkeeper.Config, text string) {
		c.Mail.Templates = fstest.MapFS{"sign-in-code.txt": {Data: []byte(text)}}
	}
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		w.ok(w.requestReset(p))
		if m := w.lastMail(p.email, tollkeeper.MailSignInCode); m.Subject != "Dein Code" || !contains(string(m.Text), "Code: ") {
			t.Errorf("%q %q", m.Subject, m.Text)
		}
		if m := w.lastMail(p.email, tollkeeper.MailReset); !contains(m.Subject, "Reset your password") {
			t.Errorf("%q", m.Subject)
		}
		c := w.config
		own(&c, "no subject")
		_, err := tollkeeper.New(w.store, c)
		if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "Config.Mail.Templates" {
			t.Errorf("%v", err)
		}
	}, func(c *tollkeeper.Config) { own(c, "Subject: Dein Code\n\nCode: {{.Code}}\n") })
}

// R71: a verify path cannot lead away from the organization's own pages.
func TestVerifyPaths(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		url := "https://acme.example"
		_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{URL: &url})
		w.ok(err)
		c := w.child(p, "c@example.com")
		for path, want := range map[string]error{
			"": nil, "/verify": nil, "/a/b-c_d": nil, "https://acme.example/verify": nil, "https://acme.example": nil,
			"//evil.example": tollkeeper.ErrInvalidInput, "/\\evil.example": tollkeeper.ErrInvalidInput, "https://evil.example/verify": tollkeeper.ErrInvalidInput,
			"https://acme.example.evil.example": tollkeeper.ErrInvalidInput, "https://acme.example@evil.example": tollkeeper.ErrInvalidInput,
			"http://acme.example/": tollkeeper.ErrInvalidInput, "https://acme.example:8443/": tollkeeper.ErrInvalidInput, "/a?x=1": tollkeeper.ErrInvalidInput,
			"/a#b": tollkeeper.ErrInvalidInput, "/../a": tollkeeper.ErrInvalidInput, "javascript:alert(1)": tollkeeper.ErrInvalidInput, "verify": tollkeeper.ErrInvalidInput,
			"https://acme.example/%2e%2e/": tollkeeper.ErrInvalidInput, "https://app.example/verify": tollkeeper.ErrInvalidInput, "/a\r\nX: y": tollkeeper.ErrInvalidInput,
		} {
			w.pass(time.Hour)
			w.want(w.auth.RequestOwnVerification(ctx, c.Identity, path, tollkeeper.Client{}), want)
			if want == nil && !contains(string(w.lastMail(c.email, tollkeeper.MailVerify).Text), "https://acme.example") && path != "" {
				t.Errorf("%q led to %s", path, w.lastMail(c.email, tollkeeper.MailVerify).Text)
			}
		}
	})
}
