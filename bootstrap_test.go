package tollkeeper_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// Whatever was done since, calling Bootstrap again changes nothing and makes no second house or admin.
func TestBootstrapAgain(t *testing.T) {
	request := tollkeeper.BootstrapRequest{Email: "admin@house.example", Password: password}
	again := func(w *world, password string) (house, admin tollkeeper.Account) {
		w.Helper()
		request := request
		request.Password = tollkeeper.Password(password)
		house, admin, err := w.Auth.Host().Bootstrap(ctx, request)
		w.ok(err)
		return house, admin
	}
	changes := map[string]func(w *world, admin authtest.Account) error{
		"nothing": func(*world, authtest.Account) error { return nil },
		"another password": func(w *world, admin authtest.Account) error {
			return w.Auth.ChangePassword(ctx, admin.Identity, tollkeeper.PasswordChange{Current: password, New: "another horse 9"})
		},
		"another role": func(w *world, admin authtest.Account) error {
			second := w.user(admin, "second@house.example")
			_, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: second.Email, Role: tollkeeper.RoleAdmin})
			w.ok(err)
			_, err = w.Auth.SetRole(ctx, w.Identity(second.Token), tollkeeper.RoleChange{Email: admin.Email, Role: tollkeeper.RoleGuest})
			return err
		},
		"deleted, its address taken by another": func(w *world, admin authtest.Account) error {
			second := w.user(admin, "second@house.example")
			_, err := w.Auth.SetRole(ctx, admin.Identity, tollkeeper.RoleChange{Email: second.Email, Role: tollkeeper.RoleAdmin})
			w.ok(err)
			w.ok(w.Auth.DeleteAccount(ctx, admin.Identity, password, tollkeeper.Client{}))
			w.user(admin, admin.Email)
			return nil
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			story(t, func(w *world) {
				admin := w.house()
				w.ok(change(w, admin))
				before, err := w.store.Store.ListAccounts(ctx, admin.Parent, store.Page{Limit: 10})
				w.ok(err)
				house, x := again(w, "a later password 8")
				if house.ID != admin.Parent || x.ID != admin.ID || house.ID != tollkeeper.HouseID("") {
					t.Errorf("another house or admin: %v %v", house, x)
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
				_, err = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: admin.Email, Password: "a later password 8", Parent: house.ID})
				w.want(err, tollkeeper.ErrInvalidCredentials)
			})
		})
	}
}

func TestBootstrapAtOnce(t *testing.T) {
	story(t, func(w *world) {
		ids := make([]uuid.UUID, 20)
		errs := atOnce(20, func(i int) error {
			_, admin, err := w.Auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@house.example", Password: password})
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
				for _, parent := range []uuid.UUID{tollkeeper.Root, tollkeeper.HouseID("")} {
					w.Advance(1e12)
					_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: tollkeeper.Password(password), Parent: parent})
					if codeOf(err) != "invalid_credentials" && codeOf(err) != "unknown_parent" {
						w.Fatalf("%s: %v", email, err)
					}
				}
			}
		}
		for password, want := range map[string]error{"": tollkeeper.ErrMissing, "short": tollkeeper.ErrWeakPassword, "admin1234": tollkeeper.ErrWeakPassword} {
			_, _, err := w.Auth.Host().Bootstrap(ctx, tollkeeper.BootstrapRequest{Email: "admin@house.example", Password: tollkeeper.Password(password)})
			w.want(err, want)
		}
	}, unlimited)
}

// The house is no account that anyone can be, and its children cost nothing.
func TestHouse(t *testing.T) {
	story(t, func(w *world) {
		admin := w.house()
		house, err := w.Auth.Host().Account(ctx, admin.Parent)
		w.ok(err)
		if !house.Account.House || house.Account.Email != "" || house.Account.Password != "" {
			t.Errorf("%v", house)
		}
		_, err = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "", Password: ""})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		u := w.user(admin, "u@example.com")
		for range 3 {
			_, err = w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: u.Email, Password: password, Parent: admin.Parent})
			w.ok(err)
		}
		w.ok(w.Auth.RequestOwnVerification(ctx, u.Identity, "", tollkeeper.Client{}))
		w.ok(w.Auth.VerifyEmail(ctx, tollkeeper.SecretText(w.LastToken(u.Email, tollkeeper.MailVerify)), tollkeeper.Client{}))
		b, err := w.store.Store.Balance(ctx, admin.Parent)
		w.ok(err)
		if b.Used != 0 || b.Granted != 0 || b.Children != 2 {
			t.Errorf("%+v", b)
		}
	})
}
