package smtp

import (
	"context"
	"net"
	"slices"
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
	line    *opened
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

func (m *Mailer) dial(ctx context.Context) (*connection, error) {
	c := &connection{}
	stop := func() bool { return true }
	line, err := m.open(ctx, func(raw net.Conn) {
		c.raw = raw
		stop = context.AfterFunc(ctx, c.abort)
	})
	if err == nil {
		c.line = line
		err = m.authenticate(ctx, c, line)
	}
	if stop() && err == nil {
		return c, nil
	}
	if c.raw != nil {
		c.abort() // go-mail leaves it open
	}
	if ctx.Err() != nil {
		err = failed(stepOf(err), ctx.Err())
	}
	return nil, err
}

// authenticate makes go-mail's client of an open line, and shows the password where there is one.
func (m *Mailer) authenticate(ctx context.Context, c *connection, line *opened) error {
	config := m.config
	options := []gomail.Option{
		gomail.WithPort(config.Port), gomail.WithTimeout(config.Timeout), gomail.WithHELO(config.HELO), gomail.WithTLSPolicy(gomail.NoTLS),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return line, nil }),
		gomail.WithoutRset(), gomail.WithoutSMTPUTF8(),
	}
	if config.Username != "" {
		mechanism, ok := line.can.mechanism()
		if !ok {
			return failed("authenticating", errNoMechanism)
		}
		options = append(options, gomail.WithSMTPAuth(mechanism), gomail.WithUsername(config.Username), gomail.WithPassword(string(*m.password)))
	}
	var err error
	if c.client, err = gomail.NewClient(config.Host, options...); err == nil {
		c.session, err = c.client.DialToSMTPClientWithContext(ctx)
	}
	if err != nil {
		return failed("authenticating", err)
	}
	return nil
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
