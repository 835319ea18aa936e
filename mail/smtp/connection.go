package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	session "github.com/wneessen/go-mail/smtp"
)

// connection is a line to the server, ready for a mail. go-mail changes its Client while it authenticates, so that each
// line has its own.
type connection struct {
	client  *gomail.Client
	session *session.Client
	raw     net.Conn
	expiry  *time.Timer // while it is idle
}

// abort ends what is under way, at once.
func (c *connection) abort() { c.raw.Close() }

// quit takes leave, within a second.
func (c *connection) quit() {
	defer c.raw.Close()
	if c.raw.SetDeadline(time.Now().Add(time.Second)) == nil {
		_ = c.session.Quit() // the line is closed whatever the server says
	}
}

// preferred are the mechanisms that this package uses, the best first. go-mail refuses PLAIN and LOGIN on a line that
// is not encrypted and not local.
var preferred = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}

func (m *Mailer) dial(ctx context.Context) (*connection, error) {
	c := &connection{}
	stop := func() bool { return true }
	open := func(dialing context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		raw, err := d.DialContext(dialing, network, net.JoinHostPort(m.config.Host, strconv.Itoa(m.config.Port)))
		if err != nil {
			return nil, err
		}
		c.raw = raw
		stop = context.AfterFunc(ctx, c.abort)
		if m.config.TLS != Implicit {
			return raw, nil
		}
		secure := tls.Client(raw, m.tls)
		return secure, secure.HandshakeContext(dialing)
	}
	var err error
	if c.client, err = gomail.NewClient(m.config.Host, m.options(open)...); err == nil {
		c.session, err = c.client.DialToSMTPClientWithContext(ctx)
	}
	if stop() && err == nil {
		return c, nil
	}
	if c.raw != nil {
		c.abort() // go-mail leaves it open
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return nil, failed("connecting", err)
}

func (m *Mailer) options(open gomail.DialContextFunc) []gomail.Option {
	c := m.config
	options := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(c.Timeout), gomail.WithHELO(c.HELO), gomail.WithTLSConfig(m.tls.Clone()),
		gomail.WithDialContextFunc(open), gomail.WithoutRset(), gomail.WithoutSMTPUTF8(),
	}
	switch c.TLS {
	case Implicit:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if c.Username != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(preferred...), gomail.WithUsername(c.Username), gomail.WithPassword(string(*m.password)))
	}
	return options
}

// kept returns the idle connection that was used last, or nil.
func (m *Mailer) kept() (*connection, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	n := len(m.idle)
	if n == 0 {
		return nil, nil
	}
	c := m.idle[n-1]
	m.idle = slices.Delete(m.idle, n-1, n)
	c.expiry.Stop()
	return c, nil
}

// keep makes a connection idle, or reports that it must not. There are never more of them than Connections, because
// each belonged to a slot.
func (m *Mailer) keep(c *connection) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.config.Idle < 0 {
		return false
	}
	m.idle = append(m.idle, c)
	c.expiry = time.AfterFunc(m.config.Idle, func() { m.expire(c) })
	return true
}

func (m *Mailer) expire(c *connection) {
	m.mu.Lock()
	i := slices.Index(m.idle, c)
	if i >= 0 {
		m.idle = slices.Delete(m.idle, i, i+1)
	}
	m.mu.Unlock()
	if i >= 0 {
		c.quit()
	}
}

// Close ends the idle connections; those in use end after their mail. Sends after it return [ErrClosed].
func (m *Mailer) Close() error {
	m.mu.Lock()
	idle := m.idle
	m.idle, m.closed = nil, true
	m.mu.Unlock()
	var all sync.WaitGroup
	for _, c := range idle {
		c.expiry.Stop()
		all.Go(c.quit)
	}
	all.Wait()
	return nil
}
