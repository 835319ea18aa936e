package tollkeeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// A secret is rotated because somebody else has it. With it he could sign tokens for every live session whose id he
// learns, the children's too: so they all end.
func TestRotatedSecretEndsTheChildrensSessionsToo(t *testing.T) {
	for _, staleness := range []time.Duration{0, time.Minute} {
		k := authtest.New(t, authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Refresh.Idle, c.Tokens.Staleness = time.Hour, staleness
		}))
		parent := k.Parent()
		child := k.Child(parent)
		organization := func(r *tollkeeper.SignInRequest) { r.Audience = tollkeeper.AudienceOrganization }
		old, elsewhere := k.SignIn(child, organization), k.SignIn(child)
		k.Identity(string(old.Token))
		owner := k.SignIn(parent, organization)
		secret, err := k.Auth.RotateTenantKey(ctx, k.Identity(string(owner.Token)))
		if err != nil || secret == owner.TenantKey {
			t.Fatal("not rotated:", err)
		}
		if _, err := k.Auth.Authenticate(ctx, old.Token); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("a child's token of the old secret still serves:", err)
		}
		if _, err := k.Auth.Refresh(ctx, old.Refresh, tollkeeper.Client{}); !errors.Is(err, tollkeeper.ErrInvalidToken) {
			t.Fatal("and is refreshed:", err)
		}
		k.Identity(string(elsewhere.Token)) // of another family: not signed with the tenant's key
		k.Identity(string(k.SignIn(child, organization).Token))
	}
}
