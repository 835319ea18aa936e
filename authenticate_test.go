package tollkeeper_test

import (
	"errors"
	"fmt"
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
	} {
		for _, staleness := range []time.Duration{0, time.Minute} {
			t.Run(fmt.Sprint(name, " with staleness ", staleness), func(t *testing.T) {
				k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness = staleness }))
				parent := k.Parent()
				a := k.Child(parent)
				token := k.SignIn(a).Token
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
	owner, a := k.Identity(string(k.SignIn(parent).Token)), k.Child(parent)
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
	secrets := []tollkeeper.MasterKey{tollkeeper.NewMasterKey()}
	stale := authtest.WithConfig(func(c *tollkeeper.Config) { c.Tokens.Staleness, c.Secrets = 10*time.Second, secrets })
	one := authtest.New(t, stale)
	two := authtest.New(t, stale, authtest.WithStore(one.Store))
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
