package model

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// signInWithIDToken comes by another issuer, as one of three people there.
func signInWithIDToken(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, _ := m.scope(at, s.How/5)
	key := tollkeeper.IssuedKey{Issuer: issuer, Subject: fmt.Sprintf("person%d", s.How%3)}
	r := tollkeeper.IDTokenRequest{
		Issuer: issuer, IDToken: tollkeeper.SecretText(key.Subject + " " + address(at.name)), Scope: scope, Audience: s.audience(), Client: s.client(),
	}
	if s.How%11 == 0 {
		r.IDToken = "broken"
	}
	if s.Other%3 == 0 {
		r.Nonce = "of this flow"
	}
	a := m.linkedAt(at, key)
	if a == nil {
		a = m.at(at)
	}
	if a != nil && s.How/3%3 == 0 {
		r.By, _ = m.identity(a, s.How)
	}
	p := m.vouched(at, a, key, r)
	res, err := m.auth.SignInWithIDToken(ctx, r)
	if err == nil {
		who, epoch, op := res.Subject.Account.ID, int64(1), tollkeeper.Operation("")
		if a != nil {
			who, epoch, op = a.ID, m.epochAfter(a, p), tollkeeper.OpSocial
		}
		m.entered(res, who, way{r.Audience, op, false}, m.keyBelow(at), epoch)
		if res.Challenge != "" && !linkedTo(a, key) {
			h := m.holder(who)
			h.challenges[len(h.challenges)-1].later = key
		}
		if res.Challenge == "" {
			m.pardoned(&account{Account: res.Subject.Account}, ofScope)
		}
	}
	return p, err
}

// mostlyIssued: mostly where the organization has turned the issuer on.
func mostlyIssued(m *machine, s Step) bool {
	parent, _ := m.parentOf(placeOf(s.Who).scope)
	owner := m.rows.accounts[parent]
	return s.How%16 == 0 || owner != nil && m.organization(owner) != nil && m.organization(owner).Issuer(issuer).Enabled
}

// keyBelow names the tenant key of the scope's parent.
func (m *machine) keyBelow(at place) string {
	id, _ := m.parentOf(at.scope)
	if p := m.rows.accounts[id]; p != nil {
		return fmt.Sprint(p.KeyMaster, p.KeyVersion)
	}
	return ""
}

// linkedAt returns who has the identity in the scope of the place.
func (m *machine) linkedAt(at place, key tollkeeper.IssuedKey) *account {
	parent, _ := m.parentOf(at.scope)
	for _, a := range m.rows.accounts {
		if a.Parent == parent && linkedTo(a, key) {
			return a
		}
	}
	return nil
}

// vouched plans what an issuer's word leads to.
func (m *machine) vouched(at place, a *account, key tollkeeper.IssuedKey, r tollkeeper.IDTokenRequest) plan {
	parent, known := m.parentOf(at.scope)
	owner := m.rows.accounts[parent]
	switch {
	case at.scope == inTenants:
		return refused(tollkeeper.ErrParentKeyNeeded)
	case !known:
		return refused(tollkeeper.ErrUnknownParent)
	case owner == nil:
		return refused(tollkeeper.ErrDisabled)
	case owner.Status != store.StatusActive:
		return refused(tollkeeper.ErrParentInactive)
	}
	if o := m.organization(owner); o == nil || !o.Issuer(issuer).Enabled {
		return refused(tollkeeper.ErrDisabled)
	}
	p := plan{pardons: true}
	switch {
	case owner.OrganizationOwner != owner.ID && r.Nonce == "", !strings.Contains(string(r.IDToken), " "):
		return refused(tollkeeper.ErrInvalidCredentials)
	case a == nil:
		p, err := m.mayJoin(at, "", tollkeeper.OpSocial)
		if err != nil {
			return refused(err)
		}
		p.facts[0].what += " proven"
		p.pardons = true
		return p.with(nil, fact{"session", p.facts[0].of, uuid.Nil})
	case linkedTo(a, key):
	case len(a.linked) > 0 && (!a.EmailProvenAt.IsZero() || r.By != nil):
		return refused(tollkeeper.ErrInvalidCredentials)
	case a.Factors != 0 && !a.EmailProvenAt.IsZero(): // the second factor links it
	default:
		p = p.with(nil, m.fact("linked "+key.Subject, a))
		if a.EmailProvenAt.IsZero() {
			p = m.proves(p, a, r.By != nil)
		}
		return m.enters(p, a, tollkeeper.OpSocial, true, false)
	}
	return m.enters(p, a, tollkeeper.OpSocial, !a.EmailVerifiedAt.IsZero(), false)
}

func removeIdentity(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	r := tollkeeper.IdentityRemoval{Identity: tollkeeper.IssuedKey{Issuer: issuer, Subject: fmt.Sprintf("person%d", s.Other%3)}, Client: s.client()}
	if len(a.linked) > 0 && s.How%4 != 0 {
		r.Identity = a.linked[0].Key()
	}
	var p plan
	if m.limited(a) != tollkeeper.Unlimited {
		p = refused(tollkeeper.ErrLimitedSession)
	} else {
		r.Password = m.freshProof(&p, a, h, s.How/4)
	}
	switch {
	case p.err != nil:
	case !linkedTo(a, r.Identity):
		p.err = tollkeeper.ErrNotFound
	default:
		p = p.with(nil, m.fact("unlinked "+r.Identity.Subject, a), m.fact("sessions ended", a))
	}
	return p, m.auth.RemoveIdentity(ctx, by, r)
}
