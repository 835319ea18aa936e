package letter_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/internal/language"
	"github.com/tollkeeper/tollkeeper/internal/letter"
)

func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("texts/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	if err := json.Unmarshal(text, &words); err != nil {
		t.Fatal(err)
	}
	return words
}

func encode(t *testing.T, words map[string]string) string {
	t.Helper()
	text, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var shown = regexp.MustCompile(`\{\w+\}`)

// Every language says the same: each text shows what the English one shows, but where its grammar says a number in
// words.
func TestTextsShowTheSame(t *testing.T) {
	english := catalogue(t, "en")
	for _, tag := range language.Known() {
		for key, text := range catalogue(t, tag) {
			want, ok := english[key]
			if !ok {
				continue // a plural form that English has not
			}
			a, b := shown.FindAllString(text, -1), shown.FindAllString(want, -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s: %s shows %v, want %v", tag, key, a, b)
			}
			if tag != "en" && text == want {
				t.Errorf("%s: %s is not translated", tag, key)
			}
		}
	}
}

// Every text is in a mail: one that no template asks for is a translator's work for nothing.
func TestEveryTextIsUsed(t *testing.T) {
	marked := catalogue(t, "en")
	for key, text := range marked {
		marked[key] = text + "§" + key + "§"
	}
	templates, err := letter.Parse(files(map[string]string{"texts/en.json": encode(t, marked)}), "en")
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, s := range append(letter.Samples("en", "Shop", "https://shop.example"), letter.Sample{Kind: "notice", Data: letter.Data{Notice: "dropped", DroppedIdentities: 1}}) {
		l, err := templates.Render(s.Kind, "en", s.Data)
		if err != nil {
			t.Fatal(err)
		}
		all += l.Subject + l.Text + l.HTML
	}
	for key := range marked {
		if !strings.Contains(all, "§"+key+"§") {
			t.Errorf("%s stands in no mail", key)
		}
	}
}

// A mail says which language it is in, and which way that is written; nothing of a template or text shows through.
func TestEveryMailInEveryLanguage(t *testing.T) {
	templates, err := letter.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := templates.Languages(); !slices.Equal(got, slices.Sorted(slices.Values(language.Known()))) {
		t.Fatalf("mails in %v", got)
	}
	subjects := map[string]string{}
	for _, tag := range templates.Languages() {
		for _, s := range letter.Samples(tag, "Shop", "https://shop.example") {
			l, err := templates.Render(s.Kind, tag, s.Data)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(l.HTML, `<html lang="`+tag+`" dir="`+language.Direction(tag)+`">`) || l.Language != tag {
				t.Errorf("%s in %s does not say so", s.Name, tag)
			}
			if all := l.Subject + l.Text + l.HTML; strings.Contains(all, "{{") || shown.MatchString(l.Subject+l.Text) || strings.Contains(all, "<no value>") || strings.Contains(l.Text, "\n\n\n") {
				t.Errorf("%s in %s: something shows through: %s", s.Name, tag, all)
			}
			if strings.Contains(l.HTML, "src=") || strings.Contains(l.HTML, "url(") || strings.Contains(l.HTML, "<link") {
				t.Errorf("%s in %s loads something", s.Name, tag)
			}
			name := strings.NewReplacer("-with-code", "", "-of-organization", "").Replace(s.Name)
			if other, ok := subjects[tag+l.Subject]; ok && other != name {
				t.Errorf("%s and %s have the subject %q", name, other, l.Subject)
			}
			subjects[tag+l.Subject] = name
		}
	}
}

func TestPluralsOfArabic(t *testing.T) {
	templates, err := letter.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "- طريقة دخول", 2: "- طريقتا دخول", 3: "- 3 طرق", 11: "- 11 طريقة", 100: "- 100 طريقة"} {
		l, err := templates.Render("notice", "ar", letter.Data{Product: "Shop", Notice: "dropped", DroppedIdentities: n})
		if err != nil || !strings.Contains(l.Text, want) {
			t.Errorf("%d: %v in %s", n, err, l.Text)
		}
	}
}

// A host replaces single texts, and adds a language by giving them all.
func TestHostsTexts(t *testing.T) {
	italian := catalogue(t, "en")
	italian["reset.subject"] = "Nuova password"
	templates, err := parse(t, map[string]string{
		"texts/de.json": `{"reset.subject": "Passwort neu", "own": "Bis bald"}`, "texts/it.json": encode(t, with(italian, "own", "A presto")),
		"texts/en.json": `{"own": "See you"}`, "texts/fr.json": `{"own": "À bientôt"}`, "texts/es.json": `{"own": "Hasta pronto"}`,
		"texts/zh.json": `{"own": "再见"}`, "texts/ar.json": `{"own": "إلى اللقاء"}`,
		"footer.txt": "{{.Text \"own\"}}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string][2]string{"de": {"Passwort neu", "Bis bald\n"}, "it": {"Nuova password", "A presto\n"}, "en": {"Reset your password", "See you\n"}} {
		l, err := templates.Render("reset", tag, letter.Data{Product: "Shop"})
		if err != nil || l.Subject != want[0] || !strings.HasSuffix(l.Text, want[1]) {
			t.Errorf("%s: %+v, %v", tag, l, err)
		}
	}
	if l, err := templates.Render("reset", "de", letter.Data{}); err != nil || !strings.Contains(l.Text, "beachten Sie diese Mail nicht") {
		t.Errorf("other texts do not stay: %+v, %v", l, err)
	}
}

// Languages may be fewer: nobody has to translate a text of their own into one that they do not write.
func TestFewerLanguages(t *testing.T) {
	host := files(map[string]string{"texts/de.json": `{"own": "Bis bald"}`, "texts/en.json": `{"own": "-"}`, "footer.txt": `{{.Text "own"}}`})
	templates, err := letter.Parse(host, "de")
	if err != nil || !slices.Equal(templates.Languages(), []string{"de"}) {
		t.Errorf("%v, %v", templates.Languages(), err)
	}
	if _, err := letter.Parse(host); err == nil || !strings.Contains(err.Error(), `texts/fr.json: "own" is missing`) {
		t.Errorf("all six: %v", err)
	}
	if _, err := letter.Parse(nil, "it"); err == nil || !strings.Contains(err.Error(), "texts/it.json") {
		t.Errorf("one that there is not: %v", err)
	}
}

func TestBrokenTextsAreRefusedByFileAndKey(t *testing.T) {
	lacking := catalogue(t, "en")
	delete(lacking, "verify.lead")
	for what, c := range map[string]struct{ file, text, want string }{
		"a language without a key":        {"texts/it.json", encode(t, lacking), `texts/it.json: "verify.lead" is missing`},
		"a language without a form":       {"texts/ar.json", `{"dropped.identities.few": ""}`, `texts/ar.json: "dropped.identities.few" is missing`},
		"a key of no text":                {"texts/de.json", `{"reset.subjekt": "x"}`, `texts/de.json: "reset.subjekt" is the key of no text`},
		"a form of another language":      {"texts/de.json", `{"dropped.identities.few": "x"}`, `texts/de.json: "dropped.identities.few" is the key of no text`},
		"a placeholder that is none":      {"texts/fr.json", `{"reset.lead": "{password}"}`, `texts/fr.json: "reset.lead" shows {password}`},
		"what this text has not":          {"texts/fr.json", `{"reset.lead": "{network}"}`, `texts/fr.json: "reset.lead" shows {network}`},
		"a second line":                   {"texts/fr.json", `{"reset.subject": "a\r\nBcc: b"}`, `texts/fr.json: "reset.subject" is not one line`},
		"what is no JSON":                 {"texts/fr.json", `{`, "texts/fr.json: "},
		"what is no text":                 {"texts/fr.json", `{"reset.lead": 1}`, "texts/fr.json: "},
		"a name that is no language":      {"texts/readme.txt", ``, "texts/readme.txt: the name must be a language tag"},
		"a template with a key of nobody": {"reset.txt", "Subject: {{.Text \"none\"}}\n", `reset.txt`},
	} {
		if _, err := parse(t, map[string]string{c.file: c.text}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func with(words map[string]string, key, text string) map[string]string {
	words[key] = text
	return words
}
