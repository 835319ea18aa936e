package page

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// catalogue is all texts by language. Those of a language are the files of a folder of its own in texts, each for some
// pages.
type catalogue map[string]language

// language is one of a catalogue.
type language struct {
	tag   string
	texts map[string]string
}

// fallback is the language of whoever asks for none that there is.
const fallback = "en"

// readCatalogue reads the embedded texts, and puts those of the host in their places: texts/<language>.json, any of the
// keys. A language that is not embedded needs all of them.
func readCatalogue(host fs.FS) (catalogue, error) {
	c := catalogue{}
	names, err := fs.Glob(files, "texts/*/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := c.read(files, name, path.Base(path.Dir(name))); err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
	}
	if host == nil {
		return c, nil
	}
	if names, err = fs.Glob(host, "texts/*.json"); err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	for _, name := range names {
		if err := c.read(host, name, strings.TrimSuffix(path.Base(name), ".json")); err != nil {
			return nil, refused("Look.Files", err.Error())
		}
	}
	return c, c.whole()
}

// read adds the texts of a file.
func (c catalogue) read(from fs.FS, name, tag string) error {
	data, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if c[tag].texts == nil {
		c[tag] = language{tag, map[string]string{}}
	}
	maps.Copy(c[tag].texts, texts)
	return nil
}

// whole refuses a language without one of the texts, and a text that there is no place for.
func (c catalogue) whole() error {
	for tag, l := range c {
		for key := range c[fallback].texts {
			if _, ok := l.texts[key]; !ok {
				return refused("Look.Files", "has no text "+key+" in texts/"+tag+".json")
			}
		}
		for key := range l.texts {
			if _, ok := c[fallback].texts[key]; !ok {
				return refused("Look.Files", "has a text "+key+" in texts/"+tag+".json, and no page has it")
			}
		}
	}
	return nil
}

// tags are the languages, in the order of their names for themselves.
func (c catalogue) tags() []string { return slices.Sorted(maps.Keys(c)) }

func (l language) text(key string, pairs ...string) string {
	text, ok := l.texts[key]
	if !ok {
		return key
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// direction is where lines begin.
func (l language) direction() string {
	switch l.tag {
	case "ar", "fa", "he", "ur":
		return "rtl"
	}
	return "ltr"
}

// languageCookie keeps the language that somebody chose with the parameter lang.
const languageCookie = "__Host-language"

// languageOf is what the address says, else what was chosen before, else what the browser prefers.
func (s *Site) languageOf(r *http.Request) language {
	if l, ok := s.words[r.URL.Query().Get("lang")]; ok {
		return l
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if l, ok := s.words[c.Value]; ok {
			return l
		}
	}
	return s.words.of(r.Header.Values("Accept-Language"))
}

// chooseLanguage keeps what the address says.
func (v *Visit) chooseLanguage() {
	if tag := v.R.URL.Query().Get("lang"); tag == v.lang.tag {
		http.SetCookie(v.W, &http.Cookie{
			Name: languageCookie, Value: tag, Path: "/", MaxAge: 400 * 24 * 3600, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
}

// inLanguage is the address of this very view in another language.
func (v *Visit) inLanguage(tag string) string {
	q := v.R.URL.Query()
	q.Set("lang", tag)
	return v.here() + "?" + q.Encode()
}

// Lang is the visitor's language, as a tag.
func (v *Visit) Lang() string { return v.lang.tag }

const mostLanguages = 20 // of a header that are looked at

// of returns the language that the header Accept-Language prefers among those that there are (RFC 9110 12.5.4): the
// highest weight wins, then the first. A region counts as its language.
func (c catalogue) of(header []string) language {
	best, weight := fallback, 0.0
	for i, item := range strings.Split(strings.Join(header, ","), ",") {
		if i == mostLanguages {
			break
		}
		tag, parameter, _ := strings.Cut(item, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if primary == "*" {
			primary = fallback
		}
		q := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		if _, ok := c[primary]; ok && q > weight && q <= 1 {
			best, weight = primary, q
		}
	}
	return c[best]
}
