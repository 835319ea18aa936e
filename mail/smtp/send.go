package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/tollkeeper/tollkeeper"
)

// ErrClosed means that the Mailer was closed.
var ErrClosed = errors.New("smtp: the mailer is closed")

// Error is a mail that was not taken. Its text is fit for logs: it has no address in it, and nothing that the server
// said but its code. The cause, which may have both, is in Unwrap.
type Error struct {
	Code int    // the server's reply (RFC 5321 4.2); zero: there was none
	Step string // what failed
	Err  error
}

// Error returns step and code.
func (e *Error) Error() string {
	if e.Code == 0 {
		return "smtp: " + e.Step
	}
	return fmt.Sprintf("smtp: %s: the server answers %d", e.Step, e.Code)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Permanent reports whether the server said that trying again does not help (a code of 500 and above). It is often
// wrong, and the outbox tries again all the same.
func (e *Error) Permanent() bool { return e.Code >= 500 }

// Send delivers the message to the server, and returns nil once the server has taken it. An error is an *Error,
// [ErrMessage], [ErrClosed], or wraps that of ctx. After an error the server may have taken it nevertheless, if its
// answer was lost: the Message-ID is the same when it is sent again.
func (m *Mailer) Send(ctx context.Context, t tollkeeper.Message) error {
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
	return failed("sending", err)
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
	if cause, ok := errors.AsType[*gomail.SendError](err); ok {
		e.Code, e.Step = cause.ErrorCode(), cause.Reason.String()
	}
	return e
}
