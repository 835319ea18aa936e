package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/tollkeeper/tollkeeper"
)

// ErrClosed means that the Mailer was closed.
var ErrClosed = errors.New("smtp: the mailer is closed")

// Error is a mail that was not taken. Its text is fit for logs: it names the server, the step that failed and the
// cause, and has no mail address in it, no secret, and of what the server said its codes only. The cause as it came,
// which may have any of these, is in Unwrap.
type Error struct {
	Server string // host and port
	Code   int    // the server's reply (RFC 5321 4.2); zero: there was none
	Status string // its enhanced status code, such as "5.1.1" (RFC 3463); empty: there was none
	Step   string // what failed
	Err    error

	mail bool // it was about the mail, not about the line
}

// Error returns server, step and cause.
func (e *Error) Error() string {
	text := "smtp: " + e.Server + ": " + e.Step
	if e.Code == 0 {
		return text + ": " + cause(e.Err)
	}
	return strings.TrimSpace(fmt.Sprintf("%s: the server answers %d %s", text, e.Code, e.Status))
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports whether the server refused the mail for good: a code of 500 and above to its sender, its recipient
// or its text. The outbox then gives it up. What refuses the line – no service, no TLS, a wrong password – is no word
// about the mail, which goes on waiting until somebody has mended that.
func (e *Error) Permanent() bool { return e.mail && e.Code >= 500 && !aboutPassword(e.Code) }

// aboutPassword reports whether a code asks who is sending, at whatever command (RFC 4954 6).
func aboutPassword(code int) bool { return code >= 530 && code <= 538 }

// Send delivers the message to the server, and returns nil once the server has taken it. An error is an *Error,
// [ErrMessage], [ErrClosed], or wraps that of ctx. After an error the server may have taken it nevertheless, if its
// answer was lost: the Message-ID is the same when it is sent again.
func (m *Mailer) Send(ctx context.Context, t tollkeeper.Message) error {
	err := m.send(ctx, t)
	if e, ok := errors.AsType[*Error](err); ok {
		e.Server = m.config.server()
	}
	return err
}

func (m *Mailer) send(ctx context.Context, t tollkeeper.Message) error {
	g, err := m.message(t)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, m.config.Timeout)
	defer cancel()
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return &Error{Step: "waiting for a connection", Err: ctx.Err()}
	}
	c, err := m.kept()
	if err != nil {
		return err
	}
	if c != nil {
		if err = m.over(ctx, c, g); !ended(err) {
			return err
		}
	}
	if c, err = m.dial(ctx); err != nil {
		return err
	}
	return m.over(ctx, c, g)
}

// over sends by a connection, and keeps it if all went well.
func (m *Mailer) over(ctx context.Context, c *connection, g *gomail.Msg) error {
	stop := context.AfterFunc(ctx, c.abort)
	err := c.raw.SetDeadline(time.Now().Add(m.config.Timeout)) // that of its last mail may be over
	if err == nil {
		err = c.client.SendWithSMTPClient(c.session, g)
	}
	if alive := stop(); err == nil && alive {
		if !m.keep(c) {
			c.quit()
		}
		return nil
	}
	c.abort()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return failed("sending", errors.Join(err, c.line.lost))
}

// ended reports whether a kept connection turned out to be dead before it took anything, so that a new one may try.
func ended(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	cause, ok := errors.AsType[*gomail.SendError](e.Err)
	return ok && (cause.Reason == gomail.ErrConnCheck || cause.Reason == gomail.ErrSMTPMailFrom && (e.Code == 0 || e.Code == 421))
}

func failed(step string, err error) *Error {
	e := &Error{Step: step, Err: err}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		e.Code = reply.Code
	}
	if said, ok := errors.AsType[*gomail.SendError](err); ok {
		e.Code, e.Status, e.Step = said.ErrorCode(), said.EnhancedStatusCode(), said.Reason.String()
		e.mail = said.Reason != gomail.ErrConnCheck
	}
	return e
}

// stepOf returns what an error was about.
func stepOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Step
	}
	return "connecting"
}

// cause says in words for the log why there was no reply. Only what this machine found out is repeated: of an error
// that may hold what the server said, just its type.
func cause(err error) string {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "it took too long"
	}
	for _, known := range []error{errNoStartTLS, errNoMechanism, errPublic, context.Canceled} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return plainly(e.Error())
	}
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return e.Msg
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return plainly(e.Error())
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server hung up"
	}
	if _, ok := errors.AsType[textproto.ProtocolError](err); ok {
		return "the server does not speak SMTP"
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	if strings.HasPrefix(err.Error(), "tls: ") {
		return plainly(err.Error())
	}
	return fmt.Sprintf("%T", err)
}

// plainly keeps a text, which may name what stands in a certificate, to one line of a sane length.
func plainly(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '@' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), 300)]
}
