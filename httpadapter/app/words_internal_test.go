package app

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/language"
)

func said(t *testing.T) messages {
	t.Helper()
	m, err := readMessages()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var placeholder = regexp.MustCompile(`\{\w*\}`)

func TestEveryLanguageHasEveryMessage(t *testing.T) {
	m := said(t)
	english := m.words["en"]
	for _, code := range append(tollkeeper.Codes(), family.Faults()...) {
		if english[string(code)] == "" {
			t.Errorf("en: %s is missing", code)
		}
	}
	for _, r := range family.Problems {
		if key := "status." + strconv.Itoa(r.Status); english[key] != http.StatusText(r.Status) {
			t.Errorf("en: %s is %q, HTTP says %q", key, english[key], http.StatusText(r.Status))
		}
	}
	for _, tag := range language.Known() {
		for key, text := range english {
			if m.words[tag][key] == "" {
				t.Errorf("%s: %s is missing", tag, key)
			}
			if tag != "en" && m.words[tag][key] == text {
				t.Errorf("%s: %s is not translated", tag, key)
			}
			if !slices.Equal(placeholder.FindAllString(m.words[tag][key], -1), placeholder.FindAllString(text, -1)) {
				t.Errorf("%s: %s shows something else", tag, key)
			}
		}
		for key := range m.words[tag] {
			if english[key] == "" {
				t.Errorf("%s: %s is the key of nothing", tag, key)
			}
		}
	}
}

// elsewhere are texts of the core that no route of this family gives: they are of organizations, of what hosts and
// consoles call, and of imports.
var elsewhere = regexp.MustCompile(`^(tollkeeper|httpadapter): |[Oo]rganization|^Auth URLs|^Sign-in by an issuer needs|^Start date|^Nobody starts|^Invalid operation$|^Start must not|^Send a span|^Metadata must|^Tenant key|passkey (has|needs)|^The counter of|^(A s|S)econd factor (needs|is of|was not)|^(Import|Not a record|Password hash|Date): |^A line of|^The same (identity|second factor) twice|^More second factors than|^A seed is|^Username must be 1 to 64`)

// TestMessagesOfTheSourcesAreKnown: what the core and its adapter say stands in the catalogue, letter by letter; a text
// that is changed there, or is new, fails here.
func TestMessagesOfTheSourcesAreKnown(t *testing.T) {
	known := said(t).words["en"]
	texts := regexp.MustCompile(`(?:Error\{Code: "\w+",.*? Message: |WithMessage\(|family\.At\(tollkeeper\.\w+, \d+, "", |Limited\w+: +|need:)("(?:[^"\\]|\\.)+")`)
	seen := 0
	for _, dir := range []string{"../..", "../family", ".", "../../captcha"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range texts.FindAllStringSubmatch(string(source), -1) {
				text, err := strconv.Unquote(found[1])
				if err != nil || text == "" || elsewhere.MatchString(text) {
					continue
				}
				seen++
				text = least.ReplaceAllString(text, "at least {n}")
				if !slices.ContainsFunc(values(known), func(k string) bool { return k == text || strings.HasPrefix(k, text+"{n}") }) {
					t.Errorf("%s: %q has no key in texts/en.json", file, text)
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d texts were found", seen)
	}
}

var least = regexp.MustCompile(`at least \d+`)

func values(w words) (all []string) {
	for _, text := range w {
		all = append(all, text)
	}
	return all
}

func TestTranslate(t *testing.T) {
	m := said(t)
	weak := func(message string) family.Failure {
		return family.Failure{Status: 400, Message: message, Cause: tollkeeper.ErrWeakPassword}
	}
	for name, c := range map[string]struct {
		accepts            string
		in                 family.Failure
		title, text, spoke string
	}{
		"German":                 {"de-CH", family.Failure{Status: 401, Message: "Invalid password", Cause: tollkeeper.ErrInvalidCredentials}, "Nicht angemeldet", "Das Passwort ist falsch", "de"},
		"English":                {"en", weak("Password is too common"), "", "Password is too common", "en"},
		"nobody's language":      {"it", weak("Password is too common"), "", "Password is too common", "en"},
		"no header":              {"", weak("Password is too common"), "", "Password is too common", "en"},
		"a number":               {"fr", weak("Password must have at least 15 characters"), "Requête incorrecte", "Le mot de passe doit comporter au moins 15 caractères", "fr"},
		"a number that is none":  {"fr", weak("Password must have at least ten characters"), "Requête incorrecte", "Password must have at least ten characters", ""},
		"a host's policy":        {"zh", weak("Nur Zahlen"), "请求无效", "Nur Zahlen", ""},
		"a hook":                 {"es", family.Failure{Status: 403, Message: "Members only", Cause: tollkeeper.ErrRefused}, "Acceso prohibido", "Members only", ""},
		"the text of other code": {"ar", family.Failure{Status: 403, Message: "Not found", Cause: tollkeeper.ErrForbidden}, "الوصول ممنوع", "Not found", ""},
		"a host's code":          {"de", family.Failure{Status: 500, Message: "x", Cause: &tollkeeper.Error{Code: "ours"}}, "Interner Fehler", "x", ""},
	} {
		got, spoke := m.translate([]string{c.accepts}, c.in)
		if got.Title != c.title || got.Message != c.text || spoke != c.spoke {
			t.Errorf("%s: %q %q in %q", name, got.Title, got.Message, spoke)
		}
	}
}
