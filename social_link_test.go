package tollkeeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
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
	linked, failed := k.Events(tollkeeper.EventIdentityLinked), k.Events(tollkeeper.EventSignInFailed)
	if len(linked) != 1 || linked[0].Account != bob.ID || linked[0].Detail != tollkeeper.IssuerGoogle {
		t.Errorf("linked: %+v", linked)
	}
	if len(failed) != 1 || failed[0].Scope != parent.ID || failed[0].Audience != tollkeeper.AudienceOrganization || failed[0].Method != "identity" || failed[0].Network == "" {
		t.Errorf("failed: %+v", failed)
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
