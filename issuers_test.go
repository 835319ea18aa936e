package tollkeeper_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper"
	"github.com/tollkeeper/tollkeeper/authtest"
)

// Providers are those of the scope that can be begun, by name.
func TestProviders(t *testing.T) {
	scenery(t, func(s *scene) {
		names := func(in tollkeeper.Scope) string {
			list, err := s.Auth.Providers(ctx, in)
			s.ok(err)
			var all []string
			for _, p := range list {
				all = append(all, p.Name+" "+p.Label+" "+p.Issuer)
			}
			return strings.Join(all, ", ")
		}
		below := tollkeeper.Under(s.tenant.ID)
		if got := names(tollkeeper.Scope{}); got != "test Test https://issuer.test" {
			t.Errorf("of the app: %s", got)
		}
		if got := names(below) + names(tollkeeper.Tenants); got != "" { // Google's is no Issuer here
			t.Errorf("of a tenant: %s", got)
		}
		s.ok(errOf(s.Auth.UpdateOrganization(ctx, s.by, tollkeeper.OrganizationPatch{Issuers: []tollkeeper.IssuerSettings{
			{Issuer: authtest.IssuerURL, Enabled: true, ClientID: "shop-client"},
		}})))
		if got := names(below); got != "test Test https://issuer.test" {
			t.Errorf("of a tenant: %s", got)
		}
		s.want(errOf(s.Auth.Providers(ctx, tollkeeper.UnderNumber(9999))), tollkeeper.ErrUnknownParent)
		s.want(errOf(s.Auth.Providers(ctx, tollkeeper.UnderKey(""))), tollkeeper.ErrInvalidInput)
		renamed := s.Another(authtest.WithConfig(func(c *tollkeeper.Config) {
			c.Social.Names = map[string]string{authtest.IssuerURL: "ours"}
		}))
		if issuer := renamed.Auth.IssuerNamed("ours"); issuer != authtest.IssuerURL || renamed.Auth.IssuerName(issuer) != "ours" || renamed.Auth.IssuerNamed("test") != "" {
			t.Errorf("%q", issuer)
		}
		if issuer := newWorld(s.TB).Auth.IssuerNamed("google"); issuer != tollkeeper.IssuerGoogle {
			t.Errorf("Google without Google: %q", issuer)
		}
	})
}

// Why an issuer cannot be asked stands in what the log gets, and which one it was.
func TestAnIssuerThatIsAwayIsNamed(t *testing.T) {
	story(t, func(w *world) {
		w.Issuer().Down(true)
		_, err := w.Auth.BeginIssuer(ctx, start(nil))
		w.want(err, tollkeeper.ErrUpstream)
		if logged := slog.AnyValue(err).Resolve().String(); !strings.Contains(logged, authtest.IssuerURL) {
			t.Errorf("logged as %q", logged)
		}
	})
}
