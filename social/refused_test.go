package social_test

import (
	"context"
	"testing"

	"github.com/tollkeeper/tollkeeper"
)

// What a sign-up is refused for is said as the organization family says it, by an issuer, too.
func TestASignUpThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		claims map[string]any
		hook   error
		status int
		code   string
	}{
		"an address that somebody has": {map[string]any{"email_verified": nil}, nil, 409, "ORGANIZATION_SCOPE_CONFLICT"},
		"by the host":                  {map[string]any{"email": "new@home.example"}, tollkeeper.ErrRefused, 403, "REFUSED"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSiteWith(t, func(config *tollkeeper.Config) {
				if c.hook != nil {
					config.Hooks.BeforeSignUp = func(_ context.Context, a *tollkeeper.SignUpAttempt) error {
						if a.Method == "identity" {
							return c.hook
						}
						return nil
					}
				}
			})
			s.kit.SignUpBelow(s.parent, "ada@home.example", "ada's own Choice 1")
			s.issuer.set(func() { s.issuer.claims = c.claims })
			r, body := get(t, s.browser(t), s.startURL(""))
			if a := parse(t, body); r.StatusCode != c.status || a.Error.Code != c.code {
				t.Errorf("%d %s", r.StatusCode, body)
			}
		})
	}
}
