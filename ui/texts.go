package ui

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// catalogue is all texts by language. That of a further one is a file in texts with the same keys.
type catalogue map[string]map[string]string

// fallback is the language of whoever asks for none that there is.
const fallback = "en"

func readCatalogue() (catalogue, error) {
	c := catalogue{}
	entries, err := files.ReadDir("texts")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := files.ReadFile("texts/" + e.Name())
		if err != nil {
			return nil, err
		}
		texts := map[string]string{}
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("ui: texts/%s: %w", e.Name(), err)
		}
		c[strings.TrimSuffix(e.Name(), path.Ext(e.Name()))] = texts
	}
	return c, nil
}

// language is one of a catalogue.
type language struct {
	tag   string
	texts map[string]string
}

func (l language) text(key string, pairs ...string) string {
	text, ok := l.texts[key]
	if !ok {
		return key
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

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
	return language{best, c[best]}
}
