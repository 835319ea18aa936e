package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"syscall"

	gomail "github.com/wneessen/go-mail"
)

// What a line may lack, in the words of the log.
var (
	errNoStartTLS  = errors.New("the server offers no STARTTLS")
	errNoMechanism = errors.New("the server offers no AUTH by SCRAM-SHA-256, PLAIN or LOGIN")
	errPublic      = errors.New("the address is not one that an unencrypted line may lead to")
)

// opened is a line to the server on which both have introduced themselves, encrypted unless the Config says otherwise.
// go-mail gets it as one that begins: it reads the greeting and what the server can do, in one spelling, from ahead.
type opened struct {
	net.Conn
	ahead string // to be read before what the server says
	hello bool   // the client's EHLO is still to come, and goes nowhere: it was said
	can   capabilities
	lost  error // why nothing more could be read or written; go-mail keeps that to itself
}

// capabilities are what the server answered to EHLO, by name in upper case (RFC 5321 4.1.1.1: the case of a keyword
// does not matter).
type capabilities map[string]string

// Read returns what the server said before go-mail listened, then what it says.
func (o *opened) Read(b []byte) (int, error) {
	if o.ahead == "" {
		n, err := o.Conn.Read(b)
		o.note(err)
		return n, err
	}
	n := copy(b, o.ahead)
	o.ahead = o.ahead[n:]
	return n, nil
}

// Write drops the first EHLO.
func (o *opened) Write(b []byte) (int, error) {
	if o.hello && strings.HasPrefix(string(b), "EHLO ") {
		o.hello = false
		return len(b), nil
	}
	n, err := o.Conn.Write(b)
	o.note(err)
	return n, err
}

func (o *opened) note(err error) {
	if o.lost == nil {
		o.lost = err
	}
}

// open dials the server and says EHLO, over TLS unless the mode is a plain one. Where the server offers no TLS, it says
// nothing more.
func (m *Mailer) open(ctx context.Context, raw func(net.Conn)) (*opened, error) {
	d := net.Dialer{Control: m.mayLeadTo}
	line, err := d.DialContext(ctx, "tcp", m.config.server())
	if err != nil {
		return nil, failed("connecting", err)
	}
	raw(line)
	if deadline, ok := ctx.Deadline(); ok {
		if err := line.SetDeadline(deadline); err != nil {
			return nil, failed("connecting", err)
		}
	}
	o := &opened{Conn: line}
	if m.config.TLS == Implicit {
		if err := o.encrypt(ctx, m.tls); err != nil {
			return nil, err
		}
	}
	text := textproto.NewConn(o.Conn)
	if _, _, err := text.ReadResponse(220); err != nil {
		return nil, failed("waiting for the greeting", err)
	}
	if o.can, err = m.introduce(text); err != nil {
		return nil, err
	}
	if m.config.TLS == StartTLS {
		if _, ok := o.can["STARTTLS"]; !ok {
			return nil, failed("encrypting", errNoStartTLS)
		}
		if err := command(text, 220, "STARTTLS"); err != nil {
			return nil, failed("encrypting", err)
		}
		// What came before the handshake counts for nothing (RFC 3207 4.2): the buffer that may hold it is dropped.
		if err := o.encrypt(ctx, m.tls); err != nil {
			return nil, err
		}
		if o.can, err = m.introduce(textproto.NewConn(o.Conn)); err != nil {
			return nil, err
		}
	}
	o.ahead, o.hello = "220 server\r\n"+o.can.reply(), true
	return o, nil
}

func (o *opened) encrypt(ctx context.Context, c *tls.Config) error {
	secure := tls.Client(o.Conn, c)
	if err := secure.HandshakeContext(ctx); err != nil {
		return failed("encrypting", err)
	}
	o.Conn = secure
	return nil
}

// introduce says EHLO and returns what the server can do; HELO to one that knows no EHLO, which then can do nothing.
func (m *Mailer) introduce(text *textproto.Conn) (capabilities, error) {
	can := capabilities{}
	id, err := text.Cmd("EHLO %s", m.config.HELO)
	if err != nil {
		return nil, failed("introducing itself", err)
	}
	text.StartResponse(id)
	_, said, err := text.ReadResponse(250)
	text.EndResponse(id)
	if refused, ok := errors.AsType[*textproto.Error](err); ok && (refused.Code == 500 || refused.Code == 502) {
		err = command(text, 250, "HELO "+m.config.HELO)
		said = ""
	}
	if err != nil {
		return nil, failed("introducing itself", err)
	}
	lines := strings.Split(said, "\n")
	for _, line := range lines[1:] { // the first is the server's name
		can.add(line)
	}
	return can, nil
}

// add reads a line of the answer to EHLO. AUTH has an older spelling, with = for the first space.
func (c capabilities) add(line string) {
	name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
	name = strings.ToUpper(name)
	if old, ok := strings.CutPrefix(name, "AUTH="); ok {
		name, value = "AUTH", old+" "+value
	}
	if name == "AUTH" {
		value = strings.Join(strings.Fields(strings.ToUpper(c[name]+" "+value)), " ")
	}
	c[name] = value
}

// reply is the answer to EHLO as go-mail reads it: what it looks for, in its spelling.
func (c capabilities) reply() string {
	reply := "250-server\r\n"
	for _, name := range []string{"8BITMIME", "AUTH", "ENHANCEDSTATUSCODES"} {
		if value, ok := c[name]; ok {
			reply += strings.TrimSpace("250-"+name+" "+value) + "\r\n"
		}
	}
	return reply + "250 OK\r\n"
}

// mechanisms are those that this package uses, the best first. The line is encrypted by then, or ends on this machine:
// see open and check, which therefore permit here what go-mail cannot know. CRAM-MD5 is none of them: its digest is no
// protection beyond TLS, and asks the server to keep the password itself.
var mechanisms = []struct {
	name string
	auth gomail.SMTPAuthType
}{{"SCRAM-SHA-256", gomail.SMTPAuthSCRAMSHA256}, {"PLAIN", gomail.SMTPAuthPlainNoEnc}, {"LOGIN", gomail.SMTPAuthLoginNoEnc}}

// mechanism returns how the password is shown.
func (c capabilities) mechanism() (gomail.SMTPAuthType, bool) {
	offered := strings.Fields(c["AUTH"])
	for _, m := range mechanisms {
		if slices.Contains(offered, m.name) {
			return m.auth, true
		}
	}
	return "", false
}

// mayLeadTo refuses, before anything is sent, an address that the mode does not permit, whatever name led to it.
func (m *Mailer) mayLeadTo(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !m.config.TLS.permits(to.Addr().Unmap()) {
		return errPublic
	}
	return nil
}

// permits reports whether a line of the mode may lead to the address.
func (m Mode) permits(a netip.Addr) bool {
	switch m {
	case Plain:
		return a.IsLoopback()
	case InsecurePlainOnPrivateNetwork:
		return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()
	}
	return true
}

// server is the server's address, for dialling and for the log.
func (c Config) server() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

func command(text *textproto.Conn, code int, line string) error {
	id, err := text.Cmd("%s", line)
	if err != nil {
		return err
	}
	text.StartResponse(id)
	defer text.EndResponse(id)
	_, _, err = text.ReadResponse(code)
	return err
}
