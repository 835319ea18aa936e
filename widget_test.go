package tollkeeper_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

// docs/WIRE.md 1.1 rule 5: a member signs in with the key of his organization's owner, who pays; no jwtSecret goes this way.
func TestOrganizationWidget(t *testing.T) {
	story(t, func(w *world) {
		owner, member := w.parent("owner@example.com"), w.parent("member@example.com")
		name := "Acme"
		w.want(w.auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.Account, Member: member.Account}), tollkeeper.ErrNoOrganization)
		d, err := w.auth.UpdateOrganization(ctx, owner.Identity, tollkeeper.OrganizationPatch{Name: &name, Authorized: &[]uuid.UUID{owner.Account}})
		w.ok(err)
		if d.Organization.UpdateCount != 1 {
			t.Errorf("%+v", d.Organization)
		}
		w.ok(w.auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.Account, Member: member.Account}))
		w.ok(w.auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.Account, Member: member.Account}))
		ask := member.attempt(password)
		ask.ParentKey = owner.PublicKey
		res, err := w.auth.SignIn(ctx, ask)
		w.ok(err)
		if res.TenantKey != "" || w.identity(string(res.Token)).Account != member.Account {
			t.Error("the widget gave the jwtSecret, or another account")
		}
		if o, m := w.balance(owner), w.balance(member); o.Used != 1 || m.Used != 0 {
			t.Errorf("the owner paid %d, the member %d", o.Used, m.Used)
		}
		ask.Password = "wrong"
		_, err = w.auth.SignIn(ctx, ask)
		w.want(err, tollkeeper.ErrInvalidCredentials)
		ask.Password = password
		w.drain(owner)
		_, err = w.auth.SignIn(ctx, ask)
		w.want(err, tollkeeper.ErrInsufficientCredits)
		w.signIn(member) // his own way in stays
		w.ok(w.auth.Host().SetStatus(ctx, owner.Account, tollkeeper.StatusDisabled))
		_, err = w.auth.SignIn(ctx, ask)
		w.want(err, tollkeeper.ErrParentInactive)
		_, err = w.auth.UpdateOrganization(ctx, member.Identity, tollkeeper.OrganizationPatch{Name: &name})
		w.want(err, tollkeeper.ErrForbidden)
	}, unlimited)
}

// docs/WIRE.md 1.6: what an organization may say of itself.
func TestUpdateOrganizationIsChecked(t *testing.T) {
	text := func(s string) *string { return &s }
	many := make([]uuid.UUID, 1001)
	for name, c := range map[string]struct {
		patch tollkeeper.OrganizationPatch
		field string
	}{
		"a plain URL":           {tollkeeper.OrganizationPatch{URL: text("http://acme.example")}, "organizationUrl"},
		"a script":              {tollkeeper.OrganizationPatch{URL: text("javascript:alert(1)")}, "organizationUrl"},
		"a user":                {tollkeeper.OrganizationPatch{URL: text("https://a:b@acme.example")}, "organizationUrl"},
		"a line break":          {tollkeeper.OrganizationPatch{URL: text("https://acme.example/\r\n")}, "organizationUrl"},
		"no URL, but pages":     {tollkeeper.OrganizationPatch{AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("https://acme.example/reset")}}, "authUrls"},
		"a page elsewhere":      {tollkeeper.OrganizationPatch{URL: text("https://acme.example"), AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("https://evil.example")}}, "authUrls"},
		"a page that looks so":  {tollkeeper.OrganizationPatch{URL: text("https://acme.example"), AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("https://notacme.example")}}, "authUrls"},
		"a page without TLS":    {tollkeeper.OrganizationPatch{URL: text("https://acme.example"), AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("http://acme.example")}}, "authUrls"},
		"Google without client": {tollkeeper.OrganizationPatch{Google: &tollkeeper.GoogleSettings{Enabled: true}}, "googleSsoConfig"},
		"a long list":           {tollkeeper.OrganizationPatch{Authorized: &many}, "authorizedOrganizations"},
		"a long name":           {tollkeeper.OrganizationPatch{Name: text(strings.Repeat("x", 257))}, "organizationName"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				_, err := w.auth.UpdateOrganization(ctx, p.Identity, c.patch)
				w.want(err, &tollkeeper.Error{Code: "invalid_input", Field: c.field})
				if d, err := w.auth.Organization(ctx, p.Identity); err != nil || d.Organization.UpdateCount != 0 || !d.Organization.DomainRestriction {
					t.Errorf("%+v, %v", d.Organization, err)
				}
				c := w.child(p, "c@example.com")
				_, err = w.auth.UpdateOrganization(ctx, c.Identity, tollkeeper.OrganizationPatch{})
				w.want(err, tollkeeper.ErrForbidden)
			})
		})
	}
}

// What a public key shows, and to whom the secret goes (SECURITY.md section 5).
func TestOrganizationDetails(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		own, err := w.auth.Organization(ctx, p.Identity)
		w.ok(err)
		below, err := w.auth.Organization(ctx, c.Identity)
		w.ok(err)
		public, err := w.auth.OrganizationByKey(ctx, p.PublicKey)
		w.ok(err)
		if own.TenantKey == "" || below.TenantKey != "" || public.TenantKey != "" || below.PublicKey != p.PublicKey || public.Owner != p.Account {
			t.Error("the secret goes to the parent's own session and to nobody else")
		}
		for key, want := range map[string]error{"": tollkeeper.ErrUnknownParent, "x": tollkeeper.ErrUnknownParent, "APK_" + strings.Repeat("A", 26): tollkeeper.ErrUnknownParent, c.PublicKey: tollkeeper.ErrForbidden} {
			_, err := w.auth.OrganizationByKey(ctx, key)
			w.want(err, want)
		}
	})
}

// Changes of one organization at once are all counted, none is lost.
func TestUpdateOrganizationAtOnce(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		got := tally(atOnce(4, func(i int) error {
			name := fmt.Sprint("name ", i)
			_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &name})
			return err
		}))
		d, err := w.auth.Organization(ctx, p.Identity)
		w.ok(err)
		if got["ok"] != d.Organization.UpdateCount || got["ok"]+got["conflict"] != 4 || got["ok"] == 0 {
			t.Errorf("%v, %d counted", got, d.Organization.UpdateCount)
		}
		w.pass(time.Second)
	})
}
