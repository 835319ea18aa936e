package smtp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

var _ tollkeeper.Mailer = (*smtp.Mailer)(nil)

const from = "Prüf-App <no-reply@app.example>"

// letter is a mail with what is hard in it: a lone dot, long lines, other scripts.
func letter() tollkeeper.Message {
	return tollkeeper.Message{
		ID: "0198c0de-0000-7000-8000-000000000001", Kind: tollkeeper.MailSignInCode, To: "ada@home.example", Language: "de", Subject: "Ihr Code – für «App»",
		Text: tollkeeper.SecretText("Ihr Code:\n\n123456\n.\n..\nFrom here ünïcode " + strings.Repeat("lang ", 400) + "\n"), HTML: "<p>Ihr Code: <b>123456</b> ünïcode</p>\n.\n",
	}
}

// mailer is for a server on this machine, in the mode that it serves.
func mailer(t testing.TB, s *server, edits ...func(*smtp.Config)) *smtp.Mailer {
	t.Helper()
	c := smtp.Config{Host: "127.0.0.1", Port: s.port, From: from, RootCAs: s.roots, Timeout: 5 * time.Second}
	switch {
	case s.implicit:
		c.TLS = smtp.Implicit
	case s.tls == nil:
		c.TLS = smtp.Plain
	}
	if s.user != "" {
		c.Username, c.Password = s.user, password
	}
	for _, edit := range edits {
		edit(&c)
	}
	m, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func send(t *testing.T, m *smtp.Mailer) {
	t.Helper()
	if err := m.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
}

func TestSendOverEachKindOfLine(t *testing.T) {
	tests := map[string]struct {
		server    *server
		host      string
		encrypted bool
		mech      string
	}{
		"STARTTLS":           {(&server{}).certified(t, "127.0.0.1"), "", true, ""},
		"STARTTLS by name":   {(&server{}).certified(t, "localhost"), "localhost", true, ""},
		"STARTTLS, password": {(&server{user: "app"}).certified(t, "127.0.0.1"), "", true, "AUTH PLAIN"},
		"STARTTLS, LOGIN":    {(&server{user: "app", mechs: "LOGIN"}).certified(t, "127.0.0.1"), "", true, "AUTH LOGIN"},
		"TLS":                {(&server{implicit: true}).certified(t, "127.0.0.1"), "", true, ""},
		"TLS, password":      {(&server{implicit: true, user: "app"}).certified(t, "127.0.0.1"), "", true, "AUTH PLAIN"},
		"plain":              {&server{}, "", false, ""},
		"plain, password":    {&server{user: "app"}, "", false, "AUTH PLAIN"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := tt.server.start(t)
			send(t, mailer(t, s, func(c *smtp.Config) {
				if c.HELO = "me.example"; tt.host != "" {
					c.Host = tt.host
				}
			}))
			got := s.last(t)
			if got.from != "no-reply@app.example" || got.to != "ada@home.example" || got.encrypted != tt.encrypted || tt.mech != "" && !s.saw(tt.mech) {
				t.Errorf("it came as %+v", got)
			}
			if !s.saw("EHLO me.example") || s.saw("MAIL FROM:<no-reply@app.example> BODY=8BITMIME SMTPUTF8") {
				t.Error("it introduces itself otherwise, or asks for SMTPUTF8")
			}
		})
	}
}

// TestTheMailItself reads the mail with the parsers of the standard library.
func TestTheMailItself(t *testing.T) {
	s := (&server{}).start(t)
	m, want := mailer(t, s), letter()
	if err := m.Send(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	data := s.last(t).data
	for i, line := range strings.Split(strings.TrimSuffix(data, "\r\n"), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %d has %d bytes, or half a line break", i, len(line))
		}
	}
	read, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var words mime.WordDecoder
	subject, err := words.DecodeHeader(read.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	sender, err := mail.ParseAddress(read.Header.Get("From"))
	if err != nil || sender.Name != "Prüf-App" || sender.Address != "no-reply@app.example" {
		t.Errorf("from %v, %v", sender, err)
	}
	for name, value := range map[string]string{
		"To": "<ada@home.example>", "Message-ID": "<" + want.ID + "@app.example>", "Auto-Submitted": "auto-generated", "MIME-Version": "1.0", "Content-Language": "de",
		"Bcc": "", "Cc": "", "User-Agent": "", "X-Mailer": "",
	} {
		if got := read.Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if date, err := read.Header.Date(); err != nil || time.Since(date) > time.Minute {
		t.Errorf("date %v, %v", date, err)
	}
	kind, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("it is %s, %v", kind, err)
	}
	parts := multipart.NewReader(read.Body, parameters["boundary"])
	for _, part := range []struct{ kind, text string }{{"text/plain", string(want.Text)}, {"text/html", string(want.HTML)}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), part.kind+"; charset=UTF-8") {
			t.Fatalf("a part of %s, %v", p.Header.Get("Content-Type"), err)
		}
		if got := strings.ReplaceAll(string(text), "\r\n", "\n"); strings.TrimSpace(got) != strings.TrimSpace(part.text) {
			t.Errorf("%s is %q, want %q", part.kind, got, part.text)
		}
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("a third part, %v", err)
	}
}

func TestMailOfOnePart(t *testing.T) {
	s := (&server{}).start(t)
	m := mailer(t, s)
	for _, kind := range []string{"text/plain", "text/html"} {
		l := letter()
		if l.HTML = ""; kind == "text/html" {
			l.Text, l.HTML = "", "<p>x</p>"
		}
		if err := m.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		read, err := mail.ReadMessage(strings.NewReader(s.last(t).data))
		if err != nil || !strings.HasPrefix(read.Header.Get("Content-Type"), kind) {
			t.Errorf("%v, %v", read.Header, err)
		}
	}
}

func TestRefusedMessages(t *testing.T) {
	s := (&server{}).start(t)
	m := mailer(t, s)
	const injection = "x\r\nBcc: eve@evil.example"
	tests := map[string]func(*tollkeeper.Message){
		"no text": func(l *tollkeeper.Message) { l.Text, l.HTML = "", "" },
		"no ID":   func(l *tollkeeper.Message) { l.ID = "" }, "ID with a break": func(l *tollkeeper.Message) { l.ID = injection }, "ID with an @": func(l *tollkeeper.Message) { l.ID = "a@b" },
		"ID that ends": func(l *tollkeeper.Message) { l.ID = "a>" }, "long ID": func(l *tollkeeper.Message) { l.ID = strings.Repeat("a", 129) },
		"language with a break": func(l *tollkeeper.Message) { l.Language = injection },
		"subject with a break":  func(l *tollkeeper.Message) { l.Subject = injection }, "subject with LF": func(l *tollkeeper.Message) { l.Subject = "a\nb" }, "subject with NUL": func(l *tollkeeper.Message) { l.Subject = "a\x00" },
	}
	for _, to := range []string{
		"", "ada", "@home.example", "ada@", "ada@home.example\r\nDATA", "ada@home.example>\r\nRCPT TO:<eve@evil.example", "ada@home.example, eve@evil.example", "Ada <ada@home.example>",
		"<ada@home.example>", `"a b"@home.example`, "ada@[127.0.0.1]", "ada@hömé.example", "ädä@home.example", " ada@home.example", "a@b@home.example", "ada@home.example NOTIFY=SUCCESS", strings.Repeat("a", 65) + "@home.example",
		".ada@home.example", "-ada@home..example",
	} {
		tests["to "+to] = func(l *tollkeeper.Message) { l.To = to }
	}
	for name, edit := range tests {
		l := letter()
		edit(&l)
		if err := m.Send(t.Context(), l); !errors.Is(err, smtp.ErrMessage) {
			t.Errorf("%q gives %v", name, err)
		}
	}
	if connections, _ := s.counts(); connections != 0 {
		t.Errorf("%d connections were opened for them", connections)
	}
}

func TestNewRefuses(t *testing.T) {
	good := smtp.Config{Host: "mail.example", From: "no-reply@app.example"}
	tests := map[string]func(*smtp.Config){
		"no host": func(c *smtp.Config) { c.Host = "" }, "host with port": func(c *smtp.Config) { c.Host = "mail.example:25" }, "host with a break": func(c *smtp.Config) { c.Host = "mail.example\r\n" },
		"no from": func(c *smtp.Config) { c.From = "" }, "two from": func(c *smtp.Config) { c.From = "a@b.example, c@d.example" }, "from with a break": func(c *smtp.Config) { c.From = "A\r\nBcc: x <a@b.example>" },
		"plain elsewhere": func(c *smtp.Config) { c.TLS = smtp.Plain }, "plain to a lookalike": func(c *smtp.Config) { c.TLS, c.Host = smtp.Plain, "localhost.evil.example" },
		"no such mode": func(c *smtp.Config) { c.TLS = 4 }, "insecure to a public address": func(c *smtp.Config) { c.TLS, c.Host = smtp.InsecurePlainOnPrivateNetwork, "203.0.113.1" },
		"insecure to a mapped one": func(c *smtp.Config) { c.TLS, c.Host = smtp.InsecurePlainOnPrivateNetwork, "::ffff:203.0.113.1" }, "insecure with a password": func(c *smtp.Config) {
			c.TLS, c.Host, c.Username, c.Password = smtp.InsecurePlainOnPrivateNetwork, "10.0.0.25", "app", "x"
		}, "no password": func(c *smtp.Config) { c.Username = "app" }, "no user": func(c *smtp.Config) { c.Password = "x" },
		"user with a break": func(c *smtp.Config) { c.Username, c.Password = "a\r\n", "x" }, "HELO with a break": func(c *smtp.Config) { c.HELO = "a\r\nMAIL" }, "port": func(c *smtp.Config) { c.Port = 65536 },
		"timeout": func(c *smtp.Config) { c.Timeout = -1 }, "connections": func(c *smtp.Config) { c.Connections = -1 },
	}
	for name, edit := range tests {
		c := good
		edit(&c)
		if m, err := smtp.New(c); err == nil || m != nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1"} {
		c := good
		c.Host, c.TLS, c.HELO = host, smtp.Plain, "[127.0.0.1]"
		if _, err := smtp.New(c); err != nil {
			t.Errorf("plain to %s: %v", host, err)
		}
	}
	for _, host := range []string{"localhost", "relay.example", "10.0.0.25", "172.16.1.1", "192.168.1.1", "fd00::1", "fe80::1", "::1"} {
		c := good
		c.Host, c.TLS = host, smtp.InsecurePlainOnPrivateNetwork
		if _, err := smtp.New(c); err != nil {
			t.Errorf("insecure to %s: %v", host, err)
		}
	}
}

func TestPasswordShowsItselfNowhere(t *testing.T) {
	c := smtp.Config{Host: "mail.example", From: "a@b.example", Username: "app", Password: password}
	m, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "config", c, "password", c.Password)
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", c, c, c), log.String(), string(text)} {
		if strings.Contains(shown, password) {
			t.Errorf("it shows in %s", shown)
		}
	}
	if shown := fmt.Sprintf("%v %+v %#v", m, m, m); strings.Contains(shown, password) {
		t.Error("a Mailer shows it")
	}
}

// FuzzHeaders puts anything into the fields: whatever is sent has exactly the header lines that it should (R37).
func FuzzHeaders(f *testing.F) {
	s := (&server{}).start(f)
	m := mailer(f, s)
	f.Add("id", "ada@home.example", "Hello", "text", "<p>x</p>")
	f.Add("id", "ada@home.example\r\nBcc: x@y.example", "a\r\nBcc: x@y.example", "\r\n.\r\nMAIL FROM:<x@y.example>", "\n.\nx")
	f.Add("id", "ada@home.example", "=?utf-8?q?=0D=0ABcc:_x@y.example?=", "x", "x")
	f.Fuzz(func(t *testing.T, id, to, subject, text, html string) {
		_, before := s.counts()
		err := m.Send(context.Background(), tollkeeper.Message{ID: id, To: to, Subject: subject, Text: tollkeeper.SecretText(text), HTML: tollkeeper.SecretText(html)})
		_, after := s.counts()
		if err != nil {
			if !errors.Is(err, smtp.ErrMessage) || after != before {
				t.Fatalf("%v, %d mails", err, after-before)
			}
			return
		}
		head, _, _ := strings.Cut(s.last(t).data, "\r\n\r\n")
		names := map[string]int{}
		for line := range strings.SplitSeq(head, "\r\n") {
			if strings.ContainsAny(line, "\r\n") {
				t.Fatalf("half a line break in %q", line)
			}
			if line != "" && line[0] != ' ' && line[0] != '\t' {
				name, _, _ := strings.Cut(line, ":")
				names[name]++
			}
		}
		for _, name := range []string{"Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Subject", "From", "To", "Content-Type"} {
			if names[name] != 1 {
				t.Errorf("%d lines of %s in %q", names[name], name, head)
			}
			delete(names, name)
		}
		if delete(names, "Content-Transfer-Encoding"); len(names) > 0 || after != before+1 {
			t.Errorf("more lines: %v, %d mails", names, after-before)
		}
	})
}
