package letter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"unicode"
)

//go:embed templates/*.txt templates/*.html texts/*.json
var embedded embed.FS

// Templates are the parsed mails by kind: <kind>.txt, whose first line is the subject, and <kind>.html, which fills the
// block "content" of layout.html; and their texts by language. They are safe for concurrent use.
type Templates struct {
	kinds map[string]pair
	texts map[string]*texts
}

type pair struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// shared are the embedded files alone, which are read once in a process. They are part of the program, and a test
// writes each of their mails: that takes a twelfth of a server's start, which does not do it again.
var shared = sync.OnceValues(func() (Templates, error) { return read(nil, nil) })

// Parse reads the host's files where there are any, the embedded ones otherwise, and tries each mail in each language,
// unless all are embedded. The kinds of mail are those of the embedded files; the languages are those that are asked
// for, else the six that are embedded and those that the host has texts in. A nil host has no files. An error names the
// file.
func Parse(host fs.FS, only ...string) (Templates, error) {
	if host == nil && len(only) == 0 {
		return shared()
	}
	t, err := read(host, only)
	if err != nil {
		return t, err
	}
	return t, t.try()
}

// What every mail has: the end of its text; what pages are made of, and the page around them.
const (
	footer = "footer.txt"
	parts  = "parts.html"
	layout = "layout.html"
)

func read(host fs.FS, only []string) (t Templates, err error) {
	t.kinds = map[string]pair{}
	names, err := fs.Glob(embedded, "templates/*.txt")
	if err != nil {
		return t, err
	}
	for _, name := range names {
		if path.Base(name) == footer {
			continue
		}
		kind := strings.TrimSuffix(path.Base(name), ".txt")
		if t.kinds[kind], err = parse(host, kind); err != nil {
			return t, err
		}
	}
	t.texts, err = readTexts(host, only)
	return t, err
}

func parse(host fs.FS, kind string) (p pair, err error) {
	p = pair{texttemplate.New(kind + ".txt").Option("missingkey=error"), htmltemplate.New(kind + ".html")}
	for _, name := range []string{footer, kind + ".txt"} {
		text, err := file(host, name)
		if err != nil {
			return p, err
		}
		part := p.text
		if name == footer {
			part = p.text.New(footer)
		}
		if _, err := part.Parse(text); err != nil {
			return p, err
		}
	}
	for _, name := range []string{parts, layout, kind + ".html"} {
		text, err := file(host, name)
		if err != nil {
			return p, err
		}
		if _, err := p.html.Parse(text); err != nil {
			return p, err
		}
	}
	return p, nil
}

func file(host fs.FS, name string) (string, error) {
	if host != nil {
		b, err := fs.ReadFile(host, name)
		if err == nil {
			return string(b), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	b, err := embedded.ReadFile("templates/" + name)
	return string(b), err
}

// try writes every sample once, so that what cannot be written is found before it is needed.
func (t Templates) try() error {
	for _, tag := range t.Languages() {
		for _, s := range Samples(tag, "Product", "https://example.com") {
			if _, err := t.Render(s.Kind, tag, s.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

// Languages returns the tags of those that mails can be written in, sorted.
func (t Templates) Languages() []string { return slices.Sorted(maps.Keys(t.texts)) }

// Render writes the mail of that kind in a language that there is. Its subject is one line without control characters,
// whatever stands in the data (SECURITY.md R37).
func (t Templates) Render(kind, tag string, d Data) (Letter, error) {
	p, ok := t.kinds[kind]
	if !ok {
		return Letter{}, fmt.Errorf("no template for a mail of kind %q", kind)
	}
	words, ok := t.texts[tag]
	if !ok {
		return Letter{}, fmt.Errorf("no texts for a mail in the language %q", tag)
	}
	d = d.in(words)
	var text, html bytes.Buffer
	if err := p.text.Execute(&text, d); err != nil {
		return Letter{}, err
	}
	if err := p.html.Execute(&html, d); err != nil {
		return Letter{}, err
	}
	subject, body, ok := strings.Cut(text.String(), "\n")
	subject = strings.TrimSpace(strings.TrimPrefix(subject, "Subject:"))
	if !ok || subject == "" {
		return Letter{}, fmt.Errorf("template %s.txt: the first line must be a Subject", kind)
	}
	return Letter{Language: tag, Subject: withoutControls(subject), Text: strings.Trim(body, "\n") + "\n", HTML: html.String()}, nil
}

func withoutControls(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// Button is what leads on from a page of a mail.
type Button struct{ Text, URL string }

// Button returns one with the text of a key.
func (d Data) Button(key, url string) (Button, error) {
	text, err := d.Text(key)
	return Button{text, url}, err
}
