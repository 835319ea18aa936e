package social

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"strings"

	"github.com/google/uuid"
)

// The accounts that [Microsoft] signs in, instead of those of one tenant.
const (
	MicrosoftCommon        = "common"        // of every tenant, and personal ones
	MicrosoftOrganizations = "organizations" // of every tenant
	MicrosoftConsumers     = "consumers"     // personal ones
)

const (
	microsoftCloud    = "https://login.microsoftonline.com"
	microsoftPersonal = "9188040d-6c67-4c5b-b112-36a304b66dad" // the tenant of personal accounts
	tenantTemplate    = "{tenantid}"
)

// Microsoft is Microsoft Entra ID: the accounts of the tenant with that id, or of many: [MicrosoftCommon],
// [MicrosoftOrganizations], [MicrosoftConsumers]. [Config].Issuer is the address of a national cloud. Of many tenants a
// subject is unique in its own: it begins with the tenant's id.
//
// It vouches for no address, also where a token says xms_edov: administrators of any tenant write what they like into
// it. A host may vouch for those of its own tenant ([Address].Tenant).
func Microsoft(tenant string, c Config) (*Verifier, error) {
	t := &tenants{cloud: cmp.Or(c.Issuer, microsoftCloud)}
	switch tenant {
	case MicrosoftCommon:
	case MicrosoftOrganizations:
		t.noPersonal = true
	case MicrosoftConsumers:
		t.only = microsoftPersonal
	default:
		if !isTenant(tenant) {
			return nil, errors.New("social: the tenant of Microsoft must be common, organizations, consumers, or the id of one")
		}
		t.only = tenant
	}
	p := preset{name: "microsoft", label: "Microsoft", vouches: Never, style: inParams, tenants: t}
	return newVerifier(c, t.cloud+"/"+tenant+"/v2.0", p)
}

// tenants are those whose tokens are taken.
type tenants struct {
	cloud      string
	only       string // empty: all
	noPersonal bool
}

func (t *tenants) several() bool { return t.only == "" }

// issuer is how discovery names them: a template where they are many.
func (t *tenants) issuer() string { return t.named(cmp.Or(t.only, tenantTemplate)) }

func (t *tenants) named(tenant string) string { return t.cloud + "/" + tenant + "/v2.0" }

// issued reports whether a token of that tenant and that issuer is taken.
func (t *tenants) issued(tenant, issuer string) bool {
	switch {
	case !isTenant(tenant), issuer != t.named(tenant):
		return false
	case t.only != "":
		return tenant == t.only
	}
	return !t.noPersonal || tenant != microsoftPersonal
}

// isTenant takes an id in its one spelling: any other text could lead the issuer's name elsewhere.
func isTenant(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}

// keyFits reports whether the key is of the token's issuer: a set for many tenants says of each whose it is.
func (v *Verifier) keyFits(key string, c claims) bool {
	known := v.keyIssuers.Load()
	if known == nil || (*known)[key] == "" {
		return true
	}
	return strings.ReplaceAll((*known)[key], tenantTemplate, string(c.Tenant)) == c.Issuer
}

// issuersOfKeys reads whose the keys of a set are. The set itself is read elsewhere.
func issuersOfKeys(set []byte) *map[string]string {
	var said struct {
		Keys []struct {
			ID     words `json:"kid"`
			Issuer words `json:"issuer"`
		} `json:"keys"`
	}
	issuers := map[string]string{}
	if json.Unmarshal(bytes.TrimPrefix(set, []byte("\ufeff")), &said) == nil {
		for _, k := range said.Keys {
			issuers[string(k.ID)] = string(k.Issuer)
		}
	}
	return &issuers
}
