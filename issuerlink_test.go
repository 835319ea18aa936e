package tollkeeper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

func answering(token tollkeeper.IDToken, err error) tollkeeper.UserInfo {
	return func(context.Context) (tollkeeper.IDToken, error) { return token, err }
}

// Whoever is signed in links a person at the issuer, whatever address that person has there. From then on it leads in;
// nothing else of the account changes, and its owner is told.
func TestLinkIssuer(t *testing.T) {
	scenery(t, func(s *scene) {
		ada, eve := s.user("ada@home.example"), s.user("eve@home.example")
		s.confirmed(eve)
		for name, email := range map[string]string{"another's": eve.Email, "nobody's": "new@home.example", "none": ""} {
			s.Issuer().As(name, email, email != "")
			link, err := s.Auth.LinkIssuer(ctx, ada.Identity, s.wayTo(ada.Identity))
			if s.ok(err); link.Return != "/inbox" || link.Identity.Subject != name {
				t.Errorf("%s: %+v", name, link)
			}
			res, err := s.come()
			if err != nil || res.Subject.Account.ID != ada.ID || res.Subject.Account.Email != ada.Email || !res.Subject.Account.EmailProvenAt.IsZero() {
				t.Errorf("%s: %+v, %v", name, res.Subject.Account, err)
			}
			s.ok(errOf(s.Auth.LinkIssuer(ctx, ada.Identity, s.wayTo(ada.Identity)))) // once more changes nothing
		}
		linked, err := s.Auth.Identities(ctx, ada.Identity)
		if s.ok(err); len(linked) != 3 || len(s.Events(tollkeeper.EventIdentityLinked)) != 3 || len(s.Mails(ada.Email, tollkeeper.MailNotice)) == 0 {
			t.Errorf("%v, %d mails", linked, len(s.Mails(ada.Email, tollkeeper.MailNotice)))
		}
		if e := s.Events(tollkeeper.EventIdentityLinked)[0]; e.Account != ada.ID || e.Network == "" || e.Detail != linked[0].Issuer {
			t.Errorf("%+v", e)
		}
		if _, err := s.Auth.Authenticate(ctx, tollkeeper.SecretText(ada.Token)); err != nil {
			t.Errorf("the session: %v", err)
		}
	})
}

// A way to link is of the session that began it: nobody is made to link another's person, and nobody signs in by it.
func TestAWayToLinkIsOfItsSession(t *testing.T) {
	for name, c := range map[string]struct {
		by   func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn)
		want string
	}{
		"by another": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			return s.user("eve@home.example").Identity, s.wayTo(ada)
		}, "invalid_challenge"},
		"in another session": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			res, err := s.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "ada@home.example", Password: password, Client: home})
			s.ok(err)
			return s.Identity(string(res.Token)), s.wayTo(ada)
		}, "invalid_challenge"},
		"by a way to sign in": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			return ada, s.wayTo(nil)
		}, "invalid_challenge"},
		"by nobody": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			return nil, s.wayTo(ada)
		}, "invalid_token"},
		"with another state": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			r := s.wayTo(ada)
			r.State = "x"
			return ada, r
		}, "invalid_challenge"},
		"six minutes after the proof": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			r := s.wayTo(ada)
			s.Advance(6 * time.Minute)
			return ada, r
		}, "not_recent"},
		"after signing out": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			r := s.wayTo(ada)
			s.ok(s.Auth.SignOut(ctx, ada))
			return ada, r
		}, "invalid_token"},
		"after the mailbox's owner came": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			r := s.wayTo(ada)
			s.ok(s.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: "ada@home.example", Client: home}))
			s.ok(errOf(s.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "ada@home.example", Code: tollkeeper.SecretText(s.LastCode("ada@home.example")), Client: home})))
			return ada, r
		}, "invalid_token"},
		"with the issuer away": {func(s *scene, ada *tollkeeper.Identity) (*tollkeeper.Identity, tollkeeper.IssuerReturn) {
			r := s.wayTo(ada)
			s.Issuer().Down(true)
			return ada, r
		}, "upstream"},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				s.Issuer().As("i-1", "", false)
				by, r := c.by(s, s.user("ada@home.example").Identity)
				_, err := s.Auth.LinkIssuer(ctx, by, r)
				if codeOf(err) != c.want || len(s.Events(tollkeeper.EventIdentityLinked)) != 0 {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// A ticket links once, and only what is nobody else's.
func TestWhatIsLinkedIsNobodyElses(t *testing.T) {
	scenery(t, func(s *scene) {
		ada, eve := s.user("ada@home.example"), s.user("eve@home.example")
		s.Issuer().As("i-1", "", false)
		s.ok(errOf(s.Auth.LinkIssuer(ctx, ada.Identity, s.wayTo(ada.Identity))))
		_, err := s.Auth.LinkIssuer(ctx, eve.Identity, s.wayTo(eve.Identity))
		s.want(err, tollkeeper.ErrConflict.WithField("identity"))
		begun, err := s.Auth.BeginIssuer(ctx, start(eve.Identity))
		s.ok(err)
		s.Issuer().As("i-2", "", false)
		one := s.back(begun)
		s.Issuer().As("i-3", "", false)
		two := s.back(begun)
		s.ok(errOf(s.Auth.LinkIssuer(ctx, eve.Identity, one)))
		s.want(errOf(s.Auth.LinkIssuer(ctx, eve.Identity, two)), tollkeeper.ErrInvalidChallenge)
		s.Issuer().As("i-9", "", false)
		both := []tollkeeper.IssuerReturn{s.wayTo(ada.Identity), s.wayTo(eve.Identity)}
		n := tally(atOnce(2, func(i int) error {
			return errOf(s.Auth.LinkIssuer(ctx, []*tollkeeper.Identity{ada.Identity, eve.Identity}[i], both[i]))
		}))
		if n["ok"] != 1 || n["conflict"] != 1 {
			t.Errorf("two at the same moment: %v", n)
		}
	})
}

// An account has at most twenty.
func TestAnAccountLinksTwenty(t *testing.T) {
	scenery(t, func(s *scene) {
		ada := s.user("ada@home.example")
		for n := range 21 {
			s.Issuer().As(fmt.Sprint("i-", n), "", false)
			_, err := s.Auth.LinkIssuer(ctx, ada.Identity, s.wayTo(ada.Identity))
			if want := map[bool]string{true: "ok", false: "conflict"}[n < 20]; codeOf(err) != want {
				t.Fatalf("%d: %v", n, err)
			}
		}
	})
}

// The last way into an account is not taken away. A proven mailbox is one, since a code or a reset always leads in.
func TestTheLastWayInStays(t *testing.T) {
	scenery(t, func(s *scene) {
		s.Issuer().As("i-1", "ada@home.example", false)
		res, err := s.come()
		s.ok(err)
		by := s.Identity(string(res.Token))
		remove := func(subject string) error {
			key := tollkeeper.IssuedKey{Issuer: authtest.IssuerURL, Subject: subject}
			return s.Auth.RemoveIdentity(ctx, by, tollkeeper.IdentityRemoval{Identity: key, Client: home})
		}
		s.want(remove("i-1"), tollkeeper.ErrLastWayIn)
		s.Issuer().As("i-2", "", false)
		s.ok(errOf(s.Auth.LinkIssuer(ctx, by, s.wayTo(by))))
		s.ok(remove("i-1")) // another one is left
		s.want(remove("i-2"), tollkeeper.ErrLastWayIn)
		s.ok(s.Auth.RequestOwnVerification(ctx, by, "", home))
		s.Prove(authtest.Account{Email: "ada@home.example"}, by)
		s.ok(remove("i-2"))
	})
	scenery(t, func(s *scene) {
		u := s.user("bob@home.example")
		s.Issuer().As("i-1", "", false)
		s.ok(errOf(s.Auth.LinkIssuer(ctx, u.Identity, s.wayTo(u.Identity))))
		key := tollkeeper.IssuedKey{Issuer: authtest.IssuerURL, Subject: "i-1"}
		s.ok(s.Auth.RemoveIdentity(ctx, u.Identity, tollkeeper.IdentityRemoval{Identity: key, Client: home})) // the password is left
	})
	scenery(t, func(s *scene) {
		s.Issuer().As("i-1", "eve@home.example", false)
		res, err := s.come()
		s.ok(err)
		found, err := s.store.Store.FindAccount(ctx, store.Lookup{ID: res.Subject.Account.ID})
		s.ok(err)
		pending := store.Factor{ID: found.Account.ID, Kind: store.FactorPasskey, Credential: []byte("key"), CreatedAt: s.Now(), PendingUntil: s.Now().Add(time.Hour)}
		app := store.Factor{ID: s.tenant.ID, Kind: store.FactorTOTP, CreatedAt: s.Now()}
		put := func(f ...store.Factor) {
			c := store.Change{Account: found.Account, PutFactors: f}
			found.Account, _, err = s.store.Store.UpdateAccount(ctx, c, s.Now())
			s.ok(err)
		}
		key := tollkeeper.IssuedKey{Issuer: authtest.IssuerURL, Subject: "i-1"}
		removed := func() error {
			return s.Auth.RemoveIdentity(ctx, s.Identity(string(res.Token)), tollkeeper.IdentityRemoval{Identity: key, Client: home})
		}
		put(pending, app)
		s.want(removed(), tollkeeper.ErrLastWayIn) // neither an app nor a passkey that waits leads in by itself
		pending.PendingUntil = time.Time{}
		put(pending)
		s.want(removed(), tollkeeper.ErrLastWayIn) // nor one that nobody can read
	})
}

// Whether a claimed address was free is not told by a link, either: what a mere claim holds gives way to its person.
func TestALinkTellsNothingOfWhatWasClaimed(t *testing.T) {
	for name, email := range map[string]string{"free": "free@home.example", "taken": "bob@home.example"} {
		scenery(t, func(s *scene) {
			s.user("bob@home.example")
			a := s.User()
			by := s.SignedIn(a)
			s.Issuer().As("i-1", email, false)
			s.want(errOf(s.come()), tollkeeper.ErrUnverified)
			linked, err := s.Auth.LinkIssuer(ctx, by, s.wayTo(by))
			if err != nil || linked.Identity.Subject != "i-1" {
				t.Errorf("%s: linked %+v, %v", name, linked, err)
			}
			if res, err := s.come(); err != nil || res.Subject.Account.ID != a.ID {
				t.Errorf("%s: comes in to another account than the one that it was linked to: %v", name, err)
			}
		}, func(c *tollkeeper.Config) { c.Accounts.RequireVerified = true })
	}
}
