package model

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// tellings says which events may tell a fact. One of them must, and none of them is written without one of its facts.
var tellings = []struct {
	fact   string // its first words
	events []tollkeeper.EventName
}{
	{"created", []tollkeeper.EventName{tollkeeper.EventSignUp, tollkeeper.EventAccountCreated}},
	{"deleted", []tollkeeper.EventName{tollkeeper.EventAccountDeleted}},
	{"email", []tollkeeper.EventName{tollkeeper.EventEmailChanged}},
	{"username", []tollkeeper.EventName{tollkeeper.EventUsernameChanged}},
	{"profile", []tollkeeper.EventName{tollkeeper.EventProfileChanged}},
	{"role", []tollkeeper.EventName{tollkeeper.EventRoleChanged}},
	{"status", []tollkeeper.EventName{tollkeeper.EventStatusChanged}},
	{"password", []tollkeeper.EventName{tollkeeper.EventPasswordChanged}},
	{"no password", []tollkeeper.EventName{tollkeeper.EventEmailProven, tollkeeper.EventEmailDisowned}},
	{"verified", []tollkeeper.EventName{tollkeeper.EventEmailVerified, tollkeeper.EventEmailChanged}},
	{"unverified", []tollkeeper.EventName{tollkeeper.EventEmailDisowned}},
	{"proven", []tollkeeper.EventName{tollkeeper.EventEmailProven, tollkeeper.EventEmailChanged}},
	{"key", []tollkeeper.EventName{tollkeeper.EventTenantKeyRotated, tollkeeper.EventEmailProven, tollkeeper.EventEmailDisowned}},
	{"member", []tollkeeper.EventName{tollkeeper.EventMemberAdded}},
	{"organization", []tollkeeper.EventName{tollkeeper.EventOrganization, tollkeeper.EventEmailProven, tollkeeper.EventEmailDisowned}},
	{"sessions ended", []tollkeeper.EventName{
		tollkeeper.EventSessionsEnded, tollkeeper.EventPasswordChanged, tollkeeper.EventRoleChanged, tollkeeper.EventStatusChanged,
		tollkeeper.EventTenantKeyRotated, tollkeeper.EventFactorChanged, tollkeeper.EventIdentityRemoved, tollkeeper.EventEmailProven,
		tollkeeper.EventEmailDisowned,
	}},
	{"factors", []tollkeeper.EventName{tollkeeper.EventFactorChanged}},
	{"factor begun", []tollkeeper.EventName{tollkeeper.EventFactorBegun}},
	{"linked", []tollkeeper.EventName{tollkeeper.EventIdentityLinked, tollkeeper.EventSignUp}},
	{"unlinked", []tollkeeper.EventName{
		tollkeeper.EventIdentityRemoved, tollkeeper.EventEmailProven, tollkeeper.EventEmailChanged, tollkeeper.EventEmailDisowned,
	}},
	{"session", []tollkeeper.EventName{tollkeeper.EventSignIn}},
	{"signed out", []tollkeeper.EventName{tollkeeper.EventSignOut, tollkeeper.EventRefreshReused, tollkeeper.EventSignIn}},
	{"rotated", []tollkeeper.EventName{tollkeeper.EventRefreshed}},
	{"proved", []tollkeeper.EventName{tollkeeper.EventReauthenticated}},
	{"charge ", []tollkeeper.EventName{tollkeeper.EventCharged}},
	{"grant ", []tollkeeper.EventName{tollkeeper.EventCredited}},
	{"package ", []tollkeeper.EventName{tollkeeper.EventCredited}},
	{"refund ", []tollkeeper.EventName{tollkeeper.EventCredited}},
	{"retention ", []tollkeeper.EventName{tollkeeper.EventMonthClosed}},
}

// tells returns the events that may tell a fact. The words of a fact that are longer win. None: the fact is told by
// that of another, as what a sign-in costs.
func tells(f fact) (events []tollkeeper.EventName) {
	longest := 0
	for _, t := range tellings {
		if (f.what == t.fact || strings.HasPrefix(f.what, strings.TrimSpace(t.fact)+" ")) && len(t.fact) > longest {
			events, longest = t.events, len(t.fact)
		}
	}
	return events
}

// happened reads the events that were written in this step: their moment is the clock's, which stood still.
func (m *machine) happened() (fresh []store.Event, err error) {
	now := m.clock.now()
	list, err := m.raw.ListEvents(context.Background(), store.EventQuery{All: true, From: now, To: now.Add(time.Millisecond), Limit: 10_000})
	for _, e := range list {
		if _, known := m.events[e.ID]; !known {
			fresh = append(fresh, e)
		}
	}
	return fresh, err
}

// told checks that each fact has its event, and each event its fact.
func (m *machine) told(facts []fact, fresh []store.Event) error {
	shown := map[tollkeeper.EventName]bool{}
	for _, t := range tellings {
		for _, name := range t.events {
			shown[name] = true
		}
	}
	initial := func(f fact) bool { // of a new tenant, told by that it was made
		return strings.HasPrefix(f.what, "grant ") && slices.ContainsFunc(facts, func(o fact) bool { return o.about == f.about && strings.HasPrefix(o.what, "created") })
	}
	for _, f := range facts {
		names := tells(f)
		if len(names) > 0 && !initial(f) && !slices.ContainsFunc(fresh, func(e store.Event) bool { return e.Account == f.about && slices.Contains(names, e.Name) }) {
			return fmt.Errorf("R84: no event tells of %q", f)
		}
	}
	for _, e := range fresh {
		if !shown[e.Name] || e.Account == house || e.Name == tollkeeper.EventReauthenticated && m.provedNow(e.Account) {
			continue
		}
		if !slices.ContainsFunc(facts, func(f fact) bool { return f.about == e.Account && slices.Contains(tells(f), e.Name) }) {
			return fmt.Errorf("R84: the event %s tells of nothing that changed (account %s)", e.Name, e.Account)
		}
	}
	return nil
}

// provedNow reports whether a session of the account was proved at this moment already.
func (m *machine) provedNow(account uuid.UUID) bool {
	for _, s := range m.rows.sessions {
		if s.Account == account && s.ProvedAt.Equal(m.clock.now()) {
			return true
		}
	}
	return false
}

// whole compares all that is in the log with what was ever read of it, and forgets what a sweep may have taken.
func (m *machine) whole() error {
	list, err := m.raw.ListEvents(context.Background(), store.EventQuery{All: true, Limit: 100_000})
	if err != nil {
		return err
	}
	there := map[uuid.UUID]bool{}
	for _, e := range list {
		there[e.ID] = true
		was, known := m.events[e.ID]
		switch {
		case !known:
			return fmt.Errorf("R84: an event that no step wrote: %+v", e)
		case was.Name != e.Name || was.Account != e.Account || was.Credits != e.Credits || !was.At.Equal(e.At) || was.Session != e.Session:
			return fmt.Errorf("R84: an event has changed: %+v, then %+v", was, e)
		case m.rows.accounts[e.Account] == nil && e.Account != house && m.known[e.Account] != nil && (e.Network != "" || e.Detail != ""):
			return fmt.Errorf("R84: an event of a deleted account tells of a person: %+v", e)
		}
	}
	for id, e := range m.events {
		if !there[id] && !m.mayBeSwept {
			return fmt.Errorf("R84: an event is gone: %+v", e)
		}
	}
	return nil
}
