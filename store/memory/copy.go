package memory

import (
	"bytes"
	"maps"
	"slices"

	"github.com/tollkeeper/tollkeeper/store"
)

// copyAccount returns a that shares no memory with it.
func copyAccount(a store.Account) store.Account {
	a.PasswordHistory = slices.Clone(a.PasswordHistory)
	a.TOTP = bytes.Clone(a.TOTP)
	a.TOTPPending = bytes.Clone(a.TOTPPending)
	a.Organization = copyOrganization(a.Organization)
	return a
}

func copyOrganization(o *store.Organization) *store.Organization {
	if o == nil {
		return nil
	}
	c := *o
	c.Authorized = slices.Clone(o.Authorized)
	return &c
}

func copyEntry(e store.LedgerEntry) store.LedgerEntry {
	if e.Package != nil {
		p := *e.Package
		e.Package = &p
	}
	return e
}

func copyMail(m store.QueuedMail) store.QueuedMail {
	m.Args = maps.Clone(m.Args)
	return m
}
