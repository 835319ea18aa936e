package smtp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

func TestLinesThatAreNotSafe(t *testing.T) {
	other := (&server{}).certified(t, "127.0.0.1")
	tests := map[string]struct {
		server *server
		edit   func(*smtp.Config)
	}{
		"no STARTTLS":            {&server{user: "app"}, func(c *smtp.Config) { c.TLS = smtp.StartTLS }},
		"STARTTLS refused":       {(&server{user: "app", answer: on("STARTTLS", "454 not now", 0)}).certified(t, "127.0.0.1"), nil},
		"another authority":      {(&server{user: "app"}).certified(t, "127.0.0.1"), func(c *smtp.Config) { c.RootCAs = other.roots }},
		"authorities of system":  {(&server{user: "app"}).certified(t, "127.0.0.1"), func(c *smtp.Config) { c.RootCAs = nil }},
		"another name":           {(&server{user: "app"}).certified(t, "mail.example"), nil},
		"another name, TLS":      {(&server{user: "app", implicit: true}).certified(t, "mail.example"), nil},
		"TLS where there's none": {(&server{user: "app"}), func(c *smtp.Config) { c.TLS, c.Timeout = smtp.Implicit, time.Second }},
		"TLS 1.1":                {old((&server{user: "app"}).certified(t, "127.0.0.1")), nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := tt.server.start(t)
			if tt.edit == nil {
				tt.edit = func(*smtp.Config) {}
			}
			if err := mailer(t, s, tt.edit).Send(t.Context(), letter()); err == nil {
				t.Error("it was sent")
			}
			if s.saw("AUTH") || s.saw("MAIL") {
				t.Errorf("it told %q", s.commands)
			}
		})
	}
}

func old(s *server) *server {
	s.tls.MinVersion, s.tls.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	return s
}

// resolve has this machine's resolver lead relay.example to the address, and no other name anywhere.
func resolve(t *testing.T, address string) {
	t.Helper()
	names, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", names.LocalAddr().String())
	}}
	t.Cleanup(func() { net.DefaultResolver = before; names.Close() })
	go func() {
		for b := make([]byte, 512); ; {
			n, from, err := names.ReadFrom(b)
			if err != nil {
				return
			}
			question := b[12:n]
			question = question[:bytes.IndexByte(question, 0)+5] // labels, a zero, type and class
			reply := append([]byte{b[0], b[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			switch wanted := question[len(question)-3]; {
			case !bytes.HasPrefix(question, []byte("\x05relay\x07example\x00")):
				reply[3] |= 3 // no such name
			case wanted == 1: // A
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4)
				reply = append(reply, net.ParseIP(address).To4()...)
			}
			names.WriteTo(reply, from)
		}
	}()
}

// A relay without TLS on a private network takes mail, by whatever name, and is shown no password.
func TestPlainLineToARelay(t *testing.T) {
	resolve(t, "127.0.0.1")
	s := (&server{}).start(t)
	send(t, mailer(t, s, func(c *smtp.Config) { c.Host, c.TLS = "relay.example", smtp.InsecurePlainOnPrivateNetwork }))
	if got := s.last(t); got.encrypted || got.to != "ada@home.example" || s.saw("AUTH") {
		t.Errorf("it came as %+v", got)
	}
}

// Keywords are read in any case, and AUTH in its older spelling. CRAM-MD5 is never used.
func TestCapabilitiesInAnySpelling(t *testing.T) {
	for answer, mech := range map[string]string{
		"starttls|auth plain login":           "AUTH PLAIN",
		"StartTLS|Auth=LOGIN":                 "AUTH LOGIN",
		"STARTTLS|AUTH=LOGIN PLAIN":           "AUTH PLAIN",
		"STARTTLS|AUTH=login":                 "AUTH LOGIN",
		"STARTTLS|AUTH PLAIN|AUTH=LOGIN":      "AUTH PLAIN",
		"STARTTLS|AUTH=LOGIN|AUTH CRAM-MD5":   "AUTH LOGIN",
		"STARTTLS|AUTH CRAM-MD5 PLAIN|x-more": "AUTH PLAIN",
	} {
		t.Run(answer, func(t *testing.T) {
			said := "250-mail.example\r\n250-" + strings.ReplaceAll(answer, "|", "\r\n250-") + "\r\n250 8bitmime"
			s := (&server{user: "app", answer: on("EHLO", said, 0)}).certified(t, "127.0.0.1").start(t)
			send(t, mailer(t, s))
			if got := s.last(t); !s.saw(mech) || s.saw("AUTH CRAM") || !got.encrypted || !s.saw("MAIL FROM:<no-reply@app.example> BODY=8BITMIME") {
				t.Errorf("it said %q", s.commands)
			}
		})
	}
}

// A server that knows no EHLO is greeted as in the old days.
func TestOldServer(t *testing.T) {
	s := (&server{answer: on("EHLO", "502 what", 0)}).start(t)
	send(t, mailer(t, s))
	if !s.saw("HELO ") || s.saw("MAIL FROM:<no-reply@app.example> BODY") {
		t.Errorf("it said %q", s.commands)
	}
}
