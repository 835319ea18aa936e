package smtp_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

// What was refused, and whether for good, is told by code. What the server said besides, an address among it, is not.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		command, answer string
		code            int
		good            bool   // for good
		says            string // after "smtp: <server>: "
	}{
		"greylisted":                  {"RCPT", "450 4.2.0 <ada@home.example> greylisted, try again", 450, false, "sending SMTP RCPT TO command: the server answers 450 4.2.0"},
		"no such mailbox":             {"RCPT", "550 5.1.1 <ada@home.example> unknown", 550, true, "sending SMTP RCPT TO command: the server answers 550 5.1.1"},
		"sender refused":              {"MAIL", "553 5.7.1 not you", 553, true, "sending SMTP MAIL FROM command: the server answers 553 5.7.1"},
		"no password shown":           {"MAIL", "530 5.7.0 who are you", 530, false, "sending SMTP MAIL FROM command: the server answers 530 5.7.0"},
		"busy":                        {"CONNECT", "421 4.3.2 too many connections", 421, false, "waiting for the greeting: the server answers 421"},
		"not open":                    {"CONNECT", "554 no service", 554, false, "waiting for the greeting: the server answers 554"},
		"not for us":                  {"EHLO", "550 go away", 550, false, "introducing itself: the server answers 550"},
		"no DATA":                     {"DATA", "451 4.3.0 later", 451, false, "sending SMTP DATA command: the server answers 451 4.3.0"},
		"content refused":             {"BODY", "554 5.7.1 spam", 554, true, "closing SMTP DATA writer: the server answers 554 5.7.1"},
		"content refused for now":     {"BODY", "452 4.3.1 disk full", 452, false, "closing SMTP DATA writer: the server answers 452 4.3.1"},
		"hangs up at once":            {"CONNECT", drop, 0, false, "waiting for the greeting: the server hung up"},
		"hangs up at EHLO":            {"EHLO", drop, 0, false, "introducing itself: the server hung up"},
		"hangs up at RCPT":            {"RCPT", drop, 0, false, "sending SMTP RCPT TO command: the server hung up"},
		"hangs up in the middle":      {"DATA", drop, 0, false, "sending SMTP DATA command: the server hung up"},
		"hangs up instead of an okay": {"BODY", drop, 0, false, "closing SMTP DATA writer: the server hung up"},
		"talks rubbish":               {"CONNECT", "hello?", 0, false, "waiting for the greeting: the server does not speak SMTP"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := (&server{answer: on(tt.command, tt.answer, 0)}).start(t)
			err := mailer(t, s).Send(t.Context(), letter())
			refusal, ok := errors.AsType[*smtp.Error](err)
			if !ok || refusal.Code != tt.code || refusal.Permanent() != tt.good || refusal.Unwrap() == nil {
				t.Fatalf("%#v", err)
			}
			if want := fmt.Sprintf("smtp: 127.0.0.1:%d: %s", s.port, tt.says); err.Error() != want {
				t.Errorf("the error says %q, want %q", err, want)
			}
			if _, mails := s.counts(); mails != 0 {
				t.Errorf("%d mails", mails)
			}
		})
	}
}

// A line that does not come about is told with the server and what this machine found out.
func TestWhatIsWrongWithALineIsTold(t *testing.T) {
	certified := func(name string) *server { return (&server{user: "app"}).certified(t, name).start(t) }
	closed := (&server{}).start(t)
	other := certified("127.0.0.1")
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	elsewhere := func(c *smtp.Config) { c.Host = "127.0.0.9" } // where no other test listens
	resolve(t, "203.0.113.1")
	for name, tt := range map[string]struct {
		server *server
		edit   func(*smtp.Config)
		says   string
	}{
		"nobody listens":      {&server{port: gone.Addr().(*net.TCPAddr).Port}, elsewhere, "connecting: dial tcp 127.0.0.9:"},
		"and why":             {&server{port: gone.Addr().(*net.TCPAddr).Port}, elsewhere, "connection refused"},
		"no such name":        {closed, func(c *smtp.Config) { c.Host, c.TLS = "nowhere.example", smtp.StartTLS }, "connecting: lookup nowhere.example"},
		"another authority":   {certified("127.0.0.1"), func(c *smtp.Config) { c.RootCAs = other.roots }, "encrypting: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		"another name":        {certified("mail.example"), func(*smtp.Config) {}, "encrypting: tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1"},
		"no STARTTLS":         {closed, func(c *smtp.Config) { c.TLS = smtp.StartTLS }, "encrypting: the server offers no STARTTLS"},
		"no TLS":              {closed, func(c *smtp.Config) { c.TLS = smtp.Implicit }, "encrypting: first record does not look like a TLS handshake"},
		"slow":                {(&server{answer: on("EHLO", stall, 0)}).start(t), func(c *smtp.Config) { c.Timeout = 100 * time.Millisecond }, "introducing itself: it took too long"},
		"wrong password":      {certified("127.0.0.1"), func(c *smtp.Config) { c.Password = "wrong" }, "authenticating: the server answers 535"},
		"unknown mechanism":   {(&server{user: "app", mechs: "CRAM-MD5 NTLM"}).start(t), func(*smtp.Config) {}, "authenticating: the server offers no AUTH by SCRAM-SHA-256, PLAIN or LOGIN"},
		"a public address":    {closed, func(c *smtp.Config) { c.Host, c.TLS = "relay.example", smtp.InsecurePlainOnPrivateNetwork }, "connecting: the address is not one that an unencrypted line may lead to"},
		"a public localhost":  {closed, func(c *smtp.Config) { c.Host, c.TLS = "LOCALHOST", smtp.Plain }, ""},
		"authentication lost": {(&server{user: "app", answer: on("AUTH", drop, 0)}).start(t), func(*smtp.Config) {}, "authenticating: the server hung up"},
	} {
		t.Run(name, func(t *testing.T) {
			host := ""
			m := mailer(t, tt.server, tt.edit, func(c *smtp.Config) { host = c.Host })
			err := m.Send(t.Context(), letter())
			if tt.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if refusal, ok := errors.AsType[*smtp.Error](err); !ok || refusal.Permanent() {
				t.Fatalf("%#v", err)
			}
			if text := err.Error(); !strings.HasPrefix(text, fmt.Sprintf("smtp: %s:%d: ", host, tt.server.port)) || !strings.Contains(text, tt.says) {
				t.Errorf("%q does not say %q", text, tt.says)
			}
			if tt.server.saw("AUTH CRAM-MD5") || tt.server.saw("AUTH NTLM") {
				t.Error("it authenticates as nobody asked it to")
			}
		})
	}
}

// TestTheOutboxGivesUp has a whole Authenticator send to a mailbox that is none: once, and it is told.
func TestTheOutboxGivesUp(t *testing.T) {
	s := (&server{answer: on("RCPT", "550 5.1.1 no such user", 0)}).start(t)
	m := mailer(t, s)
	var log bytes.Buffer
	kit := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Mail.Mailer, c.Now, c.Logger = m, time.Now, slog.New(slog.NewTextHandler(&log, nil))
	}))
	parent := kit.Parent()
	if err := kit.Auth.RequestReset(t.Context(), tollkeeper.MailRequest{Scope: tollkeeper.Tenants, Email: parent.Email}); err != nil {
		t.Fatal(err)
	}
	var dropped []tollkeeper.Event
	for start := time.Now(); len(dropped) == 0 && time.Since(start) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		dropped = kit.Events(tollkeeper.EventMailDropped)
	}
	if len(dropped) != 1 || dropped[0].Code != tollkeeper.MailRefused {
		t.Errorf("%+v", dropped)
	}
	if err := kit.Auth.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, fmt.Sprintf("smtp: 127.0.0.1:%d: sending SMTP RCPT TO command: the server answers 550 5.1.1", s.port)) || strings.Contains(text, parent.Email) {
		t.Errorf("the log says %s", text)
	}
}
