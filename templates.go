package tollkeeper

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"
)

//go:embed templates/*.txt templates/*.html
var embedded embed.FS

var mailKinds = []MailKind{MailSignInCode, MailReset, MailVerify, MailChangeEmail, MailNotice, MailCreditAlert}

// templates are the parsed mails: <kind>.txt, whose first line is the subject, and <kind>.html, each with the
// letterData. layout.html wraps the latter.
type templates struct {
	text map[MailKind]*texttemplate.Template
	html map[MailKind]*htmltemplate.Template
}

// newTemplates reads the host's files where there are any, the embedded ones otherwise, and tries each of them once.
func newTemplates(own fs.FS) (templates, error) {
	t := templates{text: map[MailKind]*texttemplate.Template{}, html: map[MailKind]*htmltemplate.Template{}}
	layout, err := readTemplate(own, "layout.html")
	if err != nil {
		return t, err
	}
	for _, kind := range mailKinds {
		text, err := readTemplate(own, string(kind)+".txt")
		if err != nil {
			return t, err
		}
		if t.text[kind], err = texttemplate.New(string(kind)).Option("missingkey=error").Parse(text); err != nil {
			return t, err
		}
		html, err := readTemplate(own, string(kind)+".html")
		if err != nil {
			return t, err
		}
		page, err := htmltemplate.New(string(kind)).Parse(layout)
		if err != nil {
			return t, err
		}
		if t.html[kind], err = page.Parse(html); err != nil {
			return t, err
		}
		if _, err := t.render(kind, letterData{Notice: noticePassword, Level: "low"}); err != nil {
			return t, err
		}
	}
	return t, nil
}

func readTemplate(own fs.FS, name string) (string, error) {
	if own != nil {
		b, err := fs.ReadFile(own, name)
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

// render makes the message. A subject is one line without control characters, whatever stands in the data (R37).
func (t templates) render(kind MailKind, d letterData) (Message, error) {
	var text, html bytes.Buffer
	if err := t.text[kind].Execute(&text, d); err != nil {
		return Message{}, err
	}
	if err := t.html[kind].Execute(&html, d); err != nil {
		return Message{}, err
	}
	subject, body, ok := strings.Cut(text.String(), "\n")
	subject = strings.TrimSpace(strings.TrimPrefix(subject, "Subject:"))
	if !ok || subject == "" {
		return Message{}, fmt.Errorf("template %s.txt: the first line must be a Subject", kind)
	}
	subject = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, subject)
	return Message{Subject: subject, Text: SecretText(strings.TrimLeft(body, "\n")), HTML: SecretText(html.String())}, nil
}
