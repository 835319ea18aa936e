package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// guarded are accounts of every kind, each with a second factor.
type guarded struct {
	*world
	parent, child, member, owner, user authtest.Account
	factors                            map[uuid.UUID]authtest.Factor
}

func newGuarded(w *world) *guarded {
	g := &guarded{world: w, factors: map[uuid.UUID]authtest.Factor{}, parent: w.parent("p@example.com")}
	settings := []tollkeeper.IssuerSettings{{Issuer: "https://other.example", Enabled: true, ClientID: "client-1"}}
	_, err := w.Auth.UpdateOrganization(ctx, g.parent.Identity, tollkeeper.OrganizationPatch{Issuers: settings})
	w.ok(err)
	g.child = w.SignUpBelow(g.parent, "victim@home.example", password, func(r *tollkeeper.SignUpRequest) { r.Username = "victim" })
	g.member, g.owner, g.user = w.parent("member@example.com"), w.parent("owner@example.com"), w.called("user", "user@example.com")
	_, err = w.Auth.UpdateOrganization(ctx, g.owner.Identity, tollkeeper.OrganizationPatch{Authorized: &[]uuid.UUID{g.owner.ID}})
	w.ok(err)
	w.ok(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: g.owner.ID, Member: g.member.ID}))
	for _, x := range []authtest.Account{g.child, g.parent, g.member, g.user} {
		g.factors[x.ID] = w.EnrolFactor(x)
	}
	w.Advance(time.Minute)
	return g
}

// spent is what sign-ins have cost those who pay for them.
func (g *guarded) spent() int64 {
	g.Helper()
	return g.Balance(g.parent).Used + g.Balance(g.owner).Used + g.Balance(g.member).Used
}

func (g *guarded) in(r tollkeeper.SignInRequest) (tollkeeper.SignInResult, error) {
	r.Client = home
	if r.Password == "" {
		r.Password = password
	}
	return g.Auth.SignIn(ctx, r)
}

func (g *guarded) byIssuer() (tollkeeper.SignInResult, error) {
	return g.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: "https://other.example", IDToken: "owner", Scope: keyed(g.child), Client: home})
}

func (g *guarded) byCode(x authtest.Account, by *tollkeeper.Identity) (tollkeeper.SignInResult, error) {
	r := tollkeeper.MailRequest{Email: x.Email, Scope: x.Scope(), Client: home}
	g.ok(g.Auth.RequestCode(ctx, r))
	code := tollkeeper.SecretText(g.LastCode(x.Email))
	return g.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: x.Email, Code: code, Scope: r.Scope, By: by, Client: home})
}

// wayIn is a way to a session of an account.
type wayIn struct {
	cost   int64            // of the session
	before func(g *guarded) // what makes the way possible; nil: nothing
	come   func(g *guarded) (tollkeeper.SignInResult, error)
}

// waysIn are all of them but signing up, which makes the account.
var waysIn = map[string]wayIn{
	"a child, by its parent's key": {1, nil, (*guarded).byPassword},
	"a child, by its parent's number": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(tollkeeper.SignInRequest{Email: g.child.Email, Scope: tollkeeper.UnderNumber(g.parent.Number)})
	}},
	"a child, by its username": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(tollkeeper.SignInRequest{Username: "victim", Scope: tollkeeper.Under(g.parent.ID)})
	}},
	"a child, neutrally": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(tollkeeper.SignInRequest{Email: g.child.Email, Scope: tollkeeper.Under(g.parent.ID), Neutral: true})
	}},
	"a parent":        {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) { return g.in(attempt(g.parent, password)) }},
	"a parent's code": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) { return g.byCode(g.parent, nil) }},
	"a member, by the owner's key": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(tollkeeper.SignInRequest{Email: g.member.Email, Scope: tollkeeper.UnderKey(g.owner.PublicKey), Audience: tollkeeper.AudienceOrganization})
	}},
	"one of the app's own users": {0, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(tollkeeper.SignInRequest{Email: g.user.Email})
	}},
	"one of the app's own users, by username": {0, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(tollkeeper.SignInRequest{Username: "user"})
	}},
	"a mailed code": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) { return g.byCode(g.child, nil) }},
	"a mailed code, with a session": {1, nil, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.byCode(g.child, g.child.Identity)
	}},
	"an issuer, at the first time": {3, nil, (*guarded).byIssuer},
	"an issuer, at the second":     {3, func(g *guarded) { g.ok(errOf(g.byIssuer())) }, (*guarded).byIssuer},
	"a network that is recognised": {1, func(g *guarded) { g.through(g.byPassword()) }, (*guarded).byPassword},
	"a new password, by a mailed link": {1, func(g *guarded) { g.resetFrom(g.child, home.Addr.String()) }, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.in(attempt(g.child, fresh))
	}},
	"a password that is temporary": {1, func(g *guarded) {
		g.write(func(x *tollkeeper.Account) { x.PasswordTemporary = true })
	}, (*guarded).byPassword},
	"a factor of another kind": {1, func(g *guarded) {
		g.write(func(x *tollkeeper.Account) { x.Factors = store.HasPasskey }) // which nothing makes yet
	}, (*guarded).byPassword},
	"a code that is the first proof of the mailbox": {1, (*guarded).unprove, func(g *guarded) (tollkeeper.SignInResult, error) {
		return g.byCode(g.child, nil)
	}},
	"an issuer whose word is the first proof": {3, (*guarded).unprove, (*guarded).byIssuer},
	"a new password that is the first proof": {1, func(g *guarded) {
		g.unprove()
		g.resetFrom(g.child, home.Addr.String())
	}, func(g *guarded) (tollkeeper.SignInResult, error) { return g.in(attempt(g.child, fresh)) }},
	"a new address, and a code there": {1, func(g *guarded) {
		by := g.Identity(string(g.through(g.byPassword()).Token))
		g.ok(g.Auth.RequestEmailChange(ctx, by, tollkeeper.EmailChange{Email: "new@home.example", Password: password, Client: home}))
		link := tollkeeper.SecretText(g.LastToken("new@home.example", tollkeeper.MailChangeEmail))
		g.ok(g.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: link, Password: password, Client: home}))
		g.child.Email = "new@home.example"
	}, func(g *guarded) (tollkeeper.SignInResult, error) { return g.byCode(g.child, nil) }},
}

func (g *guarded) byPassword() (tollkeeper.SignInResult, error) {
	return g.in(attempt(g.child, password))
}

// unprove leaves the factor on a mailbox that nobody has proven, where no method enrols one.
func (g *guarded) unprove() { g.write(func(x *tollkeeper.Account) { x.EmailProvenAt = time.Time{} }) }

// write changes the child's row.
func (g *guarded) write(change func(x *tollkeeper.Account)) {
	g.Helper()
	s, err := g.store.Store.FindAccount(ctx, store.Lookup{ID: g.child.ID})
	g.ok(err)
	change(&s.Account)
	_, _, err = g.store.Store.UpdateAccount(ctx, store.Change{Account: s.Account}, g.Now())
	g.ok(err)
}

// through goes on with a challenge to a session.
func (g *guarded) through(res tollkeeper.SignInResult, err error) tollkeeper.SignInResult {
	g.Helper()
	g.ok(err)
	for _, f := range g.factors {
		done, err := g.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: tollkeeper.SecretText(g.FactorCode(f)), Client: home})
		if err == nil {
			return done
		}
	}
	g.Fatal("no factor ends the challenge")
	return tollkeeper.SignInResult{}
}

// R42: whatever proves the first factor, the answer is a challenge and nothing that opens anything, nobody pays for it,
// and who goes on with a code is charged once.
func TestEveryWayInStopsAtTheSecondFactor(t *testing.T) {
	for what, way := range waysIn {
		t.Run(what, func(t *testing.T) {
			story(t, func(w *world) { way.stops(newGuarded(w)) }, unlimited, withIssuers, often, refreshed)
		})
		t.Run(what+", where nothing costs anything", func(t *testing.T) {
			free := wayIn{0, way.before, way.come}
			story(t, func(w *world) { free.stops(newGuarded(w)) }, unlimited, withIssuers, often, refreshed, func(c *tollkeeper.Config) { c.Credits = nil })
		})
	}
}

// stops comes in and fails the test unless that ends at a challenge, and only its code opens the account.
func (way wayIn) stops(g *guarded) {
	g.Helper()
	if way.before != nil {
		way.before(g)
		g.Advance(time.Minute) // no code of an app is good twice
	}
	start := g.spent()
	res, err := way.come(g)
	g.ok(err)
	if res.Token != "" || res.Refresh != "" || res.TenantKey != "" || res.Session != uuid.Nil || res.Challenge == "" {
		g.Fatalf("more than a challenge: %+v", res)
	}
	g.refuses("the challenge as a token", string(res.Challenge))
	for _, code := range []tollkeeper.SecretText{"", "000000", "aaaa-aaaa-aaaa-aaaa"} {
		g.want(errOf(g.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: code, Client: home})), tollkeeper.ErrInvalidCode)
	}
	if g.spent() != start {
		g.Errorf("%d credits were charged before the second proof", g.spent()-start)
	}
	g.Identity(string(g.through(res, nil).Token))
	if paid := g.spent() - start; paid != way.cost {
		g.Errorf("the session cost %d credits, want %d", paid, way.cost)
	}
}

func refreshed(c *tollkeeper.Config) {
	c.Refresh.Idle = time.Hour
	c.Limits.Factor = tollkeeper.Limit{Free: 1000, Window: time.Minute}
}

// What is no way in is none with half of the proof either: nobody gets around the second factor by its own account.
func TestHalfOfTheProofChangesNothing(t *testing.T) {
	story(t, func(w *world) {
		g := newGuarded(w)
		_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: g.child.Email, Password: fresh, Scope: keyed(g.child), Client: home})
		w.want(err, tollkeeper.ErrEmailTaken)
		first, err := g.byIssuer()
		if w.ok(err); first.Challenge == "" {
			t.Error("an issuer's word is enough")
		}
		token := string(g.through(g.byPassword()).Token)
		by := w.Identity(token)
		w.Advance(time.Hour)
		for what, do := range map[string]func(code tollkeeper.SecretText) error{
			"prove who they are": func(code tollkeeper.SecretText) error {
				return w.Auth.Reauthenticate(ctx, by, tollkeeper.Confirmation{Password: password, Code: code, Client: home})
			},
			"remove the factor": func(code tollkeeper.SecretText) error {
				return w.Auth.RemoveFactor(ctx, by, tollkeeper.FactorRemoval{Password: password, Code: code, Client: home})
			},
			"make recovery codes": func(code tollkeeper.SecretText) error {
				return errOf(w.Auth.NewRecoveryCodes(ctx, by, tollkeeper.FactorProof{Code: code, Client: home}))
			},
		} {
			for _, code := range []tollkeeper.SecretText{"", "000000", "aaaa-aaaa-aaaa-aaaa"} {
				if err := do(code); codeOf(err) != "invalid_code" {
					t.Errorf("%s with %q: %v", what, code, err)
				}
			}
		}
		w.want(w.Auth.RequireRecent(w.Identity(token), time.Minute), tollkeeper.ErrNotRecent)
		w.want(errOf(w.Auth.EnrolFactor(ctx, by, tollkeeper.FactorEnrolment{Password: password, Client: home})), tollkeeper.ErrNotRecent)
		s, err := w.store.Store.FindAccount(ctx, store.Lookup{ID: g.child.ID, Credentials: true})
		w.ok(err)
		if s.Account.Factors != store.HasTOTP || len(s.Factors) != 1 || len(s.Linked) != 0 {
			t.Errorf("factors %v, %v, linked %v", s.Account.Factors, s.Factors, s.Linked)
		}
	}, unlimited, withIssuers, often, refreshed)
}

// What was counted of the first step is forgotten by the second, also where that proves everything and the account's
// state stops the session.
func TestASecondStepForgetsFailuresAlsoWhereItEndsWithoutASession(t *testing.T) {
	for name, c := range map[string]struct {
		scope func(g *guarded) tollkeeper.Scope
		begin func(g *guarded) (tollkeeper.SignInResult, error)
	}{
		"code":   {func(g *guarded) tollkeeper.Scope { return g.child.Scope() }, func(g *guarded) (tollkeeper.SignInResult, error) { return g.byCode(g.child, nil) }},
		"issuer": {func(g *guarded) tollkeeper.Scope { return keyed(g.child) }, (*guarded).byIssuer},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				g := newGuarded(w)
				try := func(secret tollkeeper.Password) error {
					return errOf(g.in(tollkeeper.SignInRequest{Email: g.child.Email, Password: secret, Scope: c.scope(g)}))
				}
				for range 4 {
					w.want(try("wrong"), tollkeeper.ErrInvalidCredentials)
				}
				res, err := c.begin(g)
				w.ok(err)
				w.ok(w.Auth.Host().SetStatus(ctx, g.parent.ID, tollkeeper.StatusDisabled))
				code := tollkeeper.SecretText(g.FactorCode(g.factors[g.child.ID]))
				w.want(errOf(w.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: code, Client: home})), tollkeeper.ErrParentInactive)
				w.ok(w.Auth.Host().SetStatus(ctx, g.parent.ID, tollkeeper.StatusActive))
				w.want(try("wrong"), tollkeeper.ErrInvalidCredentials)
				w.ok(try(password))
			}, unlimited, withIssuers, often, refreshed)
		})
	}
}

// An issuer's word is the first proof of a mailbox also where a second factor is asked for: what was set up before it
// is gone at once.
func TestAnIssuersFirstProofDropsBeforeTheSecondFactor(t *testing.T) {
	story(t, func(w *world) {
		g := newGuarded(w)
		g.unprove()
		res, err := g.byIssuer()
		if w.ok(err); res.Challenge == "" || !res.Dropped.Password {
			t.Errorf("%+v", res)
		}
	}, unlimited, withIssuers, often, refreshed)
}
