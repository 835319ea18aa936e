package main

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

var at = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func TestCompose(t *testing.T) {
	long := strings.Repeat("a very long line of text ", 60)
	tests := map[string]tollkeeper.Message{
		"plain":        {ID: "1", To: "ada@home.example", Subject: "Hello", Text: "one\n\ntwo\n", HTML: "<p>one</p>"},
		"not ASCII":    {ID: "2", To: "ada@home.example", Subject: "Grüße für Łukasz, der schon lange auf diese Nachricht wartet – 你好, 你好", Text: "Grüße\n.\nFrom me\n", HTML: "<p>Grüße</p>"},
		"long lines":   {ID: "3", To: "ada@home.example", Subject: strings.TrimSpace(long), Text: tollkeeper.SecretText(long + "\n"), HTML: tollkeeper.SecretText("<p>" + long + "</p>")},
		"quoted":       {ID: "4", To: `o'hara+x@home.example`, Subject: `"quotes" <and> =?signs?=`, Text: "a = b\n", HTML: "<p>a = b</p>"},
		"looks a code": {ID: "5", To: "ada@home.example", Subject: "Code", Text: "    012345\n", HTML: "<b>012345</b>"},
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) {
			raw, err := compose(m, "no-reply@app.example", at)
			if err != nil {
				t.Fatal(err)
			}
			checkLines(t, raw)
			parsed, err := mail.ReadMessage(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			h := parsed.Header
			if subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject")); err != nil || subject != m.Subject {
				t.Errorf("the subject is %q, %v", subject, err)
			}
			to, err := mail.ParseAddress(h.Get("To"))
			if err != nil || to.Address != m.To {
				t.Errorf("to %v, %v", to, err)
			}
			if date, err := h.Date(); err != nil || !date.Equal(at) {
				t.Errorf("date %v, %v", date, err)
			}
			if h.Get("From") != "<no-reply@app.example>" || h.Get("Message-ID") != "<"+m.ID+"@app.example>" || h.Get("MIME-Version") != "1.0" {
				t.Errorf("headers %v", h)
			}
			text, html := alternatives(t, parsed)
			if text != string(m.Text) || html != string(m.HTML) {
				t.Errorf("the parts are %q and %q", text, html)
			}
		})
	}
}

func TestComposeRefusesInjectedHeaders(t *testing.T) {
	for _, m := range []tollkeeper.Message{
		{ID: "1", To: "a@b.example\r\nBcc: c@d.example", Subject: "x"},
		{ID: "1\r\nBcc: c@d.example", To: "a@b.example", Subject: "x"},
	} {
		raw, err := compose(m, "no-reply@app.example", at)
		if err == nil && bytes.Contains(raw, []byte("\nBcc:")) {
			t.Errorf("%+v becomes %s", m, raw)
		}
	}
	raw, err := compose(tollkeeper.Message{ID: "1", To: "a@b.example", Subject: "x\r\nBcc: c@d.example"}, "no-reply@app.example", at)
	if err == nil && bytes.Contains(raw, []byte("\nBcc:")) {
		t.Errorf("a subject becomes %s", raw)
	}
}

// checkLines: CRLF only, ASCII only, no line over 998 bytes (RFC 5322 2.1.1), headers folded.
func checkLines(t *testing.T, raw []byte) {
	t.Helper()
	head := true
	for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		head = head && line != ""
		if strings.ContainsAny(line, "\r\n") || len(line) > 998 || head && len(line) > 100 {
			t.Errorf("a line of %d bytes: %q", len(line), line)
		}
	}
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r > 0x7e }); i >= 0 {
		t.Errorf("not ASCII: %q", raw[i:i+8])
	}
}

func alternatives(t *testing.T, m *mail.Message) (text, html string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	var kinds, bodies []string
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if part.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Errorf("part %v", part.Header)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kinds, bodies = append(kinds, part.Header.Get("Content-Type")), append(bodies, strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
	if strings.Join(kinds, " ") != "text/plain; charset=utf-8 text/html; charset=utf-8" {
		t.Fatalf("parts %v", kinds)
	}
	return bodies[0], bodies[1]
}
