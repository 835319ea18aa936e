package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// fact is one change of the rows. about is the account that its event names.
type fact struct {
	what, of string
	about    uuid.UUID
}

func (f fact) String() string { return f.what + " of " + f.of }

// compare returns what changed from the rows that are known to those that were read. An error is a change that may
// never be.
func (m *machine) compare(next rows) (facts []fact, err error) {
	for id, was := range m.rows.accounts {
		if next.accounts[id] == nil {
			if was.Parent != tollkeeper.Root && was.Parent != house && next.accounts[was.Parent] == nil {
				continue // it went with its parent
			}
			facts = append(facts, fact{"deleted", m.label(was), id})
		}
	}
	for id, is := range next.accounts {
		was := m.rows.accounts[id]
		if was == nil {
			facts = append(facts, fact{"created" + marksOf(is), m.label(is), id})
		} else {
			facts = append(facts, m.changed(was, is)...)
		}
	}
	sessions, err := m.compareSessions(next)
	if err != nil {
		return nil, err
	}
	paid, err := m.compareBooks(next)
	return append(append(facts, sessions...), paid...), err
}

// marksOf says what a new account was made with.
func marksOf(a *account) (text string) {
	for word, is := range map[string]bool{" verified": !a.EmailVerifiedAt.IsZero() && a.EmailProvenAt.IsZero(), " proven": !a.EmailProvenAt.IsZero()} {
		if is {
			text += word
		}
	}
	if a.Role == tollkeeper.RoleAdmin {
		text += " admin"
	}
	return text
}

// changed lists the facts of one account.
func (m *machine) changed(was, is *account) (facts []fact) {
	note := func(is bool, what string) {
		if is {
			facts = append(facts, fact{what, m.label(was), was.ID})
		}
	}
	note(was.EmailKey != is.EmailKey, "email")
	note(was.Username != is.Username, "username")
	note(was.Name != is.Name || was.Locale != is.Locale, "profile")
	note(was.Role != is.Role, "role")
	note(was.Status != is.Status, "status")
	note(was.Password != is.Password && is.Password != "", "password")
	note(was.Password != is.Password && is.Password == "", "no password")
	note(was.EmailVerifiedAt.IsZero() && !is.EmailVerifiedAt.IsZero(), "verified")
	note(!was.EmailVerifiedAt.IsZero() && is.EmailVerifiedAt.IsZero(), "unverified")
	note(was.EmailProvenAt.IsZero() && !is.EmailProvenAt.IsZero(), "proven")
	note(!was.EmailProvenAt.IsZero() && is.EmailProvenAt.IsZero(), "unproven")
	note(was.KeyVersion != is.KeyVersion, "key")
	note(was.OrganizationOwner != is.OrganizationOwner && is.OrganizationOwner != is.ID, "member")
	note(organized(was) != organized(is), "organization")
	note(was.Epoch != is.Epoch, "sessions ended")
	note(!slices.Equal(confirmed(was), confirmed(is)), "factors")
	note(!slices.Equal(begunFactors(was), begunFactors(is)) && len(begunFactors(is)) > 0, "factor begun")
	for _, l := range is.linked {
		note(!linkedTo(was, l.Key()), "linked "+l.Subject)
	}
	for _, l := range was.linked {
		note(!linkedTo(is, l.Key()), "unlinked "+l.Subject)
	}
	return facts
}

func organized(a *account) string {
	if a.Organization == nil {
		return ""
	}
	return fmt.Sprintf("%+v", *a.Organization)
}

func confirmed(a *account) (ids []string) {
	for _, f := range a.factors {
		if f.PendingUntil.IsZero() {
			ids = append(ids, f.ID.String())
		}
	}
	return ids
}

func begunFactors(a *account) (ids []string) {
	for _, f := range a.factors {
		if !f.PendingUntil.IsZero() {
			ids = append(ids, f.ID.String())
		}
	}
	return ids
}

func linkedTo(a *account, key store.IssuedKey) bool {
	return slices.ContainsFunc(a.linked, func(l store.Linked) bool { return l.Key() == key })
}

// compareSessions finds what became of sessions, which have no facts where all of their account have ended.
func (m *machine) compareSessions(next rows) (facts []fact, err error) {
	now := m.clock.now()
	for id, is := range next.sessions {
		a := next.accounts[is.Account]
		was := m.rows.sessions[id]
		switch {
		case a == nil:
			return nil, fmt.Errorf("I5: a session of nobody is live: %+v", is.Session)
		case was == nil:
			facts = append(facts, fact{"session", m.label(a), a.ID})
		case was.dead:
			return nil, fmt.Errorf("I5: a session of %s that had ended is live again", m.label(a))
		default:
			if is.Generation != was.Generation {
				facts = append(facts, fact{"rotated", m.label(a), a.ID})
			}
			if !is.ProvedAt.Equal(was.ProvedAt) {
				facts = append(facts, fact{"proved", m.label(a), a.ID})
			}
		}
	}
	for id, s := range m.rows.sessions {
		was, is := m.rows.accounts[s.Account], next.accounts[s.Account]
		if was != nil && m.alive(was, id, now) && next.sessions[id] == nil && is != nil && is.Epoch == was.Epoch {
			facts = append(facts, fact{"signed out", m.label(was), was.ID})
		}
	}
	return facts, nil
}

// compareBooks finds new entries of ledgers. Entries stay.
func (m *machine) compareBooks(next rows) (facts []fact, err error) {
	for owner, book := range next.ledger {
		known := m.rows.ledger[owner]
		for id, e := range book {
			if was, stands := known[id]; !stands {
				facts = append(facts, fact{posted(e), m.payer(next, owner), owner})
			} else if was.Amount != e.Amount || was.Key != e.Key || was.Balance != e.Balance {
				return nil, fmt.Errorf("I1: an entry has changed: %+v, then %+v", was, e)
			}
		}
		for id, e := range known {
			if _, stands := book[id]; !stands {
				return nil, fmt.Errorf("I1: an entry is gone: %+v", e)
			}
		}
	}
	return facts, nil
}

// posted names an entry. What the host charges is apart from what a sign-in costs.
func posted(e store.LedgerEntry) string {
	what := fmt.Sprintf("%s %+d", e.Operation, e.Amount)
	if strings.HasPrefix(e.Key, "host:") {
		return "charge for " + what
	}
	return what
}

func (m *machine) payer(next rows, owner uuid.UUID) string {
	if a := next.accounts[owner]; a != nil {
		return m.label(a)
	}
	return owner.String()
}

// accept makes the rows that were read the known ones, and of what people know what still is true.
func (m *machine) accept(next rows) {
	now := m.clock.now()
	for id, s := range m.rows.sessions {
		was, is := m.rows.accounts[s.Account], next.accounts[s.Account]
		if next.sessions[id] == nil {
			s.dead = s.dead || is == nil || is.Epoch != s.Epoch || was != nil && m.alive(was, id, now)
			next.sessions[id] = s
		}
	}
	for id, is := range next.accounts {
		was := m.rows.accounts[id]
		h := m.holder(id)
		if (was == nil || was.Password != is.Password) && is.Password != "" {
			h.old, h.password = h.password, m.trying
		}
		if is.Password == "" {
			h.password = ""
		}
	}
	m.rows = next
}
