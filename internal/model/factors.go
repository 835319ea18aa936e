package model

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// proof is a code of the second factor, and whether it is right.
type proof struct {
	text     string
	right    bool
	recovery bool
	guesses  []guess
}

// factorProof picks a code: of an app now, a recovery code, a used one or a wrong one.
func (m *machine) factorProof(a *account, how int) proof {
	h := m.holder(a.ID)
	app := proof{text: "000000", guesses: []guess{{"app of " + a.ID.String(), 3}}}
	paper := proof{text: "AAAA-AAAA-AAAA-AAAA", recovery: true, guesses: []guess{{"recovery of " + a.ID.String(), 3}}}
	switch {
	case how%6 == 0:
		return app
	case how%6 == 1 && len(h.recovery) > 0:
		paper.text, paper.right = h.recovery[how%len(h.recovery)], true
		return paper
	case how%12 == 2 && len(h.worn) > 0:
		paper.text = h.worn[how%len(h.worn)]
		return paper
	case how%12 == 8:
		return paper
	}
	now := m.clock.now()
	for _, f := range a.factors {
		if seed := h.seeds[f.ID]; seed != "" && f.PendingUntil.IsZero() {
			app.text, _ = totp.GenerateCode(seed, now)
			app.right = now.Unix()/30 > f.Counter
			return app
		}
	}
	return app
}

// wear notes what a right proof uses up, also where it was refused later. After a fault nobody knows, and it is not
// tried again.
func (m *machine) wear(a *account, p proof) {
	h := m.holder(a.ID)
	if i := slices.Index(h.recovery, p.text); i >= 0 {
		h.recovery = slices.Delete(slices.Clone(h.recovery), i, i+1)
		if !m.store.struck {
			h.worn = append(h.worn, p.text)
		}
	}
}

// forgotten forgets the tries that a right proof forgets.
func (m *machine) forgotten(a *account, p proof) {
	m.pardon("app of " + a.ID.String())
	if p.recovery {
		m.pardon("recovery of " + a.ID.String())
	}
}

func hasChallenge(m *machine, s Step) bool {
	a := m.at(placeOf(s.Who))
	return a != nil && len(m.holder(a.ID).challenges) > 0 && (s.How%16 == 0 || a.Factors != 0)
}

func signInWithFactor(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	h, now := m.holder(a.ID), m.clock.now()
	c := h.challenges[len(h.challenges)-1]
	if s.How%8 == 0 {
		c = h.challenges[s.How/8%len(h.challenges)]
	}
	p, code := refused(tollkeeper.ErrInvalidChallenge), m.factorProof(a, s.How)
	valid := now.Before(c.issuedAt.Add(5*time.Minute)) && c.epoch == a.Epoch && a.Factors != 0
	switch {
	case !valid:
	case !code.right:
		p = refused(tollkeeper.ErrInvalidCode)
		p.wrong = true
	default:
		p = m.enters(plan{earned: true, pardons: c.mailbox}, a, c.operation, !a.EmailVerifiedAt.IsZero(), true)
		if c.used && p.err == nil || c.used && codeOf(p.err) == codeOf(tollkeeper.ErrInsufficientCredits) {
			p = plan{err: tollkeeper.ErrInvalidChallenge}
		}
		if p.err == nil && c.later.Subject != "" && len(a.linked) == 0 && m.linkedAt(placeOf(s.Who), c.later) == nil {
			p = p.with(nil, m.fact("linked "+c.later.Subject, a))
		}
	}
	res, err := m.auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: c.challenge, Code: tollkeeper.SecretText(code.text), Client: s.client()})
	if valid && code.right && !m.store.stopped() {
		m.wear(a, code)
	}
	if err == nil {
		c.used = true
		m.entered(res, a.ID, c.way, m.tenantKey(a), a.Epoch)
		m.forgotten(a, code)
		if c.mailbox {
			m.pardoned(a, ofAddress)
		}
	} else if m.store.struck {
		c.used = true // nobody knows: it is not tried again as a fresh one
		h.challenges = slices.DeleteFunc(slices.Clone(h.challenges), func(o *held) bool { return o == c })
	}
	return p.at(code.guesses...), err
}

func canAct(m *machine, s Step) bool {
	a := m.at(placeOf(s.Who))
	if a == nil {
		return false
	}
	h := m.session(a, s.How)
	return h != nil && m.serves(a, h, m.clock.now())
}

// recent reports whether the session was proved within the time.
func (m *machine) recent(h *held, within time.Duration) bool {
	age := m.clock.now().Sub(m.rows.sessions[h.id].ProvedAt)
	return age >= 0 && age <= within
}

const freshFor = 5 * time.Minute

// freshProof is the password, or none. It returns what is refused for want of it, and what guesses count at.
func (m *machine) freshProof(p *plan, a *account, h *held, how int) (password tollkeeper.Password) {
	known := m.holder(a.ID).password
	switch {
	case how%3 == 0:
		if !m.recent(h, freshFor) {
			p.err = tollkeeper.ErrNotRecent
		}
		return ""
	case how%3 == 1 && known != "":
		p.earned = true
		p.guesses = append(p.guesses, m.own(a))
		return tollkeeper.Password(known)
	}
	p.err, p.wrong = tollkeeper.ErrInvalidCredentials, true
	p.guesses = append(p.guesses, m.own(a))
	return "a wrong one"
}

// own is where wrong passwords of a session count.
func (m *machine) own(a *account) guess { return guess{"own password of " + a.ID.String(), lockFree} }

func enrolFactor(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	var p plan
	r := tollkeeper.FactorEnrolment{Client: s.client()}
	limited := m.limited(a)
	switch {
	case limited == tollkeeper.LimitedUnverified || limited == tollkeeper.LimitedPassword:
		p = refused(tollkeeper.ErrLimitedSession)
	case a.Factors != 0:
		r.Password = "not looked at"
		if p.err = nil; !m.recent(h, freshFor) {
			p.err = tollkeeper.ErrNotRecent
		}
	default:
		r.Password = m.freshProof(&p, a, h, s.How/4)
	}
	switch {
	case p.err != nil:
	case a.EmailProvenAt.IsZero():
		p.err = tollkeeper.ErrUnverified
	default:
		if a.Factors == 0 && r.Password != "" {
			p = m.proved(p, a, h)
		}
		if len(confirmed(a)) >= 10 {
			p.err = tollkeeper.ErrFactorState
		} else {
			p = p.with(nil, m.fact("factor begun", a))
		}
	}
	e, err := m.auth.EnrolFactor(ctx, by, r)
	if err == nil {
		m.holder(a.ID).pending = string(e.Seed)
	} else if m.store.struck {
		m.holder(a.ID).pending = ""
	}
	return p, err
}

func confirmFactor(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	k, now := m.holder(a.ID), m.clock.now()
	code := proof{text: "000000", guesses: []guess{{"app of " + a.ID.String(), 3}}}
	if k.pending != "" && s.How%5 != 0 {
		code.text, _ = totp.GenerateCode(k.pending, now)
		code.right = true
	}
	var p plan
	pending := slices.IndexFunc(a.factors, func(f store.Factor) bool { return now.Before(f.PendingUntil) })
	limited := m.limited(a)
	switch {
	case limited == tollkeeper.LimitedUnverified || limited == tollkeeper.LimitedPassword:
		p = refused(tollkeeper.ErrLimitedSession)
	case !m.recent(h, 15*time.Minute):
		p = refused(tollkeeper.ErrNotRecent)
	case pending < 0:
		p = refused(tollkeeper.ErrFactorState)
	case !code.right:
		p = plan{err: tollkeeper.ErrInvalidCode, wrong: true}
	default:
		p = plan{earned: true, facts: []fact{m.fact("factors", a), m.fact("sessions ended", a)}}
	}
	recovery, err := m.auth.ConfirmFactor(ctx, by, tollkeeper.SecretText(code.text), s.client())
	if err == nil {
		k.seeds[a.factors[pending].ID], k.pending = k.pending, ""
		m.renewed(a, recovery)
		m.forgotten(a, proof{})
	} else if m.store.struck && pending >= 0 && code.right {
		k.seeds[a.factors[pending].ID] = k.pending // of no use if it was not confirmed
		m.renewed(a, nil)
	}
	return p.at(code.guesses...), err
}

// renewed notes new recovery codes; with the first factor, or in place of the old ones. nil: those stand.
func (m *machine) renewed(a *account, codes []tollkeeper.SecretText) {
	k := m.holder(a.ID)
	if codes == nil {
		return
	}
	k.worn = append(k.worn, k.recovery...)
	k.recovery = nil
	for _, c := range codes {
		k.recovery = append(k.recovery, string(c))
	}
}

func removeFactor(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	var p plan
	r := tollkeeper.FactorRemoval{Client: s.client()}
	code := m.factorProof(a, s.How/3)
	r.Code = tollkeeper.SecretText(code.text)
	if s.How%4 == 0 && len(confirmed(a)) > 0 {
		r.Factor = uuid.MustParse(confirmed(a)[0])
	}
	if m.limited(a) != tollkeeper.Unlimited {
		p = refused(tollkeeper.ErrLimitedSession)
	} else {
		r.Password = m.freshProof(&p, a, h, s.How)
	}
	looked := p.err == nil
	p = m.factorPlan(p, a, code)
	if p.err == nil {
		p = p.with(nil, m.fact("factors", a), m.fact("sessions ended", a))
	}
	err := m.auth.RemoveFactor(ctx, by, r)
	m.afterFactor(a, code, looked, err)
	m.papersGone(a, err == nil && (r.Factor == uuid.Nil || len(confirmed(a)) == 1))
	return p, err
}

// papersGone notes that recovery codes are void. After a fault nobody knows, and they are not tried again.
func (m *machine) papersGone(a *account, void bool) {
	k := m.holder(a.ID)
	if void {
		k.worn = append(k.worn, k.recovery...)
	}
	if void || m.store.struck {
		k.recovery = nil
	}
}

// factorPlan goes on with a proof of the second factor.
func (m *machine) factorPlan(p plan, a *account, code proof) plan {
	if p.err != nil {
		return p
	}
	p.guesses = append(p.guesses, code.guesses...)
	switch {
	case a.Factors == 0:
		p.err = tollkeeper.ErrFactorState
	case !code.right:
		p.err, p.wrong = tollkeeper.ErrInvalidCode, true
	default:
		p.earned = true
	}
	return p
}

// afterFactor notes what became of the code.
func (m *machine) afterFactor(a *account, code proof, looked bool, err error) {
	if looked && a.Factors != 0 && code.right && !m.store.stopped() {
		m.wear(a, code)
	}
	if err == nil {
		m.forgotten(a, code)
	}
}

func newRecoveryCodes(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, _ := m.identity(a, s.How)
	code := m.factorProof(a, s.How)
	var p plan
	if m.limited(a) != tollkeeper.Unlimited {
		p = refused(tollkeeper.ErrLimitedSession)
	}
	looked := p.err == nil
	p = m.factorPlan(p, a, code)
	if p.err == nil {
		p = p.with(nil, m.fact("sessions ended", a))
	}
	list, err := m.auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: tollkeeper.SecretText(code.text), Client: s.client()})
	m.afterFactor(a, code, looked, err)
	if err == nil {
		m.renewed(a, list)
	} else {
		m.papersGone(a, false)
	}
	return p, err
}

// proved adds that a session was proved again, which shows unless that was at this moment already.
func (m *machine) proved(p plan, a *account, h *held) plan {
	if m.rows.sessions[h.id].ProvedAt.Equal(m.clock.now()) {
		return p
	}
	return p.with(nil, m.fact("proved", a))
}

func reauthenticate(m *machine, s Step, ctx context.Context) (plan, error) {
	a := m.at(placeOf(s.Who))
	by, h := m.identity(a, s.How)
	r := tollkeeper.Confirmation{Password: "a wrong one", Client: s.client()}
	p := plan{err: tollkeeper.ErrInvalidCredentials, wrong: true, guesses: []guess{m.own(a)}}
	if known := m.holder(a.ID).password; known != "" && s.How%4 != 0 {
		r.Password = tollkeeper.Password(known)
		p = plan{earned: true, guesses: p.guesses}
	}
	if m.limited(a) == tollkeeper.LimitedPassword {
		p = refused(tollkeeper.ErrLimitedSession)
	}
	looked := p.err == nil
	var code proof
	if a.Factors != 0 {
		code = m.factorProof(a, s.How/3)
		r.Code = tollkeeper.SecretText(code.text)
		p = m.factorPlan(p, a, code)
	}
	if p.err == nil {
		p = m.proved(p, a, h)
	}
	err := m.auth.Reauthenticate(ctx, by, r)
	if a.Factors != 0 {
		m.afterFactor(a, code, looked, err)
	}
	return p, err
}
