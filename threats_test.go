package tollkeeper_test

import (
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store/memory"
)

// Whoever reads all that the store was ever given has none of what opens an account.
func TestAStolenDatabaseOpensNothing(t *testing.T) {
	k, seen := authtest.New(t), &probe{Store: memory.New()}
	k = k.Another(authtest.WithStore(seen), authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Refresh.Idle = time.Hour
		c.Credits = nil
	}))
	p := k.Parent()
	res := k.SignIn(p, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization })
	f := k.EnrolFactor(p)
	challenge, err := k.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: p.Email, Password: tollkeeper.Password(p.Password), Scope: tollkeeper.Tenants})
	if err != nil || challenge.Challenge == "" {
		t.Fatal(challenge, err)
	}
	for _, ask := range []func() error{
		func() error {
			return k.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: tollkeeper.Tenants})
		},
		func() error {
			return k.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: p.Email, Scope: tollkeeper.Tenants})
		},
	} {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	opens := map[string]string{
		"the password": p.Password, "an access token": string(res.Token), "a refresh token": string(res.Refresh), "a tenant's key": string(res.TenantKey),
		"a challenge": string(challenge.Challenge), "a seed": f.Seed, "a recovery code": f.Recovery[0],
		"a mailed code": k.LastCode(p.Email), "a reset": k.LastToken(p.Email, tollkeeper.MailReset),
	}
	for what, text := range opens {
		if text == "" || seen.saw(text) {
			t.Errorf("%s is empty or was given to the store", what)
		}
	}
	if !seen.saw(p.Email) {
		t.Error("the search finds nothing at all")
	}
}

// Whoever has the master keys and no database makes tokens of an instance of their own, with the same accounts in it:
// none of them opens anything here, because a session's row decides.
func TestStolenMasterKeysAloneOpenNothing(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Refresh.Idle = time.Hour }))
	victim := k.Parent()
	thief := k.Another(authtest.WithStore(memory.New()))
	twin := thief.SignUp(victim.Email, victim.Password, func(r *tollkeeper.SignUpRequest) { r.Scope = tollkeeper.Tenants })
	forged := thief.SignIn(twin)
	thief.Identity(string(forged.Token)) // a good token, there
	if _, err := k.Auth.Authenticate(ctx, forged.Token); codeOf(err) != "invalid_token" {
		t.Errorf("a token: %v", err)
	}
	if _, err := k.Auth.Refresh(ctx, forged.Refresh, tollkeeper.Client{}); codeOf(err) != "invalid_token" {
		t.Errorf("a refresh token: %v", err)
	}
	f := thief.EnrolFactor(twin)
	half, err := thief.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: twin.Email, Password: tollkeeper.Password(twin.Password), Scope: tollkeeper.Tenants})
	if err != nil || half.Challenge == "" {
		t.Fatal(half, err)
	}
	thief.Advance(time.Minute)
	_, err = k.Auth.SignInWithFactor(ctx, tollkeeper.FactorRequest{Challenge: half.Challenge, Code: tollkeeper.SecretText(thief.FactorCode(f))})
	if codeOf(err) != "invalid_challenge" {
		t.Errorf("a challenge: %v", err)
	}
	if err := thief.Auth.RequestLink(ctx, tollkeeper.MailRequest{Email: "new@example.com", SignUp: true}); err != nil {
		t.Fatal(err)
	}
	link := tollkeeper.LinkRequest{Token: tollkeeper.SecretText(thief.LastToken("new@example.com"))}
	if _, err := k.Auth.SignInWithLink(ctx, link); codeOf(err) != "link_used" {
		t.Errorf("a link that signs up: %v", err)
	}
	if _, err := thief.Auth.SignInWithLink(ctx, link); err != nil {
		t.Errorf("there: %v", err)
	}
}
