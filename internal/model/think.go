package model

import "time"

// follow is what somebody does next, often, after they did something.
var follow = map[string][]string{
	"sign-up":              {"sign-in", "verify-email", "update-organization", "request-verification", "enrol-factor"},
	"sign-in":              {"sign-in-with-factor", "enrol-factor", "sign-in", "change-password"},
	"request-code":         {"sign-in-with-code", "sign-in-with-code", "request-code"},
	"sign-in-with-code":    {"sign-in-with-factor", "enrol-factor", "sign-in-with-code", "sign-in-with-code"},
	"request-link":         {"sign-in-with-link", "sign-in-with-link", "request-code"},
	"sign-in-with-link":    {"sign-in-with-factor", "sign-in-with-link", "sign-in-with-code"},
	"sign-in-with-token":   {"sign-in-with-factor", "remove-identity"},
	"sign-in-with-factor":  {"sign-in-with-factor", "sign-in-with-factor", "sign-in"},
	"request-reset":        {"reset-password"},
	"reset-password":       {"reset-password", "sign-in"},
	"request-verification": {"verify-email", "disown"},
	"verify-email":         {"verify-email", "enrol-factor", "enrol-factor", "sign-in"},
	"request-email-change": {"confirm-email-change"},
	"confirm-email-change": {"confirm-email-change"},
	"enrol-factor":         {"confirm-factor", "confirm-factor", "verify-email"},
	"confirm-factor":       {"confirm-factor", "sign-in", "sign-in", "sign-in", "reauthenticate"},
	"new-recovery-codes":   {"remove-factor"},
	"refresh":              {"refresh"},
	"charge":               {"refund"},
}

// think makes up the next step: what follows the last one, the same again, or anything that can be done.
func (m *machine) think(d *dice, last Step) (s Step) {
	next := follow[last.Do]
	switch {
	case d.chance(8):
		s = last
		s.Fault = Fault{}
	case len(next) > 0 && d.chance(2):
		s = last
		s.Do, s.How = next[d.roll(len(next))], d.roll(1<<16)
	default:
		s = m.anything(d)
	}
	if op := operations[s.Do]; op == nil || op.ready != nil && !op.ready(m, s) {
		s = m.anything(d)
	}
	s.Clock, s.Fault = moves(d), fault(d)
	if s.Do == "sign-in-with-factor" && d.chance(2) {
		s.Clock = time.Duration(20+d.roll(30)) * time.Second // until the app shows another code
	}
	if s.Do == "restart" && d.chance(4) {
		s.Clock = 20 * 24 * time.Hour
	}
	return s
}

// anything picks an operation, and somebody who can do it.
func (m *machine) anything(d *dice) (s Step) {
	total := 0
	for _, op := range operations {
		total += op.weight
	}
	for range 10 {
		n := d.roll(total)
		for _, name := range operationNames {
			if n -= operations[name].weight; n < 0 {
				s = Step{Do: name}
				break
			}
		}
		for range 12 {
			s.Who, s.Other, s.How, s.From = m.somebody(d), m.somebody(d), d.roll(1<<16), d.roll(len(networks))
			if placeOf(s.Who).scope != placeOf(s.Other).scope && d.chance(2) {
				s.Other = s.Who/names*names + s.Other%names
			}
			if op := operations[s.Do]; op.ready == nil || op.ready(m, s) {
				return s
			}
		}
	}
	return Step{Do: "pass"}
}

// somebody is one of the cast, more often one of the few that much happens to.
func (m *machine) somebody(d *dice) int {
	if d.chance(3) {
		return d.roll(castSize)
	}
	return []int{inTenants * names, inApp * names, below * names, below*names + 1, below*names + 2}[d.roll(5)]
}

// moves is how the clock moves: mostly a little, at times not at all, ahead or back.
func moves(d *dice) time.Duration {
	switch d.roll(120) {
	case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9:
		return 0
	case 10, 11:
		return -time.Duration(d.roll(40)) * time.Minute
	case 12:
		return time.Duration(d.roll(50)) * time.Hour
	case 13:
		return -time.Duration(d.roll(3)*d.roll(24)) * time.Hour
	case 14, 15, 16, 17, 18, 19, 20:
		return time.Duration(d.roll(20)) * time.Minute
	}
	return time.Duration(1+d.roll(40)*d.roll(1_000)) * time.Millisecond
}

// fault is what goes wrong in one step of six.
func fault(d *dice) Fault {
	if !d.chance(6) {
		return Fault{}
	}
	return Fault{modes[d.roll(len(modes))], 1 + d.roll(6)}
}
