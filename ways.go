package tollkeeper

import (
	"slices"

	"github.com/tollkeeper/tollkeeper/store"
)

// ways are what leads into an account.
type ways struct {
	password   bool
	mailbox    bool // it is proven: a mailed code or a reset always leads in
	identities int  // at other issuers
	passkeys   int  // that are confirmed
}

// any reports whether there is one. Whoever takes a way in from an account refuses to take the last ([ErrLastWayIn]).
func (w ways) any() bool { return w.password || w.mailbox || w.identities > 0 || w.passkeys > 0 }

// waysAfter counts what leads into the account once the change is made. s comes with its credentials as they were read
// with c.Account.
func waysAfter(s Subject, c store.Change) ways {
	w := ways{password: c.Account.Password != "", mailbox: !c.Account.EmailProvenAt.IsZero(), identities: len(c.Link)}
	for _, l := range s.Linked {
		again := slices.ContainsFunc(c.Link, func(x Linked) bool { return x.Key() == l.Key() })
		if !again && !slices.Contains(c.Unlink, l.Key()) {
			w.identities++
		}
	}
	for _, f := range s.Factors {
		again := slices.ContainsFunc(c.PutFactors, func(x store.Factor) bool { return x.ID == f.ID })
		if !again && !slices.Contains(c.DropFactors, f.ID) && leadsIn(f) {
			w.passkeys++
		}
	}
	for _, f := range c.PutFactors {
		if leadsIn(f) {
			w.passkeys++
		}
	}
	return w
}

// leadsIn reports whether the factor can be shown instead of a password.
func leadsIn(f store.Factor) bool { return f.Kind == store.FactorPasskey && f.PendingUntil.IsZero() }
