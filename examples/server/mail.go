package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// postman delivers mail to the terminal and, if dir is set, as one file each into it. A real service would hand a
// mail server's Mailer to the Config instead.
type postman struct {
	dir  string
	from string // bare address
	now  func() time.Time

	mu  sync.Mutex // one mail at a time on out
	out io.Writer
}

var _ tollkeeper.Mailer = (*postman)(nil)

// newPostman makes the directory if it is missing, and checks that files can be made in it.
func newPostman(dir, from string, out io.Writer) (*postman, error) {
	p := &postman{dir: dir, from: from, now: time.Now, out: out}
	if dir == "" {
		return p, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("mail directory %s: %w", dir, reason(err))
	}
	trial, err := os.CreateTemp(dir, ".trial-")
	if err != nil {
		return nil, fmt.Errorf("mail directory %s: %w", dir, reason(err))
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return nil, fmt.Errorf("mail directory %s: %w", dir, err)
	}
	return p, nil
}

// Send writes the file first: a mail that stands on the terminal is on disk, too.
func (p *postman) Send(_ context.Context, m tollkeeper.Message) error {
	if p.dir != "" {
		if err := p.file(m); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := fmt.Fprintf(p.out, "--- mail to %s: %s\n\n%s\n---\n", printable(m.To), printable(m.Subject), printable(strings.TrimSpace(m.Text)))
	return err
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
	return syncDir(p.dir)
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
