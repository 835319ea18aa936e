// Package mail has the mailer to begin with: [Console] prints what would be sent. Package mail/smtp, a module of its
// own, sends.
package mail

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/tollkeeper/tollkeeper"
)

// Console is a [tollkeeper.Mailer] that prints each mail as text, with its links on lines of their own, which terminals
// let one open. It is for development: whoever reads the output can do what the mail's reader can. It is safe for
// concurrent use.
type Console struct {
	Out io.Writer // Nil: [os.Stdout]
}

var _ tollkeeper.Mailer = Console{}

// printing keeps mails of several Consoles apart on one terminal.
var printing sync.Mutex

// Send prints the mail, without what could steer a terminal. The error is that of Out.
func (c Console) Send(_ context.Context, m tollkeeper.Message) error {
	out := c.Out
	if out == nil {
		out = os.Stdout
	}
	text := fmt.Sprintf("--- mail to %s: %s\n\n%s\n---\n", line(m.To), line(m.Subject), printable(strings.TrimSpace(string(m.Text))))
	printing.Lock()
	defer printing.Unlock()
	_, err := io.WriteString(out, text)
	return err
}

// line is printable on one line.
func line(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// printable drops control characters (C0 and C1) but for tabs and ends of lines, and what turns the direction of text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}
