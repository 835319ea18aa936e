package tollkeeper_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

const callback = "https://app.example/auth/callback"

// start sends somebody to the issuer, or links for by.
func start(by *tollkeeper.Identity) tollkeeper.IssuerStart {
	return tollkeeper.IssuerStart{Issuer: authtest.IssuerURL, RedirectURL: callback, Return: "/inbox", By: by, Client: home}
}

// wayTo is the way of a browser to the issuer and back.
func (w *world) wayTo(by *tollkeeper.Identity, edits ...func(*tollkeeper.IssuerStart)) tollkeeper.IssuerReturn {
	w.Helper()
	r := start(by)
	for _, edit := range edits {
		edit(&r)
	}
	begun, err := w.Auth.BeginIssuer(ctx, r)
	w.ok(err)
	return w.back(begun)
}

func (w *world) back(begun tollkeeper.IssuerBegun) tollkeeper.IssuerReturn {
	w.Helper()
	u, err := w.Issuer().Visit(begun.URL)
	w.ok(err)
	q := u.Query()
	return tollkeeper.IssuerReturn{Ticket: begun.Ticket, RedirectURL: callback, State: q.Get("state"), Code: tollkeeper.SecretText(q.Get("code")), Iss: q.Get("iss"), Client: home}
}

func (w *world) come() (tollkeeper.IssuerResult, error) {
	w.Helper()
	return w.Auth.SignInWithIssuer(ctx, w.wayTo(nil))
}

// There and back: up at the first time, in at the second, for the app's own users and below a parent, where each
// sign-in has its price, the first one, too.
func TestTheWayToAnIssuerAndBack(t *testing.T) {
	scenery(t, func(s *scene) {
		s.ok(errOf(s.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{
			{Issuer: authtest.IssuerURL, Enabled: true, ClientID: "shop-client"},
		}})))
		s.Issuer().As("i-1", "ada@home.example", true)
		first, err := s.come()
		if s.ok(err); first.Return != "/inbox" || first.Token == "" || first.Subject.Account.Email != "ada@home.example" {
			t.Fatalf("%+v", first)
		}
		if again, err := s.come(); err != nil || again.Subject.Account.ID != first.Subject.Account.ID {
			t.Errorf("%+v, %v", again.Subject.Account, err)
		}
		if id := s.Identity(string(first.Token)); !id.Proven || id.Parent != first.Subject.Parent.ID {
			t.Errorf("%+v", id)
		}
		below := func(r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.UnderKey(s.tenant.PublicKey) }
		before := s.Balance(s.tenant)
		for n := range int64(2) {
			res, err := s.Auth.SignInWithIssuer(ctx, s.wayTo(nil, below))
			if s.ok(err); res.Subject.Account.Parent != s.tenant.ID || res.Subject.Account.ID == first.Subject.Account.ID {
				t.Errorf("%+v", res.Subject.Account)
			}
			if b := s.Balance(s.tenant); b.Used != before.Used+3*(n+1) {
				t.Errorf("sign-in %d: %+v", n, b)
			}
		}
	})
}

// What an issuer answers is the end of the way that this browser began, or nothing: login CSRF, mixed-up issuers (RFC
// 9207), and what is used a second time.
func TestOnlyTheEndOfItsOwnWayCounts(t *testing.T) {
	for name, change := range map[string]func(s *scene, r *tollkeeper.IssuerReturn){
		"no ticket":      func(_ *scene, r *tollkeeper.IssuerReturn) { r.Ticket = "" },
		"no text at all": func(_ *scene, r *tollkeeper.IssuerReturn) { r.Ticket = "!" },
		"a long ticket": func(_ *scene, r *tollkeeper.IssuerReturn) {
			r.Ticket = tollkeeper.SecretText(strings.Repeat("A", 9000))
		},
		"another's ticket":   func(s *scene, r *tollkeeper.IssuerReturn) { r.Ticket = s.wayTo(nil).Ticket },
		"no state":           func(_ *scene, r *tollkeeper.IssuerReturn) { r.State = "" },
		"another state":      func(s *scene, r *tollkeeper.IssuerReturn) { r.State = s.wayTo(nil).State },
		"another issuer":     func(_ *scene, r *tollkeeper.IssuerReturn) { r.Iss = "https://evil.example" },
		"no issuer":          func(_ *scene, r *tollkeeper.IssuerReturn) { r.Iss = "" },
		"at another's place": func(_ *scene, r *tollkeeper.IssuerReturn) { r.RedirectURL = "https://app.example/auth/other" },
		"at no place":        func(_ *scene, r *tollkeeper.IssuerReturn) { r.RedirectURL = "" },
		"a no":               func(_ *scene, r *tollkeeper.IssuerReturn) { r.Error = "access_denied" },
		"no code":            func(_ *scene, r *tollkeeper.IssuerReturn) { r.Code = "" },
		"too late":           func(s *scene, r *tollkeeper.IssuerReturn) { s.Advance(10 * time.Minute) },
		"a way to link":      func(s *scene, r *tollkeeper.IssuerReturn) { *r = s.wayTo(s.user("linker@home.example").Identity) },
		"of another service": func(s *scene, r *tollkeeper.IssuerReturn) { r.Ticket = foreignTicket(s) },
		"a changed ticket": func(_ *scene, r *tollkeeper.IssuerReturn) {
			text := []byte(r.Ticket)
			text[len(text)/2] ^= 1
			r.Ticket = tollkeeper.SecretText(text)
		},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				s.Issuer().As("i-1", "ada@home.example", true)
				r := s.wayTo(nil)
				change(s, &r)
				_, err := s.Auth.SignInWithIssuer(ctx, r)
				s.want(err, tollkeeper.ErrInvalidChallenge)
				if made := s.Events(tollkeeper.EventSignUp); len(made) > 2 {
					t.Errorf("%+v", made)
				}
			})
		})
	}
}

// foreignTicket is of an instance with other keys.
func foreignTicket(s *scene) tollkeeper.SecretText {
	other := s.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = []tollkeeper.MasterKey{tollkeeper.NewMasterKey()} }),
		authtest.WithStore(newWorld(s.TB).store))
	begun, err := other.Auth.BeginIssuer(ctx, start(nil))
	s.ok(err)
	return begun.Ticket
}

// A code is of one way, and a ticket serves once: also where the second factor stands between it and the session.
func TestATicketServesOnce(t *testing.T) {
	scenery(t, func(s *scene) {
		s.Issuer().As("i-1", "ada@home.example", true)
		r := s.wayTo(nil)
		other := s.wayTo(nil)
		other.Code = r.Code
		s.want(errOf(s.Auth.SignInWithIssuer(ctx, other)), tollkeeper.ErrInvalidCredentials) // PKCE: the code is of another way
		r = s.wayTo(nil)
		s.ok(errOf(s.Auth.SignInWithIssuer(ctx, r)))
		s.want(errOf(s.Auth.SignInWithIssuer(ctx, r)), tollkeeper.ErrInvalidCredentials) // the issuer takes no code twice

		begun, err := s.Auth.BeginIssuer(ctx, start(nil))
		s.ok(err)
		one, two := s.back(begun), s.back(begun) // the same ticket with two codes
		s.ok(errOf(s.Auth.SignInWithIssuer(ctx, one)))
		s.want(errOf(s.Auth.SignInWithIssuer(ctx, two)), tollkeeper.ErrInvalidChallenge)
	})
	scenery(t, func(s *scene) {
		u := s.user("ada@home.example")
		s.confirmed(u)
		f := s.EnrolFactor(u)
		s.Issuer().As("i-1", "ada@home.example", true)
		begun, err := s.Auth.BeginIssuer(ctx, start(nil))
		s.ok(err)
		var challenges []tollkeeper.SecretText
		for range 2 {
			res, err := s.Auth.SignInWithIssuer(ctx, s.back(begun))
			if s.ok(err); res.Challenge == "" || res.Token != "" {
				t.Fatalf("%+v", res)
			}
			challenges = append(challenges, res.Challenge)
		}
		for n, c := range challenges {
			s.Advance(time.Minute)
			_, err := s.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: c, Code: tollkeeper.SecretText(s.FactorCode(f)), Client: home})
			s.want(err, []error{nil, tollkeeper.ErrInvalidChallenge}[n])
		}
		if linked, err := s.Auth.Identities(ctx, s.SignedInWith(u, f)); err != nil || len(linked) != 1 {
			t.Errorf("%v, %v", linked, err)
		}
	})
}

// SignedInWith is who has shown password and factor.
func (s *scene) SignedInWith(u authtest.Account, f authtest.Factor) *tollkeeper.Identity {
	s.Helper()
	s.Advance(time.Minute)
	res, err := s.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: u.Email, Password: password})
	s.ok(err)
	res, err = s.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: res.Challenge, Code: tollkeeper.SecretText(s.FactorCode(f))})
	s.ok(err)
	return s.Identity(string(res.Token))
}

// Where a way cannot be begun, nobody is sent anywhere.
func TestAWayThatCannotBeBegun(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *scene, r *tollkeeper.IssuerStart)
		want   string
	}{
		"an issuer that nobody knows":  {func(_ *scene, r *tollkeeper.IssuerStart) { r.Issuer = "https://none.example" }, "disabled"},
		"one that only has ID tokens":  {func(_ *scene, r *tollkeeper.IssuerStart) { r.Issuer = tollkeeper.IssuerGoogle }, "disabled"},
		"one that a tenant has not on": {func(s *scene, r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.UnderKey(s.tenant.PublicKey) }, "disabled"},
		"among tenants":                {func(_ *scene, r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.Tenants }, "parent_key_needed"},
		"below nobody":                 {func(_ *scene, r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.UnderNumber(9999) }, "unknown_parent"},
		"in no scope":                  {func(_ *scene, r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.UnderKey("") }, "invalid_input"},
		"back to a plain page":         {func(_ *scene, r *tollkeeper.IssuerStart) { r.RedirectURL = "http://app.example/x" }, "invalid_input"},
		"back to nowhere":              {func(_ *scene, r *tollkeeper.IssuerStart) { r.RedirectURL = "" }, "invalid_input"},
		"back with a query":            {func(_ *scene, r *tollkeeper.IssuerStart) { r.RedirectURL += "?x=1" }, "invalid_input"},
		"with too much to hand back":   {func(_ *scene, r *tollkeeper.IssuerStart) { r.Return = strings.Repeat("/", 2001) }, "invalid_input"},
		"to an issuer that is away":    {func(s *scene, _ *tollkeeper.IssuerStart) { s.Issuer().Down(true) }, "upstream"},
		"to link, by nobody":           {func(_ *scene, r *tollkeeper.IssuerStart) { r.By = &tollkeeper.Identity{} }, "invalid_token"},
		"to link, by a tenant":         {func(s *scene, r *tollkeeper.IssuerStart) { r.By = s.by }, "parent_key_needed"},
		"to link, an hour after a proof": {func(s *scene, r *tollkeeper.IssuerStart) {
			r.By = s.user("u@home.example").Identity
			s.Advance(time.Hour)
		}, "not_recent"},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				r := start(nil)
				c.change(s, &r)
				if begun, err := s.Auth.BeginIssuer(ctx, r); codeOf(err) != c.want || begun != (tollkeeper.IssuerBegun{}) {
					t.Errorf("%+v, %v", begun, err)
				}
			})
		})
	}
}

// Between start and end the host or the issuer may have changed their mind, or be away.
func TestAWayThatEndsNowhere(t *testing.T) {
	scenery(t, func(s *scene) {
		s.Issuer().As("i-1", "ada@home.example", true)
		closed := s.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Accounts.SignUp.App = tollkeeper.SignUpClosed }))
		s.want(errOf(closed.Auth.SignInWithIssuer(ctx, s.wayTo(nil))), tollkeeper.ErrSignUpClosed)
		s.Issuer().Down(false)
		back := s.wayTo(nil)
		s.Issuer().Down(true)
		s.want(errOf(s.Auth.SignInWithIssuer(ctx, back)), tollkeeper.ErrUpstream)
		s.Issuer().Down(false)
		s.Issuer().As("", "ada@home.example", true)
		s.want(errOf(s.come()), tollkeeper.ErrInvalidCredentials)
		s.Issuer().As("i-1", "", false)
		s.want(errOf(s.come()), tollkeeper.ErrInvalidCredentials)
		s.Issuer().As("i-1", "ada", true)
		s.want(errOf(s.come()), tollkeeper.ErrInvalidCredentials)
	})
}

// What a parent cannot pay for does not happen.
func TestAWayThatNobodyPaysFor(t *testing.T) {
	scenery(t, func(s *scene) {
		s.ok(errOf(s.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{
			{Issuer: authtest.IssuerURL, Enabled: true, ClientID: "shop-client"},
		}})))
		for n := range s.Balance(s.tenant).Credits {
			s.ok(errOf(s.Auth.Host().Charge(ctx, s.tenant.ID, "one", fmt.Sprint(n))))
		}
		for _, vouched := range []bool{true, false} {
			s.Issuer().As("i-1", "ada@home.example", vouched)
			r := s.wayTo(nil, func(r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.Under(s.tenant.ID) })
			s.want(errOf(s.Auth.SignInWithIssuer(ctx, r)), tollkeeper.ErrInsufficientCredits)
		}
	}, func(c *tollkeeper.Config) {
		c.Credits.InitialCredits = 10
		c.Credits.Prices = map[tollkeeper.Operation]int64{"one": 1}
	})
}

// Of two first sign-ins at the same moment one makes the account, and both are in it.
func TestTwoFirstSignInsMakeOneAccount(t *testing.T) {
	for name, vouched := range map[string]bool{"vouched for": true, "not vouched for": false} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				s.Issuer().As("i-1", "ada@home.example", vouched)
				back := []tollkeeper.IssuerReturn{s.wayTo(nil), s.wayTo(nil), s.wayTo(nil)}
				ids := make([]string, len(back))
				for _, err := range atOnce(len(back), func(i int) error {
					res, err := s.Auth.SignInWithIssuer(ctx, back[i])
					ids[i] = res.Subject.Account.ID.String()
					return err
				}) {
					s.ok(err)
				}
				if ids[0] != ids[1] || ids[1] != ids[2] {
					t.Error(ids)
				}
			})
		})
	}
}

// Whoever comes a second time while the account is being made finds it, also by an address that nobody vouches for.
func TestTheSameVisitorTwice(t *testing.T) {
	for name, vouched := range map[string]bool{"vouched for": true, "not vouched for": false} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				s.Issuer().As("i-1", "ada@home.example", vouched)
				first, second := s.wayTo(nil), s.wayTo(nil)
				var other tollkeeper.IssuerResult
				met := false
				s.store.faults(func(verb string) error {
					if verb == "CreateAccount" && !met {
						met = true
						var err error
						other, err = s.Auth.SignInWithIssuer(ctx, second)
						s.ok(err)
					}
					return nil
				}, nil)
				res, err := s.Auth.SignInWithIssuer(ctx, first)
				if s.ok(err); !met || res.Subject.Account.ID != other.Subject.Account.ID || res.Token == "" {
					t.Errorf("%t %+v", met, res.Subject.Account)
				}
			})
		})
	}
}

// The scope's settings decide, and the app's own client is nobody else's.
func TestTheAppsOwnClientIsNoTenants(t *testing.T) {
	scenery(t, func(s *scene) {
		turn := func(client string) error {
			return errOf(s.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{
				{Issuer: authtest.IssuerURL, Enabled: true, ClientID: client},
			}}))
		}
		s.want(turn(authtest.IssuerClient), tollkeeper.ErrInvalidInput)
		s.ok(turn("shop-client"))
		s.Issuer().As("i-1", "ada@home.example", true)
		by := func(client, nonce string, scope tollkeeper.Scope) error {
			r := tollkeeper.IDTokenRequest{Issuer: authtest.IssuerURL, IDToken: s.Issuer().IDToken(client, nonce), Nonce: tollkeeper.SecretText(nonce), Scope: scope, Client: home}
			return errOf(s.Auth.SignInWithIDToken(ctx, r))
		}
		below := tollkeeper.Under(s.tenant.ID)
		s.ok(by(authtest.IssuerClient, "", tollkeeper.Scope{}))
		s.ok(by("shop-client", "", below))
		s.want(by(authtest.IssuerClient, "", below), tollkeeper.ErrInvalidCredentials)
		s.want(by("shop-client", "", tollkeeper.Scope{}), tollkeeper.ErrInvalidCredentials)
		// A tenant that had turned a client on before the host gave it to the app needs a nonce of its own flow.
		later := s.Another(authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Social.App = []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"}}
		}))
		s.issuer["token"] = tollkeeper.IDToken{Subject: "g-1", Email: "eve@home.example", EmailVerified: true}
		r := tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: "token", Scope: below, Client: home}
		s.ok(errOf(s.Auth.SignInWithIDToken(ctx, r)))
		s.want(errOf(later.Auth.SignInWithIDToken(ctx, r)), tollkeeper.ErrInvalidCredentials)
		r.Scope = tollkeeper.Scope{}
		s.want(errOf(s.Auth.SignInWithIDToken(ctx, r)), tollkeeper.ErrDisabled)
		s.ok(errOf(later.Auth.SignInWithIDToken(ctx, r)))
	})
}

// A hook that refuses an account speaks to whoever comes by an issuer, too.
func TestAHookIsAskedAboutWhoComesByAnIssuer(t *testing.T) {
	scenery(t, func(s *scene) {
		for _, vouched := range []bool{true, false} {
			s.Issuer().As("i-1", "ada@home.example", vouched)
			s.want(errOf(s.come()), tollkeeper.ErrRefused)
		}
		if _, err := s.store.Store.FindAccount(ctx, store.Lookup{Email: "ada@home.example", Scope: s.user("x@home.example").Identity.Parent}); err == nil {
			t.Error("an account was made")
		}
	}, func(c *tollkeeper.Config) {
		c.Hooks.BeforeSignUp = func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
			if a.Method == "identity" {
				return tollkeeper.ErrRefused
			}
			return nil
		}
	})
}
