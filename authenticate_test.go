package tollkeeper_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

func TestAuthenticateOfAKnownTokenAllocatesNothing(t *testing.T) {
	k := authtest.New(t)
	for _, audience := range []tollkeeper.Audience{tollkeeper.AudienceOrganization, tollkeeper.AudienceV1} {
		token := k.SignIn(k.Parent(), func(r *tollkeeper.SignInRequest) { r.Audience = audience }).Token
		k.Identity(string(token))
		if n := testing.AllocsPerRun(200, func() {
			if _, err := k.Auth.Authenticate(ctx, token); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", audience, n)
		}
	}
}

// What is seen for the first time costs its identity and nothing else: it is not remembered. The least of several counts:
// the worker allocates, too.
func TestAuthenticateOfANewTokenAllocatesItsIdentity(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector: go test -run AllocatesItsIdentity .")
	}
	k := authtest.New(t)
	for _, audience := range []tollkeeper.Audience{tollkeeper.AudienceOrganization, tollkeeper.AudienceV1} {
		parent, least := k.Parent(), 100.0
		for range 5 {
			var tokens []tollkeeper.SecretText
			for range 20 {
				tokens = append(tokens, k.SignIn(parent, func(r *tollkeeper.SignInRequest) { r.Audience = audience }).Token)
			}
			i := 0
			least = min(least, testing.AllocsPerRun(len(tokens)-1, func() {
				if _, err := k.Auth.Authenticate(ctx, tokens[i]); err != nil {
					t.Fatal(err)
				}
				i++
			}))
		}
		if least > 1 {
			t.Errorf("%s: %v allocations", audience, least)
		}
	}
}

// What a remembered token must still see, each at once.
func TestAKnownTokenSeesEverything(t *testing.T) {
	for name, end := range map[string]func(k *authtest.Kit, parent, a authtest.Account, id *tollkeeper.Identity) error{
		"expiry": func(k *authtest.Kit, _, _ authtest.Account, _ *tollkeeper.Identity) error {
			k.Advance(24 * time.Hour)
			return nil
		},
		"sign-out": func(k *authtest.Kit, _, _ authtest.Account, id *tollkeeper.Identity) error {
			return k.Auth.SignOut(ctx, id)
		},
		"status": func(k *authtest.Kit, _, a authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.Host().SetStatus(ctx, a.ID, tollkeeper.StatusDisabled)
		},
		"its parent": func(k *authtest.Kit, p, _ authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled)
		},
		"deletion": func(k *authtest.Kit, _, a authtest.Account, id *tollkeeper.Identity) error {
			return k.Auth.DeleteAccount(ctx, id, tollkeeper.Password(a.Password), tollkeeper.Client{})
		},
		"deletion of its parent": func(k *authtest.Kit, p, _ authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.Host().DeleteAccount(ctx, p.ID)
		},
		"disabled and let in again": func(k *authtest.Kit, _, a authtest.Account, _ *tollkeeper.Identity) error {
			return errors.Join(k.Auth.Host().SetStatus(ctx, a.ID, tollkeeper.StatusDisabled), k.Auth.Host().SetStatus(ctx, a.ID, tollkeeper.StatusActive))
		},
		"a password that another session changed": func(k *authtest.Kit, _, a authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.ChangePassword(ctx, k.SignedIn(a), tollkeeper.PasswordChange{Current: tollkeeper.Password(a.Password), New: fresh})
		},
		"the end of all other sessions": func(k *authtest.Kit, _, a authtest.Account, _ *tollkeeper.Identity) error {
			return k.Auth.EndOtherSessions(ctx, k.SignedIn(a))
		},
		"another key of its tenant": func(k *authtest.Kit, p, _ authtest.Account, _ *tollkeeper.Identity) error {
			return errOf(k.Auth.RotateTenantKey(ctx, k.SignedIn(p)))
		},
		"a role of less power": func(k *authtest.Kit, _, a authtest.Account, _ *tollkeeper.Identity) error {
			return errOf(k.Auth.Host().SetRole(ctx, a.ID, tollkeeper.RoleUser))
		},
	} {
		for _, staleness := range []time.Duration{0, time.Minute} {
			t.Run(fmt.Sprint(name, " with staleness ", staleness), func(t *testing.T) {
				k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = staleness }))
				parent := k.Parent()
				a := k.Admin(parent)
				k.Admin(parent) // the last one does not go
				token := k.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }).Token
				k.Identity(string(token)) // at first sight it is not kept
				id := k.Identity(string(token))
				if again := k.Identity(string(token)); again != id {
					t.Fatal("nothing changed, and still another Identity")
				}
				if err := end(k, parent, a, id); err != nil {
					t.Fatal(err)
				}
				if _, err := k.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
					t.Fatalf("the token still serves: %v", err)
				}
			})
		}
	}
}

func TestAKnownTokenSeesItsRoleChange(t *testing.T) {
	k := authtest.New(t)
	parent := k.Parent()
	owner, a := k.SignedIn(parent), k.Child(parent)
	token := k.SignIn(a).Token
	roles := []tollkeeper.Role{tollkeeper.RoleGuest, tollkeeper.RoleUser}
	var turn atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				before := turn.Load()
				id, err := k.Auth.Authenticate(ctx, token)
				if err != nil {
					t.Error(err)
					return
				}
				if after := turn.Load(); before == after && before%2 == 0 && before > 0 && id.Role != roles[(before/2)%2] {
					t.Errorf("role %s after it was changed", id.Role)
				}
			}
		})
	}
	for i := int64(1); i <= 100; i++ {
		turn.Add(1) // odd: changing
		if _, err := k.Auth.SetRole(ctx, owner, tollkeeper.RoleChange{Email: a.Email, Role: roles[i%2]}); err != nil {
			t.Fatal(err)
		}
		turn.Add(1)
	}
	wg.Wait()
}

func TestStalenessIsBoundedBetweenTwoProcesses(t *testing.T) {
	one := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = 10 * time.Second }))
	two := one.Another()
	token := one.SignIn(one.Parent()).Token
	two.Identity(string(token))
	if err := one.Auth.SignOut(ctx, one.Identity(string(token))); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal("the process that did it must see it at once:", err)
	}
	two.Advance(9 * time.Second)
	if _, err := two.Auth.Authenticate(ctx, token); err != nil {
		t.Fatal("the other one may answer from memory for ten seconds, or this test proves nothing:", err)
	}
	two.Advance(time.Second)
	if _, err := two.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal("and not longer:", err)
	}
}

// A clock that was ahead and is put right does not make memory last longer: what seems to come from later is asked for.
func TestAClockSetBackDoesNotKeepSessionsAlive(t *testing.T) {
	one := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = 10 * time.Second }))
	two := one.Another()
	token := one.SignIn(one.Parent()).Token
	two.Advance(20 * time.Second)
	two.Identity(string(token))
	if err := one.Auth.SignOut(ctx, one.Identity(string(token))); err != nil {
		t.Fatal(err)
	}
	two.Advance(-20 * time.Second)
	if _, err := two.Auth.Authenticate(ctx, token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Error("the session lives on in memory:", err)
	}
}

// What limits a session may come with time alone. A remembered token must tell it in the same second.
func TestAKnownTokenIsLimitedWhenItsPasswordExpires(t *testing.T) {
	k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
		c.Passwords.Expiry, c.Passwords.EnforceExpiry = 24*time.Hour, true
	}))
	a := k.Child(k.Parent())
	k.Advance(20 * time.Hour)
	token := string(k.SignIn(a).Token)
	k.Identity(token) // at first sight it is not kept
	kept := k.Identity(token)
	if again := k.Identity(token); again != kept || kept.Limited != tollkeeper.Unlimited {
		t.Fatalf("it is not remembered, or limited: %v", kept.Limited)
	}
	k.Advance(4 * time.Hour)
	if id := k.Identity(token); id.Limited != tollkeeper.LimitedPassword {
		t.Errorf("a day later it is limited by %v, want the password", id.Limited)
	}
}

// When the store does not answer, nobody is let in.
func TestAuthenticateFailsClosed(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.store.faults(failing("Session"), nil)
		id, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(p.Token))
		w.want(err, tollkeeper.ErrUnavailable)
		if id != nil || !errors.Is(err, errDriver) || contains(err.Error(), "10.0.0.7") {
			t.Error("the cause is for logs only, and there is no identity")
		}
		w.want(w.Auth.Health(ctx), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.ok(w.Auth.Health(ctx))
		w.Identity(p.Token)
	})
}

// However long a process may answer from memory, what it did itself it tells as one does that asks the store each time.
func TestOwnChangesAreNeverStale(t *testing.T) {
	none := tollkeeper.Client{}
	yes := true
	for name, change := range map[string]func(w *world, parent, child authtest.Account){
		"role": func(w *world, p, c authtest.Account) {
			_, err := w.Auth.SetRole(ctx, p.Identity, tollkeeper.RoleChange{Email: c.Email, Role: tollkeeper.RoleGuest})
			w.ok(err)
		},
		"status": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.SetStatus(ctx, p.Identity, c.ID, tollkeeper.StatusDisabled))
		},
		"parent's status": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
		},
		"removal":        func(w *world, p, c authtest.Account) { w.ok(w.Auth.RemoveAccount(ctx, p.Identity, c.ID)) },
		"deletion":       func(w *world, p, c authtest.Account) { w.ok(w.Auth.DeleteAccount(ctx, c.Identity, password, none)) },
		"parent deleted": func(w *world, p, c authtest.Account) { w.ok(w.Auth.DeleteAccount(ctx, p.Identity, password, none)) },
		"username":       func(w *world, p, c authtest.Account) { w.ok(w.rename(c.Identity, "other")) },
		"password": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.ChangePassword(ctx, c.Identity, tollkeeper.PasswordChange{Current: password, New: "another staple 8", Client: none}))
		},
		"sign-out":       func(w *world, p, c authtest.Account) { w.ok(w.Auth.SignOut(ctx, c.Identity)) },
		"session ended":  func(w *world, p, c authtest.Account) { w.ok(w.Auth.EndSession(ctx, c.Identity, c.Identity.Session)) },
		"sessions ended": func(w *world, p, c authtest.Account) { w.ok(w.Auth.EndSessions(ctx, p.Identity, c.ID)) },
		"others ended": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.EndOtherSessions(ctx, w.Identity(string(w.signIn(c).Token))))
		},
		"secret rotated": func(w *world, p, c authtest.Account) { _, err := w.Auth.RotateTenantKey(ctx, p.Identity); w.ok(err) },
		"proof": func(w *world, p, c authtest.Account) {
			w.Advance(time.Minute)
			w.ok(w.Auth.Reauthenticate(ctx, c.Identity, tollkeeper.Confirmation{Password: password, Client: none}))
		},
		"refresh": func(w *world, p, c authtest.Account) {
			w.Advance(time.Minute)
			_, err := w.Auth.Refresh(ctx, tollkeeper.SecretText(c.Refresh), none)
			w.ok(err)
		},
		"reuse": func(w *world, p, c authtest.Account) {
			_, err := w.Auth.Refresh(ctx, tollkeeper.SecretText(c.Refresh), none)
			w.ok(err)
			w.Advance(time.Minute)
			_, err = w.Auth.Refresh(ctx, tollkeeper.SecretText(c.Refresh), none)
			w.want(err, tollkeeper.ErrInvalidToken)
		},
		"verification wanted": func(w *world, p, c authtest.Account) {
			_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{VerificationRequired: &yes})
			w.ok(err)
		},
		"factor wanted": func(w *world, p, c authtest.Account) {
			_, err := w.Auth.UpdateOrganization(ctx, p.Identity, tollkeeper.OrganizationPatch{FactorRequired: &yes})
			w.ok(err)
		},
		"factor enrolled": func(w *world, p, c authtest.Account) {
			w.confirmed(c)
			e, err := w.Auth.EnrolFactor(ctx, c.Identity, tollkeeper.FactorEnrolment{Password: password, Client: none})
			w.ok(err)
			code := w.FactorCode(authtest.Factor{Seed: string(e.Seed)})
			_, err = w.Auth.ConfirmFactor(ctx, c.Identity, tollkeeper.SecretText(code), none)
			w.ok(err)
		},
		"email confirmed": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.RequestOwnVerification(ctx, c.Identity, "", none))
			w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(c.Email, tollkeeper.MailVerify)), Client: none})))
		},
		"email changed": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.RequestEmailChange(ctx, c.Identity, tollkeeper.EmailChange{Password: password, Email: "new@example.com", Client: none}))
			w.ok(w.Auth.ConfirmEmailChange(ctx, tollkeeper.EmailConfirmation{Token: tollkeeper.SecretText(w.LastToken("new@example.com", tollkeeper.MailChangeEmail)), Password: password, Client: none}))
		},
		"reset": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c)}))
			w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(c.Email, tollkeeper.MailReset)), Password: "another staple 8"})))
		},
		"first code": func(w *world, p, c authtest.Account) {
			w.ok(w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Email: c.Email, Scope: keyed(c)}))
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: c.Email, Code: tollkeeper.SecretText(w.LastCode(c.Email)), Scope: keyed(c)})
			w.ok(err)
		},
		"member of a strict organization": func(w *world, p, c authtest.Account) {
			owner := w.parent("owner@example.com")
			_, err := w.Auth.UpdateOrganization(ctx, owner.Identity, tollkeeper.OrganizationPatch{FactorRequired: &yes})
			w.ok(err)
			w.ok(w.Auth.Host().AddMember(ctx, tollkeeper.Membership{Owner: owner.ID, Member: p.ID}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				exact := w.Another(authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = 0 })).Auth
				p := w.parent("p@example.com")
				c := w.child(p, "c@example.com")
				for range 3 { // the third is from memory, identity and all
					w.Identity(p.Token)
					w.Identity(c.Token)
				}
				change(w, p, c)
				for _, token := range []string{p.Token, c.Token} {
					got, gotErr := w.Auth.Authenticate(ctx, tollkeeper.SecretText(token))
					want, wantErr := exact.Authenticate(ctx, tollkeeper.SecretText(token))
					if !errors.Is(gotErr, wantErr) || !reflect.DeepEqual(got, want) {
						t.Errorf("%+v, %v; the store says %+v, %v", got, gotErr, want, wantErr)
					}
				}
			}, func(c *tollkeeper.Config) { c.Tokens.Staleness, c.Refresh.Idle = 5*time.Minute, time.Hour })
		})
	}
}
