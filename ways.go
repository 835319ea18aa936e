package tollkeeper

import (
	"slices"

	"github.com/tollkeeper/tollkeeper/store"
)

// ways are what leads into an account.
type ways struct {
	password   bool
	mailbox    bool // it is proven: a mailed code or a reset always leads in
	identities int  // at other issuers that are on in the account's scope
	passkeys   int  // that are confirmed, and good at its relying party
}

// any reports whether there is one. Whoever takes a way in from an account refuses to take the last ([ErrLastWayIn]).
func (w ways) any() bool { return w.password || w.mailbox || w.identities > 0 || w.passkeys > 0 }

// waysAfter counts what leads into the account once the change is made. s comes with its credentials as they were read
// with c.Account, and with whose scope it is.
func (a *Authenticator) waysAfter(s Subject, c store.Change) ways {
	w := ways{password: c.Account.Password != "", mailbox: !c.Account.EmailProvenAt.IsZero()}
	for _, l := range c.Link {
		if a.isOn(s, l.Issuer) {
			w.identities++
		}
	}
	for _, l := range s.Linked {
		again := slices.ContainsFunc(c.Link, func(x Linked) bool { return x.Key() == l.Key() })
		if !again && !slices.Contains(c.Unlink, l.Key()) && a.isOn(s, l.Issuer) {
			w.identities++
		}
	}
	for _, f := range s.Factors {
		again := slices.ContainsFunc(c.PutFactors, func(x store.Factor) bool { return x.ID == f.ID })
		if !again && !slices.Contains(c.DropFactors, f.ID) && a.leadsIn(s, f) {
			w.passkeys++
		}
	}
	for _, f := range c.PutFactors {
		if a.leadsIn(s, f) {
			w.passkeys++
		}
	}
	return w
}

// leadsIn reports whether the factor can be shown instead of a password.
func (a *Authenticator) leadsIn(s Subject, f store.Factor) bool {
	r, ok := a.openPasskey(f)
	return ok && f.PendingUntil.IsZero() && a.cfg.Passkeys.Verifier != nil && r.Domain == a.partyOf(s).domain
}

// isOn reports whether people of the account's scope sign in by that issuer.
func (a *Authenticator) isOn(s Subject, issuer string) bool {
	if a.cfg.Social.Issuers[issuer] == nil || s.Parent == nil {
		return false
	}
	if s.Parent.House {
		return a.cfg.Social.app(issuer).Enabled
	}
	return s.Organization != nil && s.Organization.Issuer(issuer).Enabled
}
