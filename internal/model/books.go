package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// hold checks what must be true of rows at any time, whatever led to them (SECURITY.md section 3).
func (m *machine) hold(r rows) error {
	if err := m.unique(r); err != nil {
		return err
	}
	for owner, b := range r.balances {
		if err := m.books(r, owner, b); err != nil {
			return err
		}
	}
	live := map[uuid.UUID]int{}
	for _, s := range r.sessions {
		if live[s.Account]++; live[s.Account] > mostHeld {
			return fmt.Errorf("I5: %d sessions of one account are live", live[s.Account])
		}
	}
	for id, was := range m.rows.accounts {
		is := r.accounts[id]
		if is == nil {
			continue
		}
		if is.Parent != was.Parent || is.PublicKey != was.PublicKey || is.Number != was.Number || is.Version < was.Version || is.Epoch < was.Epoch {
			return fmt.Errorf("I8: what never changes has: %+v, then %+v", was.Account, is.Account)
		}
		for _, f := range was.factors {
			for _, g := range is.factors {
				if f.ID == g.ID && g.Counter < f.Counter {
					return fmt.Errorf("I3: the counter of a factor goes back: %d, then %d", f.Counter, g.Counter)
				}
			}
		}
	}
	return m.admins(r)
}

// unique is I7, for all that is unique in a scope.
func (m *machine) unique(r rows) error {
	seen := map[string]uuid.UUID{}
	for id, a := range r.accounts {
		keys := []string{"email " + a.EmailKey}
		if a.Username != "" {
			keys = append(keys, "username "+strings.ToLower(a.Username))
		}
		for _, l := range a.linked {
			keys = append(keys, "identity "+l.Issuer+" "+l.Subject)
		}
		for _, key := range keys {
			if other, twice := seen[a.Parent.String()+key]; twice && other != id {
				return fmt.Errorf("I7: the %s is there twice below %s", key, a.Parent)
			}
			seen[a.Parent.String()+key] = id
		}
		if a.Factors != 0 && a.EmailProvenAt.IsZero() {
			return fmt.Errorf("N02: a confirmed factor of %s stands on a mailbox that is not proven", m.label(a))
		}
		if (a.Factors != 0) != (len(confirmed(a)) > 0) {
			return fmt.Errorf("N02: %s has %d confirmed factors, and says %b", m.label(a), len(confirmed(a)), a.Factors)
		}
	}
	return nil
}

// books are I1 and I2.
func (m *machine) books(r rows, owner uuid.UUID, b store.Balance) error {
	var sum, granted, used, signIns, signUps, verified, socials, retained int64
	keys := map[string]bool{}
	for _, e := range r.ledger[owner] {
		sum += e.Amount
		if e.Refunds != "" || e.Amount < 0 {
			used -= e.Amount
		} else {
			granted += e.Amount
		}
		if keys[e.Key] || e.Owner != owner || e.Balance < 0 {
			return fmt.Errorf("I2: an entry twice, of another, or below zero: %+v", e)
		}
		keys[e.Key] = true
		if e.Amount >= 0 {
			continue
		}
		switch e.Operation {
		case tollkeeper.OpSignIn:
			signIns++
			if !strings.HasPrefix(e.Key, "session:") {
				return fmt.Errorf("I2: a sign-in is paid under the key %q", e.Key)
			}
		case tollkeeper.OpSignUp:
			signUps++
		case tollkeeper.OpVerify:
			verified++
		case tollkeeper.OpSocial:
			socials++
		case tollkeeper.OpRetention:
			retained -= e.Amount
		}
	}
	if sum != b.Credits || b.Credits < 0 || b.Used != used || b.Granted != granted {
		return fmt.Errorf("I1: the balance is %+v, by the ledger %d of %d, %d used", b, sum, granted, used)
	}
	if signIns != b.SignIns || signUps != b.SignUps || verified != b.Verifications || socials != b.Socials || retained != b.Retained {
		return fmt.Errorf("I2: the balance counts %+v, the ledger %d, %d, %d, %d, %d", b, signIns, signUps, verified, socials, retained)
	}
	children := int64(0)
	for _, a := range r.accounts {
		if a.Parent == owner {
			children++
		}
	}
	if r.accounts[owner] != nil && children != b.Children {
		return fmt.Errorf("I1: %d children are counted, %d are there", b.Children, children)
	}
	return nil
}

// admins is I6: whoever has an active admin below them keeps one.
func (m *machine) admins(r rows) error {
	had := map[uuid.UUID]bool{}
	for _, a := range m.rows.accounts {
		had[a.Parent] = had[a.Parent] || isAdmin(a)
	}
	for _, a := range r.accounts {
		if isAdmin(a) {
			had[a.Parent] = false
		}
	}
	for parent, lost := range had {
		if lost && parent != tollkeeper.Root && (parent == house || r.accounts[parent] != nil) {
			return fmt.Errorf("I6: no admin is left below %s", parent)
		}
	}
	return nil
}

func isAdmin(a *account) bool {
	return a.Role == tollkeeper.RoleAdmin && a.Status == store.StatusActive && a.Parent != tollkeeper.Root
}

// lastAdmin reports whether the scope has no active admin but this one.
func (m *machine) lastAdmin(a *account) bool {
	if !isAdmin(a) {
		return false
	}
	for _, o := range m.rows.accounts {
		if o.ID != a.ID && o.Parent == a.Parent && isAdmin(o) {
			return false
		}
	}
	return true
}

// alerts checks that each threshold that the one new entry of a book crossed was told, and nothing else.
func (m *machine) alerts(next rows, fresh []store.Event) error {
	for owner, b := range next.balances {
		was, known := m.rows.balances[owner]
		if !known || len(next.ledger[owner]) != len(m.rows.ledger[owner])+1 {
			continue
		}
		var told []string
		for _, e := range fresh {
			if e.Name == store.EventCreditAlert && e.Account == owner {
				told = append(told, e.Detail)
			}
		}
		want := crossed(was, b)
		slices.Sort(told)
		slices.Sort(want)
		if next.accounts[owner] != nil && !slices.Equal(told, want) {
			return fmt.Errorf("R84: from %+v to %+v the alerts %v are told, want %v", was, b, told, want)
		}
	}
	return nil
}

// crossed are the thresholds of docs/WIRE.md 1.7 between two balances.
func crossed(was, is store.Balance) (levels []string) {
	passed := func(b store.Balance) [3]bool {
		return [3]bool{b.Granted > 0 && b.Used*4 >= b.Granted*3, b.Granted > 0 && b.Used*10 >= b.Granted*9, b.Granted > 0 && b.Credits == 0}
	}
	before, after := passed(was), passed(is)
	for i, name := range []string{"low", "critical", "depleted"} {
		if after[i] && !before[i] {
			levels = append(levels, name)
		}
	}
	if before != [3]bool{} && after == [3]bool{} {
		levels = append(levels, "recovered")
	}
	return levels
}
