package model

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// canRule: somebody acts, and somebody is there to be acted on.
func canRule(m *machine, s Step) bool { return canAct(m, s) && m.at(placeOf(s.Other)) != nil }

// rules is who may act on whom: a parent on its children, an admin on their scope, everybody on themselves.
func (m *machine) rules(a, b *account) bool {
	return a.ID == b.ID || a.ID == b.Parent || m.isAdmin(a) && a.Parent == b.Parent
}

func (m *machine) isAdmin(a *account) bool {
	return a.Role == tollkeeper.RoleAdmin && a.Parent != tollkeeper.Root
}

// ruled plans an act on another account: nothing on one's own, nothing without a scope to rule.
func (m *machine) ruled(a, b *account) error {
	switch {
	case a.ID == b.ID:
		return tollkeeper.ErrForbidden
	case m.limited(a) != tollkeeper.Unlimited:
		return tollkeeper.ErrLimitedSession
	case a.Parent != tollkeeper.Root && !m.isAdmin(a):
		return tollkeeper.ErrForbidden
	case !m.rules(a, b):
		return tollkeeper.ErrNotFound
	}
	return nil
}

// hostActs is true where the host itself acts, and not the one who is named.
func hostActs(s Step) bool { return s.How%4 == 0 }

func setRole(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	roles := []tollkeeper.Role{tollkeeper.RoleAdmin, tollkeeper.RoleUser, tollkeeper.RoleAdmin, tollkeeper.RoleGuest}
	role := roles[s.How/4%len(roles)]
	p := plan{}
	self := a.ID
	switch {
	case hostActs(s):
		self = uuid.Nil
	case m.limited(a) != tollkeeper.Unlimited:
		p.err = tollkeeper.ErrLimitedSession
	case a.Parent != tollkeeper.Root && !m.isAdmin(a):
		p.err = tollkeeper.ErrForbidden
	case !m.rules(a, b), b.Parent == tollkeeper.Root:
		p.err = tollkeeper.ErrNotFound
	}
	next := *b
	next.Role = role
	switch {
	case p.err != nil || b.Role == role:
	case role == tollkeeper.RoleAdmin && self == a.ID && a.Parent == tollkeeper.Root && a.EmailProvenAt.IsZero():
		p.err = tollkeeper.ErrUnverified // by a parent that a stranger may have signed up
	case m.lastAdmin(b) && !isAdmin(&next):
		p.err = tollkeeper.ErrLastAdmin
	default:
		p = p.with(nil, m.fact("role", b))
		if b.Role == tollkeeper.RoleAdmin {
			p = p.with(nil, m.fact("sessions ended", b))
		}
	}
	if self == uuid.Nil {
		_, err := m.auth.Host().SetRole(ctx, b.ID, role)
		return p, err
	}
	by, _ := m.identity(a, s.How)
	_, err := m.auth.SetRole(ctx, by, tollkeeper.RoleChange{Account: b.ID, Role: role})
	return p, err
}

func setStatus(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	status := []store.Status{store.StatusActive, store.StatusDisabled, store.StatusActive}[s.How/4%3]
	if b.Status == store.StatusDisabled {
		status = store.StatusActive
	}
	p := plan{}
	switch {
	case hostActs(s):
	case a.ID == b.ID:
		p.err = tollkeeper.ErrForbidden
	case m.limited(a) != tollkeeper.Unlimited:
		p.err = tollkeeper.ErrLimitedSession
	case !m.rules(a, b):
		p.err = tollkeeper.ErrNotFound
	}
	switch {
	case p.err != nil || b.Status == status:
	case status == store.StatusDisabled && m.lastAdmin(b):
		p.err = tollkeeper.ErrLastAdmin
	default:
		p = p.with(nil, m.fact("status", b))
		if status == store.StatusDisabled {
			p = p.with(nil, m.fact("sessions ended", b))
		}
	}
	if hostActs(s) {
		return p, m.auth.Host().SetStatus(ctx, b.ID, status)
	}
	by, _ := m.identity(a, s.How)
	return p, m.auth.SetStatus(ctx, by, b.ID, status)
}

func endSessions(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	p := does(m.fact("sessions ended", b))
	if hostActs(s) {
		return p, m.auth.Host().EndSessions(ctx, b.ID)
	}
	switch {
	case m.limited(a) != tollkeeper.Unlimited:
		p = refused(tollkeeper.ErrLimitedSession)
	case !m.rules(a, b):
		p = refused(tollkeeper.ErrNotFound)
	}
	by, _ := m.identity(a, s.How)
	return p, m.auth.EndSessions(ctx, by, b.ID)
}

func removeAccount(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	p := plan{}
	if !hostActs(s) {
		p.err = m.ruled(a, b)
	}
	if p.err == nil {
		p = m.goes(p, b)
	}
	if hostActs(s) {
		return p, m.auth.Host().DeleteAccount(ctx, b.ID)
	}
	by, _ := m.identity(a, s.How)
	return p, m.auth.RemoveAccount(ctx, by, b.ID)
}

func resetFactors(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	p := plan{}
	if !hostActs(s) {
		p.err = m.ruled(a, b)
	}
	switch {
	case p.err != nil:
	case b.Factors == 0:
		p.err = tollkeeper.ErrFactorState
	default:
		p = plan{earned: true, facts: []fact{m.fact("factors", b), m.fact("sessions ended", b)}}
	}
	var err error
	if hostActs(s) {
		err = m.auth.Host().ResetFactors(ctx, b.ID)
	} else {
		by, _ := m.identity(a, s.How)
		err = m.auth.ResetFactors(ctx, by, b.ID)
	}
	m.papersGone(b, err == nil)
	if err == nil {
		m.forgotten(b, proof{recovery: true})
	}
	return p, err
}

func unlock(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	p := plan{pardons: true}
	if !hostActs(s) {
		p.err = m.ruled(a, b)
	}
	var err error
	if hostActs(s) {
		err = m.auth.Host().Unlock(ctx, b.ID)
	} else {
		by, _ := m.identity(a, s.How)
		err = m.auth.Unlock(ctx, by, b.ID)
	}
	switch {
	case err != nil:
	case hostActs(s) || b.Parent == house:
		m.pardoned(b, ofAddress)
	default:
		m.pardoned(b, ofAccount)
	}
	return p, err
}

// createAccount makes an account in the scope of who acts, or by the host anywhere.
func createAccount(m *machine, s Step, ctx context.Context) (plan, error) {
	a, at := m.at(placeOf(s.Who)), placeOf(s.Other)
	spec := tollkeeper.AccountSpec{Email: address(at.name), Username: username(s.How), Verified: s.How/4%2 == 0}
	if s.How/8%2 == 0 {
		spec.Password = tollkeeper.Password(m.fresh())
		m.trying = string(spec.Password)
	}
	op := tollkeeper.OpSignUp
	if hostActs(s) {
		spec.Scope, _ = m.scope(at, s.How/3)
		spec.Proven, op = s.How/16%2 == 0, ""
		if s.How/16%3 == 0 {
			spec.Role = tollkeeper.RoleAdmin
		}
	}
	p, err := m.makes(a, at, spec, op, hostActs(s))
	if hostActs(s) {
		_, got := m.auth.Host().CreateAccount(ctx, spec)
		return p.with(err), got
	}
	by, _ := m.identity(a, s.How)
	_, got := m.auth.CreateAccount(ctx, by, spec)
	return p.with(err), got
}

// makes plans an account that somebody makes for another.
func (m *machine) makes(a *account, at place, spec tollkeeper.AccountSpec, op tollkeeper.Operation, host bool) (plan, error) {
	if !host {
		scope, err := m.ruledScope(a)
		if err != nil {
			return plan{}, err
		}
		at.scope = scope
	}
	p, err := m.mayJoin(at, spec.Username, op)
	if codeOf(err) == codeOf(tollkeeper.ErrParentInactive) {
		err = tollkeeper.ErrUnknownParent // by the store, which asks for an active one
	}
	if _, known := m.parentOf(at.scope); !known && spec.Scope == tollkeeper.Under(nowhere) {
		err = tollkeeper.ErrUnknownParent
	}
	if err != nil {
		return plan{}, err
	}
	marks := ""
	if spec.Proven {
		marks = " proven"
	} else if spec.Verified {
		marks = " verified"
	}
	if spec.Role == tollkeeper.RoleAdmin {
		marks += " admin"
	}
	p.facts[0].what += marks
	return p, nil
}

// ruledScope is the scope of the cast that the account rules.
func (m *machine) ruledScope(a *account) (int, error) {
	switch {
	case m.limited(a) != tollkeeper.Unlimited:
		return 0, tollkeeper.ErrLimitedSession
	case a.Parent != tollkeeper.Root && !m.isAdmin(a):
		return 0, tollkeeper.ErrForbidden
	case a.Parent == house:
		return inApp, nil
	}
	parent := a.Parent
	if parent == tollkeeper.Root {
		parent = a.ID
	}
	for scope := below; scope < scopes; scope++ {
		if id, _ := m.parentOf(scope); id == parent {
			return scope, nil
		}
	}
	return outside, nil
}

func rotateTenantKey(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	p := does(m.fact("key", a), m.fact("sessions ended", a))
	switch {
	case a.Parent != tollkeeper.Root:
		p = refused(tollkeeper.ErrForbidden)
	case m.limited(a) != tollkeeper.Unlimited:
		p = refused(tollkeeper.ErrLimitedSession)
	}
	_, err := m.auth.RotateTenantKey(ctx, by)
	return p, err
}

func updateOrganization(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	verify, factor := s.How/4%4 == 0, s.How/16%6 == 0
	name, client := fmt.Sprintf("Organization %d", s.How%3), a.EmailKey
	if s.How%5 == 0 {
		client = "a client that several want"
	}
	issuers := []tollkeeper.IssuerSettings{{Issuer: issuer, Enabled: s.How/2%4 != 0, ClientID: client}}
	patch := tollkeeper.OrganizationPatch{
		Name: &name, VerificationRequired: &verify, FactorRequired: &factor,
		Issuers: issuers,
	}
	p := does(m.fact("organization", a))
	switch {
	case a.Parent != tollkeeper.Root:
		p = refused(tollkeeper.ErrForbidden)
	case m.limited(a) != tollkeeper.Unlimited:
		p = refused(tollkeeper.ErrLimitedSession)
	case a.OrganizationOwner != uuid.Nil && a.OrganizationOwner != a.ID:
		p = refused(tollkeeper.ErrForbidden)
	case issuers[0].Enabled && m.rows.clientOfAnother(a, client):
		p = refused(tollkeeper.ErrInvalidInput)
	}
	_, err := m.auth.UpdateOrganization(ctx, by, patch)
	return p, err
}

// clientOfAnother reports whether another organization has turned the issuer on with the client id.
func (r *rows) clientOfAnother(a *account, client string) bool {
	for _, x := range r.accounts {
		if o := x.Organization; x.ID != a.ID && o != nil && o.Issuer(issuer).Enabled && o.Issuer(issuer).ClientID == client {
			return true
		}
	}
	return false
}

func addMember(m *machine, s Step, ctx context.Context) (plan, error) {
	a, b := m.at(placeOf(s.Who)), m.at(placeOf(s.Other))
	p := does(m.fact("member", b))
	switch {
	case a.Parent != tollkeeper.Root || a.Organization == nil:
		p = refused(tollkeeper.ErrNoOrganization)
	case b.OrganizationOwner == a.ID:
		p = plan{}
	case b.OrganizationOwner != uuid.Nil:
		p = refused(tollkeeper.ErrConflict)
	case b.Parent != tollkeeper.Root:
		p = refused(tollkeeper.ErrForbidden)
	}
	return p, m.auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: a.ID, Member: b.ID})
}

func bothThere(m *machine, s Step) bool { return isThere(m, s) && m.at(placeOf(s.Other)) != nil }

// bootstrap makes the first admin of the app's own users, once in the life of a store.
func bootstrap(m *machine, s Step, ctx context.Context) (plan, error) {
	r := tollkeeper.BootstrapRequest{Email: address(s.How % names), Password: tollkeeper.Password(m.fresh())}
	id := uuid.NewSHA1(house, []byte("admin"))
	p := plan{}
	if m.known[id] == nil {
		newcomer := &account{Account: store.Account{Parent: house, EmailKey: r.Email}}
		p = does(m.fact("created proven admin", newcomer))
		if m.rows.named(house, r.Email) != nil {
			p = refused(tollkeeper.ErrEmailTaken)
		}
	}
	m.trying = string(r.Password)
	_, err := m.auth.Host().Bootstrap(ctx, r)
	return p, err
}
