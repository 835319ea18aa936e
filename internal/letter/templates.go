package letter

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"strings"
	texttemplate "text/template"
)

//go:embed templates/*.txt templates/*.html
var embedded embed.FS

// Templates are the parsed mails by kind: <kind>.txt, whose first line is the subject, and <kind>.html, which fills the
// block "content" of layout.html. They are safe for concurrent use.
type Templates struct{ kinds map[string]pair }

type pair struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// sample is what each template is tried with before it is needed.
var sample = Data{Notice: "password", Level: "low"}

// Parse reads the host's files where there are any, the embedded ones otherwise, and tries each mail once. The kinds of
// mail are those of the embedded files. A nil host has no files.
func Parse(host fs.FS) (Templates, error) {
	t := Templates{kinds: map[string]pair{}}
	layout, err := read(host, "layout.html")
	if err != nil {
		return Templates{}, err
	}
	subjects, err := fs.Glob(embedded, "templates/*.txt")
	if err != nil {
		return Templates{}, err
	}
	for _, name := range subjects {
		kind := strings.TrimSuffix(path.Base(name), ".txt")
		if t.kinds[kind], err = parse(host, kind, layout); err != nil {
			return Templates{}, err
		}
		if _, err := t.Render(kind, sample); err != nil {
			return Templates{}, err
		}
	}
	return t, nil
}

func parse(host fs.FS, kind, layout string) (p pair, err error) {
	text, err := read(host, kind+".txt")
	if err != nil {
		return p, err
	}
	if p.text, err = texttemplate.New(kind).Option("missingkey=error").Parse(text); err != nil {
		return p, err
	}
	html, err := read(host, kind+".html")
	if err != nil {
		return p, err
	}
	page, err := htmltemplate.New(kind).Parse(layout)
	if err != nil {
		return p, err
	}
	p.html, err = page.Parse(html)
	return p, err
}

func read(host fs.FS, name string) (string, error) {
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

// Render writes the mail of that kind. Its subject is one line without control characters, whatever stands in the data
// (SECURITY.md R37).
func (t Templates) Render(kind string, d Data) (Letter, error) {
	p, ok := t.kinds[kind]
	if !ok {
		return Letter{}, fmt.Errorf("no template for a mail of kind %q", kind)
	}
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
	return Letter{Subject: withoutControls(subject), Text: strings.TrimLeft(body, "\n"), HTML: html.String()}, nil
}

func withoutControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
