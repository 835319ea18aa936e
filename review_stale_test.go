package tollkeeper_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tollkeeper/tollkeeper"
)

// However long a process may answer from memory, what it did itself it tells as one does that asks the store each time.
func TestOwnChangesAreNeverStale(t *testing.T) {
	none := tollkeeper.Client{}
	yes := true
	for name, change := range map[string]func(w *world, parent, child *person){
		"role": func(w *world, p, c *person) {
			_, err := w.auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: c.email, Role: tollkeeper.RoleGuest})
			w.ok(err)
		},
		"status": func(w *world, p, c *person) {
			w.ok(w.auth.SetStatus(ctx, p.Identity, c.Account, tollkeeper.StatusDisabled))
		},
		"parent's status": func(w *world, p, c *person) { w.ok(w.auth.Host().SetStatus(ctx, p.Account, tollkeeper.StatusDisabled)) },
		"removal":         func(w *world, p, c *person) { w.ok(w.auth.RemoveAccount(ctx, p.Identity, c.Account)) },
		"deletion":        func(w *world, p, c *person) { w.ok(w.auth.DeleteAccount(ctx, c.Identity, password, none)) },
		"parent deleted":  func(w *world, p, c *person) { w.ok(w.auth.DeleteAccount(ctx, p.Identity, password, none)) },
		"username":        func(w *world, p, c *person) { w.ok(w.auth.ChangeUsername(ctx, c.Identity, "other")) },
		"password": func(w *world, p, c *person) {
			w.ok(w.auth.ChangePassword(ctx, c.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8", Client: none}))
		},
		"sign-out":       func(w *world, p, c *person) { w.ok(w.auth.SignOut(ctx, c.Identity)) },
		"session ended":  func(w *world, p, c *person) { w.ok(w.auth.EndSession(ctx, c.Identity, c.Identity.Session)) },
		"sessions ended": func(w *world, p, c *person) { w.ok(w.auth.EndSessions(ctx, p.Identity, c.Account)) },
		"others ended": func(w *world, p, c *person) {
			w.ok(w.auth.EndOtherSessions(ctx, w.identity(string(w.signIn(c).Token))))
		},
		"secret rotated": func(w *world, p, c *person) { _, err := w.auth.RotateTenantKey(ctx, p.Identity); w.ok(err) },
		"proof": func(w *world, p, c *person) {
			w.pass(time.Minute)
			w.ok(w.auth.Reauthenticate(ctx, c.Identity, tollkeeper.Confirmation{Password: password, Client: none}))
		},
		"refresh": func(w *world, p, c *person) {
			w.pass(time.Minute)
			_, err := w.auth.Refresh(ctx, c.Refresh, none)
			w.ok(err)
		},
		"reuse": func(w *world, p, c *person) {
			_, err := w.auth.Refresh(ctx, c.Refresh, none)
			w.ok(err)
			w.pass(time.Minute)
			_, err = w.auth.Refresh(ctx, c.Refresh, none)
			w.want(err, tollkeeper.ErrInvalidToken)
		},
		"verification wanted": func(w *world, p, c *person) {
			_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{VerificationRequired: &yes})
			w.ok(err)
		},
		"factor wanted": func(w *world, p, c *person) {
			_, err := w.auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{FactorRequired: &yes})
			w.ok(err)
		},
		"factor enrolled": func(w *world, p, c *person) {
			e, err := w.auth.EnrolFactor(ctx, c.Identity, password, none)
			w.ok(err)
			code, err := totp.GenerateCode(string(e.Seed), w.now())
			w.ok(err)
			_, err = w.auth.ConfirmFactor(ctx, c.Identity, tollkeeper.SecretText(code), none)
			w.ok(err)
		},
		"email confirmed": func(w *world, p, c *person) {
			w.ok(w.auth.RequestOwnVerification(ctx, c.Identity, "", none))
			w.ok(w.auth.VerifyEmail(ctx, tollkeeper.SecretText(w.token(c.email, tollkeeper.MailVerify)), none))
		},
		"email changed": func(w *world, p, c *person) {
			w.ok(w.auth.RequestEmailChange(ctx, c.Identity, tollkeeper.EmailChange{Password: password, Email: "new@example.com", Client: none}))
			w.ok(w.auth.ConfirmEmailChange(ctx, tollkeeper.SecretText(w.token("new@example.com", tollkeeper.MailChangeEmail)), none))
		},
		"reset": func(w *world, p, c *person) {
			w.ok(w.auth.RequestReset(ctx, tollkeeper.MailRequest{Email: c.email, ParentKey: c.key}))
			w.ok(w.auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.token(c.email, tollkeeper.MailReset)), Password: "another staple 8"}))
		},
		"first code": func(w *world, p, c *person) {
			w.ok(w.auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.email, ParentKey: c.key}))
			_, err := w.auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.email, Code: tollkeeper.SecretText(w.code(c.email)), ParentKey: c.key})
			w.ok(err)
		},
		"member of a strict organization": func(w *world, p, c *person) {
			owner := w.parent("owner@example.com")
			_, err := w.auth.UpdateOrganization(ctx, owner.Identity, tollkeeper.OrganizationPatch{FactorRequired: &yes})
			w.ok(err)
			w.ok(w.auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.Account, Member: p.Account}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				exact := w.another(func(c *tollkeeper.Config) { c.Tokens.Staleness = 0 })
				defer exact.Close(ctx)
				p := w.parent("p@example.com")
				c := w.child(p, "c@example.com")
				for range 3 { // the third is from memory, identity and all
					w.identity(string(p.Token))
					w.identity(string(c.Token))
				}
				change(w, p, c)
				for _, token := range []string{string(p.Token), string(c.Token)} {
					got, gotErr := w.auth.Authenticate(ctx, tollkeeper.SecretText(token))
					want, wantErr := exact.Authenticate(ctx, tollkeeper.SecretText(token))
					if !errors.Is(gotErr, wantErr) || !reflect.DeepEqual(got, want) {
						t.Errorf("%+v, %v; the store says %+v, %v", got, gotErr, want, wantErr)
					}
				}
			}, func(c *tollkeeper.Config) { c.Tokens.Staleness, c.Refresh.Idle = 5*time.Minute, time.Hour })
		})
	}
}
