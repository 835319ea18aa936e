package ui_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/ui"
)

// style is the address of the style sheet of a page.
func (b *browser) style() string {
	b.t.Helper()
	return b.page.all("link")[0].attr("href")
}

func TestTheStyleSheetIsKeptForEver(t *testing.T) {
	_, mux := service(t, ui.Options{})
	b := browse(t, mux)
	b.open("/sign-in")
	address := b.style()
	b.open(address)
	if b.status != 200 || b.answer.Get("Cache-Control") != "public, max-age=31536000, immutable" || b.answer.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d %v", address, b.status, b.answer)
	}
	if strings.Contains(b.body, "url(") || strings.Contains(b.body, "@import") {
		t.Error("it loads something else")
	}
	b.open("/sign-in/another.css")
	if b.status != 404 {
		t.Errorf("another name is %d", b.status)
	}
}

// posts are all forms, with what a stranger's page would send.
var posts = []string{
	"/sign-in", "/second-factor", "/sign-up", "/sign-out", "/forgot", "/check-mail", "/mail-link", "/limited",
	"/sign-in-link", "/auth/confirm-email", "/reset-password", "/auth/account/email/confirm",
}

// What a page of another origin sends is refused before anything is read, also of a neighbour's and an http one.
func TestFormsOfOtherPagesAreRefused(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-in")
	b.signIn(a)
	before := len(kit.Mails(a.Email))
	form := "login=" + a.Email + "&email=" + a.Email + "&password=" + a.Password
	for name, header := range map[string]http.Header{
		"another site":   {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		"a neighbour":    {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://other.app.example"}},
		"an old browser": {"Origin": {"https://evil.example"}},
		"nobody":         {"Origin": {"null"}},
		"two":            {"Origin": {"https://app.example", "https://evil.example"}},
	} {
		for _, path := range posts {
			b.header = header.Clone()
			b.header.Set("Accept", "text/html")
			b.client.CheckRedirect = stay
			b.send("POST", path, form)
			b.sees(path, 403, "came from a page of another site")
			if len(b.answer.Values("Set-Cookie")) > 0 {
				t.Errorf("%s, %s: %v", name, path, b.answer)
			}
		}
	}
	if got := len(kit.Mails(a.Email)); got != before {
		t.Errorf("%d mails", got-before)
	}
	b.header = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"none"}}
	b.open("/")
	b.sees("/", 200, "Hello")
}

// A program is no page, and an old browser says whose page it is.
func TestWhoElseMaySendForms(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	for _, header := range []http.Header{{}, {"Origin": {authtest.BaseURL}}} {
		a, b := kit.User(), browse(t, mux)
		b.header = header
		b.send("POST", "/sign-in", "login="+a.Email+"&password="+a.Password)
		b.sees("/", 200, "Hello")
	}
}

func TestWhatIsNoForm(t *testing.T) {
	_, mux := service(t, ui.Options{})
	b := browse(t, mux)
	b.send("POST", "/sign-in", "login=a&login=b&password=x")
	b.sees("/sign-in", 422, "That did not work")
	b.send("POST", "/sign-in", "login=%zz")
	b.sees("/sign-in", 422)
	b.send("POST", "/sign-in", "login="+strings.Repeat("x", 65<<10))
	b.sees("/sign-in", 413)
	b.header.Set("Content-Type", "application/json")
	for _, path := range posts {
		b.send("POST", path, `{"login":"a"}`)
		b.sees(path, 422, "That did not work") // also where a form has no fields
	}
	b.send("POST", "/done", "")
	if b.status != 405 {
		t.Errorf("a page without a form: %d", b.status)
	}
}

func TestHostileValuesAreText(t *testing.T) {
	_, mux := service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Product = `<b>"Shop" & 'Co'</b>` })
	b := browse(t, mux)
	const hostile = `"><script>alert('1')</script>`
	b.open("/sign-in?next=%2F%3Fq%3D%22%3E%3Cscript%3E")
	b.submit("", "login", hostile, "password", "wrong") // every page that a browser shows is searched for elements
	b.sees("/sign-in", 401, `<b>"Shop" & 'Co'</b>`)
	if got := b.field("login").attr("value"); got != hostile {
		t.Errorf("%q", got)
	}
	b.open("/reset-password?token=%22%3E%3Cscript%3E")
	if got := b.field("token").attr("value"); got != `"><script>` {
		t.Errorf("%q", got)
	}
	b.open("/done?about=%3Cscript%3E")
	b.sees("/sign-in?next=%2F", 200)
}

func TestLanguages(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	for header, want := range map[string]string{
		"": "en", "de": "de", "de-AT,de;q=0.9,en;q=0.8": "de", "it, de;q=0.5, en;q=0.4": "de", "en;q=0.9, de;q=1": "de",
		"it": "en", "*": "en", "de;q=0": "en", "de;q=x": "en", "DE": "de", ",;,": "en",
	} {
		b := browse(t, mux)
		b.header.Set("Accept-Language", header)
		b.open("/sign-in")
		if got := b.page.attr("lang"); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	a, b := kit.User(), browse(t, mux)
	b.header.Set("Accept-Language", "de")
	b.open("/sign-in")
	for range 5 {
		b.submit("", "login", a.Email, "password", "wrong")
	}
	b.signIn(a)
	if got := b.alert(); got != "Zu viele Fehlversuche. Versuchen Sie es in 30 Sekunden noch einmal." {
		t.Errorf("%q", got)
	}
}

// languages are those that there are texts in.
func languages(t *testing.T) (tags []string) {
	t.Helper()
	names, err := filepath.Glob("internal/page/texts/*")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		tags = append(tags, filepath.Base(name))
	}
	return tags
}

// Who chooses a language keeps it, whatever the browser prefers, and gets mails in it.
func TestAChosenLanguage(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.header.Set("Accept-Language", "en")
	b.open("/forgot?next=%2Forders")
	b.follow("Deutsch")
	b.sees("/forgot?lang=de&next=%2Forders", 200, "Passwort vergessen?")
	if set := b.answer.Get("Set-Cookie"); set != "__Host-language=de; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax" {
		t.Errorf("%q", set)
	}
	b.submit("", "email", a.Email)
	b.sees("/check-mail?about=reset&next=%2Forders", 200, "Sehen Sie in Ihren Mails nach")
	if m := kit.LastMail(a.Email, tollkeeper.MailReset); m.Language != "de" {
		t.Errorf("the mail is in %q", m.Language)
	}
	b.client.Jar.SetCookies(b.at, []*http.Cookie{{Name: "__Host-language", Value: "xx", Path: "/", Secure: true}})
	b.open("/sign-in?lang=yy")
	if got := b.page.attr("lang"); got != "en" || b.answer.Get("Set-Cookie") != "" {
		t.Errorf("%s, %q", got, b.answer.Get("Set-Cookie"))
	}
}

// Each page is shown in each language, by whoever may see it.
func TestEveryPageInEveryLanguage(t *testing.T) {
	_, mux := service(t, ui.Options{})
	pages := slices.Concat(posts, []string{
		"/check-mail?about=reset", "/check-mail?about=sign-up", "/check-mail?about=again", "/auth/confirm-email?token=x", "/reset-password?token=x",
		"/auth/account/email/confirm?token=x", "/done?about=reset", "/done?about=confirmed", "/done?about=changed", "/done?about=not-me",
	})
	for _, path := range pages {
		said := map[string]bool{}
		for _, lang := range languages(t) {
			b := browse(t, mux)
			b.header.Set("Accept-Language", lang)
			b.open(path)
			if b.status != 200 || b.page.attr("lang") != lang || (b.page.attr("dir") == "rtl") != (lang == "ar") {
				t.Errorf("%s in %s: %d, %q, %q", path, lang, b.status, b.page.attr("lang"), b.page.attr("dir"))
			}
			for _, x := range append(b.page.all("h1"), b.page.all("p")[1:]...) {
				if said[x.text()] {
					t.Errorf("%s says the same in two languages: %q", path, x.text())
				}
				said[x.text()] = true
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Every language has every text, with the same names in it; each text is used, and each that is used exists.
func TestTexts(t *testing.T) {
	names, err := filepath.Glob("internal/page/texts/*")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	english := textsIn(t, "internal/page/texts/en")
	for _, name := range names {
		texts := textsIn(t, name)
		if a, b := slices.Sorted(maps.Keys(texts)), slices.Sorted(maps.Keys(english)); !slices.Equal(a, b) {
			t.Errorf("%s has other keys than English:\n%q\n%q", name, a, b)
		}
		for key, text := range texts {
			if text == "" || !slices.Equal(placeholders(text), placeholders(english[key])) {
				t.Errorf("%s: %s is %q", name, key, text)
			}
		}
	}
	used := keysInSource(t)
	if a, b := slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(english)); !slices.Equal(a, b) {
		t.Errorf("the source uses other keys than there are:\n%q\n%q", a, b)
	}
}

func placeholders(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return found
}

// textsIn reads the files of a language, none of which has a key of another.
func textsIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(folder + "/*.json")
	if err != nil || len(names) == 0 {
		t.Fatal(folder, names, err)
	}
	all := map[string]string{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatal(name, err)
		}
		for key, text := range texts {
			if _, ok := all[key]; ok {
				t.Errorf("%s has %s, which another file has, too", name, key)
			}
			all[key] = text
		}
	}
	return all
}

var keyLike = regexp.MustCompile(`^[a-z]+(-[a-z]+)*\.[a-z]+([.-][a-z]+)*$`)

// keysInSource are the literals of the package that look like keys.
func keysInSource(t *testing.T) map[string]bool {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.go", "internal/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	used := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil && keyLike.MatchString(text) && !isFile(text) {
					used[text] = true
				}
			}
			return true
		})
	}
	return used
}

// isFile reports whether a literal names a file of the pages, and no text.
func isFile(text string) bool {
	return slices.Contains([]string{".html", ".css", ".js", ".json"}, filepath.Ext(text))
}

// The core says why it refuses a password; the pages know each of its words.
func TestWeakPasswordsAreExplained(t *testing.T) {
	kit, mux := service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Product = "Tollhouse" })
	for weak, want := range map[string]string{
		"short":                     "Mindestens 8 Zeichen.",
		strings.Repeat("xK9 ", 300): "Dieses Passwort ist zu lang.",
		"violet \xff harbor":        "Verwenden Sie Zeichen, die sich tippen lassen.",
		"password":                  "Viele Menschen verwenden dieses Passwort. Wählen Sie ein anderes.",
		"zyxwvutsrqpon":             "Das ist nur eine Wiederholung oder eine Reihe. Wählen Sie ein anderes.",
		"Dragon1234!":               "Ein häufiges Wort mit Ziffern oder Zeichen ist leicht zu erraten. Wählen Sie ein anderes.",
		"my tollhouse key 7":        "Wählen Sie eines ohne den Namen dieses Dienstes.",
		"cleopatra-violet":          "Wählen Sie eines ohne Ihren Namen und Ihre Adresse.",
	} {
		b := browse(t, mux)
		b.header.Set("Accept-Language", "de")
		b.open("/sign-up")
		b.submit("", "email", "cleopatra@mail.example", "password", weak)
		b.sees("/sign-up", 422)
		b.wrong("password", want)
		kit.Advance(time.Hour)
	}
}

// leaked is a list of published passwords.
type leaked struct{}

func (leaked) Breached(context.Context, string) (bool, error) { return true, nil }

// A policy says its own words, of which the pages know those of the core.
func TestPoliciesSpeak(t *testing.T) {
	for want, edit := range map[string]func(*tollkeeper.Config){
		"Use at least 15 characters.": func(c *tollkeeper.Config) { c.Passwords.Policy = tollkeeper.PolicyNIST },
		"Nothing with a harbour <here>": func(c *tollkeeper.Config) {
			c.Passwords.Policy = func(context.Context, string, tollkeeper.Account) error {
				return errors.New("Nothing with a harbour <here>")
			}
		},
		"Choose another password.": func(c *tollkeeper.Config) {
			c.Passwords.Policy = func(context.Context, string, tollkeeper.Account) error { return tollkeeper.ErrWeakPassword }
		},
		"This password has appeared in a data breach. Choose another one.": func(c *tollkeeper.Config) { c.Passwords.Breach = leaked{} },
	} {
		_, mux := service(t, ui.Options{}, edit)
		b := browse(t, mux)
		b.open("/sign-up")
		b.submit("", "email", "ada@mail.example", "password", "Violet-Har31")
		b.wrong("password", want)
	}
}

func TestATakenAddressIsSaidWhereNobodyConfirms(t *testing.T) {
	kit, mux := service(t, ui.Options{})
	a, b := kit.User(), browse(t, mux)
	b.open("/sign-up")
	b.submit("", "email", a.Email, "password", password)
	b.sees("/sign-up", 422)
	b.wrong("email", "There is already an account with this address.")
	if got := b.field("email").attr("value"); got != a.Email {
		t.Errorf("the address is gone: %q", got)
	}
}

func TestClosedSignUp(t *testing.T) {
	_, mux := service(t, ui.Options{}, func(c *tollkeeper.Config) { c.Accounts.SignUp.App = tollkeeper.SignUpClosed })
	b := browse(t, mux)
	b.open("/sign-in")
	if strings.Contains(b.body, "/sign-up") {
		t.Error("there is a link to it")
	}
	b.open("/sign-up")
	b.sees("/sign-up", 200, "You cannot create an account here yourself.")
	b.send("POST", "/sign-up", "email=ada@mail.example&password="+password)
	b.sees("/sign-up", 403, "You cannot create an account here yourself.")
}
