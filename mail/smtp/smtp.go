// Package smtp delivers tollkeeper's mail to an SMTP server (RFC 5321, RFC 6409), on github.com/wneessen/go-mail.
//
//	c, err := smtp.Parse("smtp://app@mail.example?from=App <no-reply@mail.example>")
//	c.Password = smtp.Password(os.Getenv("SMTP_PASSWORD"))
//	mailer, err := smtp.New(c)
//
// Nothing goes over an unencrypted line, save where that is asked for: to this machine, or without a password to a
// private address. The server's certificate is checked. A mail that the server does not take is an [Error]: the outbox
// tries again, unless the server refused it for good.
package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper/internal/canon"
)

// Mode says how the line to the server is encrypted.
type Mode int

// The modes. Both encrypted ones need a certificate for [Config.Host], and TLS 1.2 or newer. The plain ones look at the
// address that Host leads to each time a line is opened, and go to no other.
const (
	StartTLS Mode = iota // the zero Mode: STARTTLS, without which no mail and no password is sent (RFC 3207)
	Implicit             // TLS from the first byte (RFC 8314)
	Plain                // none; only for a server on this machine

	// InsecurePlainOnPrivateNetwork is no encryption, to a relay at a private, link-local or loopback address (RFC
	// 1918, RFC 4193): whoever listens on that network reads every code and link, and can sign in with them. No
	// password goes over it: New refuses a Username.
	InsecurePlainOnPrivateNetwork
)

// Config says where mail goes and whom it is from. Host and From are required.
type Config struct {
	Host string // a name, or an address
	Port int    // Zero: 587; 465 for Implicit
	TLS  Mode

	Username string // Zero: no authentication. SCRAM-SHA-256, PLAIN and LOGIN are known, CRAM-MD5 is not used
	Password Password

	From string // one address, with or without a name: "App <no-reply@app.example>"

	HELO        string         // how this machine names itself. Zero: its host name where that has a dot, else the domain of From
	RootCAs     *x509.CertPool // who may sign the server's certificate. Nil: those of the system
	Timeout     time.Duration  // of one mail, a connection and a wait for one included. Zero: 20 seconds
	Connections int            // at once, and kept; further mails wait. Zero: 4
	Idle        time.Duration  // for so long an unused connection is kept. Zero: 30 seconds; negative: not at all
}

// Password shows itself nowhere: formatting, logging and JSON give "[redacted]" (SECURITY.md R86).
type Password string

const redacted = "[redacted]"

// Format writes "[redacted]", for every verb.
func (Password) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// LogValue returns "[redacted]".
func (Password) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (Password) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Mailer is a tollkeeper.Mailer. It is safe for concurrent use; mails share a few connections. Close it after the
// Authenticator.
type Mailer struct {
	config   Config    // without the password
	password *Password // behind a pointer, which fmt does not follow
	from     *mail.Address
	domain   string // of from
	tls      *tls.Config
	slots    chan struct{}

	mu     sync.Mutex
	idle   []*connection // the last one was used last
	closed bool
}

// New makes a Mailer. It refuses what could only fail later, and connects to nothing yet.
func New(c Config) (*Mailer, error) {
	if !hostPattern.MatchString(c.Host) && net.ParseIP(c.Host) == nil {
		return nil, errors.New("smtp: Config.Host must be a host name or an address, without port")
	}
	from, err := mail.ParseAddress(c.From)
	if err != nil || !plainAddress(from.Address) || canon.HasControl(from.Name) {
		return nil, errors.New("smtp: Config.From must be one ASCII address, with or without a name")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	m := &Mailer{from: from, domain: domainOf(from.Address), password: &c.Password}
	m.config = c.withDefaults(m.domain)
	m.config.Password = ""
	if !hostPattern.MatchString(m.config.HELO) && !literalPattern.MatchString(m.config.HELO) {
		return nil, errors.New("smtp: Config.HELO must be a host name, or an address in brackets")
	}
	m.tls = &tls.Config{ServerName: c.Host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12}
	m.slots = make(chan struct{}, m.config.Connections)
	return m, nil
}

func (c Config) check() error {
	switch {
	case c.TLS < StartTLS || c.TLS > InsecurePlainOnPrivateNetwork:
		return errors.New("smtp: Config.TLS is none of the modes")
	case c.TLS == Plain && !local(c.Host):
		return errors.New("smtp: Config.TLS may be Plain only for a Host on this machine")
	case c.TLS == InsecurePlainOnPrivateNetwork && c.Username != "":
		return errors.New("smtp: Config.Username and Password go over no unencrypted line to another machine")
	case c.TLS == InsecurePlainOnPrivateNetwork && public(c.Host):
		return errors.New("smtp: Config.TLS may be InsecurePlainOnPrivateNetwork only for a Host with a private address")
	case (c.Username == "") != (c.Password == ""):
		return errors.New("smtp: Config needs Username and Password, or neither")
	case canon.HasControl(c.Username) || canon.HasControl(string(c.Password)):
		return errors.New("smtp: Config.Username and Password must not have control characters")
	case c.Port < 0 || c.Port > 65535:
		return errors.New("smtp: Config.Port must be at most 65535")
	case c.Timeout < 0 || c.Connections < 0:
		return errors.New("smtp: Config.Timeout and Connections must not be negative")
	}
	return nil
}

func (c Config) withDefaults(domain string) Config {
	if c.Port == 0 {
		c.Port = 587
		if c.TLS == Implicit {
			c.Port = 465
		}
	}
	if c.Timeout == 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Connections == 0 {
		c.Connections = 4
	}
	if c.Idle == 0 {
		c.Idle = 30 * time.Second
	}
	if c.HELO == "" {
		c.HELO = domain
		if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") && hostPattern.MatchString(name) {
			c.HELO = name
		}
	}
	return c
}

var (
	hostPattern    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)
	literalPattern = regexp.MustCompile(`^\[[A-Za-z0-9:.]{2,64}\]$`)
)

func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// public reports whether the host is an address that no plain line may lead to. Where a name leads is known when it is
// dialled.
func public(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && !InsecurePlainOnPrivateNetwork.permits(a.Unmap())
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
