package tollkeeper_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// R37, R38: names are data. Markup is escaped, no header line is added, and a code stays the only six-digit number.
func TestNamesInMail(t *testing.T) {
	name := `<b title=1>123456 Click`
	story(t, func(w *world) {
		p := w.tenant("p@example.com")
		url := "https://acme.example"
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &name, URL: &url})
		w.ok(err)
		c := w.child(p, "c@example.com")
		w.ok(w.requestReset(c))
		w.ok(w.requestCode(c))
		for _, kind := range []tollkeeper.MailKind{tollkeeper.MailReset, tollkeeper.MailSignInCode} {
			m := w.LastMail(c.Email, kind)
			if contains(string(m.HTML), "<b t") || !contains(string(m.HTML), "&lt;b t") {
				t.Errorf("%s: markup in %s", kind, m.HTML)
			}
			if strings.ContainsAny(m.Subject+m.To+m.ID, "\r\n\x00") {
				t.Errorf("%s: %q", kind, m.Subject)
			}
		}
		m := w.LastMail(c.Email, tollkeeper.MailSignInCode)
		if n := len(sixDigits.FindAllString(m.Subject+" "+string(m.Text), -1)); n != 1 {
			t.Errorf("%d six-digit numbers in %q %q", n, m.Subject, m.Text)
		}
		for _, bad := range []string{"A\r\nBcc: victim@example.com", "A\x00", "\xff", strings.Repeat("x", 257)} {
			_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &bad})
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
		if m := w.LastMail(p.Email, tollkeeper.MailSignInCode); m.Subject != "Dein Code" || !contains(string(m.Text), "Code: ") {
			t.Errorf("%q %q", m.Subject, m.Text)
		}
		if m := w.LastMail(p.Email, tollkeeper.MailReset); !contains(m.Subject, "Reset your password") {
			t.Errorf("%q", m.Subject)
		}
		c := minimal()
		own(&c, "no subject")
		_, err := tollkeeper.New(memory.New(), c)
		if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "Config.Mail.Templates" {
			t.Errorf("%v", err)
		}
	}, func(c *tollkeeper.Config) { own(c, "Subject: Dein Code\n\nCode: {{.Code}}\n") })
}

// Whoever signs up with the address of another sets the pages of an organization before anybody has shown to own it. The
// link that gives the account to its owner must not lead there.
func TestResetLinkOfAnOwnerLeadsToTheHost(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("victim@example.com")
		home, page := "https://evil.example", "https://evil.example/reset"
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{URL: &home, AuthURLs: tollkeeper.AuthURLsPatch{Reset: &page, Update: &page}})
		w.ok(err)
		child := w.child(p, "child@example.com")
		for _, proven := range []bool{false, true} {
			w.Advance(time.Hour)
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email}))
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: child.Email, Scope: tollkeeper.UnderKey(p.PublicKey)}))
			if m := w.LastMail(p.Email, tollkeeper.MailReset); contains(string(m.Text+m.HTML), "evil.example") {
				t.Errorf("proven %t: the token goes to the page of whoever signed up: %s", proven, m.Text)
			}
			if m := w.LastMail(child.Email, tollkeeper.MailReset); contains(string(m.Text), page) != proven {
				t.Errorf("proven %t: a child's link leads to %s", proven, tokenLink.FindString(string(m.Text)))
			}
			w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(p.Email, tollkeeper.MailReset)), Password: "another staple 8", By: p.Identity})))
		}
	})
}

// The link that proves the mailbox must not lead there either: with its token and a session of theirs, whoever signed up
// would prove a mailbox that is not theirs, as soon as anything opens the link.
func TestVerificationLinkOfAnOwnerLeadsToTheHost(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("victim@example.com")
		home, page := "https://evil.example", "https://evil.example/verify"
		_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{URL: &home, AuthURLs: tollkeeper.AuthURLsPatch{Verify: &page}})
		w.ok(err)
		w.want(w.Auth.RequestOwnVerification(ctx, p.Identity, page, tollkeeper.Client{}), tollkeeper.ErrInvalidInput)
		for _, ask := range []func() error{
			func() error { return w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}) },
			func() error { return w.Auth.RequestOwnVerification(ctx, p.Identity, "/verify", tollkeeper.Client{}) },
			func() error {
				return w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: p.Email, VerifyPath: "/verify"})
			},
			func() error {
				return errOf(w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{Password: password}))
			},
		} {
			w.Advance(2 * time.Minute)
			if err := ask(); err != nil {
				w.want(err, tollkeeper.ErrUnverified)
			}
			if m := w.LastMail(p.Email, tollkeeper.MailVerify); contains(string(m.Text+m.HTML), "evil.example") {
				t.Errorf("the token goes to the page of whoever signed up: %s", m.Text)
			}
		}
		w.Prove(p, p.Identity)
		child := w.child(p, "child@example.com")
		w.ok(w.Auth.RequestOwnVerification(ctx, child.Identity, "", tollkeeper.Client{}))
		if m := w.LastMail(child.Email, tollkeeper.MailVerify); !contains(string(m.Text), page) {
			t.Error("a child's link does not lead to the page of its organization")
		}
	}, unlimited)
}

func TestSignInFromANewNetworkIsTold(t *testing.T) {
	from := func(addr string) func(*tollkeeper.SignInRequest) {
		return func(r *tollkeeper.SignInRequest) { r.Client.Addr = netip.MustParseAddr(addr) }
	}
	told := func(k *authtest.Kit, a authtest.Account) (n int) {
		for _, m := range k.Mails(a.Email) {
			if strings.Contains(string(m.Text), "a network that we have not seen before") {
				n++
			}
		}
		return n
	}
	t.Run("once per network, and not for the one that signed up", func(t *testing.T) {
		k := authtest.New(t)
		res, err := k.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: tollkeeper.Tenants, Email: "ada@home.example", Password: authtest.Password, Client: tollkeeper.Client{Addr: netip.MustParseAddr("192.0.2.7")}})
		if err != nil {
			t.Fatal(err)
		}
		a := authtest.Account{ID: res.Subject.Account.ID, Email: "ada@home.example", Password: authtest.Password}
		for _, step := range []struct {
			addr string
			want int
		}{{"192.0.2.7", 0}, {"192.0.2.200", 0}, {"203.0.113.5", 1}, {"203.0.113.5", 1}, {"2001:db8::1", 2}, {"192.0.2.7", 2}} {
			k.SignIn(a, from(step.addr))
			if got := told(k, a); got != step.want {
				t.Fatalf("after %s: %d notices, want %d", step.addr, got, step.want)
			}
		}
		k.Advance(31 * 24 * time.Hour)
		k.SignIn(a, from("203.0.113.5"))
		if got := told(k, a); got != 3 {
			t.Fatalf("a network that was away for a month: %d notices, want 3", got)
		}
	})
	t.Run("unless it is turned off", func(t *testing.T) {
		for name, off := range map[string]tollkeeper.Notices{"all": {Off: true}, "this one": {NewNetworkOff: true}} {
			k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Mail.Notices = off }))
			a := k.Parent()
			k.SignIn(a, from("203.0.113.5"))
			if got := told(k, a); got != 0 {
				t.Errorf("%s: %d notices", name, got)
			}
		}
	})
}

// Whatever somebody chose who has not proven the mailbox of the organization's owner: no mail of any kind says it, in
// no part. Nor does a mail carry the text of one who has: a name that is a link, or an essay.
func TestNobodyWritesThroughMails(t *testing.T) {
	const mark = "evil"
	name, home := "evil prize at evil.example/win", "https://evil.example"
	page := func(path string) *string { s := home + path; return &s }
	for _, proven := range []bool{false, true} {
		t.Run(fmt.Sprintf("proven %t", proven), func(t *testing.T) {
			story(t, func(w *world) {
				p := w.SignUp("owner@home.example", password, inFamily(tollkeeper.AudienceOrganization), func(r *tollkeeper.SignUpRequest) {
					r.Username, r.Name = "evil_owner", "Evil evil.example"
				})
				_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &name, URL: &home, AuthURLs: tollkeeper.AuthURLsPatch{
					SignIn: page("/in"), SignUp: page("/up"), Verify: page("/verify"), Reset: page("/reset"), Update: page("/update"), Resend: page("/resend"),
				}})
				w.ok(err)
				if proven {
					w.ok(w.Auth.RequestOwnVerification(ctx, p.Identity, "", tollkeeper.Client{}))
					w.Prove(p, p.Identity)
				}
				child := w.SignUpBelow(p, "victim@home.example", password, inFamily(tollkeeper.AudienceOrganization), func(r *tollkeeper.SignUpRequest) {
					r.Username, r.Name = "evil_child", "evil"
				})
				member, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: tollkeeper.Tenants, Email: "member@home.example", Proven: true})
				w.ok(err)
				w.ok(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: p.ID, Member: member.ID}))
				w.ok(w.Auth.RequestEmailChange(ctx, child.Identity, tollkeeper.EmailChange{Email: "new@home.example", Password: password}))
				if m := w.LastMail("new@home.example"); strings.Contains(strings.ToLower(m.Subject+string(m.Text+m.HTML)), mark) != proven {
					t.Errorf("the mail to a new address says %s", string(m.Text))
				}
				lookups := map[string]store.Lookup{"owner@home.example": {ID: p.ID}, child.Email: {ID: child.ID}, member.Email: {ID: member.ID}}
				for to, l := range lookups {
					for _, kind := range []tollkeeper.MailKind{
						tollkeeper.MailSignInCode, tollkeeper.MailReset, tollkeeper.MailVerify, tollkeeper.MailSignUpTried, tollkeeper.MailNotice, tollkeeper.MailCreditAlert,
					} {
						for _, args := range []map[string]string{nil, {"path": home + "/verify"}} {
							w.ok(w.Store.QueueMail(ctx, []store.QueuedMail{{ID: uuid.New(), Kind: kind, Lookup: l, Args: args, DueAt: w.Now()}}))
						}
					}
					synctest.Wait()
					pages := proven && to == child.Email
					w.ok(w.requestReset(authtest.Account{Email: to})) // wakes the worker
					for _, m := range w.Mails(to) {
						all := strings.ToLower(m.Subject + m.To + m.ID + string(m.Text) + string(m.HTML))
						if !pages && strings.Contains(all, mark) || strings.Contains(all, "prize") || strings.Contains(strings.ToLower(m.Subject), mark) {
							t.Errorf("%s to %s says %q %s", m.Kind, to, m.Subject, string(m.Text))
						}
						if link := tokenLink.FindString(string(m.Text)); m.Kind == tollkeeper.MailReset && pages != strings.HasPrefix(link, home) {
							t.Errorf("the link of %s leads to %s", to, link)
						}
					}
				}
			}, unlimited)
		})
	}
}
