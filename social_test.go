package tollkeeper_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// issuer vouches for the tokens it is told of.
type issuer map[string]tollkeeper.IDToken

func (i issuer) VerifyIDToken(_ context.Context, token, clientID, _ string) (tollkeeper.IDToken, error) {
	if token == "down" {
		return tollkeeper.IDToken{}, tollkeeper.ErrUpstream
	}
	t, ok := i[token]
	if !ok || clientID != "client-1" {
		return t, errors.New("not for you")
	}
	return t, nil
}

func googleKit(t *testing.T, edits ...func(*tollkeeper.Config)) (*authtest.Kit, authtest.Account, issuer) {
	i := issuer{
		"ada":        {Subject: "g-1", Email: "ada@home.example", EmailVerified: true, Name: "Ada"},
		"ada-again":  {Subject: "g-2", Email: "ada@home.example", EmailVerified: true},
		"unverified": {Subject: "g-3"}, // of an address that it says is not verified
		"no-email":   {Subject: "g-4", EmailVerified: true},
	}
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Social.Issuers = map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: i}
		c.Credits.Prices = map[tollkeeper.Operation]int64{"hundred": 100}
		for _, edit := range edits {
			edit(c)
		}
	}))
	parent := k.Parent()
	owner := k.SignedIn(parent)
	if _, err := k.Auth.UpdateOrganization(ctx, owner, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"}}}); err != nil {
		t.Fatal(err)
	}
	return k, parent, i
}

func google(k *authtest.Kit, parent authtest.Account, token string) (tollkeeper.SignInResult, error) {
	return k.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(token), Scope: keyed(authtest.Account{ParentKey: parent.PublicKey})})
}

func TestGoogle(t *testing.T) {
	t.Run("signs up at the first time, in at the second, three credits each", func(t *testing.T) {
		k, parent, _ := googleKit(t)
		var first tollkeeper.SignInResult
		for round := range 2 {
			res, err := google(k, parent, "ada")
			if err != nil {
				t.Fatal(err)
			}
			if round == 0 {
				first = res
			}
			if res.Subject.Account.ID != first.Subject.Account.ID {
				t.Fatal("another account at the second time")
			}
			b, err := k.Store.Balance(ctx, parent.ID)
			if err != nil || b.Credits != int64(2999-3*(round+1)) || b.Socials != int64(round+1) || b.SignIns != 1 || b.Children != 1 {
				t.Fatalf("%+v, %v", b, err)
			}
		}
	})
	t.Run("refuses", func(t *testing.T) {
		k, parent, i := googleKit(t)
		other := k.Parent()
		for name, c := range map[string]struct {
			parent authtest.Account
			token  string
			want   error
		}{
			"a token of nobody":              {parent, "forged", tollkeeper.ErrInvalidCredentials},
			"an email that is not verified":  {parent, "unverified", tollkeeper.ErrInvalidCredentials},
			"a token without email":          {parent, "no-email", tollkeeper.ErrInvalidCredentials},
			"an issuer that is away":         {parent, "down", tollkeeper.ErrUpstream},
			"an organization without Google": {other, "ada", tollkeeper.ErrDisabled},
			"a tenant":                       {authtest.Account{}, "ada", tollkeeper.ErrParentKeyNeeded},
		} {
			if _, err := google(k, c.parent, c.token); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		if len(i) != 4 {
			t.Fatal("the issuer changed")
		}
	})
	t.Run("makes no account where sign-up is closed", func(t *testing.T) {
		for _, mode := range []tollkeeper.SignUpMode{tollkeeper.SignUpClosed, tollkeeper.SignUpInvitation} {
			k, parent, i := googleKit(t, func(c *tollkeeper.Config) { c.Accounts.SignUp.Children = mode })
			if _, err := google(k, parent, "ada"); !errors.Is(err, tollkeeper.ErrSignUpClosed) {
				t.Fatal(err)
			}
			child := k.Child(parent)
			i["child"] = tollkeeper.IDToken{Subject: "g-5", Email: child.Email, EmailVerified: true}
			if _, err := google(k, parent, "child"); err != nil {
				t.Errorf("an account that is there: %v", err)
			}
			if b, err := k.Store.Balance(ctx, parent.ID); err != nil || b.Children != 1 {
				t.Errorf("%+v, %v", b, err)
			}
		}
	})
	t.Run("makes no account for a parent who cannot pay", func(t *testing.T) {
		k, parent, _ := googleKit(t)
		for i := range 2999 / 100 {
			if _, err := k.Auth.Host().Charge(ctx, parent.ID, "hundred", fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 97 {
			if _, err := k.Auth.Host().Charge(ctx, parent.ID, tollkeeper.OpSignIn, fmt.Sprint("one ", i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := google(k, parent, "ada"); !errors.Is(err, tollkeeper.ErrInsufficientCredits) {
			t.Fatal(err)
		}
		if b, err := k.Store.Balance(ctx, parent.ID); err != nil || b.Children != 0 || b.Credits != 2 {
			t.Fatalf("%+v, %v", b, err)
		}
	})
	t.Run("links a verified account and keeps its password", func(t *testing.T) {
		k, parent, i := googleKit(t)
		a := k.Child(parent)
		i["mine"] = tollkeeper.IDToken{Subject: "g-9", Email: a.Email, EmailVerified: true}
		res, err := google(k, parent, "mine")
		if err != nil || res.Subject.Account.ID != a.ID {
			t.Fatal(err)
		}
		if k.SignIn(a).Token == "" {
			t.Fatal("the password is gone")
		}
		i["other"] = tollkeeper.IDToken{Subject: "g-10", Email: a.Email, EmailVerified: true}
		if _, err := google(k, parent, "other"); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Fatal("another Google account of the same address:", err)
		}
	})
	t.Run("an account that was made before the owner came loses what the stranger set up (R34)", func(t *testing.T) {
		k, parent, i := googleKit(t)
		stranger := k.SignUpBelow(parent, "victim@home.example", "stranger's Choice 1")
		k.Advance(time.Minute)
		i["victim"] = tollkeeper.IDToken{Subject: "g-7", Email: "victim@home.example", EmailVerified: true}
		res, err := google(k, parent, "victim")
		if err != nil || res.Subject.Account.ID != stranger.ID {
			t.Fatal(err)
		}
		if _, err := k.Auth.Authenticate(ctx, tollkeeper.SecretText(stranger.Token)); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("the stranger's session lives on:", err)
		}
		if _, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: stranger.Email, Password: tollkeeper.Password(stranger.Password), Scope: tollkeeper.UnderKey(parent.PublicKey)}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
			t.Fatal("the stranger's password still opens:", err)
		}
	})
}

// One client, one organization: else a token that was fetched for the one would open the other.
func TestAClientIsOfOneOrganization(t *testing.T) {
	k, first, _ := googleKit(t)
	second := k.Parent()
	name := func(of authtest.Account, enabled bool) error {
		_, err := k.Auth.UpdateOrganization(ctx, k.SignedIn(of), tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{
			{Issuer: tollkeeper.IssuerGoogle, Enabled: enabled, ClientID: "client-1"},
		}})
		return err
	}
	err := name(second, true)
	if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || !errors.Is(err, tollkeeper.ErrInvalidInput) || e.Field != "issuers" {
		t.Fatal(err)
	}
	if _, err := google(k, second, "ada"); !errors.Is(err, tollkeeper.ErrDisabled) {
		t.Error("the token opens the other:", err)
	}
	if _, err := google(k, first, "ada"); err != nil {
		t.Error("who named it first:", err)
	}
	if err := name(second, false); err != nil {
		t.Error("turned off:", err)
	}
	if err := errors.Join(name(first, false), name(second, true)); err != nil {
		t.Error("left by the first:", err)
	}
	if _, err := google(k, first, "ada"); !errors.Is(err, tollkeeper.ErrDisabled) {
		t.Error(err)
	}
	if _, err := google(k, second, "ada"); err != nil {
		t.Error(err)
	}
}

// A client that the host shares serves all who name it, by tokens that a flow has fetched for one of them.
func TestASharedClientTakesNoTokenWithoutNonce(t *testing.T) {
	k, first, _ := googleKit(t, func(c *tollkeeper.Config) { c.Social.SharedClients = []string{"client-1"} })
	second := k.Parent()
	settings := []tollkeeper.IssuerSettings{{Issuer: tollkeeper.IssuerGoogle, Enabled: true, ClientID: "client-1"}}
	if _, err := k.Auth.UpdateOrganization(ctx, k.SignedIn(second), tollkeeper.OrganizationPatch{Issuers: settings}); err != nil {
		t.Fatal(err)
	}
	for _, parent := range []authtest.Account{first, second} {
		for nonce, want := range map[tollkeeper.SecretText]error{"": tollkeeper.ErrInvalidCredentials, "n": nil} {
			_, err := k.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
				Issuer: tollkeeper.IssuerGoogle, IDToken: "ada", Nonce: nonce, Scope: tollkeeper.UnderKey(parent.PublicKey),
			})
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("nonce %q: %v", nonce, err)
			}
		}
	}
}

// Whether a client is shared is decided by what its organization was told, and by what the host says now.
func TestAClientIsSharedOnceItWas(t *testing.T) {
	shared := func(c *tollkeeper.Config) { c.Social.SharedClients = []string{"client-1"} }
	for name, edits := range map[string][2]func(*tollkeeper.Config){
		"from now on":  {func(*tollkeeper.Config) {}, shared},
		"until lately": {shared, func(c *tollkeeper.Config) { c.Social.SharedClients = nil }},
	} {
		before, parent, _ := googleKit(t, edits[0])
		if _, err := google(before.Another(authtest.WithConfig(edits[1])), parent, "ada"); codeOf(err) != "invalid_credentials" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// leaving is an issuer during whose answer the caller leaves.
type leaving func()

func (l leaving) VerifyIDToken(context.Context, string, string, string) (tollkeeper.IDToken, error) {
	l()
	return tollkeeper.IDToken{}, errors.New("no answer")
}

// Nothing of the token can be said where nobody looked at it.
func TestAnIssuerThatWasNotHeard(t *testing.T) {
	k, parent, _ := googleKit(t)
	ctx, cancel := context.WithCancel(ctx)
	for name, c := range map[string]struct {
		issuers map[string]tollkeeper.IDTokenVerifier
		want    error
	}{
		"the host has given it up": {nil, tollkeeper.ErrDisabled},
		"the caller has left":      {map[string]tollkeeper.IDTokenVerifier{tollkeeper.IssuerGoogle: leaving(cancel)}, tollkeeper.ErrUpstream},
	} {
		other := k.Another(authtest.WithConfig(func(cfg *tollkeeper.Config) { cfg.Social.Issuers = c.issuers }))
		_, err := other.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, IDToken: "ada", Scope: tollkeeper.UnderKey(parent.PublicKey)})
		if codeOf(err) != codeOf(c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A token that names nobody, or that could be of another flow, is no good, whatever the issuer says when it is asked.
func TestIDTokensNameSomebody(t *testing.T) {
	k, parent, i := googleKit(t)
	shared := k.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Social.SharedClients = []string{"client-1"} }))
	tried := 0 // each is somebody else
	for name, c := range map[string]struct {
		kit            *authtest.Kit
		token, subject string
		want           error
	}{
		"nobody":                    {k, "token", "", tollkeeper.ErrInvalidCredentials},
		"by the longest subject":    {k, "token", strings.Repeat("s", 255), nil},
		"by a longer one":           {k, "token", strings.Repeat("s", 256), tollkeeper.ErrInvalidCredentials},
		"on two lines":              {k, "token", "a\nb", tollkeeper.ErrInvalidCredentials},
		"nobody, at length":         {k, strings.Repeat("x", 8<<10+1), "", tollkeeper.ErrInvalidCredentials},
		"nobody, in whoever's flow": {shared, "token", "", tollkeeper.ErrInvalidCredentials},
	} {
		tried++
		i[c.token] = tollkeeper.IDToken{Subject: c.subject, Email: fmt.Sprintf("new%d@home.example", tried), EmailVerified: true}
		_, err := c.kit.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
			Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(c.token), Scope: tollkeeper.UnderKey(parent.PublicKey),
			UserInfo: func(context.Context) (tollkeeper.IDToken, error) { return i[c.token], nil },
		})
		if codeOf(err) != codeOf(c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who is linked is known by the subject: what the token says of an email decides only who else it could be.
func TestALinkedPersonNeedsNoEmail(t *testing.T) {
	for name, later := range map[string]tollkeeper.IDToken{
		"no email": {}, "not vouched for": {Email: "ada@home.example"}, "another": {Email: "new@home.example", EmailVerified: true},
		"no address": {Email: "ada", EmailVerified: true}, "another's": {Email: "bob@home.example", EmailVerified: true},
	} {
		t.Run(name, func(t *testing.T) {
			k, parent, i := googleKit(t)
			k.SignUpBelow(parent, "bob@home.example", "bob's own Choice 1")
			first, err := google(k, parent, "ada")
			if err != nil {
				t.Fatal(err)
			}
			later.Subject = "g-1"
			i["later"] = later
			res, err := google(k, parent, "later")
			if err != nil || res.Subject.Account.ID != first.Subject.Account.ID || res.Subject.Account.Email != "ada@home.example" {
				t.Errorf("%+v, %v", res.Subject.Account, err)
			}
			later.Subject = "g-99"
			i["stranger"] = later
			want := map[string]string{"another": "ok", "another's": "ok", "not vouched for": "email_taken"}[name]
			if _, err := google(k, parent, "stranger"); codeOf(err) != cmp.Or(want, "invalid_credentials") {
				t.Errorf("a stranger who says as little: %v", err)
			}
		})
	}
}

// The issuer is asked for more only where its token leaves open who somebody is, and only about the same person.
func TestTheIssuerIsAskedForAnEmail(t *testing.T) {
	down := errors.New("no such token")
	tests := map[string]struct {
		token string
		says  tollkeeper.IDToken
		fails error
		want  error
		asked int
	}{
		"verified":          {"no-email", tollkeeper.IDToken{Subject: "g-4", Email: "Bob@home.example", EmailVerified: true}, nil, nil, 1},
		"of whom it denied": {"unverified", tollkeeper.IDToken{Subject: "g-3", Email: "bob@home.example", EmailVerified: true}, nil, nil, 1},
		"the token says it": {"ada", tollkeeper.IDToken{Subject: "g-1", Email: "eve@home.example", EmailVerified: true}, nil, nil, 0},
		"not vouched for":   {"no-email", tollkeeper.IDToken{Subject: "g-4", Email: "bob@home.example"}, nil, tollkeeper.ErrEmailTaken, 1},
		"not verified":      {"no-email", tollkeeper.IDToken{Subject: "g-4"}, nil, tollkeeper.ErrInvalidCredentials, 1},
		"none":              {"no-email", tollkeeper.IDToken{Subject: "g-4", EmailVerified: true}, nil, tollkeeper.ErrInvalidCredentials, 1},
		"of another":        {"no-email", tollkeeper.IDToken{Subject: "g-5", Email: "bob@home.example", EmailVerified: true}, nil, tollkeeper.ErrInvalidCredentials, 1},
		"of nobody":         {"no-email", tollkeeper.IDToken{Email: "bob@home.example", EmailVerified: true}, nil, tollkeeper.ErrInvalidCredentials, 1},
		"away":              {"no-email", tollkeeper.IDToken{}, tollkeeper.ErrUpstream, tollkeeper.ErrUpstream, 1},
		"refused":           {"no-email", tollkeeper.IDToken{}, down, tollkeeper.ErrInvalidCredentials, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, parent, _ := googleKit(t)
			asked, email := 0, "bob@home.example"
			if tt.asked == 0 {
				email = "ada@home.example"
			}
			bob := k.SignUpBelow(parent, email, "bob's own Choice 1")
			sign := func() (tollkeeper.SignInResult, error) {
				return k.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{
					Issuer: tollkeeper.IssuerGoogle, IDToken: tollkeeper.SecretText(tt.token), Scope: tollkeeper.UnderKey(parent.PublicKey),
					UserInfo: func(context.Context) (tollkeeper.IDToken, error) { asked++; return tt.says, tt.fails },
				})
			}
			res, err := sign()
			if !errors.Is(err, tt.want) || tt.want == nil && (err != nil || res.Subject.Account.ID != bob.ID) || asked != tt.asked {
				t.Fatalf("%+v, %v, asked %d times", res.Subject.Account, err, asked)
			}
			if tt.want != nil {
				return
			}
			if res, err := sign(); err != nil || res.Subject.Account.ID != bob.ID || asked != tt.asked {
				t.Errorf("the second time: %+v, %v, asked %d times", res.Subject.Account, err, asked)
			}
		})
	}
}

// Whom an import has linked without anybody's proof does not keep the owner of the mailbox out.
func TestAnIdentityOfTheSameIssuerOnAnUnprovenMailboxGivesWay(t *testing.T) {
	k, parent, i := googleKit(t)
	line := `{"email":"victim@home.example","identities":[{"issuer":"` + tollkeeper.IssuerGoogle + `","subject":"stranger"}]}`
	if r, err := k.Auth.Host().ImportAccounts(ctx, tollkeeper.Under(parent.ID), strings.NewReader(line), tollkeeper.ImportOptions{}); err != nil || r.Stand != 1 {
		t.Fatal(r, err)
	}
	i["victim"] = tollkeeper.IDToken{Subject: "g-7", Email: "victim@home.example", EmailVerified: true}
	i["stranger"] = tollkeeper.IDToken{Subject: "stranger", Email: "stranger@evil.example", EmailVerified: true}
	for round := range 2 {
		res, err := google(k, parent, "victim")
		if err != nil {
			t.Fatal(err)
		}
		if dropped := len(res.Dropped.Identities); dropped != 1-round {
			t.Errorf("round %d: %d identities dropped", round, dropped)
		}
		other, err := google(k, parent, "stranger")
		if err != nil || other.Subject.Account.ID == res.Subject.Account.ID {
			t.Errorf("round %d: the stranger's identity still leads into the account: %v", round, err)
		}
	}
}
