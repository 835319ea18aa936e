package model

import (
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
)

// guess is something that failures are counted at; fewer than least of them refuse nothing.
type guess struct {
	key   string
	least int
}

// tally counts failures.
type tally struct {
	n, all   int       // since the last pardon, and ever
	at       time.Time // of the last attempt
	pardoned time.Time
}

// reach is how far the word goes that pardons: that of an issuer, of who rules the scope, of the mailbox or the host.
type reach int

const (
	ofScope   reach = iota // what is counted of the account in its scope
	ofAccount              // and of its sessions
	ofAddress              // and of its names in all scopes
)

// pardoned forgets the failures that a word pardons. What a fault struck may have pardoned nothing: after a reset that
// is a verb of its own.
func (m *machine) pardoned(a *account, r reach) {
	if m.store.struck {
		return
	}
	for _, name := range namesOf(a) {
		for how := range 3 {
			m.pardon(passwordKey(m.scopeOf(a, how), name))
		}
		if r >= ofAddress {
			m.pardon("password of " + name)
		}
	}
	if r >= ofAccount {
		m.pardon("own password of " + a.ID.String())
	}
}

// pardon forgets what was counted by now. Failures of a clock that has gone back since stay: for the store they are
// still to come. A pardon of such a clock is no more, either, once another takes its place.
func (m *machine) pardon(key string) {
	t, now := m.guesses[key], m.clock.now()
	switch {
	case now.Before(t.pardoned):
		t.n, t.pardoned = t.all, time.Time{}
	case !t.at.After(now):
		t.n, t.pardoned = 0, now
	}
	m.guesses[key] = t
}

// unpardon is for a pardon of which nobody knows whether it was done: all failures may count again.
func (m *machine) unpardon() {
	for key, t := range m.guesses {
		t.n, t.pardoned = t.all, time.Time{}
		m.guesses[key] = t
	}
}

// failures are those that count: all of them, while the clock has gone back behind the pardon.
func (m *machine) failures(key string) int {
	t := m.guesses[key]
	if m.clock.now().Before(t.pardoned) {
		return t.all
	}
	return t.n
}

// tried notes the moment of an attempt: what a pardon of before it does not reach.
func (m *machine) tried(list []guess) {
	for _, g := range list {
		if t := m.guesses[g.key]; m.clock.now().After(t.at) {
			t.at = m.clock.now()
			m.guesses[g.key] = t
		}
	}
}

func namesOf(a *account) []string {
	if a.Username == "" {
		return []string{a.EmailKey}
	}
	return []string{a.EmailKey, "username " + strings.ToLower(a.Username)}
}

func passwordKey(scope tollkeeper.Scope, name string) string { return scope.String() + " " + name }
