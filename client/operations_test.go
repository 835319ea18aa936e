package client_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/client"
	"github.com/tollkeeper/tollkeeper/store"
)

// Each method is called once at least, with every field of its request, and does what it says.
func TestEveryOperation(t *testing.T) {
	s := newService(t)
	t.Run("sign-in", func(t *testing.T) { signInStory(t, s) })
	t.Run("mailbox", func(t *testing.T) { mailboxStory(t, s) })
	t.Run("email", func(t *testing.T) { emailStory(t, s) })
	t.Run("account", func(t *testing.T) { accountStory(t, s) })
	t.Run("factors", func(t *testing.T) { factorStory(t, s) })
	t.Run("passkeys", func(t *testing.T) { passkeyStory(t, s) })
	t.Run("sessions", func(t *testing.T) { sessionStory(t, s) })
	t.Run("admin", func(t *testing.T) { adminStory(t, s) })
	if !t.Failed() {
		s.seen.complete(t)
	}
}

func signInStory(t *testing.T, s *service) {
	ctx := t.Context()
	up, err := s.c.SignUp(ctx, client.SignUp{Email: "ada@mail.example", Password: password, Username: "ada", Name: "Ada", Captcha: "solved"})
	must(t, err)
	if up.Session == nil || up.Challenge != nil || up.Mailed || up.User.Name != "Ada" || up.User.Username != "ada" {
		t.Errorf("signed up: %+v", up)
	}
	in, err := s.c.SignIn(ctx, client.SignIn{Username: "ada", Password: password})
	must(t, err)
	if in.Session == nil || in.User.ID != up.User.ID || in.User.LastSignInAt.IsZero() {
		t.Errorf("signed in: %+v", in)
	}
	tokens := in.Session.Tokens()
	next, err := s.c.Refresh(ctx, tokens.RefreshToken)
	must(t, err)
	if next.RefreshToken == tokens.RefreshToken || next.ExpiresAt.IsZero() {
		t.Error("the refresh token stays")
	}
	must(t, s.c.RequestCode(ctx, "ada@mail.example"))
	code := client.Secret(s.LastCode("ada@mail.example"))
	in, err = in.Session.SignInWithCode(ctx, client.CodeSignIn{Email: "ada@mail.example", Code: code, Captcha: "solved"})
	must(t, err)
	if in.Session == nil || in.Dropped != nil {
		t.Errorf("the owner's own code drops %+v", in.Dropped)
	}
	linkStory(t, s, in.Session)
	_, err = s.c.SignInWithCode(ctx, client.CodeSignIn{Email: "ada@mail.example", Code: "000000"})
	if !errors.Is(err, client.ErrInvalidCode) && !errors.Is(err, client.ErrInvalidCredentials) {
		t.Errorf("a wrong code: %v", err)
	}
}

// linkStory is of links: of Ada's, by her session and without, and of somebody whom nobody knows.
func linkStory(t *testing.T, s *service, ada *client.Session) {
	ctx := t.Context()
	ask := func(email string) client.Secret {
		must(t, s.c.RequestLink(ctx, client.LinkRequest{Email: email, WithCode: true}))
		return client.Secret(s.LastToken(email, tollkeeper.MailSignInLink))
	}
	in, err := ada.SignInWithLink(ctx, client.LinkSignIn{Token: ask("ada@mail.example")})
	must(t, err)
	if in.Session == nil || in.User.Email != "ada@mail.example" || in.Dropped != nil {
		t.Errorf("signed in: %+v", in)
	}
	token := ask("new@mail.example")
	shown, err := s.c.ShowLink(ctx, token)
	if must(t, err); shown != (client.MailedLink{Email: "new@mail.example", SignUp: true}) {
		t.Errorf("shown %+v", shown)
	}
	in, err = s.c.SignInWithLink(ctx, client.LinkSignIn{Token: token, Captcha: "solved"})
	must(t, err)
	if in.Session == nil || !in.User.EmailVerified {
		t.Errorf("signed up: %+v", in)
	}
	must(t, s.c.RequestCode(ctx, "new@mail.example"))
	must(t, in.Session.Reauthenticate(ctx, client.Reauthentication{MailedCode: client.Secret(s.LastCode("new@mail.example", tollkeeper.MailSignInCode))}))
	must(t, in.Session.ChangePassword(ctx, client.PasswordChange{NewPassword: another}))
	if _, err = s.c.SignInWithLink(ctx, client.LinkSignIn{Token: token, Captcha: "solved"}); err == nil {
		t.Error("a link serves twice")
	}
}

func mailboxStory(t *testing.T, s *service) {
	ctx := t.Context()
	up, err := s.c.SignUp(ctx, client.SignUp{Email: "eve@mail.example", Password: password})
	must(t, err)
	s.link(t, up.User, "4")
	must(t, s.c.RequestReset(ctx, "eve@mail.example"))
	dropped, err := s.c.ResetPassword(ctx, client.PasswordReset{Token: s.mailed("eve@mail.example"), Password: another})
	must(t, err)
	if dropped == nil || dropped.Identities != 1 {
		t.Errorf("the first proof drops %+v", dropped)
	}
	s.Advance(time.Hour)
	must(t, s.c.RequestReset(ctx, "eve@mail.example"))
	dropped, err = s.c.ResetPassword(ctx, client.PasswordReset{Token: s.mailed("eve@mail.example"), Password: password})
	if err != nil || dropped != nil {
		t.Errorf("the second proof drops %+v, %v", dropped, err)
	}
	_, err = s.c.SignUp(ctx, client.SignUp{Email: "mine@mail.example", Password: password})
	must(t, err)
	must(t, s.c.ResendVerification(ctx, "mine@mail.example"))
	must(t, s.c.Disown(ctx, s.mailed("mine@mail.example")))
}

// mailed returns the token of the newest link to the address.
func (s *service) mailed(email string) client.Secret { return client.Secret(s.LastToken(email)) }

func emailStory(t *testing.T, s *service) {
	ctx := t.Context()
	up, err := s.c.SignUp(ctx, client.SignUp{Email: "ben@mail.example", Password: password})
	must(t, err)
	ben := up.Session
	must(t, ben.ResendVerification(ctx))
	v, err := ben.VerifyEmail(ctx, client.EmailVerification{Token: s.mailed("ben@mail.example")})
	if err != nil || !v.EmailProven || !v.EmailVerified {
		t.Errorf("verified %+v, %v", v, err)
	}
	_, err = s.c.SignUp(ctx, client.SignUp{Email: "bob@mail.example", Password: password})
	must(t, err)
	must(t, s.c.ResendVerification(ctx, "bob@mail.example"))
	v, err = s.c.VerifyEmail(ctx, client.EmailVerification{Token: s.mailed("bob@mail.example"), Password: password})
	if err != nil || !v.EmailProven {
		t.Errorf("verified %+v, %v", v, err)
	}
	s.link(t, up.User, "7")
	must(t, ben.ChangeEmail(ctx, client.EmailChange{Email: "ben@new.example", Password: password}))
	kept := []client.KeptIdentity{{Issuer: tollkeeper.IssuerGoogle, Subject: "7"}}
	token := s.mailed("ben@new.example")
	must(t, s.c.ConfirmEmail(ctx, client.EmailConfirmation{Token: token, Password: password, KeepIdentities: kept}))
	ben = s.in(t, authtest.Account{Email: "ben@new.example", Password: string(password)})
	linked, err := ben.Identities(ctx)
	if err != nil || len(linked) != 1 || linked[0].Name != "google" || !linked[0].UsedAt.IsZero() {
		t.Errorf("linked: %+v, %v", linked, err)
	}
	offered, err := s.c.Providers(ctx)
	if err != nil || len(offered) != 1 || offered[0] != (client.Provider{Name: "test", Label: "Test"}) {
		t.Errorf("providers: %+v, %v", offered, err)
	}
	s.linkAt(t, authtest.IssuerURL, up.User, "8")
	offered, err = ben.Providers(ctx)
	if err != nil || len(offered) != 1 || !offered[0].Linked {
		t.Errorf("providers: %+v, %v", offered, err)
	}
	must(t, ben.RemoveIdentity(ctx, "google", client.IdentityRemoval{Subject: "7", Password: password}))
	s.Advance(time.Hour)
	must(t, ben.ChangeEmail(ctx, client.EmailChange{Email: "ben@last.example", Password: password}))
	must(t, ben.ConfirmEmail(ctx, client.EmailConfirmation{Token: s.mailed("ben@last.example")}))
}

// link gives the user a linked sign-in, as an issuer's word would.
func (s *service) link(t *testing.T, u client.User, subject string) {
	t.Helper()
	s.linkAt(t, tollkeeper.IssuerGoogle, u, subject)
}

func (s *service) linkAt(t *testing.T, issuer string, u client.User, subject string) {
	t.Helper()
	a, err := s.Auth.Host().Account(t.Context(), uuid.MustParse(u.ID))
	must(t, err)
	linked := store.Linked{Account: a.Account.ID, Scope: a.Account.Parent, Issuer: issuer, Subject: subject, Email: u.Email, LinkedAt: s.Now()}
	_, _, err = s.Store.UpdateAccount(t.Context(), store.Change{Account: a.Account, Link: []store.Linked{linked}}, s.Now())
	must(t, err)
}

func accountStory(t *testing.T, s *service) {
	ctx := t.Context()
	cleo := s.in(t, s.User())
	user, err := cleo.ChangeProfile(ctx, client.ProfileChange{Username: new("cleo"), Name: new("Cleo"), Locale: new("de-AT")})
	must(t, err)
	if user.Username != "cleo" || user.Name != "Cleo" || user.Locale != "de-AT" || string(user.Metadata) != "{}" {
		t.Errorf("changed: %+v", user)
	}
	user, err = cleo.ChangeProfile(ctx, client.ProfileChange{Name: new("")})
	if err != nil || user.Name != "" || user.Locale != "de-AT" {
		t.Errorf("without a name: %+v, %v", user, err)
	}
	if again, err := cleo.Account(ctx); err != nil || again.ID != user.ID {
		t.Errorf("account %+v, %v", again, err)
	}
	from, to := s.Now().Add(-time.Hour), s.Now().Add(time.Hour)
	page, err := cleo.Events(ctx, client.EventQuery{From: from, To: to, Limit: 1})
	if err != nil || len(page.Events) != 1 || page.Next == "" {
		t.Fatalf("events %+v, %v", page, err)
	}
	older, err := cleo.Events(ctx, client.EventQuery{From: from, To: to, Limit: 1, Cursor: page.Next})
	if err != nil || len(older.Events) != 1 || older.Events[0].ID == page.Events[0].ID {
		t.Errorf("events %+v, %v", older, err)
	}
	kept, err := cleo.Export(ctx)
	if err != nil || kept.Account.ID != user.ID || len(kept.Sessions) != 1 || kept.ExportedAt.IsZero() {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	must(t, cleo.ChangePassword(ctx, client.PasswordChange{Password: password, NewPassword: another}))
	must(t, cleo.DeleteAccount(ctx, another))
	if _, err := cleo.Account(ctx); !errors.Is(err, client.ErrInvalidToken) {
		t.Errorf("after the account is deleted: %v", err)
	}
}

func factorStory(t *testing.T, s *service) {
	ctx := t.Context()
	a := s.User()
	gus := s.in(t, a)
	enrolled, err := gus.EnrolTOTP(ctx, client.Enrolment{Label: "Phone", Password: password})
	must(t, err)
	code := func() client.Secret {
		s.Advance(time.Minute) // no code is good twice
		return client.Secret(s.TOTP(string(enrolled.Secret)))
	}
	recovery, err := gus.ConfirmTOTP(ctx, code())
	if err != nil || len(recovery) == 0 {
		t.Fatalf("%d recovery codes, %v", len(recovery), err)
	}
	replaced, err := gus.NewRecoveryCodes(ctx, client.FactorProof{Code: code()})
	if err != nil || len(replaced) != len(recovery) || replaced[0] == recovery[0] {
		t.Errorf("%d other recovery codes, %v", len(replaced), err)
	}
	in, err := s.c.SignIn(ctx, client.SignIn{Email: a.Email, Password: password})
	must(t, err)
	if in.Session != nil || in.Challenge == nil || !slices.Contains(in.Challenge.Methods, "totp") {
		t.Fatalf("signed in: %+v", in)
	}
	in, err = s.c.SignInWithFactor(ctx, client.FactorSignIn{Challenge: in.Challenge.Challenge, Code: code()})
	must(t, err)
	gus = in.Session
	must(t, gus.Reauthenticate(ctx, client.Reauthentication{Password: password, Code: code()}))
	list, err := gus.Factors(ctx)
	if err != nil || len(list) != 1 || list[0].Label != "Phone" || list[0].UsedAt.IsZero() {
		t.Fatalf("factors %+v, %v", list, err)
	}
	must(t, gus.RemoveFactor(ctx, list[0].ID, client.FactorRemoval{Code: code(), Password: password}))
	enrolled, err = gus.EnrolTOTP(ctx, client.Enrolment{})
	must(t, err)
	_, err = gus.ConfirmTOTP(ctx, code())
	must(t, err)
	must(t, gus.RemoveFactors(ctx, client.FactorRemoval{Code: code(), Password: password}))
	if list, err := gus.Factors(ctx); err != nil || len(list) != 0 {
		t.Errorf("factors %+v, %v", list, err)
	}
}

func passkeyStory(t *testing.T, s *service) {
	ctx := t.Context()
	a, phone := s.User(), s.Passkey()
	ida := s.in(t, a)
	answer := func(c client.PasskeyChallenge, err error) *client.PasskeyAnswer {
		t.Helper()
		must(t, err)
		return &client.PasskeyAnswer{Ticket: c.Ticket, Response: phone.Respond(c.Options)}
	}
	made := answer(ida.BeginPasskey(ctx, password))
	added, err := ida.AddPasskey(ctx, client.NewPasskey{Ticket: made.Ticket, Response: made.Response, Label: "Phone"})
	must(t, err)
	if len(added.RecoveryCodes) == 0 || added.Passkey.Label != "Phone" || added.Passkey.Domain != "app.example" {
		t.Errorf("added %+v", added)
	}
	in, err := s.c.SignInWithPasskey(ctx, *answer(s.c.BeginPasskeySignIn(ctx)))
	if err != nil || in.Session == nil || in.User.Email != a.Email {
		t.Fatalf("with the passkey alone: %+v, %v", in, err)
	}
	in, err = s.c.SignIn(ctx, client.SignIn{Email: a.Email, Password: password})
	must(t, err)
	challenge := in.Challenge.Challenge
	in, err = s.c.SignInWithFactor(ctx, client.FactorSignIn{Challenge: challenge, Passkey: answer(s.c.BeginPasskeyFactor(ctx, challenge))})
	must(t, err)
	ida = in.Session
	must(t, ida.RenameFactor(ctx, added.Passkey.ID, "Old phone"))
	list, err := ida.Factors(ctx)
	if err != nil || len(list) != 1 || list[0].Label != "Old phone" || list[0].Kind != "passkey" {
		t.Errorf("factors %+v, %v", list, err)
	}
	must(t, ida.Reauthenticate(ctx, client.Reauthentication{Passkey: answer(ida.BeginPasskeyProof(ctx))}))
	if codes, err := ida.NewRecoveryCodes(ctx, client.FactorProof{Passkey: answer(ida.BeginPasskeyProof(ctx))}); err != nil || len(codes) != 10 {
		t.Errorf("%d recovery codes, %v", len(codes), err)
	}
	must(t, ida.RemoveFactor(ctx, added.Passkey.ID, client.FactorRemoval{Passkey: answer(ida.BeginPasskeyProof(ctx))}))
	made = answer(ida.BeginPasskey(ctx, ""))
	_, err = ida.AddPasskey(ctx, client.NewPasskey{Ticket: made.Ticket, Response: made.Response})
	must(t, err)
	must(t, ida.RemoveFactors(ctx, client.FactorRemoval{Passkey: answer(ida.BeginPasskeyProof(ctx))}))
}

func sessionStory(t *testing.T, s *service) {
	ctx := t.Context()
	a := s.User()
	one, two, three := s.in(t, a), s.in(t, a), s.in(t, a)
	current, err := one.Current(ctx)
	if err != nil || current.User.Email != a.Email || current.ExpiresAt.IsZero() {
		t.Errorf("current: %+v, %v", current, err)
	}
	list, err := one.Sessions(ctx)
	if err != nil || len(list) != 3 || list[0].Device != "Go program" {
		t.Fatalf("sessions %+v, %v", list, err)
	}
	for _, open := range list {
		if !open.Current {
			must(t, one.EndSession(ctx, open.ID))
			break
		}
	}
	must(t, one.EndOtherSessions(ctx))
	for _, over := range []*client.Session{two, three} {
		if _, err := over.Account(ctx); !errors.Is(err, client.ErrInvalidToken) {
			t.Errorf("a session that was ended: %v", err)
		}
	}
	two = s.in(t, a)
	must(t, two.SignOut(ctx))
	if err := two.SignOut(ctx); !errors.Is(err, client.ErrInvalidToken) || two.Tokens() != (client.Tokens{}) {
		t.Errorf("signed out twice: %v, %+v", err, two.Tokens())
	}
	must(t, one.EndSessions(ctx))
	if _, err := one.Account(ctx); !errors.Is(err, client.ErrInvalidToken) {
		t.Errorf("after all sessions are ended: %v", err)
	}
}

func adminStory(t *testing.T, s *service) {
	ctx := t.Context()
	admin := s.in(t, s.FirstAdmin()).Admin()
	spec := client.NewUser{
		Email: "jon@mail.example", Password: password, Temporary: true, Username: "jon", Name: "Jon", Role: "guest", EmailVerified: true,
	}
	jon, err := admin.CreateUser(ctx, spec)
	must(t, err)
	if jon.Role != "guest" || !jon.EmailVerified {
		t.Errorf("made: %+v", jon)
	}
	again, err := admin.User(ctx, jon.ID)
	if err != nil || again.Email != jon.Email {
		t.Errorf("user %+v, %v", again, err)
	}
	from, to := s.Now().Add(-time.Hour), s.Now().Add(time.Hour)
	found, err := admin.Users(ctx, client.UserQuery{Search: "jon", From: from, To: to, Limit: 1})
	if err != nil || len(found.Users) != 1 || found.Users[0].ID != jon.ID || found.Total < 2 {
		t.Errorf("users %+v, %v", found, err)
	}
	first, err := admin.Users(ctx, client.UserQuery{Limit: 1})
	must(t, err)
	next, err := admin.Users(ctx, client.UserQuery{Limit: 1, Cursor: first.Next})
	if err != nil || len(next.Users) != 1 || next.Users[0].ID == first.Users[0].ID {
		t.Errorf("users %+v, %v", next, err)
	}
	for _, change := range []client.UserChange{{Role: "user"}, {Status: "disabled"}, {Status: "active"}} {
		changed, err := admin.ChangeUser(ctx, jon.ID, change)
		if err != nil || change.Role != "" && changed.Role != change.Role || change.Status != "" && changed.Status != change.Status {
			t.Errorf("%+v: %+v, %v", change, changed, err)
		}
	}
	query := client.UserEventQuery{User: jon.ID, Names: []string{"role_changed", "status_changed"}, EventQuery: client.EventQuery{From: from, To: to, Limit: 1}}
	page, err := admin.Events(ctx, query)
	if err != nil || len(page.Events) != 1 || page.Events[0].User != jon.ID || page.Next == "" {
		t.Fatalf("events %+v, %v", page, err)
	}
	query.Cursor = page.Next
	_, err = admin.Events(ctx, query)
	must(t, err)
	must(t, admin.SignOutUser(ctx, jon.ID))
	must(t, admin.Unlock(ctx, jon.ID))
	lost := s.User()
	s.EnrolFactor(lost)
	must(t, admin.ResetFactors(ctx, lost.ID.String()))
	must(t, admin.DeleteUser(ctx, jon.ID))
	if _, err := admin.User(ctx, jon.ID); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("after they are deleted: %v", err)
	}
}
