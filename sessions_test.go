package tollkeeper_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// R52 to R54: what ends the tokens of whom, at once.
func TestWhatEndsSessions(t *testing.T) {
	type cast struct{ parent, own, second, sibling authtest.Account }
	cases := []struct {
		name string
		do   func(w *world, c cast) error
		// which of the child's two sessions, its sibling's and its parent's live on
		own, second, sibling, parent bool
	}{
		{"signing out", func(w *world, c cast) error { return w.Auth.SignOut(ctx, c.own.Identity) }, false, true, true, true},
		{"changing the password", func(w *world, c cast) error {
			return w.Auth.ChangePassword(ctx, c.own.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"})
		}, true, false, true, true},
		{"a reset", func(w *world, c cast) error {
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Email: c.own.Email, Scope: keyed(c.own)}))
			return errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(c.own.Email, tollkeeper.MailReset)), Password: "another horse 9"}))
		}, false, false, true, true},
		{"being disabled", func(w *world, c cast) error {
			return w.Auth.SetStatus(ctx, c.parent.Identity, c.own.ID, tollkeeper.StatusDisabled)
		}, false, false, true, true},
		{"being disabled and enabled again", func(w *world, c cast) error {
			w.ok(w.Auth.SetStatus(ctx, c.parent.Identity, c.own.ID, tollkeeper.StatusDisabled))
			return w.Auth.SetStatus(ctx, c.parent.Identity, c.own.ID, tollkeeper.StatusActive)
		}, false, false, true, true},
		{"deleting oneself", func(w *world, c cast) error {
			return w.Auth.DeleteAccount(ctx, c.own.Identity, password, tollkeeper.Client{})
		}, false, false, true, true},
		{"being removed", func(w *world, c cast) error {
			return w.Auth.RemoveAccount(ctx, c.parent.Identity, c.own.ID)
		}, false, false, true, true},
		{"becoming an admin", func(w *world, c cast) error {
			_, err := w.Auth.SetRole(ctx, c.parent.Identity, tollkeeper.RoleChange{Email: c.own.Email, Role: tollkeeper.RoleAdmin})
			return err
		}, true, true, true, true},
		{"ceasing to be an admin", func(w *world, c cast) error {
			for _, of := range []authtest.Account{c.own, c.sibling} {
				_, err := w.Auth.SetRole(ctx, c.parent.Identity, tollkeeper.RoleChange{Email: of.Email, Role: tollkeeper.RoleAdmin})
				w.ok(err)
			}
			_, err := w.Auth.SetRole(ctx, c.parent.Identity, tollkeeper.RoleChange{Email: c.own.Email, Role: tollkeeper.RoleUser})
			return err
		}, false, false, true, true},
		{"the parent being disabled", func(w *world, c cast) error {
			return w.Auth.Host().SetStatus(ctx, c.parent.ID, tollkeeper.StatusDisabled)
		}, false, false, false, false},
		{"the parent being deleted", func(w *world, c cast) error {
			return w.Auth.DeleteAccount(ctx, c.parent.Identity, password, tollkeeper.Client{})
		}, false, false, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(w *world) {
				p := w.tenant("p@example.com")
				own := w.child(p, "c@example.com")
				second := own
				second.Token = string(w.signIn(own).Token)
				all := cast{p, own, second, w.child(p, "sibling@example.com")}
				w.ok(c.do(w, all))
				for _, x := range []struct {
					who  string
					p    authtest.Account
					live bool
				}{{"own", all.own, c.own}, {"second", all.second, c.second}, {"sibling", all.sibling, c.sibling}, {"parent", all.parent, c.parent}} {
					_, err := w.Auth.Authenticate(ctx, tollkeeper.SecretText(x.p.Token))
					if x.live {
						w.ok(err)
					} else if codeOf(err) != "invalid_token" {
						t.Errorf("the %s session: %v", x.who, err)
					}
				}
			})
		})
	}
}

// Children of a parent that was disabled come back with it; their sessions were never ended.
func TestParentComesBack(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		c := w.child(p, "c@example.com")
		w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusDisabled))
		w.refuses("a child of a disabled parent", c.Token)
		w.ok(w.Auth.Host().SetStatus(ctx, p.ID, tollkeeper.StatusActive))
		w.Identity(c.Token)
		w.refuses("the parent's own session from before", p.Token)
	})
}

// R54: the role is the store's of now.
func TestRoleIsReadWithEachToken(t *testing.T) {
	story(t, func(w *world) {
		admin := w.firstAdmin()
		u := w.user("u@example.com")
		if w.Identity(u.Token).Admin() {
			w.Fatal("a user is an admin")
		}
		_, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: u.Email, Role: "ADMIN"})
		w.ok(err)
		promoted := w.Identity(u.Token)
		if !promoted.Admin() {
			w.Fatal("the same token does not show the new role")
		}
		if _, err := w.Auth.Accounts(ctx, promoted, tollkeeper.AccountQuery{}); err != nil {
			w.Fatal(err)
		}
	})
}

// R55: what could not be ended is said, and can be ended again.
func TestSignOutReportsAFailingStore(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.store.faults(failing("RevokeSession"), nil)
		w.want(w.Auth.SignOut(ctx, p.Identity), tollkeeper.ErrUnavailable)
		w.Identity(p.Token)
		w.store.faults(nil, failing("RevokeSession"))
		w.want(w.Auth.SignOut(ctx, p.Identity), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.refuses("a session that ended although the answer was lost", p.Token)
		w.want(w.Auth.SignOut(ctx, p.Identity), tollkeeper.ErrInvalidToken)
	})
}

// A session ends for its owner only.
func TestSignOutOfSomebodyElse(t *testing.T) {
	story(t, func(w *world) {
		p, q := w.parent("p@example.com"), w.parent("q@example.com")
		thief := *q.Identity
		thief.Session = p.Identity.Session
		w.want(w.Auth.SignOut(ctx, &thief), tollkeeper.ErrInvalidToken)
		w.Identity(p.Token)
	})
}

// A sign-in that overlaps the end of all sessions gives no token that outlives it.
func TestSignInRacesWithPasswordChange(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		tokens := make([]string, 40)
		errs := atOnce(41, func(i int) error {
			if i == 40 {
				return w.Auth.ChangePassword(ctx, p.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"})
			}
			res, err := w.try(p, password)
			tokens[i] = string(res.Token)
			return err
		})
		w.ok(errs[40])
		for _, token := range tokens {
			if token != "" {
				w.refuses("a session under the old password", token)
			}
		}
		w.Identity(p.Token)
	}, unlimited)
}

// An Identity that was made up by hand opens nothing by itself: what it does is done by id, in its scope.
func TestIdsAreNotEnough(t *testing.T) {
	story(t, func(w *world) {
		nobody := &tollkeeper.Identity{Account: uuid.New(), Session: uuid.New()}
		w.want(w.Auth.SignOut(ctx, nobody), tollkeeper.ErrInvalidToken)
		w.want(w.Auth.ChangePassword(ctx, nobody, tollkeeper.PasswordChange{Current: password, New: "another horse 9"}), tollkeeper.ErrInvalidToken)
		w.want(w.Auth.DeleteAccount(ctx, nobody, password, tollkeeper.Client{}), tollkeeper.ErrInvalidToken)
		_, err := w.Auth.UpdateOrganization(ctx, nobody, tollkeeper.OrganizationPatch{})
		w.want(err, tollkeeper.ErrInvalidToken)
		_, err = w.Auth.Organization(ctx, nobody)
		w.want(err, tollkeeper.ErrInvalidToken)
	})
}

func TestSessionsList(t *testing.T) {
	k := authtest.New(t)
	a := k.Parent()
	firefox := tollkeeper.Client{Addr: netip.MustParseAddr("203.0.113.9"), Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	phone := k.SignIn(a, func(r *tollkeeper.SignInRequest) { r.Client = firefox })
	here := k.SignedIn(a)
	list, err := k.Auth.Sessions(ctx, here)
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	if s := list[0]; s.Device != "Firefox on Linux" || s.Network != "203.0.113.9/32" || s.Current {
		t.Fatalf("%+v", s)
	}
	if !list[1].Current {
		t.Fatal("the caller's own is not marked")
	}
	stranger := k.SignedIn(k.Parent())
	if err := k.Auth.EndSession(ctx, stranger, phone.Session); !errors.Is(err, tollkeeper.ErrNotFound) {
		t.Fatal("a stranger ended it:", err)
	}
	if err := k.Auth.EndSession(ctx, here, phone.Session); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Auth.Authenticate(ctx, phone.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
		t.Fatal(err)
	}
}

func TestStepUp(t *testing.T) {
	k := authtest.New(t)
	a := k.Parent()
	token := k.SignIn(a).Token
	k.Advance(6 * time.Minute)
	id := k.Identity(string(token))
	if err := k.Auth.RequireRecent(id, 5*time.Minute); !errors.Is(err, tollkeeper.ErrNotRecent) {
		t.Fatal(err)
	}
	if err := k.Auth.Reauthenticate(ctx, id, tollkeeper.Confirmation{Password: "wrong"}); !errors.Is(err, tollkeeper.ErrInvalidCredentials) {
		t.Fatal(err)
	}
	if err := k.Auth.Reauthenticate(ctx, id, tollkeeper.Confirmation{Password: tollkeeper.Password(a.Password)}); err != nil {
		t.Fatal(err)
	}
	if err := k.Auth.RequireRecent(k.Identity(string(token)), 5*time.Minute); err != nil {
		t.Fatal("the same token, after the proof:", err)
	}
}

// A store that is away is not a wrong code.
func TestReauthenticateTellsAStoreThatIsAwayFromAWrongCode(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		w.confirmed(p)
		e, err := w.Auth.EnrolFactor(ctx, p.Identity, tollkeeper.FactorEnrolment{Password: password})
		w.ok(err)
		f := authtest.Factor{Seed: string(e.Seed)}
		_, err = w.Auth.ConfirmFactor(ctx, p.Identity, tollkeeper.SecretText(w.FactorCode(f)), tollkeeper.Client{})
		w.ok(err)
		prove := func() error {
			return w.Auth.Reauthenticate(ctx, p.Identity, tollkeeper.Confirmation{Password: password, Code: tollkeeper.SecretText(w.FactorCode(f))})
		}
		w.Advance(time.Minute)
		w.store.faults(failing("UpdateAccount"), nil)
		w.want(prove(), tollkeeper.ErrUnavailable)
		w.store.faults(nil, nil)
		w.Advance(time.Minute)
		w.ok(prove())
		w.want(prove(), tollkeeper.ErrInvalidCode)
	})
}
