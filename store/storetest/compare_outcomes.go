package storetest

import (
	"errors"
	"slices"
	"strings"

	"github.com/tollkeeper/tollkeeper/store"
)

func (w *twins) met(verb, what string) { w.stats[verb+": "+what]++ }

// outcome names an error with its field.
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	if c, ok := errors.AsType[store.Conflict](err); ok {
		return strings.TrimSpace("conflict " + c.Field)
	}
	for _, known := range []error{
		store.ErrNoParent, store.ErrNotFound, store.ErrLastAdmin, store.ErrInsufficientCredits, store.ErrProofSpent, store.ErrInvalid,
	} {
		if errors.Is(err, known) {
			return strings.TrimPrefix(known.Error(), "store: ")
		}
	}
	return strange + err.Error()
}

// strange begins the outcome of an error that is none of the contract's.
const strange = "an error of its own: "

// unmet lists the outcomes that matter and were not met.
func unmet(seen map[string]int) []string {
	return slices.DeleteFunc(slices.Clone(matters), func(what string) bool { return seen[what] > 0 })
}

// matters are the outcomes without which a history proves little.
var matters = outcomes(map[string]string{
	"CreateAccount": "ok; again; paid; paid before; conflict; conflict email; conflict username; conflict identity; conflict credential; no such parent; " +
		"insufficient credits; the request makes no sense",
	"UpdateAccount": "ok; paid; paid before; conflict; conflict email; conflict username; conflict identity; conflict credential; not found; " +
		"used; used at zero; the proof is not live; proved; the last admin must stay; insufficient credits; the request makes no sense; " +
		"credits before a taken name; the version before the last admin; a session is kept",
	"DeleteAccount": "ok; not found; the last admin must stay",
	"FindAccount":   "ok; not found; no such parent; stray; by a credential; by a username; by an identity",
	"CreateSession": "ok; again; again of one who is gone; paid; paid before; conflict; not found; the proof is not live; insufficient credits; " +
		"the request makes no sense; used; used at zero; most",
	"Session":       "ok; not found",
	"RotateSession": "ok; conflict; not found; a disabled account before reuse",
	"TouchSession":  "ok; not found",
	"RevokeSession": "ok; not found",
	"PutSecrets":    "ok; not found",
	"ConsumeSecret": "ok; not found; tried",
	"ApplyCredit": "ok; again; refunded; conflict; conflict transaction; conflict refund; not found; insufficient credits; " +
		"the request makes no sense",
	"CloseMonths":  "ok; charged; the request makes no sense",
	"ClaimMail":    "ok; claimed",
	"FinishMail":   "ok",
	"ListMail":     "ok; failed",
	"ResumeMail":   "ok; not found",
	"ListCredits":  "ok; newest",
	"SumCredits":   "ok; several",
	"Take":         "ok; refused; full; waived",
	"AddEvents":    "ok",
	"ListEvents":   "ok; several; erased; a month; low; critical; depleted; recovered",
	"ListSessions": "ok; several",
	"ListAccounts": "ok; several; imported; newest; a role; a status",
})

func outcomes(of map[string]string) (list []string) {
	for verb, all := range of {
		for _, what := range strings.Split(all, "; ") {
			list = append(list, verb+": "+what)
		}
	}
	slices.Sort(list)
	return list
}
