package tollkeeper_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// reader is a client with that header Accept-Language.
func reader(accepts string) tollkeeper.Client {
	c := home
	c.Language = accepts
	return c
}

// What the account's owner has chosen comes before what the request prefers, and that before the service's own.
func TestMailsAreInTheLanguageOfTheirReader(t *testing.T) {
	for _, c := range []struct{ locale, accepts, service, want string }{
		{"", "", "", "en"},
		{"", "", "fr", "fr"},
		{"", "de-AT, en;q=0.5", "", "de"},
		{"", "it", "fr", "fr"},
		{"", "*", "fr", "fr"},
		{"es-MX", "de", "fr", "es"},
		{"ZH-hant-TW", "de", "", "zh"},
		{"it", "ar", "fr", "ar"},
		{"it", "sv", "fr-CA", "fr"},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			story(t, func(w *world) {
				p := w.user("p@example.com")
				w.ok(w.Auth.UpdateProfile(ctx, p.Identity, tollkeeper.ProfilePatch{Locale: &c.locale}))
				w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Client: reader(c.accepts)}))
				if m := w.LastMail(p.Email, tollkeeper.MailReset); m.Language != c.want || !contains(string(m.HTML), `<html lang="`+c.want+`"`) {
					t.Errorf("%s: %q", m.Language, m.Subject)
				}
			}, func(cfg *tollkeeper.Config) { cfg.Mail.Language = c.service })
		})
	}
}

// Every mail that somebody asks for is in what they read, also that of whom nobody knows yet.
func TestMailsThatAClientAsksForAreInItsLanguage(t *testing.T) {
	story(t, func(w *world) {
		p := w.tenant("p@example.com")
		de, to := reader("de"), tollkeeper.MailRequest{Email: "new@example.com", Client: reader("de"), SignUp: true, WithCode: true}
		w.ok(w.Auth.RequestCode(ctx, to))
		w.ok(w.Auth.RequestLink(ctx, to))
		made := w.SignUp("made@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Client = de })
		_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: p.Email, Password: password, Scope: tollkeeper.Tenants, Neutral: true, Client: de})
		w.ok(err)
		w.ok(w.Auth.RequestOwnVerification(ctx, made.Identity, "", de))
		w.ok(w.Auth.RequestEmailChange(ctx, made.Identity, tollkeeper.EmailChange{Email: "other@example.com", Password: password, Client: de}))
		for kind, email := range map[tollkeeper.MailKind]string{
			tollkeeper.MailSignInCode: "new@example.com", tollkeeper.MailSignInLink: "new@example.com", tollkeeper.MailVerify: made.Email,
			tollkeeper.MailSignUpTried: p.Email, tollkeeper.MailChangeEmail: "other@example.com",
		} {
			if m := w.LastMail(email, kind); m.Language != "de" {
				t.Errorf("%s is in %q: %s", kind, m.Language, m.Subject)
			}
		}
		if m := w.LastMail("new@example.com", tollkeeper.MailSignInLink); !contains(string(m.Text), "15 Minuten") || !contains(string(m.Text), "5 Minuten") {
			t.Errorf("%s", m.Text)
		}
		for _, x := range []tollkeeper.Message{w.LastMail("new@example.com"), w.LastMail(made.Email)} {
			if contains(string(x.Text), "minutes", "hours", "Sent by") {
				t.Errorf("two languages: %s", x.Text)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true })
}

// Whoever breaks in does not choose the language that the owner hears of it in; and no account keeps what a request
// preferred.
func TestNoticesAreNotInTheLanguageOfTheRequest(t *testing.T) {
	story(t, func(w *world) {
		p := w.SignUp("p@example.com", password, func(r *tollkeeper.SignUpRequest) { r.Client = reader("de") })
		if in := w.SignIn(p); in.Subject.Account.Locale != "" {
			t.Errorf("the account's locale is %q", in.Subject.Account.Locale)
		}
		w.ok(w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9", Client: reader("zh")}))
		if m := w.LastMail(p.Email, tollkeeper.MailNotice); m.Language != "en" {
			t.Errorf("%s %s", m.Language, m.Subject)
		}
	})
}

// The row that waits is the same for every address, and holds the tag of a language that there is, never what a request
// sent.
func TestLanguageTellsNothingInTheOutbox(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.user("p@example.com"), w.user("q@example.com")
		spanish := "es"
		w.ok(w.Auth.UpdateProfile(ctx, q.Identity, tollkeeper.ProfilePatch{Locale: &spanish}))
		for accepts, want := range map[string]string{"": "", "de-CH;q=0.3": "de", "it": "", "<script>": "", strings.Repeat("x,", 9_000) + "de": ""} {
			var first map[string]string
			for _, email := range []string{p.Email, q.Email, "nobody@example.com"} {
				w.Advance(time.Hour)
				w.store.watch()
				w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: email, Client: reader(accepts)}))
				for _, m := range w.store.queued() {
					if m.Args["language"] != want {
						t.Errorf("%.20q: %v", accepts, m.Args)
					}
					if first == nil {
						first = m.Args
					}
					if !slices.Equal(slices.Sorted(maps.Keys(m.Args)), slices.Sorted(maps.Keys(first))) || m.Args["language"] != first["language"] {
						t.Errorf("%s: %v, others %v", email, m.Args, first)
					}
				}
				if first == nil {
					t.Fatal("no row was seen")
				}
			}
		}
	}, unlimited)
}

// queued are the rows of the outbox that were asked for since watch.
func (p *probe) queued() (all []store.QueuedMail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, arg := range p.args {
		if list, ok := arg.([]store.QueuedMail); ok {
			all = append(all, list...)
		}
	}
	return all
}

// A host adds a language by all its texts, and New says which one is missing.
func TestOwnLanguage(t *testing.T) {
	english, err := os.ReadFile("internal/letter/texts/en.json")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	if err := json.Unmarshal(english, &words); err != nil {
		t.Fatal(err)
	}
	words["reset.subject"] = "Nuova password"
	own := func(c *tollkeeper.Config) {
		text, _ := json.Marshal(words)
		c.Mail.Templates = fstest.MapFS{"texts/it.json": {Data: text}}
	}
	story(t, func(w *world) {
		p := w.user("p@example.com")
		w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Client: reader("it-CH, de")}))
		if m := w.LastMail(p.Email); m.Language != "it" || m.Subject != "Nuova password" || !contains(string(m.Text), "30 min:") {
			t.Errorf("%s %q %s", m.Language, m.Subject, m.Text)
		}
	}, own)
	delete(words, "reset.lead")
	c := minimal()
	own(&c)
	refuses(t, c, "Config.Mail.Templates", `texts/it.json: "reset.lead" is missing`)
}

func TestLanguagesOfMailsAreChecked(t *testing.T) {
	c := minimal()
	c.Mail.Language = "it"
	refuses(t, c, "Config.Mail.Language", "none of those")
	c.Mail.Language, c.Mail.Languages = "fr", []string{"de"}
	refuses(t, c, "Config.Mail.Language", "none of those")
	c.Mail.Language, c.Mail.Languages = "", []string{"it"}
	refuses(t, c, "Config.Mail.Templates", "texts/it.json")
}

func refuses(t *testing.T, c tollkeeper.Config, field, why string) {
	t.Helper()
	auth, err := tollkeeper.New(memory.New(), c)
	if err == nil {
		t.Fatal("is taken", auth.Close(context.Background()))
	}
	var e *tollkeeper.Error
	if e, _ = err.(*tollkeeper.Error); e == nil || e.Field != field || !strings.Contains(e.Message, why) {
		t.Errorf("%v", err)
	}
}

// A service of few languages speaks the first of them to whom nobody knows another one of.
func TestFewerLanguagesOfMails(t *testing.T) {
	story(t, func(w *world) {
		p := w.user("p@example.com")
		for accepts, want := range map[string]string{"es": "de", "": "de", "fr": "fr", "*": "de"} {
			w.Advance(time.Hour)
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Client: reader(accepts)}))
			if m := w.LastMail(p.Email); m.Language != want {
				t.Errorf("%q: %s", accepts, m.Language)
			}
		}
	}, unlimited, func(c *tollkeeper.Config) { c.Mail.Languages = []string{"de", "fr"} })
}

// SampleMails shows all mails of a configuration that is not complete yet, and its errors.
func TestSampleMails(t *testing.T) {
	all, err := tollkeeper.SampleMails(tollkeeper.Config{Product: "Orchard", BaseURL: "https://orchard.example"})
	if err != nil {
		t.Fatal(err)
	}
	seen, languages := map[string]bool{}, map[string]bool{}
	for _, m := range all {
		if seen[m.Language+m.ID] || m.To != "" || m.Subject == "" || !contains(string(m.HTML), "Orchard") || !contains(string(m.Text), "Orchard") {
			t.Errorf("%+v", m)
		}
		seen[m.Language+m.ID], languages[m.Language] = true, true
	}
	if len(languages) != 6 || len(seen) != len(all) || !seen["arnotice-network"] || !seen["encredit-alert-low"] {
		t.Errorf("%d mails in %v", len(all), languages)
	}
	_, err = tollkeeper.SampleMails(tollkeeper.Config{Mail: tollkeeper.Mail{Templates: fstest.MapFS{"reset.txt": {Data: []byte("{{")}}}})
	if e, _ := err.(*tollkeeper.Error); e == nil || e.Field != "Config.Mail.Templates" {
		t.Errorf("%v", err)
	}
}
