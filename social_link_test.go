package tollkeeper_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// What an issuer's word did, or did not do, is in the log: which family, which issuer.
func TestIssuersAreLogged(t *testing.T) {
	k, parent, i := googleKit(t)
	bob := k.SignUpBelow(parent, "bob@home.example", "bob's own Choice 1")
	i["bob"] = tollkeeper.IDToken{Subject: "g-9", Email: bob.Email, EmailVerified: true}
	sign := func(token string) error {
		return errOf(k.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
			Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(token), Scope: tollkeeper.UnderKey(parent.PublicKey),
			Audience: tollkeeper.AudienceOrganization, Client: home,
		}))
	}
	if err := sign("bob"); err != nil {
		t.Fatal(err)
	}
	if err := sign("forged"); err == nil {
		t.Fatal("a forged token is good")
	}
	if err := sign("down"); err == nil {
		t.Fatal("an issuer that is away vouches")
	}
	linked, failed := k.Events(tollkeeper.EventIdentityLinked), k.Events(tollkeeper.EventSignInFailed)
	if len(linked) != 1 || linked[0].Account != bob.ID || linked[0].Detail != tollkeeper.IssuerGoogle || linked[0].Method != "identity" || linked[0].Network == "" {
		t.Errorf("linked: %+v", linked)
	}
	if len(failed) != 1 || failed[0].Scope != parent.ID || failed[0].Audience != tollkeeper.AudienceOrganization || failed[0].Method != "identity" || failed[0].Network == "" {
		t.Errorf("failed: %+v", failed)
	}
}

// Whom a rate stopped, and who came for the first time, is in the log with the family and the network.
func TestIssuersNewcomersAreLogged(t *testing.T) {
	k, parent, _ := googleKit(t, func(c *tollkeeper.Config) {
		c.Limits.SignIn = map[tollkeeper.Audience][]tollkeeper.Limit{tollkeeper.AudienceOrganization: {tollkeeper.Rate(1, time.Minute)}}
	})
	for _, want := range []error{nil, tollkeeper.ErrRateLimited} {
		_, err := k.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
			Issuer: tollkeeper.IssuerGoogle, IDToken: "ada", Scope: tollkeeper.UnderKey(parent.PublicKey), Audience: tollkeeper.AudienceOrganization, Client: home,
		})
		if codeOf(err) != codeOf(want) {
			t.Fatal(err)
		}
	}
	came, refused := k.Events(tollkeeper.EventSignUp), k.Events(tollkeeper.EventSignInRefused)
	if e := came[len(came)-1]; e.Scope != parent.ID || e.Audience != tollkeeper.AudienceOrganization || e.Network == "" || e.Method != "identity" {
		t.Errorf("came: %+v", e)
	}
	if len(refused) != 1 || refused[0].Audience != tollkeeper.AudienceOrganization || refused[0].Network == "" {
		t.Errorf("refused: %+v", refused)
	}
}

// Nothing long is verified at all.
func TestLongIDTokens(t *testing.T) {
	k, parent, i := googleKit(t)
	for size, want := range map[int]error{8 << 10: nil, 8<<10 + 1: tollkeeper.ErrInvalidCredentials} {
		token := strings.Repeat("x", size)
		i[token] = tollkeeper.IDToken{Subject: "g-1", Email: "ada@home.example", EmailVerified: true}
		if _, err := google(k, parent, token); codeOf(err) != codeOf(want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
	}
}

func TestRemoveIdentity(t *testing.T) {
	k, parent, i := googleKit(t)
	bob := k.SignUpBelow(parent, "bob@home.example", "bob's own Choice 1")
	i["bob"] = tollkeeper.IDToken{Subject: "g-9", Email: bob.Email, EmailVerified: true}
	if err := k.Auth.RequestOwnVerification(ctx, bob.Identity, "", home); err != nil {
		t.Fatal(err)
	}
	k.Prove(bob, bob.Identity) // or the issuer's word would be the first proof, and drop the password
	first, err := google(k, parent, "bob")
	if err != nil {
		t.Fatal(err)
	}
	own := k.SignIn(bob)
	by := k.Identity(string(own.Token))
	key := tollkeeper.IssuedKey{Issuer: tollkeeper.IssuerGoogle, Subject: "g-9"}
	remove := func(id tollkeeper.IssuedKey, password string) error {
		return k.Auth.RemoveIdentity(ctx, by, tollkeeper.IdentityRemoval{Identity: id, Password: tollkeeper.Password(password), Client: home})
	}
	for name, tt := range map[string]struct {
		id       tollkeeper.IssuedKey
		password string
		want     error
	}{
		"a wrong password": {key, "not it", tollkeeper.ErrInvalidCredentials},
		"another subject":  {tollkeeper.IssuedKey{Issuer: key.Issuer, Subject: "g-8"}, bob.Password, tollkeeper.ErrNotFound},
		"another issuer":   {tollkeeper.IssuedKey{Issuer: "other", Subject: key.Subject}, bob.Password, tollkeeper.ErrNotFound},
	} {
		if err := remove(tt.id, tt.password); codeOf(err) != codeOf(tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if list, err := k.Auth.Identities(ctx, by); err != nil || len(list) != 1 || list[0].Key() != key {
		t.Fatalf("linked before: %v, %v", list, err)
	}
	if err := remove(key, bob.Password); err != nil {
		t.Fatal(err)
	}
	if list, err := k.Auth.Identities(ctx, by); err != nil || len(list) != 0 {
		t.Errorf("linked after: %v, %v", list, err)
	}
	if _, err := k.Auth.Authenticate(ctx, first.Token); err == nil {
		t.Error("the other session lives on")
	}
	if _, err := k.Auth.Authenticate(ctx, own.Token); err != nil {
		t.Error("the own session ended:", err)
	}
	if removed := k.Events(tollkeeper.EventIdentityRemoved); len(removed) != 1 || removed[0].Detail != key.Issuer || removed[0].Network == "" {
		t.Errorf("logged: %+v", removed)
	}
	if len(k.Mails(bob.Email, tollkeeper.MailNotice)) == 0 {
		t.Error("the owner heard nothing")
	}
	k.Advance(6 * time.Minute)
	if err := remove(key, ""); codeOf(err) != codeOf(tollkeeper.ErrNotRecent) {
		t.Errorf("without a proof: %v", err)
	}
}

// A member's scope uses the client of its organization's owner: a token counts there only with the nonce of a flow of
// that scope, or one token would open accounts of two tenants.
func TestAMembersScopeNeedsANonce(t *testing.T) {
	k, owner, _ := googleKit(t)
	member := k.Parent()
	if err := k.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: member.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := google(k, owner, "ada"); err != nil {
		t.Error("below the owner:", err)
	}
	for nonce, want := range map[tollkeeper.SecretText]string{"": "invalid_credentials", "of-this-flow": "ok"} {
		_, err := k.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
			Issuer: tollkeeper.IssuerGoogle, IDToken: "ada", Nonce: nonce, Scope: tollkeeper.UnderKey(member.PublicKey),
		})
		if codeOf(err) != want {
			t.Errorf("below the member, with nonce %q: %v", nonce, err)
		}
	}
}

// byIssuer signs in by the token of that name below the tenant.
func (s *scene) byIssuer(token string, edits ...func(*tollkeeper.IDTokenRequest)) (tollkeeper.SignInResult, error) {
	r := tollkeeper.IDTokenRequest{
		Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(token), Scope: tollkeeper.UnderKey(s.tenant.PublicKey), Client: home,
	}
	for _, edit := range edits {
		edit(&r)
	}
	return s.Auth.SignInWithIDToken(ctx, r)
}

// vouched has the issuer vouch for the account's mailbox.
func (s *scene) vouched(a authtest.Account) authtest.Account {
	s.issuer["token"] = tollkeeper.IDToken{Subject: "g-1", Email: a.Email, EmailVerified: true}
	return a
}

// Whoever is linked is told so, also where nothing was dropped.
func TestTheOwnerHearsOfALinkedIdentity(t *testing.T) {
	scenery(t, func(s *scene) {
		a := s.vouched(s.proven())
		for range 2 {
			res, err := s.byIssuer("token")
			if s.ok(err); res.Dropped.Any() {
				t.Errorf("%+v", res.Dropped)
			}
			if told := s.Mails(a.Email, tollkeeper.MailNotice); len(told) != 1 {
				t.Errorf("%d notices", len(told))
			}
		}
	})
}

// A newcomer is called what the issuer says where that can be a name, and the answer is complete.
func TestAnIssuersNewcomerIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ token, more, want string }{
		"by the token":              {"Ada", "", "Ada"},
		"by what more is asked":     {"Ada", "Ada L.", "Ada L."},
		"by nothing that is a name": {strings.Repeat("a", 129), "", ""},
		"by nothing of two lines":   {"Ada\nL.", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				s.issuer["token"] = tollkeeper.IDToken{Subject: "g-1", Name: c.token}
				res, err := s.byIssuer("token", func(r *tollkeeper.IDTokenRequest) {
					r.UserInfo = func(context.Context) (tollkeeper.IDToken, error) {
						return tollkeeper.IDToken{Subject: "g-1", Email: "ada@home.example", EmailVerified: true, Name: c.more}, nil
					}
				})
				if s.ok(err); res.Subject.Account.Name != c.want || res.Subject.Parent.ID != s.tenant.ID || res.Subject.Organization.Name != "Shop" {
					t.Errorf("%+v", res.Subject)
				}
			})
		})
	}
}

// What happens at the same moment is tried again, a few times; what the store does not say ends the sign-in.
func TestAnIssuersWordMeetsTheStore(t *testing.T) {
	once := func(verb string, err error) func(string) error {
		return func(v string) error {
			if v != verb || err == nil {
				return nil
			}
			failed := err
			err = nil
			return failed
		}
	}
	always := func(verb string, err error) func(string) error {
		return func(v string) error {
			if v == verb {
				return err
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		known bool // there is an account of the email
		token tollkeeper.IDToken
		fault func(string) error
		want  error
		verb  string
		asked int // times of that verb
	}{
		"somebody signed up with the email": {false, tollkeeper.IDToken{Email: "a@home.example", EmailVerified: true}, once("CreateAccount", store.Conflict{Field: "email"}), nil, "CreateAccount", 2},
		"the account was changed":           {true, tollkeeper.IDToken{}, once("UpdateAccount", store.Conflict{}), nil, "UpdateAccount", 2},
		"the account changes all the time":  {true, tollkeeper.IDToken{}, always("UpdateAccount", store.Conflict{}), tollkeeper.ErrConflict, "UpdateAccount", 4},
		"nothing can be written":            {true, tollkeeper.IDToken{}, failing("UpdateAccount"), tollkeeper.ErrUnavailable, "UpdateAccount", 1},
		"nobody can be found":               {false, tollkeeper.IDToken{}, nth(3), tollkeeper.ErrUnavailable, "FindAccount", 2},
	} {
		t.Run(name, func(t *testing.T) {
			scenery(t, func(s *scene) {
				if c.known {
					c.token.Email, c.token.EmailVerified = s.somebody().Email, true
				}
				c.token.Subject = "g-1"
				s.issuer["token"] = c.token
				s.store.watch()
				s.store.faults(c.fault, nil)
				res, err := s.byIssuer("token")
				s.store.faults(nil, nil)
				verbs := s.store.verbs()
				if asked := len(slices.DeleteFunc(slices.Clone(verbs), func(v string) bool { return v != c.verb })); codeOf(err) != codeOf(c.want) || asked != c.asked {
					t.Errorf("%v after %v", err, verbs)
				}
				if (res.Token != "") != (c.want == nil) {
					t.Errorf("%+v", res)
				}
			})
		})
	}
}

// Who is signed in to an account that nobody has proven keeps its identity; else it gives way to the mailbox's owner.
func TestAnIdentityOfTheSameIssuerStaysForWhoIsSignedIn(t *testing.T) {
	scenery(t, func(s *scene) {
		a := s.vouched(s.somebody())
		s.links(a, "another")
		s.want(errOf(s.byIssuer("token", func(r *tollkeeper.IDTokenRequest) { r.By = a.Identity })), tollkeeper.ErrInvalidCredentials)
		res, err := s.byIssuer("token")
		if s.ok(err); len(res.Dropped.Identities) != 1 || res.Dropped.Identities[0].Subject != "another" {
			t.Errorf("%+v", res.Dropped)
		}
	})
}

// links has the account linked to the issuer's subject.
func (s *scene) links(a authtest.Account, subject string) {
	s.Helper()
	found, err := s.store.Store.FindAccount(ctx, store.Lookup{ID: a.ID})
	s.ok(err)
	c := store.Change{Account: found.Account, Link: []store.Linked{{Issuer: tollkeeper.IssuerGoogle, Subject: subject, LinkedAt: s.Now()}}}
	_, _, err = s.store.Store.UpdateAccount(ctx, c, s.Now())
	s.ok(err)
}

// The second step links what the first one showed, unless the issuer's place is taken by then. What cannot be linked is
// in the log, and costs nobody the session.
func TestTheSecondStepLinksWhatTheFirstShowed(t *testing.T) {
	afterwards := func(verb string, err error, times int) func(string) error {
		in := false
		return func(v string) error {
			if in = in || v == "CreateSession"; !in || v != verb || times == 0 {
				return nil
			}
			times--
			return err
		}
	}
	for name, c := range map[string]struct {
		between func(s *scene, a authtest.Account) func(string) error
		linked  string // to that subject
		logged  bool
		writes  int
	}{
		"nothing between":    {func(*scene, authtest.Account) func(string) error { return nil }, "g-1", false, 1},
		"another is linked":  {func(s *scene, a authtest.Account) func(string) error { s.links(a, "g-2"); return nil }, "g-2", false, 0},
		"the same is linked": {func(s *scene, a authtest.Account) func(string) error { s.links(a, "g-1"); return nil }, "g-1", false, 0},
		"a change at the same moment": {func(*scene, authtest.Account) func(string) error {
			return afterwards("UpdateAccount", store.Conflict{}, 1)
		}, "g-1", false, 2},
		"a store that does not write": {func(*scene, authtest.Account) func(string) error {
			return afterwards("UpdateAccount", errDriver, 9)
		}, "", true, 1},
		"a store that does not read": {func(*scene, authtest.Account) func(string) error {
			return afterwards("FindAccount", errDriver, 9)
		}, "", true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			log := &lockedBuffer{}
			scenery(t, func(s *scene) {
				a, f, _ := s.enrolled()
				first, err := s.byIssuer("token", func(*tollkeeper.IDTokenRequest) { s.vouched(a) })
				s.ok(err)
				fault := c.between(s, a)
				s.store.watch()
				s.store.faults(fault, nil)
				_, err = s.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: first.Challenge, Code: tollkeeper.SecretText(s.FactorCode(f)), Client: home})
				s.ok(err)
				s.store.faults(nil, nil)
				found, err := s.store.Store.FindAccount(ctx, store.Lookup{ID: a.ID, Credentials: true})
				s.ok(err)
				linked := ""
				for _, l := range found.Linked {
					linked += l.Subject
				}
				writes := strings.Count(strings.Join(s.store.verbs(), " "), "UpdateAccount")
				if logged := strings.Contains(log.String(), "identity not linked"); linked != c.linked || logged != c.logged || writes != c.writes {
					t.Errorf("linked %q, logged %t, %v", linked, logged, s.store.verbs())
				}
			}, func(c *tollkeeper.Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
		})
	}
}
