package main

import (
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// compose makes an RFC 5322 message of two alternatives, the plain text first (RFC 2046 5.1.4), with CRLF line ends.
// Everything in it is ASCII; no line is longer than 998 bytes.
func compose(m tollkeeper.Message, from string, now time.Time) ([]byte, error) {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, part := range []struct{ kind, text string }{{"text/plain", string(m.Text)}, {"text/html", string(m.HTML)}} {
		if err := writePart(parts, part.kind, part.text); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from, "@")
	var b bytes.Buffer
	for _, field := range [][2]string{
		{"Date", now.Format(time.RFC1123Z)},
		{"From", (&mail.Address{Address: from}).String()},
		{"To", (&mail.Address{Address: m.To}).String()},
		{"Subject", subject(m.Subject)},
		{"Message-ID", "<" + m.ID + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: no machine shall answer
		{"MIME-Version", "1.0"},
		{"Content-Type", "multipart/alternative;\r\n boundary=" + parts.Boundary()},
	} {
		if strings.ContainsAny(strings.ReplaceAll(field[1], "\r\n ", ""), "\r\n\x00") {
			return nil, fmt.Errorf("mail %s: field %s has a line break", m.ID, field[0])
		}
		b.WriteString(field[0] + ": " + field[1] + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body.Bytes())
	return b.Bytes(), nil
}

func writePart(parts *multipart.Writer, kind, text string) error {
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {kind + "; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	encoded := quotedprintable.NewWriter(w)
	if _, err := encoded.Write([]byte(text)); err != nil {
		return err
	}
	return encoded.Close()
}

// subject encodes what is not ASCII (RFC 2047), one encoded word a line, and folds what is (RFC 5322 2.2.3).
func subject(s string) string {
	if encoded := mime.QEncoding.Encode("utf-8", s); encoded != s {
		return strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?")
	}
	var b strings.Builder
	line := len("Subject:")
	for i, word := range strings.Fields(s) {
		switch {
		case i == 0:
		case line+len(word) < 76:
			b.WriteString(" ")
		default:
			b.WriteString("\r\n ")
			line = 0
		}
		b.WriteString(word)
		line += 1 + len(word)
	}
	return b.String()
}
