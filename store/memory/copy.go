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
	a.Metadata = bytes.Clone(a.Metadata)
	a.Organization = copyOrganization(a.Organization)
	return a
}

func copyOrganization(o *store.Organization) *store.Organization {
	if o == nil {
		return nil
	}
	c := *o
	c.Authorized, c.Issuers = slices.Clone(o.Authorized), slices.Clone(o.Issuers)
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
	m.Args, m.Lookup.Credential = maps.Clone(m.Args), bytes.Clone(m.Lookup.Credential)
	return m
}
