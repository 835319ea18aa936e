package tollkeeper_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

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
			if verify, tried := len(s.Mails("free@home.example", tollkeeper.MailVerify)), len(s.Mails(bob.Email, tollkeeper.MailSignUpTried)); verify != min(round+1, 2) || tried != verify {
				t.Errorf("round %d: %d mails to verify, %d of what was tried", round, verify, tried)
			}
		}
		tried := slices.DeleteFunc(s.Events(tollkeeper.EventSignUpTried), func(e tollkeeper.Event) bool { return e.Account != bob.ID })
		if len(tried) != 3 || tried[0].Network == "" || tried[0].Method != "identity" {
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

// What an address was, free or taken, is not told later either: whatever its issuer says of the same person next, it is
// answered as to somebody who never came before.
func TestWhatAClaimedAddressWasIsNotToldLater(t *testing.T) {
	type says struct {
		email   string // empty: none; "@": the one that was claimed
		vouched bool
	}
	for name, next := range map[string][]says{
		"no address":                    {{}},
		"no address, then the same":     {{}, {email: "@"}},
		"one of their own":              {{"own@evil.example", true}, {"own@evil.example", true}, {}},
		"the same, vouched for":         {{"@", true}, {"@", true}, {}},
		"another free one":              {{"other@home.example", false}, {}, {email: "@"}},
		"another taken one":             {{"eve@home.example", false}, {}, {email: "@"}},
		"the same, spelled differently": {{"@UP", false}, {}},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				taken := s.user("bob@home.example").Email
				s.user("eve@home.example")
				answers := func(who, claimed string) (got []string) {
					for _, say := range append([]says{{email: "@"}}, next...) {
						switch say.email {
						case "@":
							say.email = claimed
						case "@UP":
							say.email = strings.ToUpper(claimed)
						case "own@evil.example", "other@home.example":
							say.email = who + say.email
						}
						s.Issuer().As(who, say.email, say.vouched)
						res, err := s.come()
						got = append(got, codeOf(err)+" "+strings.TrimPrefix(strings.ReplaceAll(res.Subject.Account.Email, claimed, "@"), who))
					}
					return got
				}
				free, known := answers("i-1", "free@home.example"), answers("i-2", taken)
				if !slices.Equal(free, known) {
					t.Errorf("free: %q, taken: %q", free, known)
				}
			}, mustBeVerified)
		})
	}
}

func mustBeVerified(c *tollkeeper.Config) { c.Accounts.RequireVerified = true }

// What else the issuer is asked for decides as for somebody who never came.
func TestAHeldClaimIsAskedForMore(t *testing.T) {
	for name, c := range map[string]struct {
		says  tollkeeper.IDToken
		fails error
		want  string
	}{
		"vouched for":    {tollkeeper.IDToken{Subject: "g-1", Email: "own@evil.example", EmailVerified: true}, nil, "ok"},
		"the same":       {tollkeeper.IDToken{Subject: "g-1", Email: "@"}, nil, "unverified"},
		"nothing":        {tollkeeper.IDToken{Subject: "g-1"}, nil, "invalid_credentials"},
		"nothing to ask": {tollkeeper.IDToken{}, tollkeeper.ErrInvalidCredentials, "invalid_credentials"},
		"away":           {tollkeeper.IDToken{}, tollkeeper.ErrUpstream, "upstream"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, email := range []string{"free@home.example", "bob@home.example"} {
				scenery(t, func(s *scene) {
					s.user("bob@home.example")
					r := tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: "token", Nonce: "n", Client: home}
					s.issuer["token"] = tollkeeper.IDToken{Subject: "g-1", Email: email}
					s.want(errOf(s.Auth.SignInWithIDToken(ctx, r)), tollkeeper.ErrUnverified)
					s.issuer["token"] = tollkeeper.IDToken{Subject: "g-1"}
					if c.says.Email == "@" {
						c.says.Email = email
					}
					r.UserInfo = answering(c.says, c.fails)
					if got := codeOf(errOf(s.Auth.SignInWithIDToken(ctx, r))); got != c.want {
						t.Errorf("%s: %s, want %s", email, got, c.want)
					}
				}, appHasGoogle, mustBeVerified)
			}
		})
	}
}

// Who comes again and again meets the same rates and asks the same of the store, whatever the address is.
func TestAClaimedAddressCostsTheSameAgain(t *testing.T) {
	scenery(t, func(s *scene) {
		bob := s.user("bob@home.example")
		visits := func(who, email string) (got []string) {
			s.Issuer().As(who, email, false)
			for i := range 12 {
				r := s.wayTo(nil)
				s.store.watch()
				got = append(got, codeOf(errOf(s.Auth.SignInWithIssuer(ctx, r))))
				if i > 0 {
					got = append(got, s.store.verbs()...)
				}
			}
			return got
		}
		free := visits("i-1", "free@home.example")
		s.Advance(10 * time.Hour)
		taken := visits("i-2", bob.Email)
		if !slices.Equal(free, taken) || free[0] != "unverified" || !slices.Contains(free, "rate_limited") {
			t.Errorf("free:  %q\ntaken: %q", free, taken)
		}
	}, mustBeVerified, func(c *tollkeeper.Config) {
		c.Limits.SignUp = []tollkeeper.Limit{tollkeeper.Rate(10, time.Hour)}
	})
}

// Whose issuer says something else before the address is verified has let go of it: its link verifies it for its owner,
// and leads the one who claimed it nowhere.
func TestAClaimThatIsLetGoHoldsNothing(t *testing.T) {
	scenery(t, func(s *scene) {
		s.Issuer().As("i-1", "free@home.example", false)
		s.want(errOf(s.come()), tollkeeper.ErrUnverified)
		x, err := s.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, "free@home.example")
		s.ok(err)
		s.Issuer().As("i-1", "", false)
		s.want(errOf(s.come()), tollkeeper.ErrInvalidCredentials)
		if gone := s.Events(tollkeeper.EventIdentityRemoved); len(gone) != 1 || gone[0].Account != x.Account.ID || gone[0].Detail != authtest.IssuerURL || gone[0].Network == "" || gone[0].Method != "identity" {
			t.Errorf("%+v", gone)
		}
		token := tollkeeper.SecretText(s.LastToken("free@home.example", tollkeeper.MailVerify))
		s.ok(errOf(s.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: token, Client: home})))
		s.Issuer().As("i-1", "free@home.example", false)
		s.want(errOf(s.come()), tollkeeper.ErrUnverified)
	}, mustBeVerified)
}

// Whoever claimed the address comes in once it is verified, whatever the issuer says by then, and a link that was made
// otherwise is no claim: neither is let go of.
func TestALinkThatIsMoreThanAClaimStays(t *testing.T) {
	scenery(t, func(s *scene) {
		for who, more := range map[string]string{"none": ``, "other": `,"email":"former@home.example"`, "later": `,"email":"later@home.example","linkedAt":"2020-01-02T00:00:00Z"`} {
			line := `{"email":"` + who + `@home.example","createdAt":"2020-01-01T00:00:00Z","identities":[{"issuer":"` + authtest.IssuerURL + `","subject":"` + who + `"` + more + `}]}`
			report, err := s.Auth.Host().ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(line), tollkeeper.ImportOptions{})
			if s.ok(err); report.Stand != 1 {
				t.Fatalf("%+v", report)
			}
			s.Issuer().As(who, "", false)
			s.want(errOf(s.come()), tollkeeper.ErrUnverified)
		}
		s.Issuer().As("i-2", "free@home.example", false)
		s.want(errOf(s.come()), tollkeeper.ErrUnverified)
		s.want(errOf(s.come()), tollkeeper.ErrUnverified) // the second mail is as good as the first
		token := tollkeeper.SecretText(s.LastToken("free@home.example", tollkeeper.MailVerify))
		s.ok(errOf(s.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: token, Client: home})))
		for _, email := range []string{"", "other@home.example", "free@home.example"} {
			s.Issuer().As("i-2", email, false)
			if res, err := s.come(); err != nil || res.Subject.Account.Email != "free@home.example" {
				t.Errorf("%q: %v", email, err)
			}
		}
		if gone := s.Events(tollkeeper.EventIdentityRemoved); len(gone) != 0 {
			t.Errorf("%+v", gone)
		}
	}, mustBeVerified)
}

// Visits of one person at the same moment are answered as one after the other, and leave one account with them.
func TestClaimsAtTheSameMoment(t *testing.T) {
	for range 10 {
		scenery(t, func(s *scene) {
			var ways []tollkeeper.IssuerReturn
			for i := range 8 {
				s.Issuer().As("i-1", []string{"free@home.example", "other@home.example"}[i%2], false)
				ways = append(ways, s.wayTo(nil))
			}
			errs := atOnce(len(ways), func(i int) error { return errOf(s.Auth.SignInWithIssuer(ctx, ways[i])) })
			if n := tally(errs); n["unverified"] != len(ways) {
				t.Error(n)
			}
			var out bytes.Buffer
			s.ok(errOf(s.Auth.Host().ExportAccounts(ctx, tollkeeper.Scope{}, &out, tollkeeper.ExportOptions{})))
			linked := strings.Count(out.String(), `"i-1"`)
			if linked > 1 {
				t.Errorf("it leads into %d accounts", linked)
			}
		}, mustBeVerified)
	}
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
