package social_test

import (
	"strings"
	"testing"

	"github.com/tollkeeper/tollkeeper/social"
)

func microsoft(tenant string) func(*testing.T, social.Config) social.Named {
	return func(t *testing.T, c social.Config) social.Named { return must(t)(social.Microsoft(tenant, c)) }
}

const (
	tenant   = "11111111-2222-4333-8444-555555555555"
	personal = "9188040d-6c67-4c5b-b112-36a304b66dad"
	cloud    = "https://login.microsoftonline.com/"
)

// A token is of the tenant that it names, and of one that is wanted.
func TestMicrosoftsTenants(t *testing.T) {
	for name, c := range map[string]struct {
		of       string
		tid, iss string
		keys     string // what the key says of itself; empty: the template
		good     bool
	}{
		"of any tenant":                  {"common", tenant, cloud + tenant + "/v2.0", "", true},
		"a personal one, of any":         {"common", personal, cloud + personal + "/v2.0", "", true},
		"another's issuer":               {"common", tenant, cloud + personal + "/v2.0", "", false},
		"the template":                   {"common", "{tenantid}", cloud + "{tenantid}/v2.0", "", false},
		"no tenant":                      {"common", "", cloud + "/v2.0", "", false},
		"a way out":                      {"common", tenant + "/../x", cloud + tenant + "/../x/v2.0", "", false},
		"in capitals":                    {"common", "ABCDEFAB-2222-4333-8444-555555555555", cloud + "ABCDEFAB-2222-4333-8444-555555555555/v2.0", "", false},
		"another cloud":                  {"common", tenant, "https://login.evil.example/" + tenant + "/v2.0", "", false},
		"version 1":                      {"common", tenant, "https://sts.windows.net/" + tenant + "/", "", false},
		"a key of the same tenant":       {"common", tenant, cloud + tenant + "/v2.0", cloud + tenant + "/v2.0", true},
		"a key of another tenant":        {"common", tenant, cloud + tenant + "/v2.0", cloud + personal + "/v2.0", false},
		"a key that names nobody":        {"common", tenant, cloud + tenant + "/v2.0", "none", true},
		"another's, by such a key":       {"common", tenant, cloud + personal + "/v2.0", "none", false},
		"an organization's":              {"organizations", tenant, cloud + tenant + "/v2.0", "", true},
		"a personal one, of none":        {"organizations", personal, cloud + personal + "/v2.0", "", false},
		"a personal one":                 {"consumers", personal, cloud + personal + "/v2.0", "", true},
		"an organization's, for persons": {"consumers", tenant, cloud + tenant + "/v2.0", "", false},
		"the one":                        {tenant, tenant, cloud + tenant + "/v2.0", "", true},
		"another than the one":           {tenant, personal, cloud + personal + "/v2.0", "", false},
		"another that calls itself so":   {tenant, personal, cloud + tenant + "/v2.0", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := acts[1]
			a.make = microsoft(c.of)
			a.files = map[string]string{cloud + c.of + "/v2.0/.well-known/openid-configuration": "discovery"}
			s := newStage(t, a)
			discovery := map[string]string{"consumers": cloud + personal + "/v2.0", tenant: cloud + tenant + "/v2.0"}[c.of]
			s.edit = func(file string, v any) any {
				m := v.(map[string]any)
				switch {
				case file == "claims":
					change(m, map[string]any{"tid": c.tid, "iss": c.iss})
				case file == "discovery" && discovery != "":
					m["issuer"] = discovery
				case file == "discovery":
					delete(m, "userinfo_endpoint")
				case file == "keys" && c.keys == "none":
					delete(m["keys"].([]any)[0].(map[string]any), "issuer")
				case file == "keys" && c.keys != "":
					m["keys"].([]any)[0].(map[string]any)["issuer"] = c.keys
				}
				return v
			}
			res, err := s.come()
			if good := err == nil; good != c.good || !good && codeOf(err) != "invalid_credentials" {
				t.Fatalf("%+v, %v", res.Subject.Account, err)
			}
			if !c.good {
				return
			}
			linked, err := s.kit.Auth.Identities(t.Context(), s.kit.Identity(string(res.Token)))
			want := "madeUpPairwiseSubject"
			if c.of == "common" || c.of == "organizations" {
				want = c.tid + ":" + want
			}
			if err != nil || linked[0].Subject != want || linked[0].Issuer != cloud+c.of+"/v2.0" {
				t.Errorf("%v, %v", linked, err)
			}
		})
	}
	for _, no := range []string{"", "contoso.onmicrosoft.com", "../x", strings.ToUpper("abcdefab-2222-4333-8444-555555555555")} {
		if _, err := social.Microsoft(no, social.Config{}); err == nil {
			t.Errorf("the tenant %q", no)
		}
	}
}

// No tenant is believed about an address, unless the host believes its own.
func TestMicrosoftVouchesForNoAddress(t *testing.T) {
	for name, c := range map[string]struct {
		vouches func(social.Address) bool
		proven  bool
	}{
		"as it is":          {nil, false},
		"of the own tenant": {func(a social.Address) bool { return a.Tenant == tenant && a.Verified }, true},
		"of another":        {func(a social.Address) bool { return a.Tenant == personal }, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, acts[1], func(config *social.Config) { config.Vouches = c.vouches })
			s.telling(map[string]any{"xms_edov": true})
			res, err := s.come()
			if err != nil || res.Subject.Account.EmailProvenAt.IsZero() == c.proven {
				t.Errorf("%+v, %v", res.Subject.Account, err)
			}
		})
	}
}
