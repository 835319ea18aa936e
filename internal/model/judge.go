package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/store"
)

// plan is what a step must lead to, said before it is done.
type plan struct {
	err     error // nil: success
	facts   []fact
	wrong   bool // a proof is looked at, and is wrong
	earned  bool // a proof is right
	pardons bool // what failures closed is pardoned
	guesses []guess
	free    bool // what the worker finds is its own
}

// refused is a plan of a step that changes nothing.
func refused(err error) plan { return plan{err: err} }

// does is a plan of a step that succeeds.
func does(facts ...fact) plan { return plan{facts: facts} }

func (m *machine) fact(what string, a *account) fact { return fact{what, m.label(a), a.ID} }

// with adds facts, and a refusal after them.
func (p plan) with(err error, facts ...fact) plan {
	p.err, p.facts = err, append(slices.Clone(p.facts), facts...)
	return p
}

// at says what failures of the step's proof count at.
func (p plan) at(list ...guess) plan {
	p.guesses = list
	return p
}

func codeOf(err error) string {
	if err == nil {
		return "ok"
	}
	if e, ok := errors.AsType[*tollkeeper.Error](err); ok {
		return string(e.Code)
	}
	return "foreign: " + err.Error()
}

// do does a step and judges it.
func (m *machine) do(s Step) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	m.clock.move(s.Clock)
	m.forget()
	op := operations[s.Do]
	if op == nil || op.ready != nil && !op.ready(m, s) {
		return nil
	}
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), asked{}, true))
	defer cancel()
	before := m.store.counts(m.clock.now())
	m.store.begin(s, cancel)
	m.reject(s.Fault.Mode == Mailer)
	m.trying, m.verifying, m.broken = "", "", nil
	letters := len(m.letters)
	p, got := op.do(m, s, ctx)
	m.settle()
	m.reject(false)
	m.opened()
	if m.broken != nil {
		return m.broken
	}
	m.stats[s.Do+": "+codeOf(got)]++
	m.stats["steps"]++
	if m.store.struck || m.store.strayed || s.Fault.Mode == Mailer {
		m.stats["fault "+string(s.Fault.Mode)]++
	}
	return m.judge(s, p, got, before, letters)
}

// forget is what a store may do with what is over, and need not: should the clock go back, nobody knows.
func (m *machine) forget() {
	for key, until := range m.asked {
		if !m.clock.now().Before(until) {
			delete(m.asked, key)
			if until.After(m.unsure[key]) {
				m.unsure[key] = until
			}
		}
	}
}

func (m *machine) reject(mails bool) {
	m.boxMu.Lock()
	defer m.boxMu.Unlock()
	m.rejected = mails
}

// judge compares what happened with the plan, and checks all that must hold.
func (m *machine) judge(s Step, p plan, got error, before map[store.Digest]int, letters int) error {
	if err := m.outcome(&p, got); err != nil {
		return err
	}
	m.swept()
	next, err := m.read(m.full())
	if err != nil {
		return err
	}
	facts, err := m.compare(next)
	if err != nil {
		return err
	}
	fresh, err := m.happened()
	if err != nil {
		return err
	}
	checks := []func() error{
		func() error { return m.told(facts, fresh) },
		func() error { return m.planned(p, facts) },
		func() error { return m.hold(next) },
		func() error { return m.alerts(next, fresh) },
	}
	if !m.store.struck && !p.free {
		checks = append(checks, func() error { return m.store.settled(before, p, m.clock.now()) })
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	for _, e := range fresh {
		m.events[e.ID] = e
	}
	m.accept(next)
	m.void(facts, letters)
	if m.store.struck {
		m.learn()
	}
	return m.tokens(next.full)
}

// full reports whether everything is read: always, where that costs little.
func (m *machine) full() bool { return m.everything || m.stats["steps"]%16 == 0 }

// outcome checks the error of a step, and counts its guesses.
func (m *machine) outcome(p *plan, got error) error {
	struck, code := m.store.struck, codeOf(got)
	if struck && p.pardons {
		m.unpardon()
	}
	if len(m.store.taken) > 0 {
		m.tried(p.guesses)
	}
	locked := code == string(tollkeeper.ErrLocked.Code) || code == string(tollkeeper.ErrRateLimited.Code)
	if m.store.refused {
		legit := len(p.guesses) == 0
		for _, g := range p.guesses {
			legit = legit || m.failures(g.key) >= g.least
		}
		if !legit {
			return fmt.Errorf("N11: a throttle refuses, but since it was pardoned there were no failures that explain it: %s", m.counted(p.guesses))
		}
		*p = plan{err: got, earned: p.earned, pardons: p.pardons}
		if !locked && !(struck && code == "unavailable") {
			return fmt.Errorf("R19: a throttle refuses, and the answer is %s", code)
		}
		return nil
	}
	if m.store.full && code == "busy" || m.store.limited && code == string(tollkeeper.ErrRateLimited.Code) {
		*p = plan{err: got, earned: p.earned, pardons: p.pardons}
		return nil
	}
	switch want := codeOf(p.err); {
	case code == want:
	case struck && (code == "unavailable" || code == "upstream"):
		p.wrong = true // a place that is lost becomes a failure
	default:
		return fmt.Errorf("it returns %s (%v), the model says %s", code, errors.Unwrap(got), want)
	}
	if p.wrong || struck && len(m.store.taken) > 0 {
		for _, g := range p.guesses {
			t := m.guesses[g.key]
			t.n, t.all = t.n+1, t.all+1
			m.guesses[g.key] = t
		}
	}
	return nil
}

func (m *machine) counted(list []guess) (text string) {
	for _, g := range list {
		text += fmt.Sprintf("%d of %d at %s, ", m.failures(g.key), g.least, g.key)
	}
	return strings.TrimSuffix(text, ", ")
}

// planned compares the facts with those of the plan. After a fault some of them may be missing, none may be more.
func (m *machine) planned(p plan, facts []fact) error {
	left := map[string]int{}
	for _, f := range p.facts {
		left[f.String()]++
	}
	for _, f := range facts {
		if strings.HasPrefix(f.what, "retention ") {
			continue // the worker's; the books say that it is once a month
		}
		if left[f.String()]--; left[f.String()] < 0 {
			return fmt.Errorf("nobody asked for this change: %s\nall changes: %v\nplanned: %v", f, facts, p.facts)
		}
	}
	for text, n := range left {
		if n > 0 && !m.store.struck {
			return fmt.Errorf("it succeeds without %s\nall changes: %v", text, facts)
		}
	}
	return nil
}

// swept forgets what a sweep took.
func (m *machine) swept() {
	if !m.store.swept {
		return
	}
	old := m.clock.now().Add(-24 * time.Hour)
	for _, s := range m.rows.sessions {
		s.dead = s.dead || !s.EndsAt().After(old)
	}
	for _, l := range m.letters {
		l.swept = l.swept || !l.ExpiresAt.IsZero() && !l.ExpiresAt.After(old)
	}
	for _, h := range m.known {
		for _, c := range h.challenges {
			c.used = c.used && c.expires.Add(time.Hour).After(old)
		}
	}
	m.mayBeSwept = true
}

// void ends the letters that the facts end, of those that were there before, whether or not their time is over.
func (m *machine) void(facts []fact, letters int) {
	for _, f := range facts {
		if strings.HasPrefix(f.what, string(tollkeeper.OpVerify)) {
			m.verified = append(m.verified, m.verifying)
		}
		for _, l := range m.letters[:letters] {
			l.spent = l.spent || l.Account == f.about && (f.what == "sessions ended" || f.what == "email")
		}
		if f.what == "deleted" {
			for _, l := range m.letters {
				l.swept = l.swept || m.rows.accounts[l.Account] == nil
			}
		}
	}
}

// learn reads what became of mailed secrets in a step whose answer says nothing.
func (m *machine) learn() {
	for _, l := range m.letters {
		x, _, err := m.raw.Secret(unfaulted, l.Purpose, l.Digest)
		l.swept = l.swept || err != nil
		l.spent, l.Tries = l.spent || !x.UsedAt.IsZero(), max(l.Tries, x.Tries)
	}
}

// tokens checks every token that was ever given, or those of the accounts that the step touched.
func (m *machine) tokens(all bool) error {
	now := m.clock.now()
	for _, id := range slices.Collect(maps.Keys(m.known)) {
		a, h := m.rows.accounts[id], m.known[id]
		if !all && !m.store.touched[id] {
			continue
		}
		for _, x := range h.sessions {
			who, err := m.auth.Authenticate(unfaulted, x.token)
			if err := m.speaks(a, x, who, err, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// speaks checks the answer to one token.
func (m *machine) speaks(a *account, x *held, who *tollkeeper.Identity, err error, now time.Time) error {
	want := a != nil && m.serves(a, x, now)
	switch {
	case err != nil && want:
		return fmt.Errorf("a live session of %s is refused: %w", m.label(a), err)
	case err == nil && !want:
		return fmt.Errorf("I5: an ended session opens something: %s", who.Email)
	case err != nil:
		return nil
	case who.Account != a.ID || who.Parent != a.Parent || who.Session != x.id || who.Email != a.Email || who.Role != a.Role:
		return fmt.Errorf("I8: a token of %s speaks for %+v", m.label(a), who)
	case who.Limited != m.limited(a):
		return fmt.Errorf("N17: a session of %s is limited by %q, want %q", m.label(a), who.Limited, m.limited(a))
	}
	return nil
}

// scopeOf is how a request names the scope of an account.
func (m *machine) scopeOf(a *account, how int) tollkeeper.Scope {
	switch a.Parent {
	case house:
		return tollkeeper.Scope{}
	case tollkeeper.Root:
		return tollkeeper.Tenants
	}
	p := m.rows.accounts[a.Parent]
	switch {
	case p == nil || how%3 == 0:
		return tollkeeper.Under(a.Parent)
	case how%3 == 1:
		return tollkeeper.UnderKey(p.PublicKey)
	}
	return tollkeeper.UnderNumber(p.Number)
}
