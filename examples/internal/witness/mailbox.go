package witness

import (
	"context"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/tollkeeper/tollkeeper"
)

var _ tollkeeper.Mailer = (*Mailbox)(nil)

// Mailbox reads the directory into which servers put mail, one file each.
type Mailbox struct {
	dir string

	mu    sync.Mutex
	read  map[string]bool
	count map[string]int    // by address
	codes map[string]string // by address
	fault error
}

// NewMailbox makes one for a directory, which need not be there yet.
func NewMailbox(dir string) *Mailbox {
	return &Mailbox{dir: dir, read: map[string]bool{}, count: map[string]int{}, codes: map[string]string{}}
}

// Code returns the last one-time code that was mailed to the address; empty: none.
func (m *Mailbox) Code(email string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code, ok := m.codes[email]; ok {
		return code
	}
	m.fault = m.look()
	return m.codes[email]
}

// Count returns how many mails there are for the address.
func (m *Mailbox) Count(email string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count[email] == 0 {
		m.fault = m.look()
	}
	return m.count[email], m.fault
}

// Send counts a mail that did not go through a file.
func (m *Mailbox) Send(_ context.Context, message tollkeeper.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count[message.To]++
	return nil
}

var code = regexp.MustCompile(`(?m)^ *([0-9]{6})\r?$`)

// look reads the files that are new.
func (m *Mailbox) look() error {
	names, err := filepath.Glob(filepath.Join(m.dir, "*.eml"))
	if err != nil {
		return err
	}
	for _, name := range names {
		if m.read[name] {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		message, err := mail.ReadMessage(strings.NewReader(string(text)))
		if err != nil {
			return err
		}
		to, err := mail.ParseAddress(message.Header.Get("To"))
		if err != nil {
			return err
		}
		m.read[name] = true
		m.count[to.Address]++
		if found := code.FindSubmatch(text); found != nil {
			m.codes[to.Address] = string(found[1])
		}
	}
	return nil
}
