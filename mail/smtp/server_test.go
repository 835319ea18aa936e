package smtp_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a small SMTP server in the test's process. Fields are set before start; the rest is under mu.
type server struct {
	tls      *tls.Config                                 // nil: offers no STARTTLS
	implicit bool                                        // TLS from the first byte
	user     string                                      // with password "open sesame", wanted before MAIL; empty: nobody asks
	mechs    string                                      // Zero: "PLAIN LOGIN"
	answer   func(command string, connection int) string // instead of the usual answer; "": the usual, drop: hangs up, stall: says nothing

	port  int
	roots *x509.CertPool

	mu          sync.Mutex
	connections int
	commands    []string
	mails       []delivered
	open        []net.Conn
}

const (
	drop     = "drop"
	stall    = "stall"
	password = "open sesame"
)

type delivered struct {
	from, to, data string
	encrypted      bool
	connection     int
}

func (s *server) start(t testing.TB) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			s.open = append(s.open, c)
			number := s.connections
			s.mu.Unlock()
			all.Go(func() { s.serve(c, number) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		s.hangUp()
		all.Wait()
	})
	return s
}

// hangUp drops every line.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.open {
		c.Close()
	}
}

func (s *server) counts() (connections, mails int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections, len(s.mails)
}

func (s *server) last(t testing.TB) delivered {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) == 0 {
		t.Fatal("no mail came")
	}
	return s.mails[len(s.mails)-1]
}

func (s *server) saw(command string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(c, command) {
			return true
		}
	}
	return false
}

// line is one connection of a client.
type line struct {
	*server
	net.Conn
	in        *bufio.Reader
	number    int
	encrypted bool
	known     bool // authenticated
	mail      delivered
}

func (s *server) serve(c net.Conn, number int) {
	defer c.Close()
	l := &line{server: s, Conn: c, in: bufio.NewReader(c), number: number}
	if s.implicit {
		l.secure()
	}
	if !l.say("CONNECT", "220 mail.example ESMTP") {
		return
	}
	for {
		text, err := l.in.ReadString('\n')
		if err != nil {
			return
		}
		text = strings.TrimRight(text, "\r\n")
		s.mu.Lock()
		s.commands = append(s.commands, text)
		s.mu.Unlock()
		if !l.handle(text) {
			return
		}
	}
}

func (l *line) secure() {
	secure := tls.Server(l.Conn, l.server.tls)
	l.Conn, l.in, l.encrypted = secure, bufio.NewReader(secure), true
}

// say answers as usual, or as the test wants it. It reports whether the talk goes on.
func (l *line) say(command, usual string) bool {
	if l.answer != nil {
		switch other := l.answer(command, l.number); other {
		case "":
		case drop:
			return false
		case stall:
			io.Copy(io.Discard, l.Conn) // until the client hangs up
			return false
		default:
			usual = other
		}
	}
	_, err := io.WriteString(l.Conn, usual+"\r\n")
	return err == nil && !strings.HasPrefix(usual, "421")
}

func (l *line) handle(text string) bool {
	verb, rest, _ := strings.Cut(text, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO":
		l.known = false
		return l.say(verb, l.extensions())
	case "HELO":
		return l.say(verb, "250 mail.example")
	case "STARTTLS":
		if !l.say(verb, "220 go on") {
			return false
		}
		l.secure()
		return true
	case "AUTH":
		return l.auth(rest)
	case "MAIL":
		if l.user != "" && !l.known {
			return l.say(verb, "530 who are you")
		}
		l.mail = delivered{from: angled(rest), encrypted: l.encrypted, connection: l.number}
		return l.say(verb, "250 ok")
	case "RCPT":
		l.mail.to = angled(rest)
		return l.say(verb, "250 ok")
	case "DATA":
		return l.data()
	case "NOOP", "RSET":
		return l.say(verb, "250 ok")
	case "QUIT":
		l.say(verb, "221 bye")
		return false
	}
	return l.say(verb, "502 what")
}

func (l *line) extensions() string {
	text := "250-mail.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
	if l.server.tls != nil && !l.encrypted {
		text += "250-STARTTLS\r\n"
	}
	if l.user != "" {
		mechs := l.mechs
		if mechs == "" {
			mechs = "PLAIN LOGIN"
		}
		text += "250-AUTH " + mechs + "\r\n"
	}
	return text + "250 ENHANCEDSTATUSCODES"
}

func (l *line) auth(rest string) bool {
	mech, initial, _ := strings.Cut(rest, " ")
	var said string
	switch mech {
	case "PLAIN":
		said = decode(initial)
	case "LOGIN":
		said = "\x00" + l.ask("Username:") + "\x00" + l.ask("Password:")
	}
	if l.known = said == "\x00"+l.user+"\x00"+password; !l.known {
		return l.say("AUTH", "535 5.7.8 no")
	}
	return l.say("AUTH", "235 welcome")
}

func (l *line) ask(what string) string {
	io.WriteString(l.Conn, "334 "+base64.StdEncoding.EncodeToString([]byte(what))+"\r\n")
	text, _ := l.in.ReadString('\n')
	return decode(strings.TrimSpace(text))
}

func decode(text string) string {
	b, _ := base64.StdEncoding.DecodeString(text)
	return string(b)
}

func (l *line) data() bool {
	if !l.say("DATA", "354 go on") {
		return false
	}
	var b strings.Builder
	for {
		text, err := l.in.ReadString('\n')
		if err != nil {
			return false
		}
		if text == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(text, "."))
	}
	l.mail.data = b.String()
	if l.answer != nil && l.answer("BODY", l.number) != "" {
		return l.say("BODY", "")
	}
	l.mu.Lock()
	l.mails = append(l.mails, l.mail)
	l.mu.Unlock()
	return l.say("BODY", "250 queued")
}

func angled(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

// certified makes a certificate authority and a certificate of it for the name.
func (s *server) certified(t *testing.T, name string) *server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(name); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{name}
	}
	root := sign(t, authority, authority, key)
	s.roots = x509.NewCertPool()
	s.roots.AddCert(root)
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{sign(t, leaf, root, key).Raw}, PrivateKey: key}}}
	return s
}

func sign(t *testing.T, c, by *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
