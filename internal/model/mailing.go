package model

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// hasLetter: mostly, those who got mail use it.
func hasLetter(p store.Purpose) func(*machine, Step) bool {
	return func(m *machine, s Step) bool {
		a := m.at(placeOf(s.Who))
		return a != nil && (s.How%16 == 0 || len(m.lettersOf(a, p)) > 0)
	}
}

func requestReset(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, public := m.scope(at, s.How)
	_, unknown := m.lookedUp(at, public)
	return refused(unknown), m.auth.RequestReset(ctx, tollkeeper.MailRequest{Email: address(at.name), Scope: scope, Client: s.client()})
}

// opens says what a link opens for its account: nothing, where it is over.
func (m *machine) opens(a *account, l *letter) error {
	switch {
	case l == nil || l.swept:
		return tollkeeper.ErrInvalidLink
	case !m.clock.now().Before(l.ExpiresAt):
		return tollkeeper.ErrLinkExpired
	case l.spent:
		return tollkeeper.ErrLinkUsed
	case l.Purpose != store.PurposeChangeEmail && l.Address != a.EmailKey:
		return tollkeeper.ErrInvalidLink
	}
	return nil
}

// noToken has the form of one.
const noToken = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func tokenOf(l *letter) tollkeeper.SecretText {
	if l == nil {
		return noToken
	}
	return tollkeeper.SecretText(l.text)
}

func resetPassword(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	l := choose(m.lettersOf(a, store.PurposeReset), s.How)
	r := tollkeeper.ResetRequest{Token: tokenOf(l), Password: tollkeeper.Password(m.fresh()), Client: s.client()}
	if s.How%3 == 0 {
		r.By, _ = m.identity(a, s.How)
	}
	if s.How%7 == 0 {
		r.Password = "12345678"
	}
	m.trying = string(r.Password)
	p := plan{err: m.opens(a, l)}
	if p.err == nil && s.How%7 == 0 {
		p.err = tollkeeper.ErrWeakPassword
	}
	if p.err == nil {
		p.pardons = true
		if a.EmailProvenAt.IsZero() {
			p = m.proves(p, a, r.By != nil)
		}
		p.facts = slices.DeleteFunc(p.facts, func(f fact) bool { return f.what == "sessions ended" || f.what == "no password" })
		p = p.with(nil, m.fact("password", a), m.fact("sessions ended", a))
	}
	_, err := m.auth.ResetPassword(ctx, r)
	if err == nil {
		l.spent = true
		m.pardoned(a, ofAddress)
	}
	return p, err
}

func requestVerification(m *machine, s Step, ctx context.Context) (plan, error) {
	at := placeOf(s.Who)
	scope, _ := m.scope(at, s.How)
	p := plan{}
	if _, known := m.parentOf(at.scope); !known && s.How%3 == 1 {
		p.err = tollkeeper.ErrUnknownParent
	}
	return p, m.auth.RequestVerification(ctx, tollkeeper.MailRequest{Email: address(at.name), Scope: scope, Client: s.client(), Audience: s.audience()})
}

// proofBeside picks what is shown beside a link: a session, the password, a wrong one or nothing.
func (m *machine) proofBeside(p *plan, a *account, how int) (by *tollkeeper.Identity, password tollkeeper.Password) {
	h := m.holder(a.ID)
	switch how % 4 {
	case 0:
		by, _ = m.identity(a, how/4)
	case 1:
		if h.password != "" {
			p.guesses, p.earned = []guess{m.own(a)}, true
			return nil, tollkeeper.Password(h.password)
		}
	case 2:
		if how%8 == 2 {
			p.guesses, p.wrong, p.err = []guess{m.own(a)}, true, tollkeeper.ErrInvalidCredentials
			return nil, "a wrong one"
		}
	}
	return by, ""
}

func verifyEmail(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	l := choose(m.lettersOf(a, store.PurposeVerify), s.How)
	r := tollkeeper.VerifyRequest{Token: tokenOf(l), Client: s.client()}
	var beside plan
	r.By, r.Password = m.proofBeside(&beside, a, s.How/4)
	p := plan{err: m.opens(a, l)}
	switch {
	case codeOf(p.err) == codeOf(tollkeeper.ErrLinkUsed) && !a.EmailVerifiedAt.IsZero():
		p.err = tollkeeper.ErrAlreadyVerified
	case codeOf(p.err) == codeOf(tollkeeper.ErrLinkUsed):
		p.err = tollkeeper.ErrInvalidLink
	case p.err == nil:
		p = m.verifies(beside, a, r.By != nil || r.Password != "")
	}
	v, err := m.auth.VerifyEmail(ctx, r)
	if err == nil && v.Proven {
		for _, other := range m.lettersOf(a, store.PurposeVerify) {
			other.spent = true
		}
		m.pardoned(a, ofAddress)
	}
	return p, err
}

// verifies goes on with a good link and what is beside it.
func (m *machine) verifies(p plan, a *account, proves bool) plan {
	switch {
	case p.err != nil:
		return p
	case !a.EmailProvenAt.IsZero() || !proves && !a.EmailVerifiedAt.IsZero():
		p.err = tollkeeper.ErrAlreadyVerified
		return p
	}
	p.pardons = proves
	owner := a
	if q := m.parent(a); q != nil {
		owner = q
	}
	key := "verify:" + a.ID.String() + ":"
	if a.Parent != house && m.rows.balances[owner.ID].Credits >= 2 && !m.paidFor(owner.ID, key, a.EmailKey) {
		p = p.with(nil, m.fact(fmt.Sprintf("%s -2", tollkeeper.OpVerify), owner))
		m.verifying = key + a.EmailKey
	}
	if a.EmailVerifiedAt.IsZero() {
		p = p.with(nil, m.fact("verified", a))
	}
	if proves {
		p = p.with(nil, m.fact("proven", a))
	}
	return p
}

// paidFor reports whether the owner paid for that address of an account: at most once for each.
func (m *machine) paidFor(owner uuid.UUID, key, email string) bool {
	n := 0
	for _, e := range m.rows.ledger[owner] {
		if len(e.Key) > len(key) && e.Key[:len(key)] == key {
			n++
		}
	}
	return n > 0 && slices.Contains(m.verified, key+email)
}

func disown(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	l := choose(m.lettersOf(a, store.PurposeVerify), s.How)
	p := plan{err: m.opens(a, l)}
	switch {
	case p.err != nil:
	case !a.EmailProvenAt.IsZero():
		p.err = tollkeeper.ErrAlreadyVerified
	default:
		p = m.drops(p, a)
		if !a.EmailVerifiedAt.IsZero() {
			p = p.with(nil, m.fact("unverified", a))
		}
	}
	err := m.auth.Disown(ctx, tokenOf(l), s.client())
	if err == nil {
		l.spent = true
	}
	return p, err
}

// elsewhere is an address that is not the account's.
func (m *machine) elsewhere(a *account, other int) string {
	for name := other; ; name++ {
		if email := address(name % names); email != a.EmailKey {
			return email
		}
	}
}

func requestEmailChange(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	r := tollkeeper.EmailChange{Email: m.elsewhere(a, s.Other), Client: s.client()}
	var p plan
	if l := m.limited(a); l == tollkeeper.LimitedPassword || l == tollkeeper.LimitedSecondFactor {
		p = refused(tollkeeper.ErrLimitedSession)
	} else {
		r.Password = m.freshProof(&p, a, h, s.How)
	}
	return p, m.auth.RequestEmailChange(ctx, by, r)
}

func confirmEmailChange(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	l := choose(m.lettersOf(a, store.PurposeChangeEmail), s.How)
	r := tollkeeper.EmailConfirmation{Token: tokenOf(l), Client: s.client()}
	var beside plan
	r.By, r.Password = m.proofBeside(&beside, a, s.How/4)
	for _, x := range a.linked {
		if s.How%2 == 0 {
			r.Keep = append(r.Keep, x.Key())
		}
	}
	p, parent := plan{err: m.opens(a, l)}, m.parent(a)
	limited := m.limited(a)
	switch {
	case p.err != nil:
	case a.Status != store.StatusActive:
		p.err = tollkeeper.ErrInactive
	case parent != nil && parent.Status != store.StatusActive:
		p.err = tollkeeper.ErrParentInactive
	case r.By != nil && (limited == tollkeeper.LimitedPassword || limited == tollkeeper.LimitedSecondFactor):
		p.err = tollkeeper.ErrLimitedSession
	case r.By == nil && r.Password == "":
		p.err = tollkeeper.ErrNotRecent
	case beside.err != nil:
		p = beside
	default:
		p = m.moves(beside, a, l, len(r.Keep) > 0)
	}
	err := m.auth.ConfirmEmailChange(ctx, r)
	if err == nil {
		l.spent = true
		moved := *a
		moved.EmailKey = l.Address
		m.pardoned(&moved, ofAddress)
	}
	return p, err
}

// moves is a change of address that nothing refuses but the address itself.
func (m *machine) moves(p plan, a *account, l *letter, keep bool) plan {
	if other := m.rows.named(a.Parent, l.Address); other != nil && other.ID != a.ID {
		p.err = tollkeeper.ErrEmailTaken
		return p
	}
	p.pardons = true
	if l.Address != a.EmailKey {
		p = p.with(nil, m.fact("email", a))
	}
	if a.EmailVerifiedAt.IsZero() {
		p = p.with(nil, m.fact("verified", a))
	}
	if a.EmailProvenAt.IsZero() {
		p = p.with(nil, m.fact("proven", a))
	}
	for _, x := range a.linked {
		if !keep {
			p = p.with(nil, m.fact("unlinked "+x.Subject, a))
		}
	}
	return p
}
