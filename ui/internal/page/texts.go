package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/language"
)

// catalogue is all texts by language. Those of a language are the files of a folder of its own in texts, each for some
// pages.
type catalogue map[string]texts

// texts are those of one language.
type texts struct {
	tag   string
	words map[string]string
}

// embedded are the texts of the binary, which are read once for all pages of a program. Nobody changes them.
var embedded = sync.OnceValues(func() (catalogue, error) {
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
	return c, nil
})

// readCatalogue takes the embedded texts, and puts those of the host in their places: texts/<language>.json, any of the
// keys. A language that is not embedded needs all of them.
func readCatalogue(host fs.FS) (catalogue, error) {
	shared, err := embedded()
	if err != nil {
		return nil, err
	}
	c := maps.Clone(shared)
	if host == nil {
		return c, nil
	}
	for tag, l := range c {
		c[tag] = texts{tag, maps.Clone(l.words)}
	}
	own := maps.Clone(c[language.Default].words)
	names, err := fs.Glob(host, "texts/*.json")
	if err != nil {
		return nil, refused("Look.Files", err.Error())
	}
	for _, name := range names {
		if err := c.read(host, name, strings.TrimSuffix(path.Base(name), ".json")); err != nil {
			return nil, refused("Look.Files", err.Error())
		}
	}
	return c, c.whole(own)
}

// read adds the texts of a file.
func (c catalogue) read(from fs.FS, name, tag string) error {
	data, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	words := map[string]string{}
	if err := json.Unmarshal(data, &words); err != nil {
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("%s, line %d: %w", name, 1+bytes.Count(data[:min(int(e.Offset), len(data))], []byte("\n")), err)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	if c[tag].words == nil {
		c[tag] = texts{tag, map[string]string{}}
	}
	maps.Copy(c[tag].words, words)
	return nil
}

// whole refuses a language without one of the texts, and a text that there is no place for.
func (c catalogue) whole(own map[string]string) error {
	for _, tag := range c.tags() {
		l := c[tag]
		missing := []string{}
		for _, key := range slices.Sorted(maps.Keys(own)) {
			if text, ok := l.words[key]; !ok {
				missing = append(missing, key)
			} else if x, y := holes(text), holes(own[key]); !slices.Equal(x, y) {
				return refused("Look.Files", "has a text "+key+" in texts/"+tag+".json with other names in it: "+strings.Join(y, " "))
			}
		}
		if len(missing) > 0 {
			return refused("Look.Files", fmt.Sprintf("has no text %s in texts/%s.json, nor %d others", missing[0], tag, len(missing)-1))
		}
		for key := range l.words {
			if _, ok := own[key]; !ok {
				return refused("Look.Files", "has a text "+key+" in texts/"+tag+".json, and no page has it")
			}
		}
	}
	return nil
}

// hole is the place of a name in a text.
var hole = regexp.MustCompile(`\{[a-z]+\}`)

func holes(text string) []string { return slices.Sorted(slices.Values(hole.FindAllString(text, -1))) }

// only leaves out what is not in a list of languages, and returns the list, of which no list is all. The first is for
// whoever prefers none of them.
func (c catalogue) only(list []string) ([]string, error) {
	if len(list) == 0 {
		return append([]string{language.Default}, c.tags()...), nil
	}
	for _, tag := range list {
		if _, ok := c[tag]; !ok {
			return nil, refused("Languages", "has "+strconv.Quote(tag)+", which there are no texts in")
		}
	}
	for tag := range c {
		if !slices.Contains(list, tag) {
			delete(c, tag)
		}
	}
	return slices.Clone(list), nil
}

// tags are the languages, in the order of the alphabet.
func (c catalogue) tags() []string { return slices.Sorted(maps.Keys(c)) }

func (l texts) text(key string, pairs ...string) string {
	text, ok := l.words[key]
	if !ok {
		return key
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// languageCookie keeps the language that somebody chose with the parameter lang.
const languageCookie = "__Host-language"

// languageOf is what the address says, else what was chosen before, else what the browser prefers.
func (s *Site) languageOf(r *http.Request) texts {
	if l, ok := s.words[r.URL.Query().Get("lang")]; ok {
		return l
	}
	if c, err := r.Cookie(languageCookie); err == nil {
		if l, ok := s.words[c.Value]; ok {
			return l
		}
	}
	return s.words[cmp.Or(language.Pick(r.Header["Accept-Language"], s.Languages), s.Languages[0])]
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

// Moment is a time for people, and for machines. The zero time was never.
func (v *Visit) Moment(at time.Time) Cell {
	if at.IsZero() {
		return Cell{Text: v.T("blank.never")}
	}
	return Cell{Text: language.DateTime(v.lang.tag, at), Time: at.UTC().Format(time.RFC3339)}
}

// Lang is the visitor's language, as a tag.
func (v *Visit) Lang() string { return v.lang.tag }
