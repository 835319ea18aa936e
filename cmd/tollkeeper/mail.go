package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/internal/ownfile"
	"github.com/tollkeeper/tollkeeper/mail"
	"github.com/tollkeeper/tollkeeper/mail/smtp"
)

// postman delivers mail to a mail server if there is one, otherwise to the terminal, and besides, if dir is set, as one
// file each into it. A real service hands smtp's Mailer to the Config itself.
type postman struct {
	relay *smtp.Mailer // nil: the terminal
	dir   string
	from  string // bare address
	now   func() time.Time

	mu  sync.Mutex // one mail at a time on out
	out io.Writer
}

var _ tollkeeper.Mailer = (*postman)(nil)

// newPostman makes the directory if it is missing, and checks that files can be made in it.
func newPostman(o options, password smtp.Password, out io.Writer) (*postman, error) {
	p := &postman{dir: o.mailDir, now: time.Now, out: out}
	var err error
	if p.relay, p.from, err = newSMTP(o.smtp, password, "no-reply@"+mailDomain(o.baseURL)); err != nil {
		return nil, err
	}
	return p, makeMailDir(o.mailDir)
}

func makeMailDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("mail directory %s: %w", dir, reason(err))
	}
	trial, err := os.CreateTemp(dir, ".trial-")
	if err != nil {
		return fmt.Errorf("mail directory %s: %w", dir, reason(err))
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return fmt.Errorf("mail directory %s: %w", dir, err)
	}
	return nil
}

// Send writes the file first: a mail that stands on the terminal is on disk, too. A mail that went to the server is a
// line there; one that the server did not take is in the log of the library, which tries it again.
func (p *postman) Send(ctx context.Context, m tollkeeper.Message) error {
	if p.dir != "" {
		if err := p.file(m); err != nil {
			return err
		}
	}
	if p.relay == nil {
		return mail.Console{Out: p.out}.Send(ctx, m)
	}
	if err := p.relay.Send(ctx, m); err != nil {
		return err
	}
	_ = p.print("mail to %s: %s: sent\n", m.To, m.Subject) // it is sent, whoever reads of it
	return nil
}

func (p *postman) print(format string, texts ...any) error {
	for i, text := range texts {
		texts[i] = printable(fmt.Sprint(text))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := fmt.Fprintf(p.out, format, texts...)
	return err
}

// Close ends the lines to the mail server.
func (p *postman) Close() error {
	if p.relay == nil {
		return nil
	}
	return p.relay.Close()
}

// file writes <id>.eml: under another name, synced, and then renamed, so that whoever watches the directory sees whole
// mails only. Sent again, a mail has the same id and replaces its file.
func (p *postman) file(m tollkeeper.Message) error {
	text, err := compose(m, p.from, p.now())
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(p.dir, ".draft-")
	if err != nil {
		return err
	}
	_, err = draft.Write(text)
	if err == nil {
		err = draft.Sync()
	}
	if err = errors.Join(err, draft.Close()); err == nil {
		err = os.Rename(draft.Name(), filepath.Join(p.dir, filepath.Base(m.ID)+".eml"))
	}
	if err != nil {
		return errors.Join(err, os.Remove(draft.Name()))
	}
	return ownfile.SyncDir(p.dir)
}

// printable drops what could steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && r < ' ' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}

// mailDomain is what mail comes from: the host of the base URL, where it has a name.
func mailDomain(baseURL string) string {
	u, err := url.Parse(baseURL)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return "localhost"
	}
	return u.Hostname()
}
