package tollkeeper_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// A code is live while a mail brings it, and not when none did: of three tries two failed, and only the third's code is
// any good.
func TestUndeliveredCodesAreNotLive(t *testing.T) {
	var mu sync.Mutex
	var codes []string
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.ok(w.requestCode(p))
		for tried := 0; tried < 2; {
			time.Sleep(time.Second)
			mu.Lock()
			tried = len(codes)
			mu.Unlock()
		}
		synctest.Wait()
		mu.Lock()
		tried := codes
		mu.Unlock()
		for _, code := range tried {
			_, err := w.verify(p, code)
			w.want(err, tollkeeper.ErrInvalidCredentials)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(codes) != 3 {
			w.Fatalf("%d tries", len(codes))
		}
		for i, code := range codes {
			if _, err := w.verify(p, code); (err == nil) != (i == 2) {
				t.Errorf("code %d: %v", i+1, err)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if m.Kind != tollkeeper.MailSignInCode {
				return nil
			}
			codes = append(codes, sixDigits.FindString(string(m.Text)))
			if len(codes) < 3 {
				return errors.New("450 later")
			}
			return nil
		})
	})
}

// However often somebody asks, and whatever fails: what no mail brought is no way in, codes and links alike.
func TestNothingUndeliveredIsLive(t *testing.T) {
	reset := func(w *world, token string) error {
		return errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(token), Password: "another staple 8"}))
	}
	fails := map[string]tollkeeper.MailerFunc{
		"refused for now":  func(context.Context, tollkeeper.Message) error { return errors.New("450 later") },
		"refused for good": func(context.Context, tollkeeper.Message) error { return refusal{"550 no", true} },
		"panics":           func(context.Context, tollkeeper.Message) error { panic("mailer") },
		"hangs":            func(ctx context.Context, _ tollkeeper.Message) error { <-ctx.Done(); return ctx.Err() },
	}
	for name, fail := range fails {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var codes, tokens []string
			var under atomic.Int64
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				for range 3 {
					w.ok(w.requestCode(p))
					w.ok(w.requestReset(p))
					w.ok(w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email}))
					time.Sleep(time.Minute)
				}
				for time.Sleep(2 * time.Minute); under.Load() > 0; {
					time.Sleep(time.Second) // what a mailer still tries to deliver is live
				}
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if len(codes) < 3 || len(tokens) < 6 {
					w.Fatalf("%d codes, %d links", len(codes), len(tokens))
				}
				for _, code := range codes {
					if _, err := w.verify(p, code); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
						t.Errorf("a code that nobody got: %v", err)
					}
				}
				for _, token := range tokens {
					if err := reset(w, token); !errors.Is(err, tollkeeper.ErrInvalidLink) && !errors.Is(err, tollkeeper.ErrLinkExpired) {
						t.Errorf("a reset that nobody got: %v", err)
					}
					if _, err := w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(token)}); err == nil {
						t.Error("a link that nobody got verifies")
					}
				}
			}, unlimited, func(c *tollkeeper.Config) {
				c.Limits.Resend, c.Limits.CodeAddress = c.Limits.Links, c.Limits.Links
				c.Limits.Reset = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceOrganization: c.Limits.Links, tollkeeper.AudienceHost: c.Limits.Links}
				c.Mail.Mailer = tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
					mu.Lock()
					if code := sixDigits.FindString(string(m.Text)); m.Kind == tollkeeper.MailSignInCode {
						codes = append(codes, code)
					} else if _, token, ok := strings.Cut(tokenLink.FindString(string(m.Text)), "token="); ok {
						tokens = append(tokens, token)
					}
					mu.Unlock()
					under.Add(1)
					defer under.Add(-1)
					return fail(ctx, m)
				})
			})
		})
	}
}

// A link that is made while the password changes stands for the account as it was: it is not sent, and no way in. The
// next try makes another.
func TestALinkThatAChangeOfPasswordOvertookIsNotSent(t *testing.T) {
	var mu sync.Mutex
	var sent []string
	tokens := func() []string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(sent)
	}
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		var once sync.Once
		w.store.faults(func(verb string) error {
			if verb == "worker.PutSecrets" {
				once.Do(func() {
					w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
				})
			}
			return nil
		}, nil)
		w.ok(w.requestReset(p))
		if n := len(tokens()); n != 0 {
			t.Errorf("%d links were sent", n)
		}
		time.Sleep(10 * time.Second)
		got := tokens()
		if len(got) != 1 {
			w.Fatalf("later %d links were sent", len(got))
		}
		w.ok(w.reset(got[0], "a third staple 7"))
	}, unlimited, func(c *tollkeeper.Config) {
		c.Mail.Mailer = tollkeeper.MailerFunc(func(_ context.Context, m tollkeeper.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if _, token, ok := strings.Cut(tokenLink.FindString(string(m.Text)), "token="); ok && m.Kind == tollkeeper.MailReset {
				sent = append(sent, token)
			}
			return nil
		})
	})
}

// A mail that cannot be written is not sent, and its secret, which is stored already, is none.
func TestSecretsOfUnwrittenMailsAreNotLive(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.store.watch()
		w.ok(w.requestReset(p))
		synctest.Wait()
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		var last []store.Secret
		for _, arg := range w.store.args {
			if put, ok := arg.([]store.Secret); ok {
				last = put
			}
		}
		if len(last) != 1 || last[0].ExpiresAt.After(last[0].CreatedAt) {
			t.Errorf("%+v stays", last)
		}
	}, func(c *tollkeeper.Config) {
		c.Mail.Templates = fstest.MapFS{"reset.txt": {Data: []byte("Subject: x\n\n{{if not .SignIn}}{{index .Link 1000}}{{end}}\n")}}
	})
}
