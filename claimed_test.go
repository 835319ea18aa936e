package tollkeeper_test

import (
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// An address that an issuer names and does not vouch for is worth what a sign-up form's is: nobody is linked by it, and
// nothing is proven.
func TestAnAddressThatNobodyVouchesFor(t *testing.T) {
	scenery(t, func(s *scene) {
		s.Issuer().As("i-1", "Ada@home.example", false)
		res, err := s.come()
		if s.ok(err); res.Token == "" || !res.Subject.Account.EmailVerifiedAt.IsZero() || !res.Subject.Account.EmailProvenAt.IsZero() {
			t.Fatalf("%+v", res.Subject.Account)
		}
		if again, err := s.come(); err != nil || again.Subject.Account.ID != res.Subject.Account.ID {
			t.Errorf("the second time: %+v, %v", again.Subject.Account, err)
		}
		bob := s.user("bob@home.example")
		s.Issuer().As("i-2", bob.Email, false)
		s.want(errOf(s.come()), tollkeeper.ErrEmailTaken)
		s.confirmed(bob)
		s.want(errOf(s.come()), tollkeeper.ErrEmailTaken)
		if linked, err := s.Auth.Identities(ctx, bob.Identity); err != nil || len(linked) != 0 {
			t.Errorf("%v, %v", linked, err)
		}
	})
}

// A stranger who named the address first has nothing left of it once its owner comes, by mail or by an issuer that does
// vouch (R34). With a session of the account the first proof keeps what is there.
func TestTheOwnerOfAClaimedAddressShutsAStrangerOut(t *testing.T) {
	for name, comes := range map[string]func(s *scene, by *tollkeeper.Identity) error{
		"by a mailed code": func(s *scene, by *tollkeeper.Identity) error {
			s.ok(s.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "victim@home.example", Client: home}))
			return errOf(s.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "victim@home.example", Code: tollkeeper.SecretText(s.LastCode("victim@home.example")), By: by, Client: home}))
		},
		"by a vouching issuer": func(s *scene, by *tollkeeper.Identity) error {
			s.issuer["victim"] = tollkeeper.IDToken{Subject: "g-1", Email: "victim@home.example", EmailVerified: true}
			return errOf(s.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: "victim", Nonce: "n", By: by, Client: home}))
		},
	} {
		for owner, keeps := range map[string]bool{"who is nobody yet": false, "who has the session": true} {
			t.Run(name+", "+owner, func(t *testing.T) {
				scenery(t, func(s *scene) {
					s.Issuer().As("i-1", "victim@home.example", false)
					first, err := s.come()
					s.ok(err)
					var by *tollkeeper.Identity
					if keeps {
						by = s.Identity(string(first.Token))
					}
					s.ok(comes(s, by))
					again, err := s.come()
					if in := err == nil && again.Subject.Account.ID == first.Subject.Account.ID; in != keeps {
						t.Errorf("the identity leads in: %t, %v", in, err)
					}
					if _, err := s.Auth.Authenticate(ctx, first.Token); (err == nil) != keeps {
						t.Errorf("the session: %v", err)
					}
				}, appHasGoogle)
			})
		}
	}
}

func appHasGoogle(c *tollkeeper.Config) {
	c.Social.SharedClients = []string{"client-1"}
	c.Social.App = append(c.Social.App, tollkeeper.IssuerSettings{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"})
}

// Where addresses must be verified, a free and a taken one are one answer, whose mail goes to the address.
func TestAClaimedAddressIsNotEnumerated(t *testing.T) {
	scenery(t, func(s *scene) {
		bob := s.user("bob@home.example")
		for round := range 3 {
			s.Issuer().As("i-1", "free@home.example", false)
			s.want(errOf(s.come()), tollkeeper.ErrUnverified)
			s.Issuer().As("i-2", bob.Email, false)
			s.want(errOf(s.come()), tollkeeper.ErrUnverified)
			if verify, tried := len(s.Mails("free@home.example", tollkeeper.MailVerify)), len(s.Mails(bob.Email, tollkeeper.MailSignUpTried)); verify != 1 || tried != min(round+1, 2) {
				t.Errorf("round %d: %d mails to verify, %d of what was tried", round, verify, tried)
			}
		}
		if tried := s.Events(tollkeeper.EventSignUpTried); len(tried) != 3 || tried[0].Account != bob.ID || tried[0].Network == "" || tried[0].Method != "identity" {
			t.Errorf("%+v", tried)
		}
		token := tollkeeper.SecretText(s.LastToken("free@home.example", tollkeeper.MailVerify))
		s.ok(errOf(s.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: token, Client: home})))
		s.Issuer().As("i-1", "free@home.example", false)
		if res, err := s.come(); err != nil || res.Token == "" {
			t.Errorf("once it is verified: %v", err)
		}
		s.Issuer().As("i-3", "vouched@home.example", true)
		if res, err := s.come(); err != nil || res.Token == "" {
			t.Errorf("vouched for: %v", err)
		}
	}, func(c *tollkeeper.Config) {
		c.Accounts.RequireVerified = true
		c.Limits.CodeAddress = []tollkeeper.Limit{tollkeeper.Rate(2, 24*60*60*1e9)}
	})
}

// Below a parent that asks for verified addresses it is the same; the account is paid for once.
func TestAClaimedAddressBelowAParent(t *testing.T) {
	scenery(t, func(s *scene) {
		s.ok(errOf(s.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{
			VerificationRequired: new(true), Issuers: []tollkeeper.IssuerSettings{{Issuer: authtest.IssuerURL, Enabled: true, ClientID: "shop-client"}},
		})))
		s.Issuer().As("i-1", "free@home.example", false)
		before := s.Balance(s.tenant)
		for range 2 {
			r := s.wayTo(nil, func(r *tollkeeper.IssuerStart) { r.Scope = tollkeeper.Under(s.tenant.ID) })
			s.want(errOf(s.Auth.SignInWithIssuer(ctx, r)), tollkeeper.ErrUnverified)
			if b := s.Balance(s.tenant); b.Used != before.Used+3 || b.Children != before.Children+1 {
				t.Errorf("%+v", b)
			}
		}
	})
}

// What else the issuer can be asked for may be better than what it named at first.
func TestAClaimedAddressMayBeVouchedForWhenAsked(t *testing.T) {
	for name, c := range map[string]struct {
		says  tollkeeper.IDToken
		fails error
		want  string
	}{
		"vouched for":    {tollkeeper.IDToken{Subject: "g-1", Email: "bob@home.example", EmailVerified: true}, nil, "linked"},
		"no better":      {tollkeeper.IDToken{Subject: "g-1", Email: "other@home.example"}, nil, "email_taken"},
		"nothing":        {tollkeeper.IDToken{Subject: "g-1"}, nil, "email_taken"},
		"nothing to ask": {tollkeeper.IDToken{}, tollkeeper.ErrInvalidCredentials, "email_taken"},
		"of somebody":    {tollkeeper.IDToken{Subject: "g-2", Email: "bob@home.example", EmailVerified: true}, nil, "invalid_credentials"},
		"away":           {tollkeeper.IDToken{}, tollkeeper.ErrUpstream, "upstream"},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				bob := s.user("bob@home.example")
				s.confirmed(bob)
				s.issuer["token"] = tollkeeper.IDToken{Subject: "g-1", Email: bob.Email}
				res, err := s.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
					Issuer: tollkeeper.IssuerGoogle, IDToken: "token", Nonce: "n", Client: home, UserInfo: answering(c.says, c.fails),
				})
				got := codeOf(err)
				if err == nil && res.Subject.Account.ID == bob.ID {
					got = "linked"
				}
				if got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			}, appHasGoogle)
		})
	}
}
