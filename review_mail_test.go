package tollkeeper_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// Mail to a new address that could not be delivered is tried again for hours, with a new link each time. What voids links
// must void those that are still to be made, too, or whoever had the account could wait until its owner has it back.
func TestQueuedChangeOfEmailDiesWithWhatVoidsItsLink(t *testing.T) {
	const evil = "thief@evil.example"
	for name, recover := range map[string]func(w *world, p *person){
		"reset": func(w *world, p *person) {
			w.ok(w.auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.email}))
			w.ok(w.auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.token(p.email, tollkeeper.MailReset)), Password: "another staple 8"}))
		},
		"sign-in by code": func(w *world, p *person) {
			w.ok(w.auth.RequestCode(ctx, tollkeeper.MailRequest{Email: p.email}))
			w.sent(p.email)
			_, err := w.auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: p.email, Code: tollkeeper.SecretText(w.code(p.email))})
			w.ok(err)
		},
		"change of the password": func(w *world, p *person) {
			w.ok(w.auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
		},
		"change of the address": func(w *world, p *person) {
			w.pass(time.Hour)
			w.ok(w.auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: "new@example.com"}))
			w.sent("new@example.com")
			w.ok(w.auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(w.token("new@example.com", tollkeeper.MailChangeEmail)), tollkeeper.Client{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			greylist := true
			story(t, func(w *world) {
				p := w.parent("owner@example.com")
				w.ok(w.auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: evil}))
				if len(w.sent(evil)) != 0 {
					w.Fatal("the mail was not kept back")
				}
				recover(w, p)
				w.mu.Lock()
				greylist = false
				w.mu.Unlock()
				w.pass(3 * time.Hour)
				time.Sleep(2 * time.Second)
				if n := len(w.sent(evil, tollkeeper.MailChangeEmail)); n != 0 {
					err := w.auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(w.token(evil, tollkeeper.MailChangeEmail)), tollkeeper.Client{})
					w.Fatalf("the link went out after all, and answers: %v", err)
				}
			}, func(c *tollkeeper.Config) {
				next := c.Mail.Mailer
				c.Mail.Mailer = tollkeeper.MailerFunc(func(ctx context.Context, m tollkeeper.Message) error {
					if m.To == evil && greylist {
						return errors.New("451 try again later")
					}
					return next.Send(ctx, m)
				})
			})
		})
	}
}

// Whoever signs up with the address of another sets his organization's pages before anybody has shown to own it. The link
// that gives the account to its owner must not lead there.
func TestResetLinkOfAnOwnerLeadsToTheHost(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("victim@example.com")
		home, page := "https://evil.example", "https://evil.example/reset"
		_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{URL: &home, AuthURLs: tollkeeper.AuthURLsPatch{Reset: &page, Update: &page}})
		w.ok(err)
		child := w.child(p, "child@example.com")
		for _, verified := range []bool{false, true} {
			w.pass(time.Hour)
			w.ok(w.auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.email}))
			w.ok(w.auth.RequestReset(ctx, tollkeeper.MailRequest{Email: child.email, ParentKey: p.PublicKey}))
			if m := w.lastMail(p.email, tollkeeper.MailReset); contains(strings.Join(linkInMail.FindAllString(string(m.Text+m.HTML), -1), " "), "evil.example") || !verified && contains(string(m.Text+m.HTML), "evil.example") {
				t.Errorf("verified %t: the token goes to the page of whoever signed up: %s", verified, m.Text)
			}
			if m := w.lastMail(child.email, tollkeeper.MailReset); !contains(string(m.Text), page) {
				t.Error("a child's link does not lead to the page of its organization")
			}
			w.ok(w.auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.token(p.email, tollkeeper.MailReset)), Password: "another staple 8"}))
		}
	})
}

func TestLinkToANewAddressIsNotSentWhenItsVoidingCameFirst(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("owner@example.com")
		w.store.faults(func(verb string) error {
			if verb == "worker.PutSecrets" {
				w.ok(w.auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8"}))
			}
			return nil
		}, nil)
		w.ok(w.auth.RequestEmailChange(ctx, p.Identity, tollkeeper.EmailChange{Password: password, Email: "thief@evil.example"}))
		if n := len(w.sent("thief@evil.example")); n != 0 {
			t.Errorf("%d mails went out", n)
		}
		w.store.faults(nil, nil)
	})
}
