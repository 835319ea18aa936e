package tollkeeper_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
	"github.com/tollkeeper/tollkeeper/store"
)

// houseOf returns the parent of the app's own users. It makes one of them.
func houseOf(w *world) tollkeeper.Account {
	w.Helper()
	s, err := w.Auth.Host().Account(ctx, w.User().Parent)
	w.ok(err)
	return s.Account
}

// noScopes are what names nobody.
var noScopes = map[string]tollkeeper.Scope{
	"no id":             tollkeeper.Under(uuid.Nil),
	"no key":            tollkeeper.UnderKey(""),
	"number zero":       tollkeeper.UnderNumber(0),
	"a negative number": tollkeeper.UnderNumber(-1),
}

func TestScope(t *testing.T) {
	parent, key := uuid.New(), "APK_AAAAAAAAAAAAAAAAAAAAAAAAAA"
	home, known := tollkeeper.Scope{}.ID()
	if !known || home == tollkeeper.Root || home.String() != "9ff18d4a-1409-57cc-abc0-4484cc1eb356" {
		t.Errorf("the app's own users live below %v, %t: it was another id once", home, known)
	}
	for name, c := range map[string]struct {
		scope tollkeeper.Scope
		text  string
		id    uuid.UUID
		known bool
		valid bool
	}{
		"the app's own":       {tollkeeper.Scope{}, "app", home, true, true},
		"the app's own by id": {tollkeeper.Under(home), "app", home, true, true},
		"tenants":             {tollkeeper.Tenants, "tenants", tollkeeper.Root, true, true},
		"by id":               {tollkeeper.Under(parent), "id:" + parent.String(), parent, true, true},
		"by key":              {tollkeeper.UnderKey(key), "key:" + key, uuid.Nil, false, true},
		"by a malformed key":  {tollkeeper.UnderKey("tenants"), "key:tenants", uuid.Nil, false, false},
		"by number":           {tollkeeper.UnderNumber(7), "number:7", uuid.Nil, false, true},
	} {
		id, known := c.scope.ID()
		if c.scope.String() != c.text || id != c.id || known != c.known || c.scope.Valid() != c.valid {
			t.Errorf("%s: %v, %v, %t, %t", name, c.scope, id, known, c.scope.Valid())
		}
	}
	for name, s := range noScopes {
		if id, known := s.ID(); s.Valid() || known || id != uuid.Nil || s == (tollkeeper.Scope{}) || s == tollkeeper.Tenants {
			t.Errorf("%s is a scope: %v", name, s)
		}
	}
}

// What is no scope is refused before anything is counted, looked up or written, by whatever takes one.
func TestWhatIsNoScopeIsRefused(t *testing.T) {
	takers := map[string]func(w *world, s tollkeeper.Scope) error{
		"SignUp": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: s, Email: "a@example.com", Password: password})
			return err
		},
		"SignIn": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: s, Email: "a@example.com", Password: password})
			return err
		},
		"RequestCode": func(w *world, s tollkeeper.Scope) error {
			return w.Auth.RequestCode(ctx, tollkeeper.MailRequest{Scope: s, Email: "a@example.com"})
		},
		"SignInWithCode": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Scope: s, Email: "a@example.com", Code: "123456"})
			return err
		},
		"RequestReset": func(w *world, s tollkeeper.Scope) error {
			return w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: s, Email: "a@example.com"})
		},
		"RequestVerification": func(w *world, s tollkeeper.Scope) error {
			return w.Auth.RequestVerification(ctx, tollkeeper.MailRequest{Scope: s, Email: "a@example.com"})
		},
		"SignInWithIDToken": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.SignInWithIDToken(ctx, tollkeeper.IDTokenRequest{Issuer: tollkeeper.IssuerGoogle, Scope: s, IDToken: "x"})
			return err
		},
		"CreateAccount": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: s, Email: "a@example.com"})
			return err
		},
		"FindByEmail": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.Host().FindByEmail(ctx, s, "a@example.com")
			return err
		},
		"Accounts": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.Host().Accounts(ctx, s, tollkeeper.AccountQuery{})
			return err
		},
		"ImportAccounts": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.Host().ImportAccounts(ctx, s, strings.NewReader(`{"email":"a@example.com"}`), tollkeeper.ImportOptions{})
			return err
		},
		"ExportAccounts": func(w *world, s tollkeeper.Scope) error {
			_, err := w.Auth.Host().ExportAccounts(ctx, s, io.Discard, tollkeeper.ExportOptions{})
			return err
		},
	}
	story(t, func(w *world) {
		w.store.watch()
		for name, take := range takers {
			for kind, s := range noScopes {
				if err := take(w, s); !errors.Is(err, tollkeeper.ErrInvalidInput.WithField("scope")) {
					t.Errorf("%s with %s: %v", name, kind, err)
				}
			}
		}
		if calls := w.store.verbs(); len(calls) > 0 {
			t.Errorf("the store was asked for %v", calls)
		}
	})
}

// Many at once make the first of the app's own users, in every way there is, on memory; examples has a test with two
// processes on the databases.
func TestTheFirstUsersAtOnce(t *testing.T) {
	story(t, func(w *world) {
		host := w.Auth.Host()
		ways := []func(email string) error{
			func(email string) error {
				_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password})
				return err
			},
			func(email string) error {
				_, err := host.CreateAccount(ctx, tollkeeper.AccountSpec{Email: email})
				return err
			},
			func(email string) error {
				r, err := host.ImportAccounts(ctx, tollkeeper.Scope{}, strings.NewReader(`{"email":"`+email+`"}`), tollkeeper.ImportOptions{})
				if r.Stand != 1 {
					return errors.Join(err, fmt.Errorf("%+v", r))
				}
				return err
			},
		}
		w.store.faults(together("CreateAccount", 50), nil)
		for _, err := range atOnce(50, func(i int) error {
			return ways[i%len(ways)](fmt.Sprintf("u%d@example.com", i))
		}) {
			w.ok(err)
		}
		page, err := host.Accounts(ctx, tollkeeper.Scope{}, tollkeeper.AccountQuery{Limit: 100})
		w.ok(err)
		if page.Total != 50 || len(page.Accounts) != 50 {
			t.Errorf("%d users, %d in total", len(page.Accounts), page.Total)
		}
	}, unlimited)
}

// The first one costs two trips more, every later one none.
func TestLaterUsersCostNoFurtherTrip(t *testing.T) {
	story(t, func(w *world) {
		trips := func(email string) []string {
			w.store.watch()
			_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password})
			w.ok(err)
			return slices.DeleteFunc(w.store.verbs(), func(v string) bool { return v != "CreateAccount" && v != "FindAccount" })
		}
		if first := trips("a@example.com"); len(first) != 3 {
			t.Errorf("the first: %v", first)
		}
		if later := trips("b@example.com"); len(later) != 1 {
			t.Errorf("a later one: %v", later)
		}
	})
}

// A house that cannot be made, or is not there after all, is the error of the sign-up, and no account is there.
func TestNoHouseNoUser(t *testing.T) {
	story(t, func(w *world) {
		n := 0
		w.store.faults(func(verb string) error {
			if verb != "CreateAccount" {
				return nil
			}
			if n++; n == 2 {
				return errDriver
			}
			return store.ErrNoParent
		}, nil)
		ask := tollkeeper.SignUpRequest{Email: "a@example.com", Password: password}
		_, err := w.Auth.SignUp(ctx, ask)
		w.want(err, tollkeeper.ErrUnavailable)
		n = 2 // refused each time from now on, the house too
		_, err = w.Auth.SignUp(ctx, ask)
		w.want(err, tollkeeper.ErrUnknownParent)
		w.store.faults(nil, nil)
		_, err = w.Auth.Host().FindByEmail(ctx, tollkeeper.Scope{}, ask.Email)
		w.want(err, tollkeeper.ErrNotFound)
	})
}

// Before the first of the app's own users reads find nobody and write nothing.
func TestBeforeTheFirstUser(t *testing.T) {
	story(t, func(w *world) {
		host := w.Auth.Host()
		w.store.watch()
		_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: "a@example.com", Password: password})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		_, err = w.Auth.SignInWithCode(ctx, tollkeeper.CodeRequest{Email: "a@example.com", Code: "123456"})
		w.want(err, tollkeeper.ErrInvalidCredentials)
		for _, ask := range []func(context.Context, tollkeeper.MailRequest) error{w.Auth.RequestCode, w.Auth.RequestReset, w.Auth.RequestVerification} {
			w.ok(ask(ctx, tollkeeper.MailRequest{Email: "a@example.com"}))
		}
		page, err := host.Accounts(ctx, tollkeeper.Scope{}, tollkeeper.AccountQuery{})
		w.ok(err)
		last, err := host.ExportAccounts(ctx, tollkeeper.Scope{}, io.Discard, tollkeeper.ExportOptions{})
		w.ok(err)
		if len(page.Accounts) != 0 || page.Total != 0 || !last.IsZero() {
			t.Errorf("%+v, %v", page, last)
		}
		if slices.Contains(w.store.verbs(), "CreateAccount") {
			t.Errorf("made an account: %v", w.store.verbs())
		}
		home, _ := tollkeeper.Scope{}.ID()
		_, err = host.Account(ctx, home)
		w.want(err, tollkeeper.ErrNotFound)
	})
}

// Nobody is the parent of the app's own users, nothing names it, and the host itself cannot do away with it.
func TestNobodyReachesTheHouse(t *testing.T) {
	story(t, func(w *world) {
		house := houseOf(w)
		if !house.House || house.Email != "" || house.Password != "" || house.Status != tollkeeper.StatusActive {
			t.Errorf("%+v", house)
		}
		user := w.user("u@example.com")
		host, name := w.Auth.Host(), "Acme"
		_, err := host.UpdateOrganization(ctx, w.parent("o@example.com").ID, tollkeeper.OrganizationPatch{Name: &name})
		w.ok(err)
		owner, err := host.FindByEmail(ctx, tollkeeper.Tenants, "o@example.com")
		w.ok(err)
		for what, try := range map[string]struct {
			do   func() error
			want error
		}{
			"disabled":     {func() error { return host.SetStatus(ctx, house.ID, tollkeeper.StatusDisabled) }, tollkeeper.ErrForbidden},
			"given a role": {func() error { _, err := host.SetRole(ctx, house.ID, tollkeeper.RoleAdmin); return err }, tollkeeper.ErrForbidden},
			"deleted":      {func() error { return host.DeleteAccount(ctx, house.ID) }, tollkeeper.ErrForbidden},
			"an organization": {func() error {
				_, err := host.UpdateOrganization(ctx, house.ID, tollkeeper.OrganizationPatch{Name: &name})
				return err
			}, tollkeeper.ErrForbidden},
			"a member": {func() error {
				return host.AddMember(ctx, tollkeeper.Membership{Owner: owner.Account.ID, Member: house.ID})
			}, tollkeeper.ErrForbidden},
			"details by key": {func() error { _, err := w.Auth.OrganizationByKey(ctx, house.PublicKey); return err }, tollkeeper.ErrUnknownParent},
			"users by key": {func() error {
				_, err := host.FindByEmail(ctx, tollkeeper.UnderKey(house.PublicKey), user.Email)
				return err
			}, tollkeeper.ErrNotFound},
			"users by number": {func() error {
				_, err := host.FindByEmail(ctx, tollkeeper.UnderNumber(house.Number), user.Email)
				return err
			}, tollkeeper.ErrNotFound},
			"a list by number": {func() error {
				_, err := host.Accounts(ctx, tollkeeper.UnderNumber(house.Number), tollkeeper.AccountQuery{})
				return err
			}, tollkeeper.ErrUnknownParent},
			"a session by key": {func() error {
				_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: user.Email, Password: password, Scope: tollkeeper.UnderKey(house.PublicKey)})
				return err
			}, tollkeeper.ErrUnknownParent},
			"a user by number": {func() error {
				_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: "x@example.com", Password: password, Scope: tollkeeper.UnderNumber(house.Number)})
				return err
			}, tollkeeper.ErrUnknownParent},
			"its own session": {func() error {
				_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: tollkeeper.Tenants, Email: " "})
				return err
			}, tollkeeper.ErrInvalidCredentials},
		} {
			if err := try.do(); !errors.Is(err, try.want) {
				t.Errorf("%s: %v, want %v", what, err, try.want)
			}
		}
		after, err := host.Account(ctx, house.ID)
		w.ok(err)
		if after.Account.Version != house.Version || after.Account.OrganizationOwner != uuid.Nil {
			t.Errorf("it was changed: %+v", after.Account)
		}
		page, err := host.Accounts(ctx, tollkeeper.Tenants, tollkeeper.AccountQuery{})
		w.ok(err)
		if len(page.Accounts) != 1 || page.Accounts[0].ID != owner.Account.ID {
			t.Errorf("the tenants are %v", page.Accounts)
		}
	})
}

// The app's own users have one spelling, in throttles too; the scope of a child has three, and a reset forgets each.
func TestAResetForgetsEverySpellingOfAScope(t *testing.T) {
	story(t, func(w *world) {
		p := w.parent("p@example.com")
		home, _ := tollkeeper.Scope{}.ID()
		for _, c := range []struct {
			email  string
			scopes []tollkeeper.Scope
		}{
			{w.user("u@example.com").Email, []tollkeeper.Scope{{}, tollkeeper.Under(home)}},
			{p.Email, []tollkeeper.Scope{tollkeeper.Tenants}},
			{w.child(p, "c@example.com").Email, []tollkeeper.Scope{tollkeeper.Under(p.ID), tollkeeper.UnderKey(p.PublicKey), tollkeeper.UnderNumber(p.Number)}},
		} {
			client := from("192.0.2.1")
			for _, s := range c.scopes {
				for range 5 {
					_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: s, Email: c.email, Password: "wrong", Client: client})
					if codeOf(err) != "invalid_credentials" && codeOf(err) != "locked" {
						t.Fatal(err)
					}
				}
				_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: s, Email: c.email, Password: password, Client: client})
				w.want(err, tollkeeper.ErrLocked)
			}
			w.ok(w.Auth.RequestReset(ctx, tollkeeper.MailRequest{Scope: c.scopes[0], Email: c.email}))
			w.ok(errOf(w.Auth.ResetPassword(ctx, tollkeeper.ResetRequest{Token: tollkeeper.SecretText(w.LastToken(c.email, tollkeeper.MailReset)), Password: "another horse 9", Client: client})))
			for _, s := range c.scopes {
				_, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Scope: s, Email: c.email, Password: "another horse 9", Client: client})
				if err != nil {
					t.Errorf("%s in %v: %v", c.email, s, err)
				}
			}
		}
	}, unlimited)
}

// The app's own users sign up and in in every family, also where the token is signed by a parent's key.
func TestTheAppsOwnUsersInEveryFamily(t *testing.T) {
	story(t, func(w *world) {
		for _, a := range []tollkeeper.Audience{tollkeeper.AudienceHost, tollkeeper.AudienceOrganization, tollkeeper.AudienceV1, tollkeeper.AudiencePlatform, tollkeeper.AudienceApp} {
			email := string(a) + "@example.com"
			up, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Email: email, Password: password, Audience: a})
			w.ok(err)
			in, err := w.Auth.SignIn(ctx, tollkeeper.SignInRequest{Email: email, Password: password, Audience: a})
			w.ok(err)
			for _, token := range []tollkeeper.SecretText{up.Token, in.Token} {
				if id := w.Identity(string(token)); id.Email != email || id.IsParent() {
					t.Errorf("%s: %+v", a, id)
				}
			}
			if up.TenantKey != "" || in.TenantKey != "" {
				t.Errorf("%s: a user got the parent's key", a)
			}
		}
	})
}

// Sign-up is open or not for each kind of scope. What the host makes itself is not bound by it.
func TestSignUpModes(t *testing.T) {
	scopes := map[string]func(p authtest.Account) tollkeeper.Scope{
		"app":      func(authtest.Account) tollkeeper.Scope { return tollkeeper.Scope{} },
		"tenants":  func(authtest.Account) tollkeeper.Scope { return tollkeeper.Tenants },
		"children": func(p authtest.Account) tollkeeper.Scope { return tollkeeper.UnderKey(p.PublicKey) },
	}
	for _, mode := range []tollkeeper.SignUpMode{"", tollkeeper.SignUpOpen, tollkeeper.SignUpInvitation, tollkeeper.SignUpClosed} {
		for closed := range scopes {
			t.Run(string(mode)+" "+closed, func(t *testing.T) {
				story(t, func(w *world) {
					p := w.Parent()
					for name, scope := range scopes {
						var want error
						if name == closed && mode != "" && mode != tollkeeper.SignUpOpen {
							want = tollkeeper.ErrSignUpClosed
						}
						_, err := w.Auth.SignUp(ctx, tollkeeper.SignUpRequest{Scope: scope(p), Email: "a@example.com", Password: password})
						w.want(err, want)
						_, err = w.Auth.Host().CreateAccount(ctx, tollkeeper.AccountSpec{Scope: scope(p), Email: "b@example.com"})
						w.ok(err)
						r, err := w.Auth.Host().ImportAccounts(ctx, scope(p), strings.NewReader(`{"email":"c@example.com"}`), tollkeeper.ImportOptions{})
						if w.ok(err); r.Stand != 1 {
							t.Errorf("%+v", r)
						}
					}
					w.FirstAdmin()
				}, func(c *tollkeeper.Config) {
					modes := map[string]*tollkeeper.SignUpMode{"app": &c.Accounts.SignUp.App, "tenants": &c.Accounts.SignUp.Tenants, "children": &c.Accounts.SignUp.Children}
					*modes[closed] = mode
				})
			})
		}
	}
}
