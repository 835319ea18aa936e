package authtest_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// Each scope has its accounts, which are found where they live, and a parent's are named by its key.
func TestAccountsOfEveryScope(t *testing.T) {
	kit := authtest.New(t)
	parent := kit.Parent()
	for name, tt := range map[string]struct {
		scope tollkeeper.Scope
		email string
		key   string
		lives tollkeeper.Scope
	}{
		"the app's own": {tollkeeper.Scope{}, "own@mail.example", "", kit.User().Scope()},
		"tenants":       {tollkeeper.Tenants, "tenant@mail.example", "", tollkeeper.Tenants},
		"by id":         {tollkeeper.Under(parent.ID), "id@mail.example", parent.PublicKey, tollkeeper.Under(parent.ID)},
		"by key":        {tollkeeper.UnderKey(parent.PublicKey), "key@mail.example", parent.PublicKey, tollkeeper.Under(parent.ID)},
	} {
		made := kit.AccountIn(tt.scope, func(s *tollkeeper.AccountSpec) { s.Email, s.Password = tt.email, "copper-Lantern-5" })
		admin := kit.AdminIn(tt.scope)
		up := kit.SignUpIn(tt.scope, "up."+tt.email, "copper-Lantern-6")
		for _, a := range []authtest.Account{made, admin, up} {
			if id := kit.SignedIn(a); id.Account != a.ID || a.ParentKey != tt.key || a.Scope() != tt.lives {
				t.Errorf("%s: %+v speaks for %+v", name, a, id)
			}
		}
		if made.Email != tt.email || made.Password != "copper-Lantern-5" || kit.SignedIn(admin).Role != tollkeeper.RoleAdmin {
			t.Errorf("%s: %+v, %+v", name, made, admin)
		}
	}
}

// A Kit without a test tells its caller what would have ended one, and is closed however that went.
func TestRunReturnsWhatEndsIt(t *testing.T) {
	var kept *authtest.Kit
	reached := false
	err := authtest.Run(func(kit *authtest.Kit) {
		kept = kit
		kit.SignIn(authtest.Account{Email: "nobody@mail.example", Password: "copper-Lantern-5"})
		reached = true
	})
	if err == nil || !strings.Contains(err.Error(), "sign in nobody@mail.example: Invalid email or password") || reached {
		t.Errorf("%v, and went on: %t", err, reached)
	}
	if kept.Context().Err() == nil {
		t.Error("the context of what is over has not ended")
	}
	err = authtest.Run(func(*authtest.Kit) {}, authtest.WithConfig(func(c *tollkeeper.Config) { c.Secrets = nil }))
	if err == nil || !strings.Contains(err.Error(), "Config.Secrets") {
		t.Errorf("a Config that cannot be: %v", err)
	}
	if err := authtest.Run(func(kit *authtest.Kit) { kit.User() }); err != nil {
		t.Errorf("what went well: %v", err)
	}
}

// A seed that a host's own answer showed serves as one of the Kit's, and both steps make a whole session.
func TestBothStepsOfASignIn(t *testing.T) {
	kit := authtest.New(t)
	ada := kit.User()
	f := kit.EnrolFactor(ada)
	if kit.TOTP(f.Seed) != kit.FactorCode(f) {
		t.Error("the seed shows another code than its factor")
	}
	for range 2 {
		if id := kit.Identity(string(kit.SignInWithFactor(ada, f).Token)); id.Account != ada.ID || id.Limited != tollkeeper.Unlimited {
			t.Errorf("signed in as %+v", id)
		}
	}
	err := authtest.Run(func(kit *authtest.Kit) { kit.SignInWithFactor(kit.User(), f) })
	if err == nil || !strings.Contains(err.Error(), "signs in without a second factor") {
		t.Errorf("an account without one: %v", err)
	}
}
