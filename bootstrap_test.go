package tollkeeper_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// Whatever was done since, calling Bootstrap again changes nothing and makes no second admin.
func TestBootstrapAgain(t *testing.T) {
	request := tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: password}
	again := func(w *world, password string) tollkeeper.Account {
		w.Helper()
		request := request
		request.Password = tollkeeper.Password(password)
		admin, err := w.Auth.Host().Bootstrap(ctx, request)
		w.ok(err)
		return admin
	}
	changes := map[string]func(w *world, admin authtest.Account) error{
		"nothing": func(*world, authtest.Account) error { return nil },
		"another password": func(w *world, admin authtest.Account) error {
			return w.Auth.ChangePassword(ctx, admin.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"})
		},
		"another role": func(w *world, admin authtest.Account) error {
			second := w.user("second@app.example")
			_, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: second.Email, Role: tollkeeper.RoleAdmin})
			w.ok(err)
			_, err = w.Auth.SetRole(ctx, w.Identity(second.Token), tollkeeper.RoleChange{Email: admin.Email, Role: tollkeeper.RoleGuest})
			return err
		},
		"deleted, its address taken by another": func(w *world, admin authtest.Account) error {
			second := w.user("second@app.example")
			_, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: second.Email, Role: tollkeeper.RoleAdmin})
			w.ok(err)
			w.ok(w.Auth.DeleteAccount(ctx, admin.Identity, password, tollkeeper.Client{}))
			w.user(admin.Email)
			return nil
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				admin := w.firstAdmin()
				w.ok(change(w, admin))
				before, err := w.store.Store.ListAccounts(ctx, admin.Parent, store.Page{Limit: 10})
				w.ok(err)
				if x := again(w, "a later password 8"); x.ID != admin.ID {
					t.Errorf("another admin: %v", x)
				}
				after, err := w.store.Store.ListAccounts(ctx, admin.Parent, store.Page{Limit: 10})
				w.ok(err)
				if len(after) != len(before) {
					w.Fatalf("%d accounts, before %d", len(after), len(before))
				}
				for i := range after {
					if after[i].Version != before[i].Version {
						t.Errorf("%v was changed", after[i])
					}
				}
				_, err = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: admin.Email, Password: "a later password 8"})
				w.want(err, tollkeeper.ErrInvalidCredentials)
			})
		})
	}
}

func TestBootstrapAtOnce(t *testing.T) {
	story(t, func(w *world) {
		ids := make([]uuid.UUID, 20)
		errs := atOnce(20, func(i int) error {
			admin, err := w.Auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: password})
			ids[i] = admin.ID
			return err
		})
		for i, err := range errs {
			w.ok(err)
			if ids[i] != ids[0] {
				w.Fatal("two admins")
			}
		}
	})
}

// R75: nobody is there before somebody was made, and nobody is made without a password of their own.
func TestNoDefaultAccount(t *testing.T) {
	story(t, func(w *world) {
		for _, email := range []string{"admin", "admin@localhost.localdomain", "admin@example.com", "root@localhost.localdomain"} {
			for _, password := range []string{"", "admin", "admin1234", "password", "changeme"} {
				for _, scope := range []tollkeeper.Scope{tollkeeper.Tenants, {}} {
					w.Advance(1e12)
					_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: tollkeeper.Password(password), Scope: scope})
					w.want(err, tollkeeper.ErrInvalidCredentials)
				}
			}
		}
		for password, want := range map[string]error{"": tollkeeper.ErrMissing, "short": tollkeeper.ErrWeakPassword, "admin1234": tollkeeper.ErrWeakPassword} {
			_, err := w.Auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@app.example", Password: tollkeeper.Password(password)})
			w.want(err, want)
			if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "password" || !strings.Contains(strings.ToLower(e.Error()), "password") {
				t.Errorf("the password %q: %v does not name the field", password, err)
			}
		}
	}, unlimited)
}

// The app's own users cost nothing.
func TestTheAppsOwnUsersCostNothing(t *testing.T) {
	story(t, func(w *world) {
		admin := w.firstAdmin()
		u := w.user("u@example.com")
		for range 3 {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: u.Email, Password: password})
			w.ok(err)
		}
		w.ok(w.Auth.RequestOwnVerification(ctx, u.Identity, "", tollkeeper.Client{}))
		w.ok(errOf(w.Auth.VerifyEmail(ctx, tollkeeper.VerifyRequest{Token: tollkeeper.SecretText(w.LastToken(u.Email, tollkeeper.MailVerify))})))
		b, err := w.store.Store.Balance(ctx, admin.Parent)
		w.ok(err)
		if b.Used != 0 || b.Granted != 0 || b.Children != 2 {
			t.Errorf("%+v", b)
		}
	})
}

// A program whose keys are missing must not make others for accounts that exist.
func TestCheckSecrets(t *testing.T) {
	others := []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}
	fill := map[string]func(w *world){
		"the app's own users": func(w *world) { w.user("ada@example.com") },
		"the first admin":     func(w *world) { w.firstAdmin() },
		"tenants":             func(w *world) { w.parent("p@example.com"); w.parent("q@example.com") },
	}
	for name, made := range fill {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				for _, keys := range [][]tollkeeper.MasterKey{nil, others, w.secrets} {
					w.ok(tollkeeper.CheckSecrets(ctx, w.store, keys...))
				}
				made(w)
				for _, keys := range [][]tollkeeper.MasterKey{nil, others} {
					err := tollkeeper.CheckSecrets(ctx, w.store, keys...)
					w.want(err, tollkeeper.ErrConflict)
					if e, ok := errors.AsType[*tollkeeper.Error](err); !ok || e.Field != "Secrets" {
						t.Errorf("%v", err)
					}
				}
				w.ok(tollkeeper.CheckSecrets(ctx, w.store, w.secrets...))
				w.ok(tollkeeper.CheckSecrets(ctx, w.store, append(slices.Clone(others), w.secrets...)...))
				w.want(tollkeeper.CheckSecrets(ctx, w.store, make(tollkeeper.MasterKey, 32)), tollkeeper.ErrInvalidInput)
				for _, verb := range []string{"FindAccount", "ListAccounts"} {
					w.store.faults(failing(verb), nil)
					if err := tollkeeper.CheckSecrets(ctx, w.store, others...); !errors.Is(err, tollkeeper.ErrUnavailable) && (name == "tenants" || verb == "FindAccount") {
						t.Errorf("%s away: %v", verb, err)
					}
				}
				w.store.faults(nil, nil)
			})
		})
	}
}
