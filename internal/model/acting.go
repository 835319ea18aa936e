package model

import (
	"context"
	"fmt"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

func isThere(m *machine, s Step) bool { return m.at(placeOf(s.Who)) != nil }

func refresh(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	h := m.refreshing(a, s.How)
	row, now := m.rows.sessions[h.id], m.clock.now()
	last := len(h.refresh) - 1
	shown := last
	if s.How%5 == 0 {
		shown = max(0, last-1-s.How/5%2)
	}
	parent := m.parent(a)
	active := a.Status == store.StatusActive && (parent == nil || parent.Status == store.StatusActive)
	p := refused(tollkeeper.ErrInvalidToken)
	moves := false
	switch {
	case !m.alive(a, h.id, now) || !active || !now.Before(row.RefreshUntil):
	case shown == row.Generation:
		moves = true
		p = p.with(tollkeeper.ErrInvalidToken, m.fact("rotated", a))
	case shown == row.Generation-1 && now.Before(row.RotatedAt.Add(grace)):
		moves = true
	default:
		p = p.with(tollkeeper.ErrInvalidToken, m.fact("signed out", a)) // reuse
	}
	if moves && (h.audience != tollkeeper.AudienceOrganization || a.Parent == house || h.keyed == m.tenantKey(a)) {
		p.err = nil
	}
	res, err := m.auth.Refresh(ctx, h.refresh[shown], s.client())
	if err == nil {
		h.refresh[shown+1] = res.Refresh
		h.token, h.issuedAt, h.expires = res.Token, now, res.ExpiresAt
	}
	return p, err
}

func hasFactor(m *machine, s Step) bool {
	return canAct(m, s) && (s.How%16 == 0 || m.at(placeOf(s.Who)).Factors != 0)
}

func mostlyBegun(m *machine, s Step) bool {
	return canAct(m, s) && (s.How%16 == 0 || len(begunFactors(m.at(placeOf(s.Who)))) > 0)
}

func mostlyHeld(m *machine, s Step) bool {
	return canRule(m, s) && (s.How%16 == 0 || m.at(placeOf(s.Other)).Factors != 0)
}

func mostlyLinked(m *machine, s Step) bool {
	return canAct(m, s) && (s.How%16 == 0 || len(m.at(placeOf(s.Who)).linked) > 0)
}

func mostlyTenant(m *machine, s Step) bool {
	return canAct(m, s) && (s.How%16 == 0 || placeOf(s.Who).scope == inTenants)
}

func hasBook(m *machine, s Step) bool {
	return isThere(m, s) && (s.How%16 == 0 || placeOf(s.Who).scope == inTenants)
}

// refreshing picks a session; nil: of the one that is picked the answer to a refresh was lost, and its token with it.
func (m *machine) refreshing(a *account, how int) *held {
	if a == nil || len(m.holder(a.ID).sessions) == 0 {
		return nil
	}
	all := m.holder(a.ID).sessions
	h := all[(len(all)-1)*(1+how%4)/4]
	if row := m.rows.sessions[h.id]; row == nil || row.Generation > len(h.refresh)-1 {
		return nil
	}
	return h
}

func mayRefresh(m *machine, s Step) bool { return m.refreshing(m.at(placeOf(s.Who)), s.How) != nil }

func signOut(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	return does(m.fact("signed out", a)), m.auth.SignOut(ctx, by)
}

// endSession ends any session that the person ever had.
func endSession(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	all := m.holder(a.ID).sessions
	other := all[s.How/4%len(all)]
	p := refused(tollkeeper.ErrNotFound)
	switch {
	case m.limited(a) != tollkeeper.Unlimited:
		p = refused(tollkeeper.ErrLimitedSession)
	case m.alive(a, other.id, m.clock.now()):
		p = does(m.fact("signed out", a))
	}
	return p, m.auth.EndSession(ctx, by, other.id)
}

func endOtherSessions(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	p := does(m.fact("sessions ended", a))
	if m.limited(a) != tollkeeper.Unlimited {
		p = refused(tollkeeper.ErrLimitedSession)
	}
	return p, m.auth.EndOtherSessions(ctx, by)
}

func changePassword(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	h := m.holder(a.ID)
	r := tollkeeper.PasswordChange{Current: "a wrong one", New: tollkeeper.Password(m.fresh()), Client: s.client()}
	p := plan{err: tollkeeper.ErrInvalidCredentials, wrong: true}
	if h.password != "" && s.How%4 != 0 {
		r.Current = tollkeeper.Password(h.password)
		p = plan{earned: true, facts: []fact{m.fact("password", a), m.fact("sessions ended", a)}}
		switch s.How / 4 % 5 {
		case 0:
			r.New = "short"
			p = plan{earned: true, err: tollkeeper.ErrWeakPassword}
		case 1:
			r.New = tollkeeper.Password(h.password) // one that was had before
			p = plan{earned: true, err: tollkeeper.ErrWeakPassword}
		}
	}
	m.trying = string(r.New)
	return p.at(m.own(a)), m.auth.ChangePassword(ctx, by, r)
}

func deleteAccount(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	password, p := tollkeeper.Password("a wrong one"), plan{err: tollkeeper.ErrInvalidCredentials, wrong: true}
	switch known := m.holder(a.ID).password; {
	case m.limited(a) != tollkeeper.Unlimited:
		p = refused(tollkeeper.ErrLimitedSession)
	case a.Password == "" && !m.recent(h, 10*time.Minute):
		p.err = tollkeeper.ErrNotRecent
	case a.Password == "":
		p = m.goes(plan{wrong: true}, a)
	case s.How%2 == 0:
		password = tollkeeper.Password(known)
		p = m.goes(plan{earned: true}, a)
	}
	return p.at(m.own(a)), m.auth.DeleteAccount(ctx, by, password, s.client())
}

// goes is a deletion that only the last admin's place refuses.
func (m *machine) goes(p plan, a *account) plan {
	if m.lastAdmin(a) {
		p.err = tollkeeper.ErrLastAdmin
		return p
	}
	return p.with(nil, m.fact("deleted", a))
}

func updateProfile(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	name, user := fmt.Sprintf("Name %d", s.How%3), fmt.Sprintf("User_%d", s.How/3%2)
	patch := tollkeeper.ProfilePatch{Name: &name}
	if s.How%2 == 0 {
		patch.Username = &user
	}
	p := plan{}
	other := m.rows.username(a.Parent, user)
	switch {
	case m.limited(a) != tollkeeper.Unlimited:
		p.err = tollkeeper.ErrLimitedSession
	case patch.Username != nil && other != nil && other.ID != a.ID:
		p.err = tollkeeper.ErrUsernameTaken
	default:
		if patch.Username != nil && a.Username != user {
			p = p.with(nil, m.fact("username", a))
		}
		if a.Name != name {
			p = p.with(nil, m.fact("profile", a))
		}
	}
	return p, m.auth.UpdateProfile(ctx, by, patch)
}
