package tollkeeper_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
)

// The decision about a proven account: own status, own verification, the organization rules, then who pays (docs/WIRE.md 1.1).
// Of several reasons the first is told.
func TestAdmit(t *testing.T) {
	org, other := uuid.New(), uuid.New()
	active := tollkeeper.Account{Status: tollkeeper.StatusActive}
	with := func(change func(s *tollkeeper.Subject)) tollkeeper.Subject {
		s := tollkeeper.Subject{Account: active}
		change(&s)
		return s
	}
	child := func(of tollkeeper.Status) tollkeeper.Subject {
		return with(func(s *tollkeeper.Subject) {
			s.Account.Parent = org
			s.Parent = &tollkeeper.Account{Status: of}
		})
	}
	widget := func(own, owners uuid.UUID, status tollkeeper.Status, authorized ...uuid.UUID) tollkeeper.Subject {
		return with(func(s *tollkeeper.Subject) {
			s.Account.OrganizationOwner = own
			if own != uuid.Nil {
				s.Organization = &tollkeeper.Organization{Authorized: authorized}
			}
			s.KeyOwner = &tollkeeper.Account{Status: status, OrganizationOwner: owners}
		})
	}
	unverified := with(func(s *tollkeeper.Subject) { s.Organization = &tollkeeper.Organization{VerificationRequired: true} })
	for _, c := range []struct {
		name    string
		subject tollkeeper.Subject
		method  string
		all     bool
		want    error
	}{
		{"a parent", tollkeeper.Subject{Account: active}, "password", false, nil},
		{"a stray", with(func(s *tollkeeper.Subject) { s.Stray, s.Account.Status = true, tollkeeper.StatusDisabled }), "password", false, tollkeeper.ErrParentKeyNeeded},
		{"disabled before unverified", with(func(s *tollkeeper.Subject) { s.Account.Status = tollkeeper.StatusDisabled }), "password", true, tollkeeper.ErrInactive},
		{"unverified", unverified, "password", false, tollkeeper.ErrUnverified},
		{"unverified by google", unverified, "google", false, tollkeeper.ErrUnverified},
		{"unverified at its sign-up", unverified, "sign-up", false, nil},
		{"everyone must verify", tollkeeper.Subject{Account: active}, "password", true, tollkeeper.ErrUnverified},
		{"a child", child(tollkeeper.StatusActive), "password", false, nil},
		{"a child of a disabled parent", child(tollkeeper.StatusDisabled), "password", false, tollkeeper.ErrParentInactive},
		{"a child of a deleted parent", child(tollkeeper.StatusDeleted), "password", false, tollkeeper.ErrParentGone},
		{"a child of nobody", with(func(s *tollkeeper.Subject) { s.Account.Parent = org }), "password", false, tollkeeper.ErrParentGone},
		{"no organization of its own", widget(uuid.Nil, org, tollkeeper.StatusActive), "password", false, tollkeeper.ErrParentKeyUnwanted},
		{"the key owner has none", widget(org, uuid.Nil, tollkeeper.StatusActive, org), "password", false, tollkeeper.ErrNoOrganization},
		{"another organization", widget(org, other, tollkeeper.StatusActive, org, other), "password", false, tollkeeper.ErrOrganizationMismatch},
		{"an empty list denies", widget(org, org, tollkeeper.StatusActive), "password", false, tollkeeper.ErrOrganizationNotAuthorized},
		{"not on the list", widget(org, org, tollkeeper.StatusActive, other), "password", false, tollkeeper.ErrOrganizationNotAuthorized},
		{"not on the list, before the owner's status", widget(org, org, tollkeeper.StatusDisabled, other), "password", false, tollkeeper.ErrOrganizationNotAuthorized},
		{"a disabled key owner", widget(org, org, tollkeeper.StatusDisabled, org), "password", false, tollkeeper.ErrParentInactive},
		{"on the list", widget(org, org, tollkeeper.StatusActive, org), "password", false, nil},
	} {
		if err := tollkeeper.Admit(c.subject, c.method, c.all); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}
