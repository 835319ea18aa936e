package app

import (
	"embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"github.com/tollkeeper/tollkeeper/httpadapter/family"
	"github.com/tollkeeper/tollkeeper/internal/language"
)

//go:embed texts/*.json
var files embed.FS

// words are the messages of errors in one language, by the code, or the code and what else tells one from another.
// Titles are "status." and the status.
type words map[string]string

// messages are all words, and the way to a key from what the core says in English.
type messages struct {
	words map[string]words             // by language
	keys  map[string]map[string]string // by code, then by the English text
}

var readMessages = sync.OnceValues(func() (messages, error) {
	m := messages{words: map[string]words{}, keys: map[string]map[string]string{}}
	for _, tag := range language.Known() {
		text, err := files.ReadFile("texts/" + tag + ".json")
		if err != nil {
			return m, err
		}
		w := words{}
		if err := json.Unmarshal(text, &w); err != nil {
			return m, err
		}
		m.words[tag] = w
	}
	for key, text := range m.words[language.Default] {
		code, _, _ := strings.Cut(key, ".")
		if m.keys[code] == nil {
			m.keys[code] = map[string]string{}
		}
		m.keys[code][text] = key
	}
	return m, nil
})

// translate says a failure in the language that the request prefers. What the catalogue does not have stays as it is:
// the words of a host, or of a hook or policy of its own, whose language nobody knows.
func (m messages) translate(accepts []string, f family.Failure) (family.Failure, string) {
	tag := language.Pick(accepts, language.Known())
	if tag == "" {
		tag = language.Default
	}
	text, ok := m.of(tag, string(f.Cause.Code), f.Message)
	if tag != language.Default {
		f.Title = m.words[tag]["status."+strconv.Itoa(f.Status)]
	}
	if !ok {
		return f, ""
	}
	f.Message = text
	return f, tag
}

// of returns a message in the language. False: it is none of ours.
func (m messages) of(tag, code, english string) (string, bool) {
	if key, ok := m.keys[code][english]; ok {
		return m.words[tag][key], true
	}
	for pattern, key := range m.keys[code] {
		before, after, counts := strings.Cut(pattern, "{n}")
		if !counts || len(english) <= len(before)+len(after) || !strings.HasPrefix(english, before) || !strings.HasSuffix(english, after) {
			continue
		}
		n, err := strconv.ParseInt(english[len(before):len(english)-len(after)], 10, 64)
		if err == nil {
			return strings.Replace(m.words[tag][key], "{n}", language.Number(tag, n), 1), true
		}
	}
	return "", false
}
