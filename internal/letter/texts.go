package letter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/tollkeeper/tollkeeper/internal/canon"
	"github.com/tollkeeper/tollkeeper/internal/language"
)

// texts are the sentences of all mails in one language, by key.
type texts struct {
	tag   string
	words map[string]string
}

// placeholders are what a text may show of the data. What others have written is kept apart from the sentence.
var placeholders = map[string]func(Data) string{
	"product":      func(d Data) string { return d.isolated(d.Product) },
	"organization": func(d Data) string { return d.isolated(d.Organization) },
	"url":          func(d Data) string { return d.isolated(d.OrganizationURL) },
	"lifetime":     func(d Data) string { return d.Lifetime },
	"codeLifetime": func(d Data) string { return d.CodeLifetime },
	"network":      func(d Data) string { return d.isolated(d.Network) },
	"time":         func(d Data) string { return d.Time },
	"credits":      func(d Data) string { return d.Credits },
}

var placeholder = regexp.MustCompile(`\{(\w*)\}`)

// readTexts returns the catalogues of the languages, by tag. A key that the host gives replaces the embedded one.
func readTexts(host fs.FS, only []string) (map[string]*texts, error) {
	given, err := hostTexts(host)
	if err != nil {
		return nil, err
	}
	if len(only) == 0 {
		only = slices.Concat(language.Known(), slices.Sorted(maps.Keys(given)))
	}
	own := given[language.Default] // a host's own keys are declared here
	base, err := embeddedTexts(language.Default)
	if err != nil {
		return nil, err
	}
	maps.Copy(base, own)
	all := map[string]*texts{}
	for _, tag := range only {
		words := map[string]string{}
		if slices.Contains(language.Known(), tag) {
			if words, err = embeddedTexts(tag); err != nil {
				return nil, err
			}
		} else if given[tag] == nil {
			return nil, fmt.Errorf("texts/%s.json: there is none, and the language is none of %s", tag, strings.Join(language.Known(), ", "))
		}
		maps.Copy(words, given[tag])
		if err := check(tag, words, base); err != nil {
			return nil, err
		}
		all[tag] = &texts{tag, words}
	}
	return all, nil
}

// hostTexts reads the host's files of texts.
func hostTexts(host fs.FS) (map[string]map[string]string, error) {
	given := map[string]map[string]string{}
	if host == nil {
		return given, nil
	}
	entries, err := fs.ReadDir(host, "texts")
	if errors.Is(err, fs.ErrNotExist) {
		return given, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		tag, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || tag == "" || !canon.ValidLocale(tag) {
			return nil, fmt.Errorf("texts/%s: the name must be a language tag and .json", e.Name())
		}
		text, err := fs.ReadFile(host, "texts/"+e.Name())
		if err != nil {
			return nil, err
		}
		words := map[string]string{}
		if err := json.Unmarshal(text, &words); err != nil {
			return nil, fmt.Errorf("texts/%s: %w", e.Name(), err)
		}
		given[tag] = words
	}
	return given, nil
}

func embeddedTexts(tag string) (map[string]string, error) {
	text, err := embedded.ReadFile("texts/" + tag + ".json")
	if err != nil {
		return nil, err
	}
	words := map[string]string{}
	return words, json.Unmarshal(text, &words)
}

// check refuses a catalogue that lacks a key of base, has one that base has not, or shows what it may not.
func check(tag string, words, base map[string]string) error {
	need := map[string]string{} // by key, the text of base
	for key, text := range base {
		plural, form := cutForm(key)
		if form == "" {
			need[key] = text
			continue
		}
		for _, form := range language.Forms(tag) {
			need[plural+"."+form] = base[plural+".other"]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(need)) {
		if words[key] == "" {
			return fmt.Errorf("texts/%s.json: %q is missing", tag, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(words)) {
		text, known := need[key]
		if !known {
			return fmt.Errorf("texts/%s.json: %q is the key of no text; one of your own stands in texts/%s.json, too", tag, key, language.Default)
		}
		if strings.ContainsFunc(words[key], unicode.IsControl) {
			return fmt.Errorf("texts/%s.json: %q is not one line", tag, key)
		}
		for _, shown := range placeholder.FindAllStringSubmatch(words[key], -1) {
			if name := shown[1]; placeholders[name] == nil && name != "n" || !strings.Contains(text, shown[0]) {
				return fmt.Errorf("texts/%s.json: %q shows %s, which it has not", tag, key, shown[0])
			}
		}
	}
	return nil
}

// cutForm takes the plural form off the end of a key. Empty: it has none.
func cutForm(key string) (plural, form string) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 || !slices.Contains(language.Forms("ar"), key[i+1:]) { // which has them all
		return key, ""
	}
	return key[:i], key[i+1:]
}

// Text returns the text of a key in the language of the mail, with the data that it shows.
func (d Data) Text(key string) (string, error) {
	text, ok := d.texts.words[key]
	if !ok {
		return "", fmt.Errorf("texts/%s.json: %q is missing", d.texts.tag, key)
	}
	return d.shown.Replace(text), nil
}

// Subject returns the text of a key, or that of the key with ".for" at its end, which names the organization, where
// the mail comes from one.
func (d Data) Subject(key string) (string, error) {
	if d.Organization != "" {
		key += ".for"
	}
	return d.Text(key)
}

// Plural returns the text of a key in the plural form of n things, which it shows as {n}.
func (d Data) Plural(key string, n int) (string, error) {
	text, err := d.Text(key + "." + language.Plural(d.Language, int64(n)))
	return strings.ReplaceAll(text, "{n}", language.Number(d.Language, int64(n))), err
}

// in returns d for a mail in that language.
func (d Data) in(t *texts) Data {
	d.Language, d.texts = t.tag, t
	var pairs []string
	for name, value := range placeholders {
		pairs = append(pairs, "{"+name+"}", value(d))
	}
	d.shown = strings.NewReplacer(pairs...)
	return d
}

// isolated keeps a value apart from the sentence around it, where that is written from right to left (UAX 9).
func (d Data) isolated(value string) string {
	if value == "" || d.Direction() == "ltr" {
		return value
	}
	return "\u2068" + value + "\u2069"
}

// Direction returns "rtl" or "ltr", for the attribute dir of HTML.
func (d Data) Direction() string { return language.Direction(d.Language) }
