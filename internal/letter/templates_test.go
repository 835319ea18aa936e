package letter_test

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tollkeeper/tollkeeper/internal/letter"
)

var kinds = []string{"sign-in-code", "sign-in-link", "reset", "verify", "change-email", "notice", "credit-alert", "sign-up-tried"}

func parse(t *testing.T, named map[string]string) (letter.Templates, error) {
	t.Helper()
	return letter.Parse(files(named))
}

func files(named map[string]string) fstest.MapFS {
	host := fstest.MapFS{}
	for name, text := range named {
		host[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return host
}

func render(t *testing.T, files map[string]string, kind string, d letter.Data) letter.Letter {
	t.Helper()
	templates, err := parse(t, files)
	if err != nil {
		t.Fatal(err)
	}
	l, err := templates.Render(kind, "en", d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEveryKindHasAMail(t *testing.T) {
	templates, err := letter.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		l, err := templates.Render(kind, "en", letter.Data{Product: "Shop", Organization: "Acme", Notice: "password", Level: "low"})
		if err != nil || l.Subject == "" || !strings.Contains(l.Text, "Acme\nSent by Shop.") || !strings.Contains(l.HTML, "Sent by Shop") {
			t.Errorf("%s: %+v, %v", kind, l, err)
		}
		if all := l.Subject + l.Text + l.HTML; strings.Contains(all, "{{") || strings.Contains(all, "<no value>") {
			t.Errorf("%s: a template shows through: %s", kind, all)
		}
	}
	if l, err := templates.Render("nobody's", "en", letter.Data{}); err == nil {
		t.Errorf("a kind without a template gives %+v", l)
	}
	if l, err := templates.Render("reset", "it", letter.Data{}); err == nil {
		t.Errorf("a language without texts gives %+v", l)
	}
}

// What tells one mail from another of its kind stands in the subject, the text and the page.
func TestNoticesAndAlertsDiffer(t *testing.T) {
	subjects := map[string]string{}
	for _, notice := range []string{"password", "role", "email", "factor", "identity", "network", "reuse", "dropped", "copied"} {
		subjects["notice "+notice] = render(t, nil, "notice", letter.Data{Notice: notice}).Subject
	}
	for _, level := range []string{"low", "critical", "depleted", "recovered"} {
		subjects["alert "+level] = render(t, nil, "credit-alert", letter.Data{Level: level}).Subject
	}
	by := map[string]string{}
	for what, subject := range subjects {
		if other := by[subject]; other != "" {
			t.Errorf("%s and %s have the subject %q", what, other, subject)
		}
		by[subject] = what
	}
	if l := render(t, nil, "notice", letter.Data{Notice: "network", Network: "192.0.2.0/24", Time: "noon"}); !strings.Contains(l.Text, "192.0.2.0/24, noon") || !strings.Contains(l.HTML, "192.0.2.0/24, noon") {
		t.Errorf("%s%s", l.Text, l.HTML)
	}
}

// TestDroppedIsNamed: what the first proof of a mailbox took away, and the way to what is missing, and nothing else.
func TestDroppedIsNamed(t *testing.T) {
	const reset, again = "ask for a reset of your password", "To sign in with another provider again"
	for name, c := range map[string]struct {
		data    letter.Data
		has, no []string
	}{
		"a password":    {letter.Data{DroppedPassword: true}, []string{"the password", reset}, []string{"linked", again}},
		"an identity":   {letter.Data{DroppedIdentities: 1}, []string{"a linked sign-in with", again}, []string{"the password\n", "the password<", reset}},
		"settings":      {letter.Data{DroppedSettings: true}, []string{"the settings of your organization", "Until you choose them again, mails to your users come from Shop"}, []string{"the password\n", reset, again, "jwtSecret"}},
		"both, several": {letter.Data{DroppedPassword: true, DroppedIdentities: 3}, []string{"the password", "3 linked sign-ins with", reset, again}, []string{"organization", "Until you"}},
	} {
		c.data.Notice, c.data.Product = "dropped", "Shop"
		l := render(t, nil, "notice", c.data)
		for part, text := range map[string]string{"text": l.Text, "page": l.HTML} {
			for _, s := range append(c.has, "tell those who run Shop") {
				if !strings.Contains(text, s) {
					t.Errorf("%s: the %s lacks %q: %s", name, part, s, text)
				}
			}
			for _, s := range append(c.no, "there is nothing to do") {
				if strings.Contains(text, s) {
					t.Errorf("%s: the %s has %q: %s", name, part, s, text)
				}
			}
		}
	}
}

// A code is the only six-digit number in its mail, colours among them.
func TestCodeIsTheOnlyNumberOfItsMail(t *testing.T) {
	l := render(t, nil, "sign-in-code", letter.Data{Product: "Shop", Code: "012345", Lifetime: "5 minutes"})
	for part, text := range map[string]string{"text": l.Subject + "\n" + l.Text, "page": l.HTML} {
		if found := regexp.MustCompile(`[0-9]{6}`).FindAllString(text, -1); len(found) != 1 || found[0] != "012345" {
			t.Errorf("the %s has %v", part, found)
		}
	}
}

// A link may have a code beside it, and either may be of a sign-up, which its mail says.
func TestLinksAndCodesSayWhatTheyAreFor(t *testing.T) {
	for _, kind := range []string{"sign-in-code", "sign-in-link"} {
		in := letter.Data{Product: "Shop", Organization: "Acme", Link: "https://a.example/?token=t", Lifetime: "15 minutes", Code: "012345", CodeLifetime: "5 minutes"}
		up := in
		up.SignUp = true
		for part, texts := range map[string][2]string{
			"text": {render(t, nil, kind, in).Text, render(t, nil, kind, up).Text}, "page": {render(t, nil, kind, in).HTML, render(t, nil, kind, up).HTML},
		} {
			for i, say := range []string{"nobody gets in without it", "without it there is no account"} {
				if !strings.Contains(texts[i], say) || strings.Count(texts[i], "012345") != 1 || strings.Contains(texts[i], "\n\n\n") {
					t.Errorf("the %s of %s: %s", part, kind, texts[i])
				}
			}
			if !strings.Contains(texts[1], "finish signing up") || strings.Contains(texts[0], "signing up") {
				t.Errorf("the %s of %s: %s", part, kind, texts[1])
			}
		}
	}
	alone := render(t, nil, "sign-in-link", letter.Data{Link: "https://a.example/?token=t", Lifetime: "15 minutes"})
	if strings.Contains(alone.Text+alone.HTML, "another device") || strings.Contains(alone.Text, "\n\n\n") || alone.Subject != "Your link to sign in" {
		t.Errorf("%s\n%s", alone.Subject, alone.Text)
	}
}

// R37, R38: whatever a name holds, it is shown as it is, and the subject stays one line.
func TestNamesAreData(t *testing.T) {
	const name = "<a href=\"https://evil.example\">x</a>{{.Code}}\r\nBcc: victim@example.com\x00\x7f"
	for _, kind := range kinds {
		l := render(t, nil, kind, letter.Data{Product: name, Organization: name, OrganizationURL: "javascript:x", Link: "https://a.example/?token=t", Notice: "network", Network: name, Level: "low"})
		if strings.Contains(l.HTML, "<a href=\"https://evil.example") || !strings.Contains(l.HTML, "&lt;a href=") {
			t.Errorf("%s: markup in %s", kind, l.HTML)
		}
		if strings.ContainsAny(l.Subject, "\r\n\x00\x7f") {
			t.Errorf("%s: subject %q", kind, l.Subject)
		}
	}
}

func TestHostsFilesReplaceTheEmbeddedOnes(t *testing.T) {
	files := map[string]string{
		"sign-in-code.txt": "Subject: Dein Code{{\"\\r\\x00\"}}Bcc: x\n\n\nCode: {{.Code}}\n",
		"layout.html":      "<main>{{block \"content\" .}}{{end}}</main>",
	}
	l := render(t, files, "sign-in-code", letter.Data{Code: "012345"})
	if l.Subject != "Dein CodeBcc: x" || l.Text != "Code: 012345\n" || !strings.HasPrefix(l.HTML, "<main><p style=\"margin:0\">Your sign-in code") {
		t.Errorf("%+v", l)
	}
	if l := render(t, files, "reset", letter.Data{}); l.Subject != "Reset your password" || !strings.HasPrefix(l.HTML, "<main>") {
		t.Errorf("%+v", l)
	}
}

func TestBrokenTemplatesAreRefusedBeforeTheyAreNeeded(t *testing.T) {
	for what, files := range map[string]map[string]string{
		"no subject":               {"reset.txt": "\n\nx"},
		"a subject and no text":    {"reset.txt": "Subject: x"},
		"an unknown field":         {"reset.txt": "Subject: {{.Password}}\n"},
		"an unknown field in HTML": {"verify.html": `{{define "content"}}{{.Password}}{{end}}`},
		"a syntax error":           {"reset.txt": "Subject: {{"},
		"a syntax error in HTML":   {"notice.html": "{{define"},
		"a layout that fails":      {"layout.html": "{{template \"nowhere\"}}"},
	} {
		if _, err := parse(t, files); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := letter.Parse(unreadable{}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("files that cannot be read: %v", err)
	}
}

type unreadable struct{}

func (unreadable) Open(string) (fs.File, error) { return nil, fs.ErrPermission }
