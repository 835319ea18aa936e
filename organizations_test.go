package tollkeeper_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// docs/WIRE.md 1.1 rule 5: a member signs in with the key of their organization's owner, who pays; no jwtSecret goes
// this way.
func TestOrganizationWidget(t *testing.T) {
	story(t, func(w *world) {
		owner, member := w.parent("owner@example.com"), w.parent("member@example.com")
		name := "Acme"
		w.want(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: member.ID}), tollkeeper.ErrNoOrganization)
		d, err := w.Auth.UpdateOrganization(ctx, owner.Identity, tollkeeper.OrganizationPatch{Name: &name, Authorized: &[]uuid.UUID{owner.ID}})
		w.ok(err)
		if d.Organization.UpdateCount != 1 {
			t.Errorf("%+v", d.Organization)
		}
		w.ok(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: member.ID}))
		w.ok(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: member.ID}))
		ask := attempt(member, password)
		ask.Scope = tollkeeper.UnderKey(owner.PublicKey)
		res, err := w.Auth.SignIn(ctx, ask)
		w.ok(err)
		if res.TenantKey != "" || w.Identity(string(res.Token)).Account != member.ID {
			t.Error("the widget gave the jwtSecret, or another account")
		}
		if o, m := w.Balance(owner), w.Balance(member); o.Used != 1 || m.Used != 0 {
			t.Errorf("the owner paid %d, the member %d", o.Used, m.Used)
		}
		ask.Password = "wrong"
		_, err = w.Auth.SignIn(ctx, ask)
		w.want(err, tollkeeper.ErrInvalidCredentials)
		ask.Password = password
		w.drain(owner)
		_, err = w.Auth.SignIn(ctx, ask)
		w.want(err, tollkeeper.ErrInsufficientCredits)
		w.signIn(member) // their own way in stays
		w.ok(w.Auth.Host().SetStatus(ctx, owner.ID, tollkeeper.StatusDisabled))
		_, err = w.Auth.SignIn(ctx, ask)
		w.want(err, tollkeeper.ErrParentInactive)
		_, err = w.Auth.UpdateOrganization(ctx, member.Identity, tollkeeper.OrganizationPatch{Name: &name})
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
		"a plain URL":              {tollkeeper.OrganizationPatch{URL: text("http://acme.example")}, "organizationUrl"},
		"a script":                 {tollkeeper.OrganizationPatch{URL: text("javascript:alert(1)")}, "organizationUrl"},
		"a user":                   {tollkeeper.OrganizationPatch{URL: text("https://a:b@acme.example")}, "organizationUrl"},
		"a line break":             {tollkeeper.OrganizationPatch{URL: text("https://acme.example/\r\n")}, "organizationUrl"},
		"no URL, but pages":        {tollkeeper.OrganizationPatch{AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("https://acme.example/reset")}}, "authUrls"},
		"a page elsewhere":         {tollkeeper.OrganizationPatch{URL: text("https://acme.example"), AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("https://evil.example")}}, "authUrls"},
		"a page that looks so":     {tollkeeper.OrganizationPatch{URL: text("https://acme.example"), AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("https://notacme.example")}}, "authUrls"},
		"a page without TLS":       {tollkeeper.OrganizationPatch{URL: text("https://acme.example"), AuthURLs: tollkeeper.AuthURLsPatch{Reset: text("http://acme.example")}}, "authUrls"},
		"an issuer without client": {tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true}}}, "issuers"},
		"a long list":              {tollkeeper.OrganizationPatch{Authorized: &many}, "authorizedOrganizations"},
		"a long name":              {tollkeeper.OrganizationPatch{Name: text(strings.Repeat("x", 257))}, "organizationName"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.parent("p@example.com")
				_, err := w.Auth.UpdateOrganization(ctx, p.Identity, c.patch)
				w.want(err, &tollkeeper.Error{Code: "invalid_input", Field: c.field})
				if d, err := w.Auth.Organization(ctx, p.Identity); err != nil || d.Organization.UpdateCount != 0 || !d.Organization.DomainRestriction {
					t.Errorf("%+v, %v", d.Organization, err)
				}
				c := w.child(p, "c@example.com")
				_, err = w.Auth.UpdateOrganization(ctx, c.Identity, tollkeeper.OrganizationPatch{})
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
		own, err := w.Auth.Organization(ctx, p.Identity)
		w.ok(err)
		below, err := w.Auth.Organization(ctx, c.Identity)
		w.ok(err)
		public, err := w.Auth.OrganizationByKey(ctx, p.PublicKey)
		w.ok(err)
		if own.TenantKey == "" || below.TenantKey != "" || public.TenantKey != "" || below.PublicKey != p.PublicKey || public.Owner != p.ID {
			t.Error("the secret goes to the parent's own session and to nobody else")
		}
		for key, want := range map[string]error{"": tollkeeper.ErrUnknownParent, "x": tollkeeper.ErrUnknownParent, "APK_" + strings.Repeat("A", 26): tollkeeper.ErrUnknownParent, c.PublicKey: tollkeeper.ErrForbidden} {
			_, err := w.Auth.OrganizationByKey(ctx, key)
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
			_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{Name: &name})
			return err
		}))
		d, err := w.Auth.Organization(ctx, p.Identity)
		w.ok(err)
		if got["ok"] != d.Organization.UpdateCount || got["ok"]+got["conflict"] != 4 || got["ok"] == 0 {
			t.Errorf("%v, %d counted", got, d.Organization.UpdateCount)
		}
		w.Advance(time.Second)
	})
}

// TestAuthURLsMerge: a patch of one page leaves the others alone, and the empty text takes one away.
func TestAuthURLsMerge(t *testing.T) {
	k := authtest.New(t)
	by := k.SignedIn(k.Parent())
	change := func(p tollkeeper.OrganizationPatch) tollkeeper.AuthURLs {
		t.Helper()
		d, err := k.Auth.UpdateOrganization(t.Context(), by, p)
		if err != nil {
			t.Fatal(err)
		}
		return d.Organization.AuthURLs
	}
	page := func(path string) *string { s := "https://shop.example" + path; return &s }
	home, none := "https://shop.example", ""
	change(tollkeeper.OrganizationPatch{URL: &home, AuthURLs: tollkeeper.AuthURLsPatch{SignIn: page("/in"), Reset: page("/reset")}})
	got := change(tollkeeper.OrganizationPatch{AuthURLs: tollkeeper.AuthURLsPatch{Reset: &none, Update: page("/update")}})
	if want := (tollkeeper.AuthURLs{SignIn: *page("/in"), Update: *page("/update")}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A tenant key is rotated because somebody else has it. With it they could sign tokens for every live session whose id
// they learn, the children's too: so all sessions end.
func TestRotatedSecretEndsTheChildrensSessionsToo(t *testing.T) {
	for _, staleness := range []time.Duration{0, time.Minute} {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Refresh.Idle, c.Tokens.Staleness = time.Hour, staleness
		}))
		parent := k.Parent()
		child := k.Child(parent)
		organization := func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }
		old, elsewhere := k.SignIn(child, organization), k.SignIn(child)
		k.Identity(string(old.Token))
		owner := k.SignIn(parent, organization)
		secret, err := k.Auth.RotateTenantKey(ctx, k.Identity(string(owner.Token)))
		if err != nil || secret == owner.TenantKey {
			t.Fatal("not rotated:", err)
		}
		if _, err := k.Auth.Authenticate(ctx, old.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("a child's token of the old secret still serves:", err)
		}
		if _, err := k.Auth.Refresh(ctx, old.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("and is refreshed:", err)
		}
		k.Identity(string(elsewhere.Token)) // of another family: not signed with the tenant's key
		k.SignedIn(child, organization)
	}
}

func TestRotatedSecret(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		before := w.signIn(p).TenantKey
		secret, err := w.Auth.RotateTenantKey(ctx, p.Identity)
		w.ok(err)
		w.refuses("the parent's token of the old secret", p.Token)
		w.refuses("a child's token of the old secret", c.Token)
		if res := w.signIn(p); res.TenantKey != secret || secret == before {
			t.Error("the next sign-in does not have the new secret")
		}
		w.refuses("an old session under the new secret", apart(t, c.Token, string(secret)).header("kid", w.tenantKeyID(p.ID, 2)).token())
		forged := apart(t, string(w.signIn(p).Token), string(before))
		w.refuses("a new session under the old secret", forged.token())
	})
}

// Through the widget a second step is the key owner's, too: it pays, and nobody is handed the member's jwtSecret.
func TestTheSecondStepThroughTheWidget(t *testing.T) {
	story(t, func(w *world) {
		owner, member := w.parent("owner@example.com"), w.parent("member@example.com")
		name := "Acme"
		_, err := w.Auth.UpdateOrganization(ctx, owner.Identity, tollkeeper.OrganizationPatch{Name: &name, Authorized: &[]uuid.UUID{owner.ID}})
		w.ok(err)
		w.ok(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: member.ID}))
		f := w.EnrolFactor(member)
		w.Advance(time.Minute)
		theirs, own := w.Balance(owner).Credits, w.Balance(member).Credits
		ask := attempt(member, password)
		ask.Scope, ask.Client = tollkeeper.UnderKey(owner.PublicKey), home
		first, err := w.Auth.SignIn(ctx, ask)
		w.ok(err)
		challenges := w.Events(tollkeeper.EventChallenge)
		if e := challenges[len(challenges)-1]; e.Account != member.ID || e.Audience != tollkeeper.AudienceOrganization || e.Method != "password" || e.Network == "" {
			t.Errorf("%+v", e)
		}
		res, err := w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: home})
		w.ok(err)
		if res.TenantKey != "" {
			t.Error("the widget gave the member's jwtSecret")
		}
		if paid := theirs - w.Balance(owner).Credits; paid != 1 || w.Balance(member).Credits != own {
			t.Errorf("the key's owner paid %d, the member %d", paid, own-w.Balance(member).Credits)
		}
		w.Advance(time.Minute)
		first, err = w.Auth.SignIn(ctx, ask)
		w.ok(err)
		end := func() error {
			return errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(w.FactorCode(f)), Client: home}))
		}
		looked := 0
		w.store.faults(func(verb string) error {
			if verb == "FindAccount" {
				if looked++; looked == 2 { // the member, then the key's owner
					return errDriver
				}
			}
			return nil
		}, nil)
		w.want(end(), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.ok(w.Auth.Host().DeleteAccount(ctx, owner.ID))
		w.want(end(), tollkeeper.ErrInvalidChallenge)
	}, unlimited)
}
